//! A metric under an alarm that its expression does not use: it is paid for.

use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use mlops_cloudwatch::alarm::AlarmQuery;
use mlops_cloudwatch::math;
use std::collections::BTreeSet;

pub static RULE: LintRule = LintRule {
    id: "unused-metric",
    level: Severity::Hint,
    summary: "an alarm pays for a metric that it does not use",
    page: include_str!("../../../docs/lint/unused-metric.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        let queries = &watch.definition.queries;
        // METRICS() is every metric there is.
        let all = queries.iter().filter_map(|query| query.expression).any(|text| text.contains("METRICS("));
        if queries.is_empty() || all {
            continue;
        }
        let used = used(queries);
        for query in queries.iter().filter(|query| query.metric.is_some() && !used.contains(query.id)) {
            let message = format!("`{}` pays for `{}`, which its expression does not use", watch.alarm.name, query.id);
            found.push(watch.raise(
                &["metrics"],
                message,
                "take it out: each metric of an alarm costs as much as an alarm",
            ));
        }
    }
}

/// The ids that are watched, and those that they are made of.
fn used<'a>(queries: &[AlarmQuery<'a>]) -> BTreeSet<&'a str> {
    let mut used: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&AlarmQuery<'a>> = queries.iter().filter(|query| query.return_data).collect();
    while let Some(query) = open.pop() {
        if used.insert(query.id) {
            let named: BTreeSet<&str> = query.expression.into_iter().flat_map(math::ids).map(|(_, id)| id).collect();
            open.extend(queries.iter().filter(|query| named.contains(query.id)));
        }
    }
    used
}
