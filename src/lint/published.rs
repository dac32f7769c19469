//! What AWS's own service data names: namespaces, their metrics, and the dimension sets of each. A table that `published.py` writes,
//! read once. Says nothing of units or of what a metric counts, and is not complete.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

type DimensionNames = BTreeSet<&'static str>;

/// Metrics of a namespace, by name, with the sets of dimension names that each is published under.
type PublishedMetrics = BTreeMap<&'static str, Vec<DimensionNames>>;

static PUBLISHED: LazyLock<BTreeMap<&'static str, PublishedMetrics>> =
    LazyLock::new(|| read(include_str!("published.txt")));

/// Every namespace, by name.
pub fn published() -> &'static BTreeMap<&'static str, PublishedMetrics> {
    &PUBLISHED
}

/// `[namespace] set set`, then `metric 0,1` for each of its metrics; a set is `Name+Name`, `-` the one without names.
fn read(text: &'static str) -> BTreeMap<&'static str, PublishedMetrics> {
    let mut namespaces: BTreeMap<&'static str, PublishedMetrics> = BTreeMap::new();
    let (mut namespace, mut sets) = ("", Vec::new());
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, known)) = line.strip_prefix('[').and_then(|line| line.split_once(']')) {
            namespace = name;
            let names = |set: &'static str| set.split('+').filter(|name| *name != "-").collect::<DimensionNames>();
            sets = known.split_whitespace().map(names).collect();
        } else if let Some((metric, numbers)) = line.rsplit_once(' ') {
            let used = numbers.split(',').filter_map(|number| sets.get(number.parse::<usize>().ok()?)).cloned();
            namespaces.entry(namespace).or_default().insert(metric, used.collect());
        }
    }
    namespaces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read() {
        let all = published();
        let metrics: usize = all.values().map(BTreeMap::len).sum();
        assert!(all.len() >= 70 && metrics >= 950, "{} {metrics}", all.len());
        let sets = &all["AWS/ApplicationELB"]["HealthyHostCount"];
        assert!(sets.contains(&BTreeSet::from(["LoadBalancer", "TargetGroup"])), "{sets:?}");
        assert!(all["AWS/EC2"]["CPUUtilization"].contains(&BTreeSet::new()));
        assert!(include_str!("published.txt").len() < 60_000, "it is in every binary");
    }

    /// A line that is repeated, or a number without a set, would be passed over.
    #[test]
    fn no_row_is_passed_over() {
        let lines = || include_str!("published.txt").lines().filter(|line| !line.starts_with('#'));
        let namespaces = lines().filter(|line| line.starts_with('[')).count();
        assert_eq!(namespaces, published().len(), "a namespace is there twice");
        let metrics: usize = published().values().map(BTreeMap::len).sum();
        assert_eq!(lines().count() - namespaces, metrics, "a metric is there twice");
        let numbers = lines().filter(|line| !line.starts_with('[')).filter_map(|line| line.rsplit_once(' '));
        let numbers: usize = numbers.map(|(_, numbers)| numbers.split(',').filter(|one| !one.is_empty()).count()).sum();
        let sets: usize = published().values().flat_map(BTreeMap::values).map(Vec::len).sum();
        assert_eq!(numbers, sets, "a number names no set");
    }
}
