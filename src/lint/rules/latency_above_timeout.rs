//! A latency threshold that no call can reach, since Lambda ends it before.

use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};

pub static RULE: LintRule = LintRule {
    id: "latency-above-timeout",
    level: Severity::Error,
    summary: "a latency threshold lies at or above the timeout",
    page: include_str!("../../../docs/lint/latency-above-timeout.md"),
    opt_in: false,
    limits: None,
    check,
};

/// Milliseconds: Lambda ends every call after 15 minutes at the latest (Lambda quotas, "Function timeout").
const LONGEST: f64 = 900_000.0;

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        let Some(series) = watch.single().filter(|s| s.namespace == "AWS/Lambda" && s.metric == "Duration") else {
            continue;
        };
        let Some(threshold) = watch.ceiling().filter(|_| series.stat != "Sum" && series.stat != "SampleCount") else {
            continue;
        };
        let facts = series.function().and_then(|name| Some((name, subject.facts(name)?)));
        let timeout = facts.map_or(LONGEST, |(_, facts)| f64::from(facts.timeout_s) * 1_000.0);
        if threshold < timeout {
            continue;
        }
        let (whose, most) = match facts {
            Some((name, facts)) => (format!("{name}, which ends after {} s", facts.timeout_s), timeout * 0.8),
            None => ("any function: Lambda ends a call after 900 s".to_owned(), LONGEST * 0.8),
        };
        let message = format!("`{}` waits for {threshold} ms, and no call of {whose} takes longer", watch.alarm.name);
        let help = format!("stay below the timeout; 80 % of it are {most} ms");
        found.push(watch.raise(&["threshold"], message, help));
    }
}
