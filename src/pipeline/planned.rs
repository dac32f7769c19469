//! The plan of one target: what stands is read, and held against what the spec asks for. Only reads.

use super::{NotAllowed, Select, UnknownTarget, covered};
use crate::aws::Aws;
use crate::live::{ReadPurpose, TargetReader};
use crate::model::Target;
use crate::plan::{self, Consent, Plan, PlanInput, ownership};
use crate::resources::{Address, LiveSnapshot, Observation, Resource, known_functions, log_group};
use crate::spec::BoundSpec;
use anyhow::Result;
use std::collections::BTreeMap;

/// A plan of one target, ready to be shown or applied.
#[derive(Debug, Clone)]
pub struct PlannedTarget {
    pub plan: Plan,
    /// What the spec asks for, with the owner's marks.
    pub desired: BTreeMap<Address, Resource>,
    /// What was read for it.
    pub snapshot: LiveSnapshot,
    /// The spec as it was expanded for the target; `None` where it has no patterns, or there is none.
    pub expanded: Option<BoundSpec>,
}

impl PlannedTarget {
    /// The spec that the plan is of: the one that was given, or what it was expanded to.
    pub fn bound<'a>(&'a self, given: &'a BoundSpec) -> &'a BoundSpec {
        self.expanded.as_ref().unwrap_or(given)
    }
}

/// Names do not depend on the account: for the first wave, which asks for the account as well, any will do.
const ANY_ACCOUNT: &str = "000000000000";

/// Reads the target and says what has to change so that it becomes what the spec asks for.
pub async fn plan(aws: &Aws, bound: &BoundSpec, select: &Select, consent: &Consent) -> Result<PlannedTarget> {
    plan_and_read(aws, bound, select, consent, &BTreeMap::new()).await
}

/// The same, where `also` is read as well: what a saved plan names, whoever owns it.
pub(super) async fn plan_and_read(
    aws: &Aws,
    bound: &BoundSpec,
    select: &Select,
    consent: &Consent,
    also: &BTreeMap<Address, Resource>,
) -> Result<PlannedTarget> {
    let with_others = |mut desired: BTreeMap<Address, Resource>| {
        let others = also.iter().filter(|(address, _)| !desired.contains_key(*address));
        let others: Vec<_> = others.map(|(address, resource)| (address.clone(), resource.clone())).collect();
        desired.extend(others);
        desired
    };
    let expanded = covered::expand(aws, bound).await?;
    let bound = expanded.as_ref().unwrap_or(bound);
    let provisional = with_others(provisional(aws, bound, select)?);
    let reader = TargetReader::new(aws);
    let wanted = ReadPurpose {
        stack: bound.stack(),
        desired: &provisional,
        functions: bound.functions(),
        listed: bound.listed_functions(),
    };
    let survey = reader.survey(wanted).await?;
    drop(provisional);
    NotAllowed::check(bound, &survey.target.account)?;
    let mut desired = bound.desired(&survey.target, &known_functions(&survey.functions))?.resources;
    ownership::mark(&mut desired, bound.stack());
    if !bound.has_patterns_elsewhere() {
        UnknownTarget::check_adoption(&consent.adopt, desired.keys().chain(bound.declared_anywhere()))?;
    }
    desired.retain(|address, _| select.covers(address));
    let target = survey.target.clone();
    let mut snapshot = match also.is_empty() {
        true => reader.complete(survey, bound.stack(), &desired).await,
        false => reader.complete(survey, bound.stack(), &with_others(desired.clone())).await,
    };
    snapshot.observations.retain(|address, _| bound.is_about(address));
    let input = PlanInput {
        stack: bound.stack(),
        target: &target,
        desired: &desired,
        snapshot: &snapshot,
        consent,
        prune: select.is_all(),
        only: None,
    };
    let mut plan = plan::build(input);
    covered::note(&mut plan, bound);
    Ok(PlannedTarget { plan, desired, snapshot, expanded })
}

/// Reads the target and says what has to be deleted, or left in place without our marks, so that nothing of the stack is left.
pub async fn plan_destroy(aws: &Aws, bound: &BoundSpec, select: &Select, consent: &Consent) -> Result<PlannedTarget> {
    // What the functions are is of use where they can be listed: what is ours is found by its mark as well.
    let expanded = covered::expand(aws, bound).await.ok().flatten();
    let bound = expanded.as_ref().unwrap_or(bound);
    // Endpoints that do not fill the tag index know what is ours only by name.
    let named = provisional(aws, bound, select)?;
    let reader = TargetReader::new(aws);
    let survey =
        reader.survey(ReadPurpose { stack: bound.stack(), desired: &named, functions: &[], listed: None }).await?;
    NotAllowed::check(bound, &survey.target.account)?;
    let target = survey.target.clone();
    let mut snapshot = reader.complete(survey, bound.stack(), &named).await;
    snapshot.observations.retain(|address, _| bound.is_about(address));
    heed(&named, &mut snapshot);
    let consent = Consent { deletes: true, ..consent.clone() };
    let desired = BTreeMap::new();
    let input = PlanInput {
        stack: bound.stack(),
        target: &target,
        desired: &desired,
        snapshot: &snapshot,
        consent: &consent,
        prune: true,
        only: (!select.is_all()).then_some(&select.0),
    };
    Ok(PlannedTarget { plan: plan::build(input), desired, snapshot, expanded })
}

/// What the spec says of the end of a log group counts, applied or not.
fn heed(named: &BTreeMap<Address, Resource>, snapshot: &mut LiveSnapshot) {
    for (address, resource) in named {
        let Resource::LogGroup(group) = resource else { continue };
        let Some(Observation::Present(live)) = snapshot.observations.get_mut(address) else { continue };
        live.facts.may_be_unprotected = group.declared.contains("deletion_protection") && !group.deletion_protection;
        let said = group.tags.get(log_group::ON_DESTROY).filter(|_| group.declared.contains("on_destroy"));
        if let (Some(tags), Some(said)) = (live.resource.tags_mut(), said) {
            tags.insert(log_group::ON_DESTROY.to_owned(), said.clone());
        }
    }
}

/// What the spec asks for, as far as it is known before anything was read: names, and all that no account decides.
fn provisional(aws: &Aws, bound: &BoundSpec, select: &Select) -> Result<BTreeMap<Address, Resource>> {
    let anywhere = Target::new(ANY_ACCOUNT, aws.region());
    let nothing = BTreeMap::new();
    let mut desired = bound.desired(&anywhere, bound.listed_functions().unwrap_or(&nothing))?.resources;
    // What another region of the file declares may be named: here it is nothing.
    select.check(&desired.keys().chain(bound.declared_elsewhere(&select.0)).cloned().collect())?;
    ownership::mark(&mut desired, bound.stack());
    desired.retain(|address, _| select.covers(address));
    Ok(desired)
}
