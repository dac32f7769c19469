//! A log group of a function that writes its logs elsewhere, or that is not there.

use crate::lint::finding::About;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::model::problem::KnownNames;
use crate::resources::{Address, Kind};

pub static RULE: LintRule = LintRule {
    id: "log-group-not-written",
    level: Severity::Warning,
    summary: "a function does not write to the log group that is declared for it",
    page: include_str!("../../../docs/lint/log-group-not-written.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let known = KnownNames::new(subject.functions.iter().map(String::as_str));
    for group in subject.log_groups() {
        let Some(function) = group.name.strip_prefix("/aws/lambda/") else { continue };
        let about = About::Resource(Address::new(Kind::LogGroup, &group.name));
        if let Some(facts) = subject.facts(function) {
            if facts.log_group != group.name {
                let message = format!("{function} does not write to `{}`, but to {}", group.name, facts.log_group);
                found.push(Raised::new(
                    about,
                    &[],
                    message,
                    format!("declare {}, or functions: {function}: retention", facts.log_group),
                ));
            }
        } else if !subject.functions.contains(function)
            && let Some(near) = known.nearest(function)
        {
            let message = format!("`{}` belongs to no function of this file", group.name);
            found.push(Raised::new(about, &[], message, format!("did you mean /aws/lambda/{near}?")));
        }
    }
}
