//! The alarms that a spec declares, by name: what commands that act on alarms may be asked for.

use super::exit::Exit;
use super::failure::CliFailure;
use crate::aws::Aws;
use crate::model::Target;
use crate::model::problem::nearest_or_all;
use crate::pipeline;
use crate::spec::BoundSpec;
use std::collections::BTreeMap;

/// In a target, those of the functions included that patterns stand for there.
pub async fn in_target(aws: &Aws, bound: &BoundSpec, target: &Target) -> Result<Vec<String>, CliFailure> {
    let expanded = pipeline::expand(aws, bound).await?;
    names(expanded.as_ref().unwrap_or(bound), target)
}

/// As far as they are known without asking AWS.
pub fn written(bound: &BoundSpec) -> Vec<String> {
    // Names do not depend on the account.
    let anywhere = Target::new("000000000000", bound.region().unwrap_or_default());
    names(bound, &anywhere).unwrap_or_default()
}

fn names(bound: &BoundSpec, target: &Target) -> Result<Vec<String>, CliFailure> {
    let desired = bound.desired(target, &BTreeMap::new())?.resources;
    Ok(desired.into_keys().filter(|address| address.kind.is_alarm()).map(|address| address.name).collect())
}

/// Those that a drill is of: all, or the ones that are named.
pub fn chosen(known: Vec<String>, wanted: &[String]) -> Result<Vec<String>, CliFailure> {
    if let Some(unknown) = wanted.iter().find(|name| !known.contains(name)) {
        let near = nearest_or_all(unknown, known.iter().map(String::as_str), "its alarms are").unwrap_or_default();
        return Err(CliFailure::say(Exit::Usage, format!("the spec has no alarm `{unknown}`"), near));
    }
    if known.is_empty() {
        return Err(CliFailure::say(Exit::Usage, "the spec has no alarm to fire", "add one under `alarms:`"));
    }
    Ok(if wanted.is_empty() { known } else { wanted.to_vec() })
}
