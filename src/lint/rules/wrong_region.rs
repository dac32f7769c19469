//! A metric that AWS publishes in one region only, watched in another: the alarm never sees a value.

use crate::lint::catalogue::catalogue;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::model::Target;

pub static RULE: LintRule = LintRule {
    id: "wrong-region",
    level: Severity::Error,
    summary: "a metric is published in another region only",
    page: include_str!("../../../docs/lint/wrong-region.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    // Other partitions publish them elsewhere.
    if subject.region.is_empty() || Target::new("", subject.region).partition() != "aws" {
        return;
    }
    for watch in &subject.watches {
        let elsewhere =
            |namespace: &str| catalogue().namespace(namespace)?.region.as_deref().filter(|r| *r != subject.region);
        let Some((series, region)) =
            watch.series.iter().find_map(|series| Some((series, elsewhere(series.namespace)?)))
        else {
            continue;
        };
        let (name, namespace) = (&watch.alarm.name, series.namespace);
        let message = format!(
            "`{name}` watches {namespace}, which is published in {region} only, and it is in {}",
            subject.region
        );
        let help = format!("declare it below `regions: {{ {region}: … }}` of this file, with a topic there");
        found.push(watch.raise(&["namespace", "metrics", "anomaly"], message, help));
    }
}
