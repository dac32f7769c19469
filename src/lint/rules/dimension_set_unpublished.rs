//! Dimensions that exist, but not together: CloudWatch does not add up over dimensions.

use crate::lint::catalogue::catalogue;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use std::collections::BTreeSet;

pub static RULE: LintRule = LintRule {
    id: "dimension-set-unpublished",
    level: Severity::Warning,
    summary: "a metric is not published under these dimensions together",
    page: include_str!("../../../docs/lint/dimension-set-unpublished.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        for series in &watch.series {
            let Some(sets) = catalogue().dimension_sets(series.namespace, series.metric) else { continue };
            // Where there may be more sets, it is certain only that nothing is published without a dimension.
            let open = series.known.is_some_and(|known| known.is_open());
            if subject.is_listed(series) || open && !series.dimensions.is_empty() {
                continue;
            }
            let sets: Vec<BTreeSet<&str>> = sets.into_iter().collect();
            let asked: BTreeSet<&str> = series.dimensions.keys().map(String::as_str).collect();
            let all_known = asked.iter().all(|name| sets.iter().any(|set| set.contains(name)));
            if !all_known || sets.contains(&asked) {
                continue;
            }
            let words = |set: &BTreeSet<&str>| match set.len() {
                0 => "no dimension".to_owned(),
                _ => set.iter().copied().collect::<Vec<_>>().join(" + "),
            };
            let message = format!(
                "`{}` asks for {} by {}, and AWS does not publish it so",
                watch.alarm.name,
                series.metric,
                words(&asked)
            );
            let mut near = sets;
            near.sort_by_key(|set| set.symmetric_difference(&asked).count());
            let near: Vec<String> = near.iter().take(3).map(words).collect();
            let help = format!("{} {} is published by {}", series.namespace, series.metric, near.join(", or by "));
            found.push(watch.raise(&["dimensions", "metric_name", "metrics"], message, help));
        }
    }
}
