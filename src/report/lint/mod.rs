//! Findings as text: for people, for programs, for code scanning, for a pull request's lines. Judges nothing.

pub mod github;
pub mod json;
pub mod sarif;
pub mod text;

use crate::lint::{LintFinding, LintReport, Severity};
use crate::report::finding_ids::FindingIds;
use crate::report::mask;
use crate::spec::SourceFile;

/// A report with the file that it is about.
#[derive(Debug, Clone)]
pub struct Linted<'a> {
    pub report: &'a LintReport,
    pub source: SourceFile<'a>,
}

impl Linted<'_> {
    /// The ids of all of them, those that a comment keeps quiet included.
    fn ids(&self) -> FindingIds<'_> {
        let quiet = self.report.suppressed.iter().map(|quiet| &quiet.finding);
        FindingIds::of(self.report.findings.iter().chain(quiet).map(|one| (one.rule, about(one), one.message.as_str())))
    }

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

/// The resource, or, where it is about none, the words: they name the function.
fn about(finding: &LintFinding) -> String {
    finding.address.as_ref().map_or_else(|| finding.message.clone(), ToString::to_string)
}

fn id(finding: &LintFinding, ids: &FindingIds<'_>) -> String {
    ids.id(finding.rule, about(finding), &finding.message)
}

/// One line: what is wrong, and what to do.
fn said(finding: &LintFinding) -> String {
    format!("{}. {}", mask::line(&finding.message), mask::line(&finding.help))
}

#[cfg(test)]
mod tests;
