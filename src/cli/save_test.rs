//! `mlopsctl backtest --save-test`: incidents of the past become alarm tests in a file, a new one or one that has tests already.

use super::exit::Exit;
use super::failure::CliFailure;
use super::output::write_file;
use crate::backtest::incidents::{KnownIncident, of_alarm};
use crate::backtest::{EvaluatedAlarm, EvaluationOptions, MetricHistory};
use crate::report::unit_test::yaml;
use crate::resources::{Address, Resource};
use crate::unit_test::{self, PastAlarm, UnitTestCase};
use anyhow::Context;
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// Which incident is saved where.
#[derive(Debug, Clone, Args)]
pub struct SaveTestArgs {
    /// Save the last firing of each alarm, or its last known incident, as a test in FILE; a file of tests gets it added
    #[arg(long, value_name = "FILE")]
    pub save_test: Option<PathBuf>,
    /// Save this one of each alarm instead of the last: 1 is the first in the time that is looked at
    #[arg(long, value_name = "N", requires = "save_test", value_parser = clap::value_parser!(u16).range(1..))]
    incident: Option<u16>,
}

/// What is known when a backtest is over.
pub struct PastRun<'a> {
    pub judged: &'a [EvaluatedAlarm],
    pub resources: &'a BTreeMap<Address, Resource>,
    pub history: &'a MetricHistory,
    pub known: Option<&'a [KnownIncident]>,
    pub options: EvaluationOptions,
    /// The spec's file, and the values of its variables.
    pub spec: &'a Path,
    pub variables: &'a BTreeMap<String, String>,
}

impl SaveTestArgs {
    /// Writes the file. Returns what was done, for the reader; one line for each alarm whose incident could not be saved.
    pub fn save(&self, past: &PastRun<'_>) -> Result<Vec<String>, CliFailure> {
        let Some(path) = &self.save_test else { return Ok(Vec::new()) };
        let (mut cases, mut notes) = (Vec::new(), Vec::new());
        for judged in past.judged {
            match self.case(judged, past) {
                Some(Ok(case)) => cases.push(case),
                Some(Err(why)) => notes.push(format!("{}: no test was saved: {why}", judged.address)),
                None => {}
            }
        }
        if cases.is_empty() {
            let remedy = notes.first().cloned().unwrap_or_else(|| {
                "look further back with --since, or name known incidents with --incidents".to_owned()
            });
            return Err(CliFailure::say(Exit::Failure, "there is no such incident, so no test was saved", remedy));
        }
        write_file(path, &text(path, past, &cases)?)?;
        let names: Vec<String> = cases.iter().map(|case| format!("`{}`", case.name)).collect();
        notes.push(format!("saved in {}: {}", path.display(), names.join(", ")));
        Ok(notes)
    }

    /// The test of an alarm; `None` where it has no such incident.
    fn case(&self, judged: &EvaluatedAlarm, past: &PastRun<'_>) -> Option<Result<UnitTestCase, String>> {
        let found = judged.outcome.as_ref().ok()?;
        let timeline = &found.timeline;
        let name = &judged.address.name;
        let incidents = match past.known {
            Some(known) => of_alarm(known, name, timeline.from, timeline.until),
            None => found.figures.spans.clone(),
        };
        let incident = match self.incident {
            Some(n) => incidents.get(usize::from(n) - 1),
            None => incidents.last(),
        };
        let incident = *incident?;
        let what = if past.known.is_some() { "in the incident" } else { "in ALARM" };
        let (address, resources, history, options) = (&judged.address, past.resources, past.history, past.options);
        let alarm = PastAlarm { address, timeline, resources, history, options };
        Some(unit_test::of_incident(alarm, incident, format!("{name} {what} of {}", yaml::time(incident.0))))
    }
}

/// The whole file.
fn text(path: &Path, past: &PastRun<'_>, cases: &[UnitTestCase]) -> Result<String, CliFailure> {
    if past.spec == Path::new("-") {
        let remedy = "name the spec's file with --file";
        return Err(CliFailure::say(Exit::Usage, "a test names its spec, which cannot be standard input", remedy));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let new = yaml::cases(cases);
    if !path.exists() {
        let spec = relative(folder, past.spec)?;
        return Ok(yaml::head(&spec, past.variables) + &new);
    }
    let written = std::fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
    let before = unit_test::of_text(path, &written)?;
    if absolute(&before.spec)? != absolute(past.spec)? {
        let what = format!("{} tests another spec: {}", path.display(), before.spec.display());
        return Err(CliFailure::say(Exit::Usage, what, "name another file with --save-test"));
    }
    let text = format!("{}\n\n{new}", written.trim_end());
    let count = before.cases.len() + cases.len();
    match unit_test::of_text(path, &text) {
        Ok(file) if file.cases.len() == count => Ok(text),
        _ => {
            let what = format!(
                "a test cannot be added to {}: `tests` is not its last key, or not a list of lines",
                path.display()
            );
            Err(CliFailure::say(Exit::Usage, what, "name another file with --save-test"))
        }
    }
}

fn absolute(path: &Path) -> Result<PathBuf, CliFailure> {
    Ok(path.canonicalize().with_context(|| format!("could not find {}", path.display()))?)
}

/// The way from a folder to a file.
fn relative(folder: &Path, file: &Path) -> Result<String, CliFailure> {
    let (folder, file) = (absolute(folder)?, absolute(file)?);
    let mut from = folder.components().peekable();
    let mut to = file.components().peekable();
    while from.peek().is_some() && from.peek() == to.peek() {
        from.next();
        to.next();
    }
    let way: PathBuf = from.map(|_| Component::ParentDir).chain(to).collect();
    Ok(way.display().to_string())
}
