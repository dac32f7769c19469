//! A threshold that is always or never crossed, whatever happens.

use crate::lint::finding::Raised;
use crate::lint::series::Watch;
use crate::lint::subject::Subject;
use crate::lint::{Level, Rule};
use mlops_cloudwatch::comparison::Comparison;

pub static RULE: Rule = Rule {
    id: "impossible-threshold",
    level: Level::Error,
    summary: "a threshold is always or never crossed",
    page: include_str!("../../../docs/lint/impossible-threshold.md"),
    limits: None,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        let Some((low, high)) = range(watch) else { continue };
        let Some((comparison, threshold)) = watch.limit().threshold() else { continue };
        let high = high.unwrap_or(f64::INFINITY);
        let (never, always) = match comparison {
            Comparison::Greater => (threshold >= high, threshold < low),
            Comparison::GreaterOrEqual => (threshold > high, threshold <= low),
            Comparison::Less => (threshold <= low, threshold > high),
            Comparison::LessOrEqual => (threshold < low, threshold >= high),
        };
        let what = match (never, always) {
            (true, _) => "never fires",
            (_, true) => "always fires",
            _ => continue,
        };
        let most = if high.is_finite() { format!("{low} to {high}") } else { format!("{low} or more") };
        let message = format!("`{}` {what}: the value is {most}, and it waits for {}", watch.alarm.name, watch.limit());
        found.push(watch.raise(
            &["threshold", "expression"],
            message,
            "choose a threshold between what is usual and what hurts",
        ));
    }
}

/// What the watched value can be: metrics of AWS are never negative, shares end at 1 or 100.
fn range(watch: &Watch<'_>) -> Option<(f64, Option<f64>)> {
    if let Some(series) = watch.single() {
        let kind = series.kind()?;
        let share = kind == crate::lint::catalogue::MetricKind::Errors && series.stat == "Average";
        let highest = kind.highest().or(share.then_some(1.0));
        return Some((0.0, highest.filter(|_| series.stat != "Sum" && series.stat != "SampleCount")));
    }
    let share = watch.error_share()?;
    let threshold = watch.alarm.threshold?;
    Some((0.0, Some(if (share - threshold).abs() < f64::EPSILON { 100.0 } else { 1.0 })))
}
