//! A comment that is meant to keep a finding quiet and cannot be understood.

use crate::lint::{LintRule, Severity};

/// It is about comments, so `suppress` finds it.
pub static RULE: LintRule = LintRule {
    id: "suppression-wrong",
    level: Severity::Error,
    summary: "a comment that shall keep a finding quiet cannot be understood",
    page: include_str!("../../../docs/lint/suppression-wrong.md"),
    opt_in: false,
    limits: None,
    check: |_, _| {},
};
