//! Which alarms of a spec a drill is about.

use super::exit::Exit;
use super::failure::CliFailure;
use crate::model::Target;
use crate::model::problem::nearest_or_all;
use crate::spec::BoundSpec;
use std::collections::BTreeMap;

/// The alarms that a spec names. Names do not depend on the account.
pub fn names(bound: &BoundSpec, region: &str) -> Result<Vec<String>, CliFailure> {
    let desired = bound.desired(&Target::new("000000000000", region), &BTreeMap::new())?.resources;
    Ok(desired.into_keys().filter(|address| address.kind.is_alarm()).map(|address| address.name).collect())
}

/// Those of a spec that are wanted: all, or the ones that are named.
pub fn chosen(bound: &BoundSpec, region: &str, wanted: &[String]) -> Result<Vec<String>, CliFailure> {
    let known = names(bound, region)?;
    if let Some(unknown) = wanted.iter().find(|name| !known.contains(name)) {
        let near = nearest_or_all(unknown, known.iter().map(String::as_str), "its alarms are").unwrap_or_default();
        return Err(CliFailure::say(Exit::Usage, format!("the spec has no alarm `{unknown}`"), near));
    }
    if known.is_empty() {
        return Err(CliFailure::say(Exit::Usage, "the spec has no alarm to fire", "add one under `alarms:`"));
    }
    Ok(if wanted.is_empty() { known } else { wanted.to_vec() })
}
