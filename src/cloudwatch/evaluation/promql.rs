//! An alarm on PromQL over what its query returns, one series: in breach while there is a value, for the query holds its own comparison.

use super::series::ValueSeries;
use super::timeline::Timeline;
use crate::state::AlarmState;

/// How long a contributor has to be in breach, or out of it, before the state changes (`EvaluationCriteria.PromQLCriteria`); seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromQlPeriods {
    pub pending: i64,
    pub recovery: i64,
}

/// The states from `from` until `until`, with an evaluation at the end of each value. There is no INSUFFICIENT_DATA: it begins in OK.
pub fn replay(result: &ValueSeries, periods: PromQlPeriods, from: i64, until: i64) -> Timeline {
    let mut timeline = Timeline::new(from, until, AlarmState::Ok);
    // In which condition the query is, and since which evaluation.
    let mut since: Option<(bool, i64)> = None;
    for (n, value) in (1..).zip(&result.values) {
        let at = result.start + n * result.step;
        if at <= from || at > until {
            continue;
        }
        let in_breach = !value.is_nan();
        let begun = since.filter(|(was, _)| *was == in_breach).map_or(at, |(_, begun)| begun);
        since = Some((in_breach, begun));
        let (state, wait) =
            if in_breach { (AlarmState::Alarm, periods.pending) } else { (AlarmState::Ok, periods.recovery) };
        if at - begun >= wait {
            timeline.put(at, state);
        }
    }
    timeline
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: f64 = f64::NAN;

    #[test]
    fn a_breach_is_pending_first_and_recovers_later() {
        let result = ValueSeries {
            start: 0,
            step: 60,
            values: vec![NONE, 1.0, NONE, 1.0, 1.0, 1.0, NONE, 1.0, NONE, NONE, NONE],
        };
        let changes = |pending, recovery| -> Vec<(i64, AlarmState)> {
            let timeline = replay(&result, PromQlPeriods { pending, recovery }, 0, 3_600);
            assert_eq!(timeline.start, AlarmState::Ok);
            timeline.changes.iter().map(|change| (change.at / 60, change.to)).collect()
        };
        let (alarm, ok) = (AlarmState::Alarm, AlarmState::Ok);
        assert_eq!(changes(120, 120), [(6, alarm), (11, ok)]);
        assert_eq!(changes(120, 0), [(6, alarm), (7, ok)]);
        assert_eq!(changes(0, 0), [(2, alarm), (3, ok), (4, alarm), (7, ok), (8, alarm), (9, ok)]);
        assert_eq!(changes(180, 0), []);
    }
}
