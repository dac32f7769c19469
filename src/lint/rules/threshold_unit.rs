//! A threshold that only makes sense in another unit than the metric's: seconds for milliseconds, gigabytes for bytes.

use crate::lint::catalogue::{CatalogueName, MetricKind};
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};

pub static RULE: LintRule = LintRule {
    id: "threshold-unit",
    level: Severity::Warning,
    summary: "a threshold looks like one in another unit than the metric's",
    page: include_str!("../../../docs/lint/threshold-unit.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        let Some(series) = watch.single().filter(|series| !["Sum", "SampleCount"].contains(&series.stat)) else {
            continue;
        };
        let (Some(known), Some((comparison, threshold))) = (series.known, watch.limit().threshold()) else { continue };
        let Some(meant) = meant(series.namespace, known, threshold, comparison.is_upward()) else { continue };
        let (name, metric, unit) = (&watch.alarm.name, series.metric, known.metric.unit.to_lowercase());
        let message = format!("`{name}` compares {metric} with {threshold} {unit}: that looks like {meant}");
        found.push(watch.raise(&["threshold"], message, format!("{metric} is in {unit}: convert the threshold")));
    }
}

/// The unit in which a threshold looks right, where it does not in the metric's own: by orders of magnitude only.
fn meant(namespace: &str, known: CatalogueName, threshold: f64, is_upward: bool) -> Option<&'static str> {
    if threshold <= 0.0 {
        return None;
    }
    let below = |limit: f64, meant: &'static str| (threshold <= limit).then_some(meant);
    let above = |limit: f64, meant: &'static str| (threshold >= limit).then_some(meant);
    match (known.metric.unit.as_str(), known.metric.kind, is_upward) {
        // Calls of a function or of an API last longer than that, and its highest timeout in seconds is not more.
        ("Milliseconds", MetricKind::Latency, true) if ["AWS/Lambda", "AWS/ApiGateway"].contains(&namespace) => {
            below(30.0, "seconds")
        }
        ("Milliseconds", MetricKind::Latency, true) if namespace == "AWS/States" => below(300.0, "seconds"),
        ("Milliseconds", MetricKind::Age, true) => below(300.0, "seconds"),
        ("Seconds", MetricKind::Latency, true) if namespace == "AWS/RDS" => above(10.0, "milliseconds"),
        ("Seconds", MetricKind::Latency, true) => above(100.0, "milliseconds"),
        ("Bytes", MetricKind::Reserve, false) => below(1e6, "megabytes or gigabytes"),
        ("Bytes", MetricKind::Gauge, true) => below(1e4, "megabytes or gigabytes"),
        // Error rates below one percent are watched, a load below one percent is not.
        ("Percent", MetricKind::Percent, true) if namespace != "AWS/CloudFront" => {
            (threshold < 1.0).then_some("a share, and 80 % are 80 here")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::catalogue::catalogue;

    #[test]
    fn only_other_orders_of_magnitude_are_named() {
        for (namespace, metric, threshold, is_upward, unit) in [
            ("AWS/Lambda", "Duration", 3.0, true, Some("seconds")),
            ("AWS/Lambda", "Duration", 500.0, true, None),
            ("AWS/DynamoDB", "SuccessfulRequestLatency", 10.0, true, None),
            ("AWS/Lambda", "IteratorAge", 60.0, true, Some("seconds")),
            ("AWS/ApplicationELB", "TargetResponseTime", 500.0, true, Some("milliseconds")),
            ("AWS/ApplicationELB", "TargetResponseTime", 2.0, true, None),
            ("AWS/RDS", "FreeStorageSpace", 10.0, false, Some("megabytes or gigabytes")),
            ("AWS/RDS", "FreeStorageSpace", 5e9, false, None),
            ("AWS/RDS", "CPUUtilization", 0.8, true, Some("a share, and 80 % are 80 here")),
            ("AWS/CloudFront", "5xxErrorRate", 0.5, true, None),
            ("AWS/EC2", "CPUUtilization", 0.0, true, None),
        ] {
            let known = catalogue().metric(namespace, metric).expect(metric);
            assert_eq!(meant(namespace, known, threshold, is_upward), unit, "{metric} {threshold}");
        }
    }
}
