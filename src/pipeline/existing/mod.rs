//! A spec of what stands in an account already, and the proof that taking it over changes nothing. Only reads.

mod select;

pub use select::{ExistingChoice, ExistingSelect};

use super::{Select, plan};
use crate::aws::Aws;
use crate::live::TargetReader;
use crate::plan::proof::AdoptionProof;
use crate::plan::{AddressPattern, Adoption, Consent};
use crate::resources::child::ChildMarks;
use crate::resources::{Address, FunctionFacts, Kind, Live, Resource, mark};
use crate::spec::{self, WriterInput, WrittenSpec};
use anyhow::Result;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// What was found and written.
#[derive(Debug, Clone)]
pub struct ExistingSpec {
    pub written: WrittenSpec,
    /// What is in the text, by kind.
    pub counts: BTreeMap<Kind, usize>,
    /// What others own, and whose it is; it is in the text only where that was asked for.
    pub others: BTreeMap<Address, String>,
    /// What could not be read.
    pub failures: Vec<String>,
    /// Kinds that are unknown where the target is.
    pub unknown: Vec<Kind>,
}

/// Returns how many alarms there are that carry no mark of a stack, to be told of.
///
/// # Errors
/// What AWS refuses.
pub async fn unmanaged_alarms(aws: &Aws) -> Result<usize> {
    let survey = TargetReader::new(aws).existing_alarms().await?;
    Ok(survey.values().filter(|live| live.resource.tags().is_none_or(|tags| !tags.contains_key(mark::STACK))).count())
}

/// Reads what is asked for, and writes it as a spec of `stack`.
///
/// # Errors
/// What AWS refuses; a stack that no spec can name.
pub async fn write_existing(aws: &Aws, stack: &str, select: &ExistingSelect) -> Result<ExistingSpec> {
    let reader = TargetReader::new(aws);
    let survey = reader.existing().await?;
    let ExistingChoice { chosen, others } = select.choose(&survey, stack);
    let parts = reader.existing_parts(&survey, &chosen).await;
    let mut remarks: BTreeMap<Address, Vec<String>> = BTreeMap::new();
    let mut resources: BTreeMap<Address, Resource> = BTreeMap::new();
    for (address, live) in each_child_once(parts.live) {
        let mut lines = Vec::new();
        if let Some(owner) = others.get(&address) {
            lines.push(format!("belongs to {owner}, which may set it back"));
        }
        let resource = writable(live, &mut lines);
        if !lines.is_empty() {
            remarks.insert(address.clone(), lines);
        }
        resources.insert(address, resource);
    }
    let functions = watched(&survey.functions, &resources);
    let head = [
        "yaml-language-server: $schema=alarms.schema.json".to_owned(),
        format!("Existing resources of {}, written by mlopsctl init --existing.", survey.target),
    ];
    let input = WriterInput {
        stack,
        target: &survey.target,
        resources: &resources,
        functions: &functions,
        remarks: &remarks,
        head: &head,
        parameters: &[],
    };
    let written = spec::write(&input)?;
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    let kept = resources.keys().filter(|address| !written.left_out.contains_key(*address));
    kept.for_each(|address| *counts.entry(address.kind).or_default() += 1);
    let failures = survey.failures.into_iter().chain(parts.failures).collect();
    Ok(ExistingSpec { written, counts, others, failures, unknown: survey.unknown })
}

/// A child that does not end with its parent may be read below several: it is one, of the parent that has its mark, else of the first.
fn each_child_once(mut live: BTreeMap<Address, Live>) -> BTreeMap<Address, Live> {
    let mut owners: BTreeMap<(Kind, String), (bool, Address)> = BTreeMap::new();
    let mut further = Vec::new();
    for (address, found) in &live {
        let Some(child) = found.resource.child().filter(|child| !child.registry.ends_with_parent) else { continue };
        let tags = live.get(&child.parent).and_then(|parent| parent.resource.tags());
        let marked = tags.is_some_and(|tags| ChildMarks::from_tags(child.registry, tags).contains(&child));
        match owners.entry((address.kind, child.identity)) {
            Entry::Vacant(entry) => drop(entry.insert((marked, address.clone()))),
            Entry::Occupied(mut entry) if marked && !entry.get().0 => {
                further.push(entry.insert((marked, address.clone())).1);
            }
            Entry::Occupied(_) => further.push(address.clone()),
        }
    }
    for address in &further {
        live.remove(address);
    }
    live
}

/// The resource as a spec can keep it; what is left to AWS or to others is said in a line.
fn writable(live: Live, lines: &mut Vec<String>) -> Resource {
    let mut resource = live.resource;
    for setting in live.facts.unknown_settings.keys() {
        lines.push(format!("has the setting {setting}, which mlopsctl does not know: an update would erase it"));
    }
    if let (Resource::LogGroup(group), Some(policy)) = (&mut resource, &live.facts.retention_policy_name) {
        group.retention_in_days = None;
        lines.push(format!("its retention is that of the account's policy {policy}"));
    }
    resource
}

/// The functions that some alarm watches: golden signals are of these.
fn watched(
    functions: &BTreeMap<String, FunctionFacts>,
    resources: &BTreeMap<Address, Resource>,
) -> BTreeMap<String, FunctionFacts> {
    let mut names: BTreeSet<&String> = BTreeSet::new();
    for resource in resources.values() {
        let Resource::Alarm(alarm) = resource else { continue };
        names.extend(alarm.dimensions.get("FunctionName"));
        let metrics = alarm.metrics.iter().filter_map(|query| query.metric.as_ref());
        names.extend(metrics.filter_map(|metric| metric.dimensions.get("FunctionName")));
    }
    let kept = functions.iter().filter(|(name, _)| names.contains(name));
    kept.map(|(name, facts)| (name.clone(), facts.clone())).collect()
}

/// Plans the text with adoption against what stands, and writes nothing.
///
/// # Errors
/// Mistakes of the text; what AWS refuses.
pub async fn prove(aws: &Aws, written: &WrittenSpec, with_others: bool) -> Result<AdoptionProof> {
    // What another tool owns is only taken over by name.
    let named = if with_others { AddressPattern::parse("*/*").into_iter().collect() } else { Vec::new() };
    let consent = Consent {
        adopt: Adoption { unowned: true, named },
        deletes: true,
        data_loss: true,
        delete_adopted: true,
        unknown_loss: true,
    };
    let planned = plan(aws, &written.bound()?, &Select::default(), &consent).await?;
    Ok(AdoptionProof::of(planned.plan))
}
