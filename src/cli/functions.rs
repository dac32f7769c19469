//! Arguments of the commands that look at functions: those that are named, else those of the spec.

use super::CommandContext;
use super::complete;
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{Fleet, RosterArgs};
use crate::aws::Aws;
use crate::fleet::{FleetRow, FleetTarget, TargetState};
use crate::live::TargetReader;
use crate::model::problem::nearest;
use crate::ops::logs::NoFunction;
use crate::pipeline::{self, TargetContext};
use crate::plan::{Note, NoteKind};
use crate::spec::{self, Spec, WrittenRegion};
use clap::Args;

#[derive(Debug, Clone, Args)]
pub struct WatchedArgs {
    /// Functions to look at; without any, those under `functions` in the spec
    #[arg(value_name = "FUNCTION", add = complete::functions())]
    pub functions: Vec<String>,
    #[command(flatten)]
    pub roster: RosterArgs,
}

/// What is looked at, and by whom.
pub struct FunctionSelection {
    pub functions: Vec<String>,
    pub aws: Aws,
}

impl WatchedArgs {
    /// The fleet, where flags or the spec name a roster. Functions that are named need no spec; a roster does.
    pub async fn fleet(&self, command: &str, run: &mut CommandContext<'_>) -> Result<Option<Fleet>, CliFailure> {
        if self.roster.fleet.is_named() || self.roster.spec.path().exists() {
            return self.roster.open_roster(command, &self.roster.spec.load()?, run).await;
        }
        self.roster.fleet.nothing_alone().map(|()| None)
    }

    /// Opens the target. The spec is only read for its functions and its region, so that no variable has to be given.
    pub async fn open(&self, run: &mut CommandContext<'_>) -> Result<FunctionSelection, CliFailure> {
        let named = !self.functions.is_empty();
        let spec =
            if named && !self.roster.spec.path().exists() { None } else { Some(spec::load(self.roster.spec.path())?) };
        let place = match &spec {
            Some(spec) => Some(self.place(spec)?),
            None => None,
        };
        let region = place.as_ref().and_then(|place| place.region.clone());
        let aws = self.roster.connect.open(region.as_deref(), &run.signals, run.output).await?;
        let functions = match &place {
            Some(place) if !named => run.signals.clone().or_interrupted(of_region(place, &aws)).await?,
            _ => self.functions.clone(),
        };
        Ok(FunctionSelection { functions, aws })
    }

    /// The region of the spec that is meant: the one that is named, else the only one with the functions that are, or else with
    /// patterns that may stand for them.
    fn place(&self, spec: &Spec) -> Result<WrittenRegion, CliFailure> {
        let mut places = spec.written_regions();
        let names = |place: &WrittenRegion, name: &String| place.functions.contains(name);
        let may_have = |place: &WrittenRegion, name: &String| names(place, name) || place.may_cover(name);
        for has in [&names as &dyn Fn(&WrittenRegion, &String) -> bool, &may_have] {
            let has_them = |place: &WrittenRegion| {
                !place.functions.is_empty() && self.functions.iter().all(|name| has(place, name))
            };
            if self.roster.connect.region().is_none() && places.iter().filter(|place| has_them(place)).count() == 1 {
                places.retain(has_them);
                break;
            }
        }
        let regions: Vec<String> = places.iter().filter_map(|place| place.region.clone()).collect();
        let at = self.roster.spec.place(&regions, spec.lists_regions(), self.roster.connect.region())?;
        Ok(places.swap_remove(at))
    }

    /// Where there is nothing to look at.
    pub fn nothing(&self) -> CliFailure {
        let what = format!("{} names no function", self.roster.spec.path().display());
        CliFailure::say(
            Exit::Usage,
            what,
            "name one: a function's name behind the command, or under `functions` in the spec",
        )
    }
}

/// The functions of a region; only a pattern has to ask which those are.
async fn of_region(place: &WrittenRegion, aws: &Aws) -> Result<Vec<String>, CliFailure> {
    let Some(tags) = place.matched_tags() else { return Ok(place.functions.clone()) };
    let live = TargetReader::new(aws).live_functions(&tags).await?;
    place.functions_of(&live).ok_or_else(|| {
        let what = "a pattern under `functions` asks for tags by a variable, which is not filled in here";
        CliFailure::say(Exit::Usage, what, "name the functions behind the command")
    })
}

/// Of a member of a fleet: the functions that are named, else those of the spec and those that its patterns stand for there, each once.
pub async fn of_member(named: &[String], at: &TargetContext) -> Result<Vec<String>, CliFailure> {
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    let expanded = pipeline::expand(&at.aws, &at.bound).await?;
    let bound = expanded.as_ref().unwrap_or(&at.bound);
    let mut all = bound.functions().to_vec();
    for name in bound.covered().iter().flat_map(|covered| &covered.functions) {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    Ok(all)
}

/// The row of a member in which there is no function to look at.
pub fn without_functions(member: &FleetTarget) -> FleetRow {
    let none = Note::new(NoteKind::Warning, "the spec names no function that is here");
    FleetRow { notes: vec![none], ..FleetRow::new(member, TargetState::InSync) }
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
