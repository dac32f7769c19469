//! `mlopsctl test`: runs the tests of alarms, offline, and tries what they would not notice.

use super::args::{TextOrJson, TextOrJsonArgs};
use super::exit::Exit;
use super::failure::CliFailure;
use super::output::{Output, write_file};
use crate::report::unit_test::{self as report, json, junit};
use crate::spec;
use crate::unit_test::{FileOutcome, UnitTestCase, check, mutate, read, run};
use clap::Args;
use std::path::{Path, PathBuf};

/// The account that the alarms of tests are in.
const ACCOUNT: &str = "123456789012";

/// Runs alarm tests offline: series in, expected states and notifications out
#[derive(Debug, Clone, Args)]
pub struct TestArgs {
    /// Files of tests
    #[arg(value_name = "FILE", default_value = "alarms.test.yaml")]
    files: Vec<PathBuf>,
    /// Run only tests whose names contain this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Also change each alarm in one thing at a time, and name what no test notices and alarms that no test looks at: ends with 3 where
    /// there is any
    #[arg(long)]
    mutate: bool,
    /// Also write the results as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    format: TextOrJsonArgs,
}

impl TestArgs {
    pub fn run(&self, output: &mut Output) -> Result<Exit, CliFailure> {
        let mut files = Vec::new();
        for path in &self.files {
            files.push(self.run_file(path)?);
        }
        if let Some(path) = &self.junit {
            write_file(path, &junit::junit(&files))?;
        }
        output.result(&match self.format.format {
            TextOrJson::Table => report::tests(&files, &output.look.clone()),
            TextOrJson::Json => json::tests(&files),
        })?;
        Ok(if files.iter().all(FileOutcome::is_good) { Exit::Success } else { Exit::Findings })
    }

    fn run_file(&self, path: &Path) -> Result<FileOutcome, CliFailure> {
        let file = read(path)?;
        let resources = file.resources(&spec::load(&file.spec)?, ACCOUNT)?;
        check(&file, resources.values())?;
        let is_wanted = |case: &&UnitTestCase| self.only.as_ref().is_none_or(|only| case.name.contains(only));
        let wanted: Vec<&UnitTestCase> = file.cases.iter().filter(is_wanted).collect();
        let mut outcomes = Vec::new();
        for case in &wanted {
            outcomes.push(run(case, resources.values())?);
        }
        let pass = outcomes.iter().all(|outcome| outcome.failures.is_empty());
        let mutations = match (self.mutate, pass) {
            (false, _) => None,
            (true, false) => Some(None),
            (true, true) => Some(Some(mutate(&wanted, &resources)?)),
        };
        Ok(FileOutcome { file: path.display().to_string(), outcomes, mutations })
    }
}
