//! A namespace that AWS does not have: the alarm never sees a value.

use crate::lint::catalogue::{catalogue, misspelt};
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use std::collections::BTreeSet;

pub static RULE: LintRule = LintRule {
    id: "unknown-namespace",
    level: Severity::Warning,
    summary: "a namespace of AWS is not known by this name",
    page: include_str!("../../../docs/lint/unknown-namespace.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let known: BTreeSet<&str> = catalogue().namespaces().collect();
    for watch in &subject.watches {
        for series in watch.series.iter().filter(|series| !known.contains(series.namespace)) {
            let (name, namespace) = (&watch.alarm.name, series.namespace);
            // Everybody can make a namespace, but not one of AWS.
            let means_aws = namespace.to_ascii_lowercase().starts_with("aws/");
            let near = misspelt(namespace, known.iter().copied());
            let near = near.filter(|near| means_aws || near.eq_ignore_ascii_case(namespace));
            if subject.is_listed(series) || near.is_none() && !means_aws {
                continue;
            }
            let keys = &["namespace", "metrics", "anomaly"];
            found.push(match near {
                Some(near) => {
                    let message = format!("`{name}` watches the namespace {namespace}, which AWS does not have");
                    watch.raise(keys, message, format!("did you mean {near}?"))
                }
                None => {
                    let message =
                        format!("`{name}` watches {namespace}, which is not among the known namespaces of AWS");
                    let dated = &catalogue().dated;
                    let help =
                        format!("the list is of {dated}; mlopsctl lint --online asks AWS whether the account has it");
                    watch.raise(keys, message, help).hint()
                }
            });
        }
    }
}
