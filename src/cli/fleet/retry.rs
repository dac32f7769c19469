//! `--retry-failed`: what is left of a roster after an earlier run, of which there is one report, or a folder with one of each part.

use crate::cli::exit::Exit;
use crate::cli::failure::CliFailure;
use crate::cli::report::{SavedReports, refused};
use crate::fleet::{FleetRow, FleetTargets, Shard, merge};
use crate::model::Target;
use std::collections::BTreeMap;
use std::path::Path;

/// The members that an earlier run did not bring where they belong, and its other rows of this part: of the same command they stand as
/// they are. Targets that the earlier run did not know are left alone, but for those of parts that have no report.
pub fn failed_only(
    path: &Path,
    command: &str,
    stack: &str,
    members: FleetTargets,
    shard: Shard,
) -> Result<(FleetTargets, Vec<FleetRow>), CliFailure> {
    let saved = SavedReports::find(&[path.to_owned()])?;
    // One path at least has one report at least.
    let Some(report) = merge(saved.load()?).map_err(|error| refused(&error, Some(path)))? else {
        return Ok((members, Vec::new()));
    };
    if report.stack != stack {
        let remedy = "name the spec that it was made with";
        let what = format!("{} is a report of stack {}, the spec is {stack}", path.display(), report.stack);
        return Err(CliFailure::say(Exit::Usage, what, remedy));
    }
    let again: BTreeMap<Target, bool> =
        report.rows.iter().map(|row| (row.target.clone(), row.state.is_worth_another_run())).collect();
    let mut list = members.list;
    let is_unreported = |target: &Target| saved.missing.iter().any(|(_, part)| part.contains(target));
    list.retain(|member| again.get(&member.target).copied().unwrap_or_else(|| is_unreported(&member.target)));
    let keep = report.command == command;
    let kept =
        report.rows.into_iter().filter(|row| keep && shard.contains(&row.target) && !row.state.is_worth_another_run());
    Ok((FleetTargets { list, ..members }, kept.collect()))
}
