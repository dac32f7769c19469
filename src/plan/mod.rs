//! What has to change so that live becomes desired, as a value. Pure and synchronous: no AWS, no clock, no printing.

pub mod attributes;
pub mod change;
pub mod consent;
pub mod drift;
pub mod guard;
pub mod log_group;
pub mod notes;
pub mod order;
pub mod ownership;
pub mod proof;
pub mod saved;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

pub use change::{Action, Blocked, Note, NoteKind, Plan, PlanSummary, PlannedChange};
pub use consent::{AddressPattern, Adoption, Consent};

use crate::model::{FieldChange, Target, field};
use crate::resources::{Address, ConfirmationState, Live, LiveSnapshot, Observation, Resource, mark};
use ownership::Ownership;
use std::collections::{BTreeMap, BTreeSet};

/// Everything a plan is made of.
#[derive(Debug, Clone, Copy)]
pub struct PlanInput<'a> {
    pub stack: &'a str,
    pub target: &'a Target,
    /// With the owner's mark in the tags (`ownership::mark`). Empty to destroy the stack.
    pub desired: &'a BTreeMap<Address, Resource>,
    pub snapshot: &'a LiveSnapshot,
    pub consent: &'a Consent,
    /// Whether what carries the stack's mark and is not desired is deleted, or left in place where it was only adopted.
    pub prune: bool,
    /// What alone is pruned; `None` is everything. The subscriptions of a topic belong to it.
    pub only: Option<&'a BTreeSet<Address>>,
}

/// The plan: the same input gives the same plan, in whatever order it was read.
pub fn build(input: PlanInput<'_>) -> Plan {
    let mut changes: BTreeMap<Address, PlannedChange> = BTreeMap::new();
    for (address, desired) in input.desired {
        changes.insert(address.clone(), toward(address, desired, input));
    }
    if input.prune {
        for change in ownership::leftovers(input) {
            changes.entry(change.address.clone()).or_insert(change);
        }
    }
    made_anew(&mut changes);
    let mut plan = Plan {
        stack: input.stack.to_owned(),
        target: input.target.clone(),
        changes: changes.into_values().map(PlannedChange::in_order).collect(),
        notes: Vec::new(),
        blocked: Vec::new(),
        pruning: input.prune,
    };
    notes::add(&mut plan, input);
    guard::add(&mut plan, input);
    plan
}

/// What ends with a parent that is replaced is made again under it.
fn made_anew(changes: &mut BTreeMap<Address, PlannedChange>) {
    let replaced = changes.values().filter(|change| change.action == Action::Replace);
    let replaced: BTreeSet<Address> = replaced.map(|change| change.address.clone()).collect();
    for change in changes.values_mut().filter(|_| !replaced.is_empty()) {
        let child = change.after.as_ref().and_then(Resource::child);
        if child.is_some_and(|child| child.registry.ends_with_parent && replaced.contains(&child.parent)) {
            (change.action, change.before, change.fields) = (Action::Create, None, Vec::new());
        }
    }
}

/// The change that makes one resource as desired.
fn toward(address: &Address, desired: &Resource, input: PlanInput<'_>) -> PlannedChange {
    let change = |action, before: Option<&Live>, fields| PlannedChange {
        address: address.clone(),
        action,
        before: before.cloned(),
        after: Some(desired.clone()),
        fields,
        notes: Vec::new(),
        blocked: None,
    };
    let live = match input.snapshot.observations.get(address) {
        None | Some(Observation::Absent) => return change(Action::Create, None, Vec::new()),
        Some(Observation::Unknown(_)) => return change(Action::NoOp, None, Vec::new()),
        Some(Observation::Present(live)) => live,
    };
    if live.facts.confirmation == Some(ConfirmationState::Lost) {
        return change(Action::Create, None, Vec::new());
    }
    let mut after = attributes::settled(live, desired);
    let fields = differences(live, &after);
    let action = match ownership::ownership(live, input) {
        Ownership::Made | Ownership::Adopted if fields.is_empty() => Action::NoOp,
        Ownership::Made | Ownership::Adopted
            if fields.iter().any(|f| desired.kind().facts().immutable.contains(&f.field.as_str())) =>
        {
            Action::Replace
        }
        Ownership::Made | Ownership::Adopted => Action::Update,
        Ownership::Unowned | Ownership::OtherStack(_) | Ownership::OtherTool(_) => Action::Adopt,
    };
    match action {
        Action::Adopt => ownership::mark_adopted(&mut after, live),
        Action::Update => {
            ownership::keep_adopted(&mut after, live);
            attributes::remember(&mut after, live, |field| fields.iter().any(|change| change.field == field));
        }
        Action::NoOp => ownership::keep_adopted(&mut after, live),
        Action::Replace => attributes::carry_tags(&mut after, live),
        _ => {}
    }
    PlannedChange { after: Some(after), ..change(action, Some(live), fields) }
}

/// What differs, of configuration and of tags. A field that is not managed, or that AWS has not told, does not count.
pub fn differences(live: &Live, desired: &Resource) -> Vec<FieldChange> {
    let (mut from, mut to) = (live.resource.fields(), desired.fields());
    if desired.declared().is_some() {
        let managed = attributes::managed(live, desired);
        from.retain(|name, _| managed.contains(name));
        to.retain(|name, _| managed.contains(name));
    }
    if !live.facts.tags_read {
        // A log group's, which is in a tag.
        from.remove("on_destroy");
        to.remove("on_destroy");
    }
    match desired {
        // An account policy decides.
        Resource::LogGroup(_) if live.facts.retention_policy_name.is_some() => {
            from.remove("retention_in_days");
            to.remove("retention_in_days");
        }
        // AWS has fixed it.
        Resource::LogGroup(group) if group.retention_in_days.is_none() && is_delivery(live) => {
            from.remove("retention_in_days");
        }
        subscribed if subscribed.subscription().is_some() && !live.facts.attributes_read => {
            to = from.clone();
        }
        _ => {}
    }
    let mut changes = field::diff(&from, &to);
    if live.facts.other_password {
        // SNS shows no password, and neither does a plan.
        let changed = |value: &str| Some(value.into());
        changes.push(FieldChange { field: "password".to_owned(), from: changed("another"), to: changed("the spec's") });
    }
    let live_tags = live.resource.tags();
    for (key, value) in desired.tags().into_iter().flatten().filter(|(key, _)| !mark::is_mark(key)) {
        let before = live_tags.and_then(|tags| tags.get(key));
        if live.facts.tags_read && before != Some(value) {
            let from = before.map(|v| v.as_str().into());
            changes.push(FieldChange { field: format!("tags.{key}"), from, to: Some(value.as_str().into()) });
        }
    }
    changes
}

fn is_delivery(live: &Live) -> bool {
    matches!(&live.resource, Resource::LogGroup(group) if group.is_delivery())
}

/// Live resources under the stack's mark: what `guard` counts.
fn stack_size(input: PlanInput<'_>) -> usize {
    let live = input.snapshot.observations.values().filter_map(Observation::live);
    live.filter(|live| ownership::ownership(live, input).is_ours()).count()
}
