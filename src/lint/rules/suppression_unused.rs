//! A comment that keeps nothing quiet any more.

use crate::lint::{Level, Rule};

/// It is about comments, so `suppress` finds it.
pub static RULE: Rule = Rule {
    id: "suppression-unused",
    level: Level::Hint,
    summary: "a comment keeps nothing quiet",
    page: include_str!("../../../docs/lint/suppression-unused.md"),
    opt_in: false,
    limits: None,
    check: |_, _| {},
};
