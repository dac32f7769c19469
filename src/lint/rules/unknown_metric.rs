//! A metric name that the namespace does not have: the alarm never sees a value.

use crate::lint::catalogue::{catalogue, misspelt};
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};

pub static RULE: LintRule = LintRule {
    id: "unknown-metric",
    level: Severity::Warning,
    summary: "a metric of AWS is not known by this name",
    page: include_str!("../../../docs/lint/unknown-metric.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        for series in watch.series.iter().filter(|series| series.known.is_none()) {
            let names = catalogue().metric_names(series.namespace);
            if names.is_empty() || names.contains(series.metric) {
                continue;
            }
            // AWS may have published a metric that is newer than the catalogue: then the account lists it.
            let listed = subject.observed.and_then(|observed| observed.listed(series.namespace, series.metric));
            if listed.is_some_and(|sets| !sets.is_empty()) {
                continue;
            }
            let (name, metric, namespace) = (&watch.alarm.name, series.metric, series.namespace);
            let keys = &["metric_name", "metrics", "anomaly"];
            found.push(match misspelt(metric, names) {
                Some(near) => {
                    let message = format!("`{name}` watches {metric}, which {namespace} does not publish");
                    watch.raise(keys, message, format!("did you mean {near}?"))
                }
                // The list may not be whole.
                None => {
                    let message =
                        format!("`{name}` watches {metric}, which is not among the known metrics of {namespace}");
                    let dated = &catalogue().dated;
                    let help =
                        format!("the list is of {dated}; mlopsctl lint --online asks AWS whether the account has it");
                    watch.raise(keys, message, help).hint()
                }
            });
        }
    }
}
