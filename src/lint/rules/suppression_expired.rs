//! A comment that has kept a finding quiet until a day that is over.

use crate::lint::{LintRule, Severity};

/// It is about comments, so `suppress` finds it.
pub static RULE: LintRule = LintRule {
    id: "suppression-expired",
    level: Severity::Warning,
    summary: "a comment that kept a finding quiet has expired",
    page: include_str!("../../../docs/lint/suppression-expired.md"),
    opt_in: false,
    limits: None,
    check: |_, _| {},
};
