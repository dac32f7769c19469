//! An alarm that a single failure fires: people learn to ignore it.

use crate::lint::catalogue::MetricKind;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use mlops_cloudwatch::comparison::Comparison;

pub static RULE: LintRule = LintRule {
    id: "alarm-on-every-error",
    level: Severity::Warning,
    summary: "an alarm fires on every single error",
    page: include_str!("../../../docs/lint/alarm-on-every-error.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        let counts = |series: &&crate::lint::series::AlarmedMetric<'_>| series.is(MetricKind::Errors);
        let Some(series) = watch.single().filter(counts) else { continue };
        let one_is_enough = match watch.limit().threshold() {
            Some((Comparison::Greater, threshold)) => threshold < 1.0,
            Some((Comparison::GreaterOrEqual, threshold)) => threshold <= 1.0,
            _ => false,
        };
        if one_is_enough && watch.points().0 == 1 && ["Sum", "Maximum", "SampleCount"].contains(&series.stat) {
            let message =
                format!("`{}` fires on every single error ({} {})", watch.alarm.name, series.metric, watch.limit());
            let help =
                "alarm on the share of failed calls, for example above 5 % in 2 of 3 periods of 5m; see golden_signals";
            let raised = watch.raise(&["threshold"], message, help);
            // Of a function that runs now and then, one failure may be worth a message; what the file monitors serves calls.
            let is_monitored = series.function().is_some_and(|function| subject.functions.contains(function));
            found.push(if is_monitored { raised } else { raised.hint() });
        }
    }
}
