//! Reports of fleets as files: `--report` writes one, `--retry-failed` reads it.

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::fleet::{FORMAT_VERSION, FleetReport, Members, Row};
use crate::model::Target;
use crate::report::mask;
use anyhow::Context;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Writes a report beside what stands there and puts it in its place at once, so that there is a whole one at any moment.
pub fn save(path: &Path, report: &FleetReport) -> Result<(), Failure> {
    let mut value = serde_json::to_value(report).context("the report cannot be written as JSON")?;
    hide(&mut value);
    let text = format!("{value:#}\n");
    let beside = path.with_extension("part");
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path));
    Ok(written.with_context(|| format!("could not save the report {}", path.display()))?)
}

/// No secret of an endpoint is saved.
fn hide(value: &mut Value) {
    match value {
        Value::String(text) => *text = mask::text(text),
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Object(entries) => entries.values_mut().for_each(hide),
        _ => {}
    }
}

pub fn load(path: &Path) -> Result<FleetReport, Failure> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("could not read the report {}", path.display()))?;
    let wrong = |what: String| {
        let remedy = "give a file that --report of this version has written";
        Failure::say(Exit::Usage, format!("{}: {what}", path.display()), remedy)
    };
    let value: Value = serde_json::from_str(&text).map_err(|error| wrong(format!("this is no report: {error}")))?;
    if value["format_version"] != FORMAT_VERSION {
        return Err(wrong(format!("this is no report of format {FORMAT_VERSION}")));
    }
    serde_json::from_value(value).map_err(|error| wrong(format!("this is no report: {error}")))
}

/// The members that an earlier run did not bring where they belong, and its other rows: of the same command they stand as
/// they are. Targets that the earlier run did not know are left alone.
pub fn failed_only(path: &Path, command: &str, stack: &str, members: Members) -> Result<(Members, Vec<Row>), Failure> {
    let report = load(path)?;
    if report.stack != stack {
        let remedy = "name the spec that it was made with";
        let what = format!("{} is a report of stack {}, the spec is {stack}", path.display(), report.stack);
        return Err(Failure::say(Exit::Usage, what, remedy));
    }
    let again: BTreeMap<Target, bool> =
        report.rows.iter().map(|row| (row.target.clone(), row.state.is_worth_another_run())).collect();
    let mut list = members.list;
    list.retain(|member| again.get(&member.target) == Some(&true));
    let keep = report.command == command;
    let kept = report.rows.into_iter().filter(|row| keep && !row.state.is_worth_another_run());
    Ok((Members { list, ..members }, kept.collect()))
}
