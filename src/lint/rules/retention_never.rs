//! Logs that never expire, and paid for as long.

use crate::lint::finding::About;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::resources::{Address, Kind};

pub static RULE: LintRule = LintRule {
    id: "retention-never",
    level: Severity::Warning,
    summary: "logs never expire",
    page: include_str!("../../../docs/lint/retention-never.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for group in subject.log_groups().filter(|group| group.retention_in_days.is_none() && !group.is_delivery()) {
        let message = format!("the logs in `{}` never expire, and are paid for every month", group.name);
        let about = About::Resource(Address::new(Kind::LogGroup, &group.name));
        found.push(Raised::new(about, &["retention"], message, "say how long they are of use: retention: 14d"));
    }
}
