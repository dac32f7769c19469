//! Findings as annotations on the lines of a pull request: few enough that GitHub shows them all.

use super::{Linted, counts, said};
use crate::lint::Level;
use crate::model::visible;
use crate::report::mask;

/// GitHub shows ten annotations of a kind for a step, and drops the rest without a word.
const MOST: usize = 10;

/// Workflow commands for the worst findings, then one line that counts all of them.
pub fn report(linted: &Linted<'_>) -> String {
    let findings = linted.worst_first();
    let mut text = String::new();
    for finding in findings.iter().take(MOST) {
        let command = match finding.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Hint => "notice",
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

/// A message: line breaks would end the command, and `##[` in it would be one of an older kind.
fn data(text: &str) -> String {
    visible::without_orders(&mask::line(text)).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
