//! An SLO of so short a window that most of its error budget is spent before an alert notifies.

use crate::lint::finding::{About, Raised};
use crate::lint::subject::RuleContext;
use crate::lint::{AcceptedValues, LintRule, Severity, ValueUnit};
use crate::model::duration::format_seconds;

pub static RULE: LintRule = LintRule {
    id: "slo-alert-late",
    level: Severity::Warning,
    summary: "an alert of an SLO comes when much of the error budget is spent",
    page: include_str!("../../../docs/lint/slo-alert-late.md"),
    opt_in: false,
    limits: Some(AcceptedValues { unit: ValueUnit::Percent, min: None, max: Some(25.0) }),
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let Some(max) = subject.limits.and_then(|limits| limits.max) else { return };
    for (slo, alert) in subject.slos.iter().flat_map(|slo| slo.alerts.iter().map(move |alert| (slo, alert))) {
        let percent = slo.spent_before(alert) * 100.0;
        if percent <= max {
            continue;
        }
        let (name, window) = (&alert.composite.name, format_seconds(slo.window));
        let long = format_seconds(alert.long);
        let message = format!(
            "`{name}` looks at {long}: {percent:.0} % of the error budget of {window} is spent at its burn rate"
        );
        let help = format!(
            "use a longer window than {window}, or switch this alert off; {max} % is the most that is accepted"
        );
        found.push(Raised::new(About::Resource(alert.composite.clone()), &[], message, help));
    }
}
