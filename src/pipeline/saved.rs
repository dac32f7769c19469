//! A saved plan, authorised anew: the plan is made again from the spec, or from its own words, and from what is live, and the saved
//! one has to say the same. What is carried out is the plan that was made here, never what the file says.

use super::{NotAllowed, PlannedTarget, Select, UnknownTarget, planned};
use crate::aws::{Aws, AwsError};
use crate::live::{ReadPurpose, TargetReader};
use crate::model::Target;
use crate::plan::saved::{self, Basis, SavedPlan, Stale};
use crate::plan::{self, Consent, Plan, PlanInput};
use crate::resources::{Address, FunctionFacts, Resource, mark};
use crate::spec::BoundSpec;
use std::collections::BTreeMap;
use std::path::Path;

/// Why a saved plan is not applied.
#[derive(Debug)]
pub enum NotReplanned {
    /// Live changed since.
    Stale(Vec<Stale>),
    /// It was made for another account or region than the one that is reached.
    Elsewhere {
        made_for: Target,
        reached: Target,
    },
    /// It does not say what the spec asks for, in these places.
    Different(Vec<String>),
    /// It holds masked endpoints, which only the spec has.
    SecretsMissing(Vec<Address>),
    Failed(anyhow::Error),
}

impl From<AwsError> for NotReplanned {
    fn from(error: AwsError) -> Self {
        NotReplanned::Failed(error.into())
    }
}

/// What a plan was made by, to be saved with it.
pub fn basis(
    bound: &BoundSpec,
    spec: &Path,
    variables: &BTreeMap<String, String>,
    select: &Select,
    consent: &Consent,
    planned: &PlannedTarget,
) -> Basis {
    Basis {
        spec: spec.display().to_string(),
        variables: variables.clone(),
        targets: select.0.clone(),
        consent: consent.clone(),
        allowed_accounts: bound.allowed_accounts().map(str::to_owned).collect(),
        functions: planned.snapshot.known_functions(),
    }
}

/// Makes the plan anew and gives it back only if the saved one says the same and all of its live state still is as it was.
/// Without a spec the plan's own words stand for it: then only what live and the plan say of each other can be held against it.
pub async fn check_saved(
    aws: &Aws,
    saved: &SavedPlan,
    spec: Option<&BoundSpec>,
) -> Result<PlannedTarget, NotReplanned> {
    let misnamed = misnamed(&saved.plan);
    if !misnamed.is_empty() {
        return Err(NotReplanned::Different(misnamed));
    }
    let made_for = saved.plan.target.clone();
    let mut planned = match spec {
        Some(bound) => from_spec(aws, saved, bound).await?,
        None => from_itself(aws, saved).await?,
    };
    if planned.plan.target != made_for {
        return Err(NotReplanned::Elsewhere { made_for, reached: planned.plan.target });
    }
    let allowed = &saved.basis.allowed_accounts;
    if !allowed.is_empty() && !allowed.contains(&made_for.account) {
        return Err(NotReplanned::Failed(NotAllowed { account: made_for.account }.into()));
    }
    let restored = saved.restored(&planned.plan);
    let mut stale = saved::stale(&restored, &planned.snapshot);
    stale.extend(saved::stale_elsewhere(&restored, &planned.plan));
    if spec.is_some() {
        stale.extend(functions_since(&saved.basis.functions, &planned));
    }
    if !stale.is_empty() {
        return Err(NotReplanned::Stale(stale));
    }
    let mut differences = spec.map(|bound| of_spec(saved, bound)).unwrap_or_default();
    differences.extend(saved::differences(&restored, &planned.plan, &planned.snapshot));
    if !differences.is_empty() {
        return Err(NotReplanned::Different(differences));
    }
    // A plan that was refused when it was made is not consented to, whatever has become possible since.
    if planned.plan.refusals().next().is_none() {
        let refusals = saved.plan.refusals().map(|(_, blocked)| blocked.clone());
        planned.plan.blocked.extend(refusals.collect::<Vec<_>>());
    }
    Ok(planned)
}

