//! A metric that the account has not published for two weeks, as ListMetrics tells.

use crate::lint::finding::Raised;
use crate::lint::online::DimensionSets;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::model::problem::nearest;
use std::collections::{BTreeMap, BTreeSet};

pub static RULE: LintRule = LintRule {
    id: "metric-never-seen",
    level: Severity::Warning,
    summary: "a metric is not published in this account",
    page: include_str!("../../../docs/lint/metric-never-seen.md"),
    opt_in: false,
    limits: None,
    check,
};

/// Dimension sets that are shown.
const SHOWN: usize = 3;

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let Some(observed) = subject.observed else { return };
    for watch in &subject.watches {
        for series in watch.series.iter().filter(|series| !series.foreign) {
            let Some(sets) = observed.listed(series.namespace, series.metric) else { continue };
            if sets.contains(series.dimensions) || subject.is_made(series) {
                continue;
            }
            let message = format!(
                "`{}` watches {} {} {}, which this account has not published for two weeks",
                watch.alarm.name,
                series.namespace,
                series.metric,
                words(series.dimensions)
            );
            found.push(watch.raise(&["metric_name", "metrics", "anomaly"], message, help(series, sets, observed)));
        }
    }
}

/// What is published instead: the nearest name, or the dimension sets that do exist.
fn help(
    series: &crate::lint::series::AlarmedMetric<'_>,
    sets: &DimensionSets,
    observed: &crate::lint::Observed,
) -> String {
    if sets.is_empty() {
        let near = nearest(series.metric, observed.names(series.namespace).filter(|name| *name != series.metric));
        return near.map_or_else(
            || "it may be new, or nobody has called yet; then it appears with the first datapoint".to_owned(),
            |near| format!("did you mean {near}?"),
        );
    }
    let distance = |set: &&BTreeMap<String, String>| {
        let (a, b): (BTreeSet<_>, BTreeSet<_>) = (set.iter().collect(), series.dimensions.iter().collect());
        let other_names = set.keys().collect::<Vec<_>>() != series.dimensions.keys().collect::<Vec<_>>();
        let edits: usize = set
            .iter()
            .map(|(key, value)| series.dimensions.get(key).map_or(100, |own| strsim::levenshtein(own, value)))
            .sum();
        (other_names, edits, a.symmetric_difference(&b).count())
    };
    let mut near: Vec<&BTreeMap<String, String>> = sets.iter().collect();
    near.sort_by_key(|set| (distance(set), words(set)));
    let shown: Vec<String> = near.iter().take(SHOWN).map(|set| words(set)).collect();
    let more = sets.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    format!("it is published {}{more}", shown.join("; "))
}

fn words(dimensions: &BTreeMap<String, String>) -> String {
    if dimensions.is_empty() {
        return "without dimensions".to_owned();
    }
    let pairs: Vec<String> = dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("with {}", pairs.join(", "))
}
