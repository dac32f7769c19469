//! A log alarm: M out of the last N results of its scheduled query. It is a metric alarm whose periods are the query's runs, but that
//! looks at no more than N of them (CloudWatch user guide, "Log alarms"); how it treats missing results is taken to be as of metrics.

use super::condition::{Condition, Decision};
use super::replay;
use super::series::{PeriodGrid, ValueSeries};
use super::timeline::Timeline;
use super::watched::EvaluatedSeries;
use crate::alarm::WarmUpPeriod;
use crate::comparison::Comparison;
use crate::missing::MissingData;

/// What a log alarm asks of the results of its query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ResultsRule {
    pub n: usize,
    pub m: usize,
    pub comparison: Comparison,
    pub threshold: f64,
    pub missing: MissingData,
}

impl ResultsRule {
    pub fn condition(&self) -> Condition {
        Condition {
            n: self.n,
            m: self.m,
            names_m: true,
            comparison: self.comparison,
            threshold: self.threshold,
            missing: self.missing,
            // Each result is looked at when it comes.
            period: 60,
            range: self.n,
            least_samples: None,
        }
    }

    /// One evaluation, from the newest result to the oldest; NaN is a run without a result.
    pub fn evaluate(&self, newest_first: impl Iterator<Item = f64>) -> Decision {
        self.condition().evaluate(newest_first)
    }

    /// The states from `from` until `until` of an alarm that was made at `from`, and what they were found from. The first of the results
    /// comes a step after the beginning of the series.
    pub fn replay(
        &self,
        results: &ValueSeries,
        from: i64,
        until: i64,
        warm_up: Option<WarmUpPeriod>,
    ) -> (Timeline, EvaluatedSeries) {
        let ValueSeries { start, step, ref values } = *results;
        let grid = PeriodGrid { first: start + step, step, len: values.len(), period: step };
        let watched = EvaluatedSeries::of_values(grid, values.clone());
        let timeline = replay::replay_created(&self.condition(), &watched, from, until, warm_up).timeline;
        (timeline, watched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::AlarmState::{Alarm, InsufficientData, Ok};

    const NONE: f64 = f64::NAN;

    fn states(m: usize, n: usize, missing: MissingData, values: &[f64]) -> Vec<(i64, crate::state::AlarmState)> {
        let rule = ResultsRule { n, m, comparison: Comparison::Greater, threshold: 5.0, missing };
        let results = ValueSeries { start: 0, step: 3_600, values: values.to_vec() };
        let (timeline, _) = rule.replay(&results, 0, 1_000_000, None);
        assert_eq!(timeline.start, InsufficientData);
        timeline.changes.iter().map(|change| (change.at / 3_600, change.to)).collect()
    }

    #[test]
    fn m_of_the_last_n_results_decide() {
        assert_eq!(states(1, 1, MissingData::Missing, &[1.0, 9.0, 9.0, 2.0]), [(1, Ok), (2, Alarm), (4, Ok)]);
        assert_eq!(states(2, 3, MissingData::Missing, &[1.0, 9.0, 1.0, 9.0, 1.0, 1.0]), [(1, Ok), (4, Alarm), (5, Ok)]);
        // Nothing beyond N is looked at: of three hours without a result nothing is known.
        let gaps = [9.0, NONE, NONE, NONE];
        assert_eq!(states(1, 2, MissingData::Missing, &gaps), [(1, Alarm), (3, InsufficientData)]);
        assert_eq!(states(1, 2, MissingData::NotBreaching, &gaps), [(1, Alarm), (3, Ok)]);
        assert_eq!(states(1, 2, MissingData::Ignore, &gaps), [(1, Alarm)]);
        assert_eq!(states(2, 2, MissingData::Breaching, &[1.0, NONE, NONE]), [(1, Ok), (3, Alarm)]);
    }
}
