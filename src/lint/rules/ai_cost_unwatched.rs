//! A model is watched, but not what it costs.

use crate::lint::catalogue::{MetricKind, catalogue};
use crate::lint::finding::Raised;
use crate::lint::series::AlarmedMetric;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use std::collections::{BTreeMap, BTreeSet};

pub static RULE: LintRule = LintRule {
    id: "ai-cost-unwatched",
    level: Severity::Warning,
    summary: "nothing watches what the use of a model costs",
    page: include_str!("../../../docs/lint/ai-cost-unwatched.md"),
    opt_in: false,
    limits: None,
    check,
};

/// Parts of the names of custom metrics that count money or tokens.
const COST_WORDS: [&str; 3] = ["cost", "usd", "token"];

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let mut namespaces: BTreeMap<&str, Vec<(usize, &AlarmedMetric<'_>)>> = BTreeMap::new();
    for (at, watch) in subject.watches.iter().enumerate() {
        for series in &watch.series {
            namespaces.entry(series.namespace).or_default().push((at, series));
        }
    }
    for (namespace, watched) in namespaces {
        let costs = |series: &AlarmedMetric<'_>| {
            series.is(MetricKind::Cost) || (series.known.is_none() && names_cost(series.metric))
        };
        let mut unwatched: BTreeSet<&str> = BTreeSet::new();
        match catalogue().namespace(namespace) {
            // Messages cost as well, but so little that nobody needs an alarm.
            Some(listed) if namespace == "AWS/Bedrock" => {
                let of_cost = listed.metrics.iter().filter(|(_, metric)| metric.kind == MetricKind::Cost);
                unwatched.extend(of_cost.map(|(name, _)| name.as_str()));
            }
            Some(_) => {}
            None => {
                let listed = subject.observed.into_iter().flat_map(|observed| observed.names(namespace));
                unwatched.extend(listed.filter(|name| names_cost(name)));
            }
        }
        if let (Some((first, _)), Some(_)) = (watched.first(), unwatched.first())
            && !watched.iter().any(|(_, series)| costs(series))
        {
            let metrics = unwatched.into_iter().collect::<Vec<_>>().join(", ");
            let message = format!("{namespace} is watched, but nothing watches what it costs");
            let help =
                format!("add an alarm on the sum of one of {metrics}: a loop can spend a month's money in a night");
            found.push(subject.watches[*first].raise(&["namespace", "metrics"], message, help));
        }
    }
}

fn names_cost(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    COST_WORDS.iter().any(|word| name.contains(word))
}
