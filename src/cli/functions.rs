//! Arguments of the commands that look at functions: those that are named, else those of the spec.

use super::CommandContext;
use super::args::SpecArgs;
use super::complete;
use super::connect::ConnectArgs;
use super::exit::Exit;
use super::failure::CliFailure;
use crate::aws::Aws;
use crate::model::problem::nearest;
use crate::ops::logs::NoFunction;
use crate::spec::{self, Spec};
use clap::Args;

#[derive(Debug, Clone, Args)]
pub struct WatchedArgs {
    /// Functions to look at; without any, those under `functions` in the spec
    #[arg(value_name = "FUNCTION", add = complete::functions())]
    pub functions: Vec<String>,
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// What is looked at, and by whom.
pub struct FunctionSelection {
    pub functions: Vec<String>,
    pub aws: Aws,
}

impl WatchedArgs {
    /// Opens the target. The spec is only read for its functions and its region, so that no variable has to be given.
    pub async fn open(&self, run: &mut CommandContext<'_>) -> Result<FunctionSelection, CliFailure> {
        let named = !self.functions.is_empty();
        let spec = if named && !self.spec.path().exists() { None } else { Some(spec::load(self.spec.path())?) };
        let (region, of_spec) = match &spec {
            Some(spec) => self.place(spec)?,
            None => (None, Vec::new()),
        };
        let functions = if named { self.functions.clone() } else { of_spec };
        let aws = self.connect.open(region.as_deref(), &run.signals, run.output).await?;
        Ok(FunctionSelection { functions, aws })
    }

    /// The region of the spec that is meant, and its functions: the one that is named, else the only one with the functions that are.
    fn place(&self, spec: &Spec) -> Result<(Option<String>, Vec<String>), CliFailure> {
        let mut places = spec.written_regions();
        let has_them = |there: &[String]| !there.is_empty() && self.functions.iter().all(|name| there.contains(name));
        if self.connect.region().is_none() && places.iter().filter(|(_, there)| has_them(there)).count() == 1 {
            places.retain(|(_, there)| has_them(there));
        }
        let regions: Vec<String> = places.iter().filter_map(|(region, _)| region.clone()).collect();
        let at = self.spec.place(&regions, spec.lists_regions(), self.connect.region())?;
        Ok(places.swap_remove(at))
    }

    /// Where there is nothing to look at.
    pub fn nothing(&self) -> CliFailure {
        let what = format!("{} names no function", self.spec.path().display());
        CliFailure::say(
            Exit::Usage,
            what,
            "name one: a function's name behind the command, or under `functions` in the spec",
        )
    }
}

/// A function that is not there, with what may have been meant.
pub fn failure(error: anyhow::Error) -> CliFailure {
    let Some(missing) = error.downcast_ref::<NoFunction>() else { return error.into() };
    let others = &missing.others;
    let remedy = match nearest(&missing.function, others.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None if others.is_empty() => "check --region and --profile: there are no functions here".to_owned(),
        None => format!("check --region and --profile; here there are: {}", others[..others.len().min(10)].join(", ")),
    };
    CliFailure::say(Exit::Failure, missing.to_string(), remedy)
}
