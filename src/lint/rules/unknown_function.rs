//! An alarm on a function whose name is nearly one of the file's.

use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::model::glob;
use crate::model::problem::KnownNames;
use std::collections::{BTreeMap, BTreeSet};

pub static RULE: LintRule = LintRule {
    id: "unknown-function",
    level: Severity::Warning,
    summary: "an alarm watches a function that is nearly, but not, one of the file",
    page: include_str!("../../../docs/lint/unknown-function.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    // `api-1` and `api-2` are two functions, not a slip.
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let known = KnownNames::new(subject.functions.iter().map(String::as_str));
    // Without AWS a pattern stands for itself.
    let patterns: Vec<&String> = subject.functions.iter().filter(|own| glob::is_pattern(own)).collect();
    let stands_for =
        |name: &str| subject.functions.contains(name) || patterns.iter().any(|pattern| glob::matches(pattern, name));
    let mut looked_up: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for watch in &subject.watches {
        let names: BTreeSet<&str> = watch.series.iter().filter_map(|series| series.function()).collect();
        for name in names.into_iter().filter(|name| !stands_for(name)) {
            let near = looked_up
                .entry(name)
                .or_insert_with(|| known.nearest(name).filter(|near| digits(near) == digits(name)));
            let Some(near) = near else { continue };
            let message = format!("`{}` watches {name}, which is not under `functions`", watch.alarm.name);
            let help = format!("did you mean {near}? Else declare it: functions: {{ {name}: {{}} }}");
            found.push(watch.raise(&["dimensions", "metrics", "anomaly"], message, help));
        }
    }
}
