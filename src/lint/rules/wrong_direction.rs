//! An alarm that fires where its metric is good, and is quiet where it is bad.

use crate::lint::catalogue::MetricKind;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};

pub static RULE: LintRule = LintRule {
    id: "wrong-direction",
    level: Severity::Warning,
    summary: "an alarm fires when its metric is good",
    page: include_str!("../../../docs/lint/wrong-direction.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let children = subject.children();
    for watch in &subject.watches {
        // To scale in is for good times, and so may be a part of a composite alarm.
        if watch.scales() || children.contains(&watch.alarm.name) || watch.reach().is_some() {
            continue;
        }
        let Some((comparison, limit)) = watch.limit().threshold() else { continue };
        let (what, bad) = match (watch.single(), watch.error_share()) {
            (Some(series), _) => {
                // Below zero is a state of its own: a replica that does not replicate.
                let low_is_bad = match series.kind() {
                    // More hosts than anybody wanted cost money.
                    Some(MetricKind::Reserve) if series.stat == "Maximum" && series.counts() && limit > 1.0 => continue,
                    Some(MetricKind::Reserve) => true,
                    Some(MetricKind::Errors | MetricKind::Loss | MetricKind::Throttles)
                        if series.stat != "SampleCount" =>
                    {
                        false
                    }
                    Some(MetricKind::Latency | MetricKind::Age)
                        if series.stat != "SampleCount"
                            && series.known.is_some_and(|known| known.metric.least.is_none()) =>
                    {
                        false
                    }
                    _ => continue,
                };
                if comparison.is_upward() != low_is_bad {
                    continue;
                }
                (series.metric, if low_is_bad { "low" } else { "high" })
            }
            (None, Some(share)) if !share.on_high => ("the share of failures", "high"),
            _ => continue,
        };
        let (name, limit) = (&watch.alarm.name, watch.limit());
        let message = format!("`{name}` waits for {limit}, and it is a {bad} value of {what} that is bad");
        let turned = if comparison.is_upward() { "<" } else { ">" };
        found.push(watch.raise(
            &["comparison_operator", "threshold"],
            message,
            format!("turn the comparison round: {turned}"),
        ));
    }
}
