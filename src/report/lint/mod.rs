//! Findings as text: for people, for programs, for code scanning, for a pull request's lines. Judges nothing.

pub mod github;
pub mod json;
pub mod sarif;
pub mod text;

use crate::lint::{LintFinding, LintReport, Severity};
use crate::report::mask;
use crate::spec::SourceFile;

/// A report with the file that it is about.
#[derive(Debug, Clone)]
pub struct Linted<'a> {
    pub report: &'a LintReport,
    pub source: SourceFile<'a>,
}

impl Linted<'_> {
    /// The worst first, each level in the order of the file.
    fn worst_first(&self) -> Vec<&LintFinding> {
        let mut findings: Vec<&LintFinding> = self.report.findings.iter().collect();
        findings.sort_by_key(|finding| finding.level);
        findings
    }
}

/// `2 errors, 1 warning`; what there is none of is left out.
fn counts(report: &LintReport) -> String {
    let of = |level: Severity| (report.count(level), level.word());
    let parts: Vec<String> =
        Severity::ALL.map(of).into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| super::count(n, word)).collect();
    parts.join(", ")
}

/// One line: what is wrong, and what to do.
fn said(finding: &LintFinding) -> String {
    format!("{}. {}", mask::line(&finding.message), mask::line(&finding.help))
}

#[cfg(test)]
mod tests;
