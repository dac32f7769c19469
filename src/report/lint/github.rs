//! Findings as annotations on the lines of a pull request: few enough that GitHub shows them all.

use super::{Linted, counts, said};
use crate::lint::Severity;
use crate::model::visible;
use crate::report::json::Diagnostic;
use crate::report::mask;

/// GitHub shows ten annotations of a kind for a step, and drops the rest without a word.
const MOST: usize = 10;

/// Workflow commands for the worst findings, then one line that counts all of them.
pub fn report(linted: &Linted<'_>) -> String {
    let findings = linted.worst_first();
    let mut text = String::new();
    for finding in findings.iter().take(MOST) {
        let command = match finding.level {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "notice",
        };
        let place = linted.source.position(finding.span);
        text += &format!(
            "::{command} file={},line={},col={},endColumn={},title={}::{}\n",
            property(linted.source.name),
            place.line,
            place.column,
            place.end,
            property(finding.rule),
            data(&said(finding))
        );
    }
    let left = findings.len().saturating_sub(MOST);
    if left > 0 {
        text += &format!(
            "{MOST} of {} findings are shown as annotations, {left} more are in the log of mlopsctl lint\n",
            findings.len()
        );
    }
    let counted = counts(linted.report);
    text + if counted.is_empty() { "nothing to complain about" } else { &counted } + "\n"
}

/// Why there are no findings, at its place where that is known, ending in a line feed.
pub fn failure(diagnostic: &Diagnostic) -> String {
    let place = [
        diagnostic.file.as_ref().map(|file| format!("file={}", property(file))),
        diagnostic.line.map(|line| format!("line={line}")),
        diagnostic.column.map(|column| format!("col={column}")),
    ];
    let place: Vec<String> = place.into_iter().flatten().collect();
    let lead = if place.is_empty() { "::error".to_owned() } else { format!("::error {}", place.join(",")) };
    let detail = diagnostic.detail.as_ref().map(|detail| format!(". {detail}")).unwrap_or_default();
    format!("{lead}::{}\n", data(&mask::text(&format!("{}{detail}", diagnostic.summary))))
}

/// A message: line breaks would end the command, and `##[` in it would be one of an older kind.
fn data(text: &str) -> String {
    visible::without_orders(&mask::line(text)).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
