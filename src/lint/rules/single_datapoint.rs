//! One datapoint of a spiky metric decides: every hiccup is an alarm.

use crate::lint::catalogue::MetricKind;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{AcceptedValues, LintRule, Severity, ValueUnit};
use crate::model::duration::format_seconds;

pub static RULE: LintRule = LintRule {
    id: "single-datapoint",
    level: Severity::Hint,
    summary: "one datapoint of a spiky metric decides",
    page: include_str!("../../../docs/lint/single-datapoint.md"),
    opt_in: false,
    limits: Some(AcceptedValues { unit: ValueUnit::Seconds, min: None, max: Some(300.0) }),
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let Some(max) = subject.limits.and_then(|limits| limits.max) else { return };
    for watch in subject.watches.iter().filter(|watch| watch.points().0 == 1) {
        let spiky = |series: &&crate::lint::series::AlarmedMetric<'_>| {
            let kind = matches!(series.kind(), Some(MetricKind::Latency | MetricKind::Concurrency));
            kind && f64::from(series.period) <= max
        };
        let Some(series) = watch.single().filter(spiky) else { continue };
        let period = format_seconds(series.period.into());
        let message = format!("one slow or busy {period} of {} is enough for `{}`", series.metric, watch.alarm.name);
        let help = "ask for more than one: evaluation_periods: 3 and datapoints_to_alarm: 2";
        found.push(watch.raise(&["datapoints_to_alarm", "evaluation_periods"], message, help));
    }
}
