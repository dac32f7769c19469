//! An alarm that needs so long to fire that users have told you before.

use crate::lint::catalogue::MetricKind;
use crate::lint::finding::Raised;
use crate::lint::subject::Subject;
use crate::lint::{Level, Limits, Rule, Unit};
use crate::model::duration::format_seconds;

pub static RULE: Rule = Rule {
    id: "slow-alarm",
    level: Level::Hint,
    summary: "an alarm needs too long to fire",
    page: include_str!("../../../docs/lint/slow-alarm.md"),
    limits: Some(Limits { unit: Unit::Seconds, min: None, max: Some(3_600.0) }),
    check,
};

fn check(subject: &Subject<'_>, found: &mut Vec<Raised>) {
    let Some(max) = subject.limits.and_then(|limits| limits.max) else { return };
    for watch in &subject.watches {
        let urgent = [MetricKind::Errors, MetricKind::Latency, MetricKind::Throttles, MetricKind::Loss];
        let Some(period) =
            watch.period().filter(|_| watch.series.iter().any(|s| urgent.iter().any(|kind| s.is(*kind))))
        else {
            continue;
        };
        let seconds = i64::from(period) * i64::from(watch.points().0);
        if seconds as f64 > max {
            let message =
                format!("`{}` fires after {} of trouble at the earliest", watch.alarm.name, format_seconds(seconds));
            let help =
                format!("{} at most: use a shorter period, or fewer datapoints_to_alarm", format_seconds(max as i64));
            found.push(watch.raise(&["period", "evaluation_periods", "datapoints_to_alarm"], message, help));
        }
    }
}
