//! An error share so high that the alarm comes when everybody has noticed.

use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{AcceptedValues, LintRule, Severity, ValueUnit};

pub static RULE: LintRule = LintRule {
    id: "error-share-too-high",
    level: Severity::Warning,
    summary: "an alarm on the error share comes too late",
    page: include_str!("../../../docs/lint/error-share-too-high.md"),
    opt_in: false,
    limits: Some(AcceptedValues { unit: ValueUnit::Percent, min: None, max: Some(25.0) }),
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let Some(max) = subject.limits.and_then(|limits| limits.max) else { return };
    for watch in &subject.watches {
        let Some(share) = watch.error_share().filter(|share| share.on_high).map(|share| share.percent) else {
            continue;
        };
        // Of an SLO the burn rate is chosen, not the share: several windows stand beside each other, and `slo-alert-late` looks at them.
        let of_slo =
            subject.slos.iter().flat_map(|slo| &slo.alerts).any(|alert| alert.parts.contains(&watch.alarm.name));
        if share <= max || share >= 100.0 || of_slo {
            continue;
        }
        // Of a quotient the last digits are not what anybody wrote.
        let share = (share * 1e6).round() / 1e6;
        let message =
            format!("`{}` waits until {share} % of the calls fail: too late for many users", watch.alarm.name);
        let help = format!("5 to 10 % is an incident already; {max} % is the most that this rule accepts");
        found.push(watch.raise(&["threshold", "expression"], message, help));
    }
}
