//! An alarm that needs so long to fire that users have told you before.

use crate::lint::catalogue::MetricKind;
use crate::lint::finding::Raised;
use crate::lint::series::AlarmView;
use crate::lint::subject::RuleContext;
use crate::lint::{AcceptedValues, LintRule, Severity, ValueUnit};
use crate::model::duration::format_seconds;
use mlops_cloudwatch::evaluation::condition::{Condition, EvaluationOptions};
use mlops_cloudwatch::evaluation::replay::replay;
use mlops_cloudwatch::evaluation::series::PeriodGrid;
use mlops_cloudwatch::evaluation::watched::EvaluatedSeries;
use mlops_cloudwatch::state::AlarmState;

pub static RULE: LintRule = LintRule {
    id: "slow-alarm",
    level: Severity::Hint,
    summary: "an alarm needs too long to fire",
    page: include_str!("../../../docs/lint/slow-alarm.md"),
    opt_in: false,
    limits: Some(AcceptedValues { unit: ValueUnit::Seconds, min: None, max: Some(3_600.0) }),
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let Some(max) = subject.limits.and_then(|limits| limits.max) else { return };
    for watch in &subject.watches {
        let urgent = [MetricKind::Errors, MetricKind::Latency, MetricKind::Throttles, MetricKind::Loss];
        let Some(period) =
            watch.period().filter(|_| watch.series.iter().any(|s| urgent.iter().any(|kind| s.is(*kind))))
        else {
            continue;
        };
        // That is the most it can be; only then is it worth an evaluation.
        if f64::from(period) * f64::from(watch.points().0) <= max {
            continue;
        }
        let Some(seconds) = soonest(watch) else { continue };
        if seconds as f64 > max {
            let message =
                format!("`{}` fires after {} of trouble at the earliest", watch.alarm.name, format_seconds(seconds));
            let help =
                format!("{} at most: use a shorter period, or fewer datapoints_to_alarm", format_seconds(max as i64));
            found.push(watch.raise(&["period", "evaluation_periods", "datapoints_to_alarm"], message, help));
        }
    }
}

/// Seconds from the beginning of trouble to ALARM, where every period that has some of it is breaching: by the evaluator that looks
/// minute by minute.
fn soonest(watch: &AlarmView<'_>) -> Option<i64> {
    let condition = Condition::of(&watch.definition, EvaluationOptions::default()).ok()?;
    let step = condition.cadence().min(condition.period);
    let mut grid = PeriodGrid { first: condition.period, step, len: 0, period: condition.period };
    let quiet = condition.range * grid.stride();
    grid.len = quiet + (condition.n + 1) * grid.stride();
    let (good, bad) = if condition.comparison.is_upward() { (f64::MIN, f64::MAX) } else { (f64::MAX, f64::MIN) };
    let values = (0..grid.len).map(|index| if index < quiet { good } else { bad }).collect();
    let replayed = replay(&condition, &EvaluatedSeries::of_values(grid, values), grid.first, grid.end(grid.len - 1));
    let fired = replayed.timeline.changes.iter().find(|change| change.to == AlarmState::Alarm)?;
    Some(fired.at - grid.end(quiet) + step)
}
