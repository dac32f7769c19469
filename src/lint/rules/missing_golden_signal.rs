//! A monitored function without an alarm for one of its golden signals.

use crate::lint::catalogue::{MetricKind, catalogue};
use crate::lint::finding::About;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::resources::Alarm;
use crate::resources::alarm::coverage;
use std::collections::BTreeMap;

pub static RULE: LintRule = LintRule {
    id: "missing-golden-signal",
    level: Severity::Warning,
    summary: "a monitored function has no alarm for a golden signal",
    page: include_str!("../../../docs/lint/missing-golden-signal.md"),
    opt_in: false,
    limits: None,
    check,
};

/// What has to be watched, and by which kinds of metric. Traffic is not here: nobody calls at night is the rule.
const SIGNALS: [(&str, &[MetricKind]); 3] = [
    ("latency", &[MetricKind::Latency]),
    ("errors", &[MetricKind::Errors]),
    ("saturation", &[MetricKind::Throttles, MetricKind::Concurrency]),
];

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let mut watched: BTreeMap<&str, Vec<MetricKind>> = BTreeMap::new();
    for series in subject.watches.iter().flat_map(|watch| &watch.series) {
        if let (Some(function), Some(kind)) = (series.function(), series.kind()) {
            watched.entry(function).or_default().push(kind);
        }
    }
    // A query watches the functions that it does not leave out.
    let queries = subject.watches.iter().filter(|watch| watch.definition.insights().is_some());
    let queries: Vec<&Alarm> = queries.map(|watch| watch.alarm).collect();
    for function in subject.functions {
        let queried = queries.iter().flat_map(|alarm| coverage::queried_metrics(alarm, function));
        let queried = queried.filter_map(|metric| Some(catalogue().metric("AWS/Lambda", metric)?.metric.kind));
        let kinds = watched.get(function.as_str()).into_iter().flatten().copied().chain(queried);
        let kinds: Vec<MetricKind> = kinds.collect();
        let missing: Vec<&str> = SIGNALS
            .iter()
            .filter(|(_, by)| !kinds.iter().any(|kind| by.contains(kind)))
            .map(|(signal, _)| *signal)
            .collect();
        if !missing.is_empty() {
            let message = format!("nothing watches the {} of {function}", missing.join(", the "));
            let help = "golden_signals: { notify: TOPIC } makes sensible alarms of all of them";
            found.push(Raised::new(About::Function(function.clone()), &[], message, help));
        }
    }
}
