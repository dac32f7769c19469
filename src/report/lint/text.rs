//! Findings for people: like a compiler's, with the source line, and folded where one rule says the same of everything.

use super::{Linted, counts};
use crate::lint::{LintFinding, Severity};
use crate::report::{RenderOptions, Tone, layout, mask};
use std::collections::BTreeMap;

/// Findings of one rule that are shown; the rest is counted.
const SHOWN: usize = 5;

/// Every finding, and the verdict as the last line.
pub fn report(linted: &Linted<'_>, look: &RenderOptions) -> String {
    let mut text = String::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &linted.report.findings {
        let n = seen.entry(finding.rule).or_default();
        *n += 1;
        if look.verbose || *n <= SHOWN {
            text += &one(finding, linted, look);
            text.push('\n');
        }
    }
    if !look.verbose {
        for (rule, n) in seen.into_iter().filter(|(_, n)| *n > SHOWN) {
            let line = format!("… and {} more of {rule} (use -v to see all)", n - SHOWN);
            text += &format!("{}\n\n", look.paint(Tone::Quiet, &line));
        }
    }
    if look.verbose {
        for quiet in &linted.report.suppressed {
            let line = format!("quiet: {} ({})", mask::line(&quiet.finding.message), mask::line(&quiet.reason));
            text += &format!("{}\n", look.paint(Tone::Quiet, &line));
        }
    }
    text + &look.paint(Tone::Strong, &verdict(linted)) + "\n"
}

fn one(finding: &LintFinding, linted: &Linted<'_>, look: &RenderOptions) -> String {
    let tone = match finding.level {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Careful,
        Severity::Hint => Tone::Special,
    };
    let head = look.paint(tone, &format!("{}[{}]", finding.level, finding.rule));
    let excerpt = mask::text(&linted.source.excerpt(finding.span));
    let help = layout::hang("  = help: ", &mask::text(&finding.help), look.width);
    format!("{head}: {}\n{excerpt}{help}", mask::line(&finding.message))
}

/// `alarms.yaml: 2 errors, 1 warning; 1 more is kept quiet`.
fn verdict(linted: &Linted<'_>) -> String {
    let counted = counts(linted.report);
    let mut line = match counted.as_str() {
        "" => format!("{}: nothing to complain about", linted.source.name),
        counted => format!("{}: {counted}", linted.source.name),
    };
    match linted.report.suppressed.len() {
        0 => {}
        1 => line += "; 1 more is kept quiet by a comment",
        n => line += &format!("; {n} more are kept quiet by comments"),
    }
    line
}