async fn from_spec(aws: &Aws, saved: &SavedPlan, bound: &BoundSpec) -> Result<PlannedTarget, NotReplanned> {
    let select = Select(saved.basis.targets.clone());
    let planned = planned::plan_and_read(aws, bound, &select, &saved.basis.consent, &saved.touched()).await;
    planned.map_err(|error| match error.downcast::<UnknownTarget>() {
        Ok(unknown) => NotReplanned::Different(vec![unknown.to_string()]),
        Err(error) => NotReplanned::Failed(error),
    })
}

/// The plan of what the saved plan's own words ask for: ownership, guards, actions and deletions are worked out from live.
async fn from_itself(aws: &Aws, saved: &SavedPlan) -> Result<PlannedTarget, NotReplanned> {
    let Plan { stack, changes, pruning, .. } = &saved.plan;
    if !saved.masked.is_empty() {
        let masked = saved.masked.keys().filter_map(|at| changes.get(*at));
        return Err(NotReplanned::SecretsMissing(masked.map(|change| change.address.clone()).collect()));
    }
    let afters = changes.iter().filter_map(|change| Some((&change.address, change.after.as_ref()?)));
    // What is only given up has lost the stack's mark.
    let is_desired = |after: &Resource| after.tags().is_none_or(|tags| mark::owner(tags, stack) == mark::Owner::Ours);
    let desired = afters.filter(|(_, after)| is_desired(after));
    let desired: BTreeMap<Address, Resource> = desired.map(|(a, after)| (a.clone(), after.clone())).collect();
    let read: BTreeMap<Address, Resource> = saved.touched().into_iter().chain(desired.clone()).collect();
    let reader = TargetReader::new(aws);
    let survey = reader.survey(ReadPurpose { stack, desired: &read, functions: &[], listed: None }).await?;
    let target = survey.target.clone();
    let snapshot = reader.complete(survey, stack, &read).await;
    let input = PlanInput {
        stack,
        target: &target,
        desired: &desired,
        snapshot: &snapshot,
        consent: &saved.basis.consent,
        prune: *pruning,
        only: None,
    };
    Ok(PlannedTarget { plan: plan::build(input), desired, snapshot, expanded: None })
}

/// Changes whose address is not that of their resource.
fn misnamed(plan: &Plan) -> Vec<String> {
    let resources = plan.changes.iter().flat_map(|change| {
        let before = change.before.as_ref().map(|live| &live.resource);
        before.into_iter().chain(&change.after).map(|resource| (&change.address, resource.address()))
    });
    let wrong = resources.filter(|(address, of_resource)| *address != of_resource);
    wrong.map(|(address, of_resource)| format!("{address}: it is {of_resource}")).collect()
}

/// What the spec says of a plan beyond its changes.
fn of_spec(saved: &SavedPlan, bound: &BoundSpec) -> Vec<String> {
    let mut found = Vec::new();
    if saved.plan.stack != bound.stack() {
        found.push(format!("the stack: the plan says {:?}, the spec {:?}", saved.plan.stack, bound.stack()));
    }
    let allowed: Vec<&str> = bound.allowed_accounts().collect();
    if saved.basis.allowed_accounts != allowed {
        found.push("allowed_accounts".to_owned());
    }
    found
}

/// Functions that something was derived from and that are configured otherwise now; and, under patterns, that came or went.
fn functions_since(then: &BTreeMap<String, FunctionFacts>, planned: &PlannedTarget) -> Vec<Stale> {
    let now = planned.snapshot.known_functions();
    let differing = then.iter().filter(|(name, then)| {
        // When it was last deployed decides nothing.
        now.get(*name).is_some_and(|now| {
            (now.memory_mb, now.timeout_s, &now.log_group) != (then.memory_mb, then.timeout_s, &then.log_group)
        })
    });
    let stale = |name: &String, what: &str| Stale { place: format!("function {name}"), what: what.to_owned() };
    let mut found: Vec<Stale> = differing.map(|(name, _)| stale(name, "its memory, timeout or log group")).collect();
    if planned.expanded.is_some() {
        let gone = then.keys().filter(|name| !now.contains_key(*name));
        found.extend(gone.map(|name| stale(name, "it is none of the functions of the spec any more")));
        let new = now.keys().filter(|name| !then.contains_key(*name));
        found.extend(new.map(|name| stale(name, "it is new among the functions of the spec")));
    }
    found
}
