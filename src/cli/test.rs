//! `mlopsctl test`: runs the tests of alarms, offline.

use super::exit::Exit;
use super::failure::CliFailure;
use super::output::{Output, write_file};
use crate::model::Target;
use crate::report::{junit, unit_test as report};
use crate::spec;
use crate::unit_test::{CaseOutcome, read, run};
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The account that the alarms of tests are in.
const ACCOUNT: &str = "123456789012";

/// Runs tests of alarms: series in, expected states and notifications out; offline
#[derive(Debug, Clone, Args)]
pub struct TestArgs {
    /// Files of tests
    #[arg(value_name = "FILE", default_value = "alarms.test.yaml")]
    files: Vec<PathBuf>,
    /// Run only tests whose names contain this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Also write the results as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

impl TestArgs {
    pub fn run(&self, output: &mut Output) -> Result<Exit, CliFailure> {
        let mut files = Vec::new();
        for path in &self.files {
            files.push((path.display().to_string(), self.run_file(path)?));
        }
        if let Some(path) = &self.junit {
            write_file(path, &junit::junit(&files))?;
        }
        output.result(&report::tests(&files, &output.look.clone()))?;
        let failed = files.iter().flat_map(|(_, outcomes)| outcomes).any(|outcome| !outcome.failures.is_empty());
        Ok(if failed { Exit::Findings } else { Exit::Success })
    }

    fn run_file(&self, path: &Path) -> Result<Vec<CaseOutcome>, CliFailure> {
        let file = read(path)?;
        let bound = spec::load(&file.spec)?.bind(&file.variables)?;
        let target = Target::new(ACCOUNT, bound.region().unwrap_or("us-east-1"));
        let desired = bound.desired(&target, &BTreeMap::new())?;
        let wanted = file.cases.iter().filter(|case| self.only.as_ref().is_none_or(|only| case.name.contains(only)));
        let mut outcomes = Vec::new();
        for case in wanted {
            outcomes.push(run(case, desired.resources.values())?);
        }
        Ok(outcomes)
    }
}
