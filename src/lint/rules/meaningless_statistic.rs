//! A statistic that says nothing of its metric: the sum of levels, the average of a count of ones.

use crate::lint::catalogue::MetricKind;
use crate::lint::finding::Raised;
use crate::lint::subject::Subject;
use crate::lint::{Level, Rule};

pub static RULE: Rule = Rule {
    id: "meaningless-statistic",
    level: Level::Warning,
    summary: "a statistic says nothing of its metric",
    page: include_str!("../../../docs/lint/meaningless-statistic.md"),
    limits: None,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        for series in &watch.series {
            let Some(known) = series.known else { continue };
            let listed = &known.metric.statistics;
            let summed_time =
                matches!(known.metric.kind, MetricKind::Latency | MetricKind::Age) && series.stat == "Sum";
            if !summed_time && (listed.is_empty() || listed.iter().any(|stat| stat == series.stat)) {
                continue;
            }
            let why = match known.metric.kind {
                MetricKind::Latency | MetricKind::Age => "it grows with the traffic, not with the trouble",
                MetricKind::Concurrency | MetricKind::Share => "it is a level, and adds up to nothing that exists",
                _ => "every event counts 1, so it says the same in good times and in bad",
            };
            let message = format!("`{}` takes the {} of {}: {why}", watch.alarm.name, series.stat, series.metric);
            let use_ = if summed_time { "p95, Maximum or Average".to_owned() } else { listed.join(" or ") };
            found.push(watch.raise(&["statistic", "extended_statistic", "metrics"], message, format!("use {use_}")));
        }
    }
}
