//! An alarm that notifies nobody, and that no composite alarm stands on.

use crate::lint::finding::About;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};

pub static RULE: LintRule = LintRule {
    id: "no-actions",
    level: Severity::Warning,
    summary: "an alarm notifies nobody",
    page: include_str!("../../../docs/lint/no-actions.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let children = subject.children();
    for (address, _) in subject.actions().filter(|(_, actions)| actions.all().next().is_none()) {
        if children.contains(&address.name) {
            continue;
        }
        let message = format!("`{}` notifies nobody when it fires", address.name);
        let help = "say notify: a topic of this file; an alarm that only feeds a composite alarm needs none";
        found.push(Raised::new(About::Resource(address.clone()), &[], message, help));
    }
}
