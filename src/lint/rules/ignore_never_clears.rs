//! Missing data that keeps the state, on a metric that has none while nothing happens: the alarm stays on.

use crate::lint::catalogue::MetricKind;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use mlops_cloudwatch::missing::MissingData;

pub static RULE: LintRule = LintRule {
    id: "ignore-never-clears",
    level: Severity::Warning,
    summary: "an alarm stays in ALARM while nothing happens",
    page: include_str!("../../../docs/lint/ignore-never-clears.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for watch in
        subject.watches.iter().filter(|watch| watch.is_sparse() && watch.treats_missing_as(MissingData::Ignore))
    {
        // What counts failures, or times calls, has no data without calls; a level falls before it ends.
        let kinds = [MetricKind::Errors, MetricKind::Loss, MetricKind::Throttles, MetricKind::Latency];
        let of_calls = watch.series.iter().any(|series| series.kind().is_some_and(|kind| kinds.contains(&kind)));
        if !of_calls || watch.ceiling().is_none() || watch.bounds().is_some_and(|bounds| !bounds.gaps) {
            continue;
        }
        let metric = watch.series.first().map_or("the metric", |series| series.metric);
        let name = &watch.alarm.name;
        let message =
            format!("`{name}` stays in ALARM until {metric} has data again, and while nothing happens it has none");
        found.push(watch.raise(
            &["treat_missing_data"],
            message,
            "say that silence is well: treat_missing_data: notBreaching",
        ));
    }
}
