//! The average of a latency: it hides the slow calls that users feel.

use crate::lint::catalogue::MetricKind;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};

pub static RULE: LintRule = LintRule {
    id: "average-latency",
    level: Severity::Hint,
    summary: "a latency is averaged where a percentile is meant",
    page: include_str!("../../../docs/lint/average-latency.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        for series in watch.series.iter().filter(|series| series.is(MetricKind::Latency) && series.stat == "Average") {
            if series.known.is_some_and(|known| known.namespace.percentiles) {
                let message = format!(
                    "`{}` watches the average of {}, which hides the slow calls that users feel",
                    watch.alarm.name, series.metric
                );
                let help = "watch a percentile: extended_statistic: p95 (or statistic: p95 under `metrics`)";
                found.push(watch.raise(&["statistic", "metrics", "anomaly"], message, help));
            }
        }
    }
}
