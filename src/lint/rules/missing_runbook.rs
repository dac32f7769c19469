//! An alarm whose description names no page: what to do is in somebody's head.

use crate::lint::finding::{About, Raised};
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::resources::Resource;

pub static RULE: LintRule = LintRule {
    id: "missing-runbook",
    level: Severity::Hint,
    summary: "the description of an alarm names no page to go to",
    page: include_str!("../../../docs/lint/missing-runbook.md"),
    opt_in: true,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for (&address, &resource) in &subject.resources {
        let description = match resource {
            Resource::Alarm(alarm) => &alarm.description,
            Resource::LogAlarm(alarm) => &alarm.description,
            Resource::CompositeAlarm(alarm) => &alarm.description,
            _ => continue,
        };
        let names_page = description.as_ref().is_some_and(|text| text.contains("://"));
        if !names_page && resource.actions().is_some_and(|actions| actions.all().next().is_some()) {
            let message = format!("the description of `{}` names no runbook", address.name);
            let help = "add the address of the page that says what to do: https://…";
            found.push(Raised::new(About::Resource(address.clone()), &["description"], message, help));
        }
    }
}
