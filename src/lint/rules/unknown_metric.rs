//! A metric name that the namespace does not have: the alarm never sees a value.

use crate::lint::catalogue::catalogue;
use crate::lint::finding::Raised;
use crate::lint::subject::Subject;
use crate::lint::{Level, Rule};
use crate::model::problem::nearest;

pub static RULE: Rule = Rule {
    id: "unknown-metric",
    level: Level::Error,
    summary: "a metric does not exist",
    page: include_str!("../../../docs/lint/unknown-metric.md"),
    limits: None,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        for series in watch.series.iter().filter(|series| series.known.is_none()) {
            let Some(namespace) = catalogue().namespace(series.namespace) else { continue };
            // AWS may have published a metric that is newer than the catalogue: then the account lists it.
            let listed = subject.observed.and_then(|observed| observed.listed(series.namespace, series.metric));
            if listed.is_some_and(|sets| !sets.is_empty()) {
                continue;
            }
            let message = format!(
                "`{}` watches {}, which {} does not publish",
                watch.alarm.name, series.metric, series.namespace
            );
            let near = nearest(series.metric, namespace.metrics.keys().map(String::as_str));
            let help = match near {
                Some(near) => format!("did you mean {near}?"),
                None => format!(
                    "the catalogue of {} has no such metric; switch the rule off if it is new",
                    catalogue().dated
                ),
            };
            found.push(watch.raise(&["metric_name", "metrics", "anomaly"], message, help));
        }
    }
}
