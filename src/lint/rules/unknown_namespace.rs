//! A namespace that AWS does not have: the alarm never sees a value.

use crate::lint::catalogue::catalogue;
use crate::lint::finding::Raised;
use crate::lint::subject::Subject;
use crate::lint::{Level, Rule};
use crate::model::problem::nearest;

pub static RULE: Rule = Rule {
    id: "unknown-namespace",
    level: Level::Error,
    summary: "a namespace of AWS does not exist",
    page: include_str!("../../../docs/lint/unknown-namespace.md"),
    limits: None,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        for series in &watch.series {
            if catalogue().namespaces().any(|known| known == series.namespace) {
                continue;
            }
            // Everybody can make a namespace, but not one of AWS.
            let near = nearest(series.namespace, catalogue().namespaces());
            let means_aws = series.namespace.to_ascii_lowercase().starts_with("aws/");
            let Some(near) = near.filter(|near| means_aws || near.eq_ignore_ascii_case(series.namespace)) else {
                continue;
            };
            let message =
                format!("`{}` watches the namespace {}, which AWS does not have", watch.alarm.name, series.namespace);
            found.push(watch.raise(&["namespace", "metrics", "anomaly"], message, format!("did you mean {near}?")));
        }
    }
}
