//! Actions that are switched off: the alarm fires and nobody hears.

use crate::lint::finding::About;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};

pub static RULE: LintRule = LintRule {
    id: "actions-disabled",
    level: Severity::Warning,
    summary: "an alarm's actions are switched off",
    page: include_str!("../../../docs/lint/actions-disabled.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for (address, _) in subject.actions().filter(|(_, actions)| !actions.enabled) {
        let message = format!("the actions of `{}` are switched off: it fires and nobody is notified", address.name);
        let help = "take out actions_enabled: false; for a maintenance window use an alarm mute rule";
        found.push(Raised::new(About::Resource(address.clone()), &["actions_enabled"], message, help));
    }
}
