//! A comment that has kept a finding quiet until a day that is over.

use crate::lint::{Level, Rule};

/// It is about comments, so `suppress` finds it.
pub static RULE: Rule = Rule {
    id: "suppression-expired",
    level: Level::Warning,
    summary: "a comment that kept a finding quiet has expired",
    page: include_str!("../../../docs/lint/suppression-expired.md"),
    opt_in: false,
    limits: None,
    check: |_, _| {},
};
