//! An alarm that does not say what it means: whoever is notified at night has to find out.

use crate::lint::finding::{About, Raised};
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::resources::Resource;
use std::collections::BTreeSet;

pub static RULE: LintRule = LintRule {
    id: "missing-description",
    level: Severity::Hint,
    summary: "an alarm has no description, and others of the file have one",
    page: include_str!("../../../docs/lint/missing-description.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let scaling = subject.watches.iter().filter(|watch| watch.scales()).map(|watch| watch.alarm.name.as_str());
    let scaling: BTreeSet<&str> = scaling.collect();
    let described = subject.resources.iter().filter_map(|(&address, &resource)| {
        let description = match resource {
            Resource::Alarm(alarm) => &alarm.description,
            Resource::LogAlarm(alarm) => &alarm.description,
            Resource::CompositeAlarm(alarm) => &alarm.description,
            _ => return None,
        };
        let notifies = resource.actions().is_some_and(|actions| actions.all().next().is_some());
        (notifies && !scaling.contains(address.name.as_str())).then_some((address, description.is_some()))
    });
    let (with, without): (Vec<_>, Vec<_>) = described.partition(|(_, has)| *has);
    // A file in which no alarm has one does it another way.
    if with.is_empty() {
        return;
    }
    for (address, _) in without {
        let message = format!("`{}` does not say what it means and what to do", address.name);
        let help = "add description: what is wrong, and where the runbook is; it is part of the notification";
        found.push(Raised::new(About::Resource(address.clone()), &[], message, help));
    }
}
