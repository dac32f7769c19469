//! What a shell completes beyond flags: alarms and topics of the spec, rules, functions, profiles, addresses of the sandbox. A shell
//! waits for it: it reads files of this machine, asks no AWS, and where something cannot be read there is nothing to choose.

use super::help;
use super::places::{SPEC_FILE, usual_sandbox};
use crate::aws::profile_names;
use crate::lint::RULES;
use crate::model::Target;
use crate::resources::function::LiveFunctions;
use crate::resources::{Address, Kind};
use crate::sandbox::{Sandbox, Weather};
use crate::spec::{self, BoundSpec};
use clap::builder::StyledStr;
use clap_complete::env::CompleteEnv;
use clap_complete::{ArgValueCompleter, CompletionCandidate};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;

/// What a shell sets when it asks.
pub const VARIABLE: &str = "MLOPSCTL_COMPLETE";

/// Answers the shell, where it asks, and ends the process; else returns.
pub fn answer() {
    if std::env::var_os(VARIABLE).is_some() {
        CompleteEnv::with_factory(help::tree).var(VARIABLE).complete();
    }
}

/// `alarm/NAME` and all else that the spec declares.
pub fn addresses() -> ArgValueCompleter {
    of(|| declared().iter().map(Address::to_string).collect())
}

/// Alarms of the spec, of every kind.
pub fn alarms() -> ArgValueCompleter {
    of(|| names(&Kind::alarms().collect::<Vec<_>>()))
}

/// Functions of the spec.
pub fn functions() -> ArgValueCompleter {
    of(|| bound().iter().flat_map(BoundSpec::functions).cloned().collect())
}

pub fn topics() -> ArgValueCompleter {
    of(|| names(&[Kind::Topic]))
}

/// Of the AWS configuration files.
pub fn profiles() -> ArgValueCompleter {
    of(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.map(|runtime| runtime.block_on(profile_names())).unwrap_or_default()
    })
}

/// Rules of lint, each with what it finds.
pub fn rules() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let known = RULES.iter().filter(|rule| starts(rule.id, current));
        known.map(|rule| CompletionCandidate::new(rule.id).help(Some(StyledStr::from(rule.summary)))).collect()
    })
}

/// Whom the sandbox has sent something.
pub fn receivers() -> ArgValueCompleter {
    of(|| {
        let path = usual_sandbox();
        let opened = path.is_file().then(|| Sandbox::open(&path, Weather::default()));
        let Some(Ok(sandbox)) = opened else { return Vec::new() };
        let places = sandbox.places().unwrap_or_default();
        let letters = places.iter().filter_map(|(account, region)| sandbox.outbox(account, region).ok()).flatten();
        letters.map(|letter| letter.endpoint).collect()
    })
}

fn of(choices: impl Fn() -> Vec<String> + Send + Sync + 'static) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| {
        let mut choices = choices();
        choices.retain(|choice| starts(choice, current));
        choices.sort();
        choices.dedup();
        choices.into_iter().map(CompletionCandidate::new).collect::<Vec<_>>()
    })
}

fn starts(choice: &str, current: &OsStr) -> bool {
    current.to_str().is_some_and(|current| choice.starts_with(current))
}

fn names(kinds: &[Kind]) -> Vec<String> {
    declared().into_iter().filter(|address| kinds.contains(&address.kind)).map(|address| address.name).collect()
}

fn declared() -> Vec<Address> {
    let of = |bound: BoundSpec| {
        let target = Target::new("000000000000", bound.region().unwrap_or("us-east-1"));
        let desired = bound.desired(&target, &BTreeMap::new()).map(|desired| desired.resources);
        desired.unwrap_or_default().into_keys()
    };
    bound().into_iter().flat_map(of).collect()
}

/// The spec of each of its regions, with a value for each variable that has none: what is named after one is completed wrongly, all else right.
fn bound() -> Vec<BoundSpec> {
    let Ok(spec) = spec::load(&spec_file(std::env::args())) else { return Vec::new() };
    let open = spec.variables().iter().filter(|variable| variable.default.is_none());
    let values = open.map(|variable| (variable.name.clone(), format!("{}@example.com", variable.name))).collect();
    let all = spec.into_regions(&values).unwrap_or_default();
    // What patterns stand for, only AWS knows.
    all.iter().map(|one| one.for_functions(LiveFunctions::default())).collect()
}

/// The file that the line names which is completed, else the usual one.
fn spec_file(line: impl Iterator<Item = String>) -> PathBuf {
    let words: Vec<String> = line.collect();
    let after = |flag: &str| words.iter().position(|word| word == flag).and_then(|at| words.get(at + 1));
    let joined = || words.iter().find_map(|word| word.strip_prefix("--file=").map(str::to_owned));
    let named = after("--file").or_else(|| after("-f")).cloned().or_else(joined);
    named.map_or_else(|| PathBuf::from(SPEC_FILE), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spec_of_the_line_is_read() {
        let of = |line: &str| spec_file(line.split(' ').map(str::to_owned)).display().to_string();
        assert_eq!(of("mlopsctl -- mlopsctl plan --target"), "alarms.yaml");
        assert_eq!(of("mlopsctl -- mlopsctl plan -f b.yaml --target"), "b.yaml");
        assert_eq!(of("mlopsctl -- mlopsctl plan --file c.yaml"), "c.yaml");
        assert_eq!(of("mlopsctl -- mlopsctl plan --file=d.yaml"), "d.yaml");
        assert_eq!(of("mlopsctl -- mlopsctl plan --file"), "alarms.yaml");
    }
}
