//! A count of errors so high that their share is meant: it says nothing without the traffic.

use crate::lint::catalogue::MetricKind;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{AcceptedValues, LintRule, Severity, ValueUnit};

pub static RULE: LintRule = LintRule {
    id: "error-count-for-rate",
    level: Severity::Hint,
    summary: "an alarm counts many errors, whatever the traffic",
    page: include_str!("../../../docs/lint/error-count-for-rate.md"),
    opt_in: false,
    limits: Some(AcceptedValues { unit: ValueUnit::Number, min: None, max: Some(50.0) }),
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let Some(max) = subject.limits.and_then(|limits| limits.max) else { return };
    for watch in &subject.watches {
        let Some(series) = watch.single().filter(|s| s.is(MetricKind::Errors) && s.stat == "Sum") else { continue };
        let Some(threshold) = watch.ceiling() else { continue };
        let help = "watch 100 * errors / invocations by metric math, as the errors of golden_signals do";
        if threshold >= max {
            let message = format!(
                "`{}` counts {threshold} {} in {}: how bad that is depends on the traffic",
                watch.alarm.name,
                series.metric,
                watch.window()
            );
            found.push(watch.raise(&["threshold"], message, help));
        }
    }
}
