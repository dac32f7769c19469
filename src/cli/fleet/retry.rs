//! `--retry-failed`: what is left of a roster after an earlier run.

use crate::cli::exit::Exit;
use crate::cli::failure::CliFailure;
use crate::cli::report::load;
use crate::fleet::{FleetRow, FleetTargets};
use crate::model::Target;
use std::collections::BTreeMap;
use std::path::Path;

/// The members that an earlier run did not bring where they belong, and its other rows: of the same command they stand as
/// they are. Targets that the earlier run did not know are left alone.
pub fn failed_only(
    path: &Path,
    command: &str,
    stack: &str,
    members: FleetTargets,
) -> Result<(FleetTargets, Vec<FleetRow>), CliFailure> {
    let report = load(path)?;
    if report.stack != stack {
        let remedy = "name the spec that it was made with";
        let what = format!("{} is a report of stack {}, the spec is {stack}", path.display(), report.stack);
        return Err(CliFailure::say(Exit::Usage, what, remedy));
    }
    let again: BTreeMap<Target, bool> =
        report.rows.iter().map(|row| (row.target.clone(), row.state.is_worth_another_run())).collect();
    let mut list = members.list;
    list.retain(|member| again.get(&member.target) == Some(&true));
    let keep = report.command == command;
    let kept = report.rows.into_iter().filter(|row| keep && !row.state.is_worth_another_run());
    Ok((FleetTargets { list, ..members }, kept.collect()))
}
