//! Alarm tests for people: what failed, with the difference, and the count.

use super::{RenderOptions, Tone, count};
use crate::unit_test::CaseOutcome;

/// Files with their tests; `verbose` names those that passed as well.
pub fn tests(files: &[(String, Vec<CaseOutcome>)], look: &RenderOptions) -> String {
    let mut text = String::new();
    for (file, outcomes) in files {
        for outcome in outcomes {
            if outcome.failures.is_empty() {
                if look.verbose {
                    text.push_str(&format!("{} {file}: {}\n", look.paint(Tone::Good, "pass"), outcome.name));
                }
                continue;
            }
            text.push_str(&format!("{} {file}: {}\n", look.paint(Tone::Bad, "FAIL"), outcome.name));
            for line in outcome.failures.iter().flat_map(|failure| failure.lines()) {
                let tone = match line.chars().next() {
                    Some('-') => Tone::Good,
                    Some('+') => Tone::Bad,
                    _ => Tone::Quiet,
                };
                text.push_str(&format!("  {}\n", look.paint(tone, line)));
            }
            text.push('\n');
        }
    }
    let all = || files.iter().flat_map(|(_, outcomes)| outcomes);
    let failed = all().filter(|outcome| !outcome.failures.is_empty()).count();
    let total = all().count();
    text.push_str(&match failed {
        0 => format!("{} passed.\n", count(total, "test")),
        failed => format!("{failed} of {} failed.\n", count(total, "test")),
    });
    text
}
