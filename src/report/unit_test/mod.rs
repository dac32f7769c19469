//! Alarm tests for people: what failed, with the difference, the mutants that no test kills, and the count.

pub mod json;
pub mod junit;
#[cfg(test)]
mod tests;
pub mod yaml;

use super::{RenderOptions, Tone, count};
use crate::unit_test::{AlarmMutation, FileOutcome};

/// Alarms that no test looks at, of which so many are named.
const MOST_UNTESTED: usize = 10;

/// Files with their tests; `verbose` names those that passed as well.
pub fn tests(files: &[FileOutcome], look: &RenderOptions) -> String {
    let mut text = String::new();
    for FileOutcome { file, outcomes, .. } in files {
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
    let all = || files.iter().flat_map(|file| &file.outcomes);
    let failed = all().filter(|outcome| !outcome.failures.is_empty()).count();
    let total = all().count();
    text.push_str(&match failed {
        0 => format!("{} passed.\n", count(total, "test")),
        failed => format!("{failed} of {} failed.\n", count(total, "test")),
    });
    for FileOutcome { file, mutations, .. } in files {
        match mutations {
            None => {}
            Some(None) => text.push_str(&format!("\nMutants of {file}: not tried while a test fails.\n")),
            Some(Some(alarms)) => mutants(&mut text, file, alarms, look),
        }
    }
    text
}

fn mutants(text: &mut String, file: &str, alarms: &[AlarmMutation], look: &RenderOptions) {
    text.push('\n');
    for alarm in alarms.iter().filter(|alarm| !alarm.is_untested) {
        if alarm.survivors.is_empty() && !look.verbose {
            continue;
        }
        text.push_str(&format!("{}: {} of {} killed\n", alarm.address, alarm.killed, count(alarm.total(), "mutant")));
        for mutant in &alarm.survivors {
            text.push_str(&format!(
                "  {} {}: {} -> {}\n    {}\n",
                look.paint(Tone::Bad, "survived"),
                mutant.field,
                mutant.from,
                mutant.to,
                look.paint(Tone::Quiet, &format!("fix: {}", mutant.hint))
            ));
        }
        for (mutant, why) in alarm.unplayed.iter().filter(|_| look.verbose) {
            text.push_str(&format!("  not tried {}: {} -> {}: {why}\n", mutant.field, mutant.from, mutant.to));
        }
    }
    let untested: Vec<String> =
        alarms.iter().filter(|alarm| alarm.is_untested).map(|alarm| alarm.address.to_string()).collect();
    if !untested.is_empty() {
        let shown = if look.verbose { untested.len() } else { untested.len().min(MOST_UNTESTED) };
        let more = match untested.len() - shown {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        text.push_str(&format!("{} {}{more}\n", look.paint(Tone::Bad, "not tested:"), untested[..shown].join(", ")));
    }
    let killed: usize = alarms.iter().map(|alarm| alarm.killed).sum();
    let total: usize = alarms.iter().map(AlarmMutation::total).sum();
    let unplayed: usize = alarms.iter().map(|alarm| alarm.unplayed.len()).sum();
    let mut words = vec![format!("{killed} of {total} killed"), format!("{} survived", total - killed)];
    words.extend((unplayed > 0).then(|| format!("{unplayed} not tried (the data is of another statistic or period)")));
    words.extend((!untested.is_empty()).then(|| format!("{} not tested", count(untested.len(), "alarm"))));
    text.push_str(&format!("Mutants of {file}: {}.\n", words.join(", ")));
}
