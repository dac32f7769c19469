//! `--retry-failed`: what is left of a roster after an earlier run.

use crate::cli::exit::Exit;
use crate::cli::failure::CliFailure;
use crate::cli::output::Output;
use crate::cli::report::load;
use crate::cli::report_folder::merged;
use crate::cli::report_parts::{PartsLeft, is_folder, left};
use crate::fleet::{FleetReport, FleetRow, FleetTargets, RowMark, Shard};
use crate::model::Target;
use std::collections::BTreeMap;
use std::path::Path;

/// What an earlier run has left to do.
pub struct RetryRest {
    pub members: FleetTargets,
    /// Rows of the earlier run that stand as they are.
    pub kept: Vec<FleetRow>,
    /// Of the others, what a row says that repeats them.
    pub repeats: BTreeMap<Target, Vec<RowMark>>,
    /// The parts that this run's report is of.
    pub parts: Vec<Shard>,
}

/// What an earlier run reported, and of which parts it did not.
#[derive(Default)]
struct Earlier {
    report: Option<FleetReport>,
    missing: Vec<Shard>,
    parts: Vec<Shard>,
}

/// The members that an earlier run did not bring where they belong, and its other rows: of the same command they stand as
/// they are. Targets that the earlier run did not know are left alone, but for those of a part that never reported.
pub fn failed_only(
    path: &Path,
    command: &str,
    stack: &str,
    members: FleetTargets,
    shard: Shard,
    output: &mut Output,
) -> Result<RetryRest, CliFailure> {
    let earlier = match is_folder(path) {
        true => of_folder(path, shard)?,
        false => Earlier { report: Some(load(path)?), missing: Vec::new(), parts: vec![shard] },
    };
    let Earlier { report, missing, parts } = earlier;
    if let Some(report) = report.as_ref().filter(|report| report.stack != stack) {
        let remedy = "name the spec that it was made with";
        let what = format!("{} is a report of stack {}, the spec is {stack}", path.display(), report.stack);
        return Err(CliFailure::say(Exit::Usage, what, remedy));
    }
    for part in &missing {
        output.say(&format!("part {part} has no report in {}: all of it is run", path.display()));
    }
    let keep = report.as_ref().is_some_and(|report| report.command == command);
    let rows = report.map(|report| report.rows).unwrap_or_default();
    let again: BTreeMap<&Target, bool> =
        rows.iter().map(|row| (&row.target, row.state.is_worth_another_run())).collect();
    let never_ran = |target: &Target| missing.iter().any(|part| part.contains(target));
    let mut list = members.list;
    list.retain(|member| again.get(&member.target).copied().unwrap_or_else(|| never_ran(&member.target)));
    let (failed, mut kept): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.state.is_worth_another_run());
    let mut repeats = BTreeMap::new();
    match keep {
        true => repeats.extend(failed.into_iter().map(|row| (row.target.clone(), row.repeated()))),
        // Of another command it is another run: there is nothing that it could be merged with.
        false => kept.clear(),
    }
    Ok(RetryRest { members: FleetTargets { list, ..members }, kept, repeats, parts })
}

fn of_folder(folder: &Path, shard: Shard) -> Result<Earlier, CliFailure> {
    let PartsLeft { read, missing, written } = left(folder, shard)?;
    Ok(Earlier { report: merged(folder, &read)?.map(|merged| merged.report), missing, parts: written })
}
