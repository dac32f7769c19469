//! Findings for programs. What is here is a promise: fields are added, never renamed or removed.

use super::{Linted, id};
use crate::lint::{LintFinding, Severity};
use crate::report::finding_ids::FindingIds;
use crate::report::mask;
use serde_json::{Value, json};

pub const FORMAT_VERSION: &str = "1";

/// One document, ending in a line feed. Lines and columns count from 1. `unknown` is what AWS was asked for and did not tell.
pub fn report(linted: &Linted<'_>, unknown: &[String]) -> String {
    let ids = linted.ids();
    let summary: serde_json::Map<String, Value> =
        Severity::ALL.iter().map(|level| (format!("{level}s"), linted.report.count(*level).into())).collect();
    let suppressed = linted.report.suppressed.iter().map(|quiet| {
        let mut value = finding(&quiet.finding, linted, &ids);
        value["reason"] = quiet.reason.as_str().into();
        value
    });
    let mut document = json!({
        "format_version": FORMAT_VERSION,
        "file": linted.source.name,
        "summary": summary,
        "unknown": unknown,
        "suppressed": suppressed.collect::<Vec<_>>(),
    });
    // Moved in: `json!` would copy them.
    document["findings"] = linted.report.findings.iter().map(|f| finding(f, linted, &ids)).collect();
    mask::document(document)
}

fn finding(finding: &LintFinding, linted: &Linted<'_>, ids: &FindingIds<'_>) -> Value {
    let place = linted.source.position(finding.span);
    json!({
        "id": id(finding, ids),
        "rule": finding.rule,
        "level": finding.level,
        "address": finding.address,
        "message": finding.message,
        "help": finding.help,
        "line": place.line,
        "column": place.column,
        "end_column": place.end,
    })
}
