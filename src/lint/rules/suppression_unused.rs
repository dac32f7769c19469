//! A comment that keeps nothing quiet any more.

use crate::lint::{LintRule, Severity};

/// It is about comments, so `suppress` finds it.
pub static RULE: LintRule = LintRule {
    id: "suppression-unused",
    level: Severity::Hint,
    summary: "a comment keeps nothing quiet",
    page: include_str!("../../../docs/lint/suppression-unused.md"),
    opt_in: false,
    limits: None,
    check: |_, _| {},
};
