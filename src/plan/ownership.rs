//! Whose a resource is, and what becomes of what is ours and not wanted any more: what we made is deleted, what we only
//! adopted is left in place. Whether somebody has to agree to it says `guard`.

use super::{Action, PlanInput, PlannedChange};
use crate::model::FieldChange;
use crate::resources::child::{self, Child, ChildMarks};
use crate::resources::declared;
use crate::resources::log_group::{self, former::Former};
use crate::resources::mark::{self, Owner};
use crate::resources::other_owner::{self, OtherOwner};
use crate::resources::{Address, ConfirmationState, Kind, Live, Resource, ResourceTags, Subscription};
use std::collections::BTreeMap;

/// Who a live resource belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    /// This stack's, which made it.
    Made,
    /// This stack's, but it existed before.
    Adopted,
    /// Another stack's of ours, by name.
    OtherStack(String),
    /// Another tool's, or an AWS service's.
    OtherTool(OtherOwner),
    Unowned,
}

impl Ownership {
    pub fn is_ours(&self) -> bool {
        matches!(self, Ownership::Made | Ownership::Adopted)
    }
}

/// Puts the stack's mark on every desired resource that can carry tags.
pub fn mark(desired: &mut BTreeMap<Address, Resource>, stack: &str) {
    for tags in desired.values_mut().filter_map(Resource::tags_mut) {
        tags.insert(mark::STACK.to_owned(), stack.to_owned());
    }
    desired.values_mut().for_each(declared::mark);
}

/// Puts the marks of children in the tags of their parents, as if this stack had made all of them: for documents that another engine
/// makes everything of.
pub fn mark_children(desired: &mut BTreeMap<Address, Resource>) {
    let children: Vec<Child> = desired.values().filter_map(Resource::child).collect();
    for (address, parent) in desired {
        for (_, registry) in child::kinds_of(address.kind) {
            let own = children.iter().filter(|child| child.registry == registry && child.parent == *address);
            let marks = ChildMarks::of(registry, own.cloned());
            if let Some(tags) = parent.tags_mut() {
                tags.extend(marks.to_tags());
            }
        }
    }
}

/// Value of the adoption mark of a kind of which nothing is restored.
const YES: &str = "yes";

/// Remembers that the resource existed before us and, of a log group, what the spec is about to change of it. What an earlier
/// adoption remembered still counts. A subscription has no tags: its mark is its topic's.
pub fn mark_adopted(resource: &mut Resource, before: &Live) {
    let value = match (&*resource, &before.resource) {
        (Resource::LogGroup(group), Resource::LogGroup(live)) => {
            Former::default().with(live, |field| group.declared.contains(field)).to_string()
        }
        _ => YES.to_owned(),
    };
    let earlier = before.resource.tags().and_then(|tags| tags.get(mark::ADOPTED)).cloned();
    if let Some(tags) = resource.tags_mut() {
        tags.insert(mark::ADOPTED.to_owned(), earlier.unwrap_or(value));
    }
}

/// Keeps the mark of an adoption among the desired tags: an endpoint that replaces all tags with an alarm would lose it.
pub fn keep_adopted(resource: &mut Resource, before: &Live) {
    let earlier = before.resource.tags().and_then(|tags| tags.get(mark::ADOPTED)).cloned();
    if let (Some(tags), Some(value)) = (resource.tags_mut(), earlier) {
        tags.insert(mark::ADOPTED.to_owned(), value);
    }
}

/// Returns whose a live resource is. A child has no tags: it is ours when its parent is and says so.
pub fn ownership(live: &Live, input: PlanInput<'_>) -> Ownership {
    let resource = &live.resource;
    // Nothing there can carry a mark: it is ours as long as the spec declares it, and nobody's afterwards.
    if resource.kind() == Kind::ExternalSubscription && input.desired.contains_key(&resource.address()) {
        return Ownership::Adopted;
    }
    match resource.child() {
        Some(child) => of_child(&child, input),
        None => resource
            .tags()
            .map_or(Ownership::Unowned, |tags| of_tags(resource.kind(), &resource.name(), tags, input.stack)),
    }
}

/// Returns whose a resource with these tags is. The mark of a stack counts more than any other sign.
pub fn of_tags(kind: Kind, name: &str, tags: &ResourceTags, stack: &str) -> Ownership {
    match mark::owner(tags, stack) {
        Owner::Ours if tags.contains_key(mark::ADOPTED) => Ownership::Adopted,
        Owner::Ours => Ownership::Made,
        Owner::Foreign(other) => Ownership::OtherStack(other),
        Owner::Nobody => other_owner::recognise(kind, name, tags).map_or(Ownership::Unowned, Ownership::OtherTool),
    }
}

fn of_child(child: &Child, input: PlanInput<'_>) -> Ownership {
    let parent = input.snapshot.live(&child.parent);
    let Some(tags) = parent.and_then(|parent| parent.resource.tags()) else { return Ownership::Unowned };
    let Some(mark) = ChildMarks::from_tags(child.registry, tags).get(child) else { return Ownership::Unowned };
    match mark::owner(tags, input.stack) {
        Owner::Ours if mark.adopted => Ownership::Adopted,
        Owner::Ours => Ownership::Made,
        Owner::Foreign(other) => Ownership::OtherStack(other),
        Owner::Nobody => Ownership::Unowned,
    }
}

/// Returns the subscriptions that end when a topic does, though this stack did not make them: data of somebody else's.
pub fn lost_with_topic<'a>(topic: &'a str, input: PlanInput<'a>) -> impl Iterator<Item = (&'a Subscription, &'a Live)> {
    let present = input.snapshot.observations.values().filter_map(|observation| observation.live());
    present.filter_map(move |live| match &live.resource {
        Resource::Subscription(subscription) if subscription.topic == topic => {
            let lost = live.facts.confirmation == Some(ConfirmationState::Lost);
            let ours = match ownership(live, input) {
                Ownership::Made => true,
                Ownership::Adopted => input.consent.delete_adopted,
                _ => false,
            };
            (!lost && !ours).then_some((subscription, live))
        }
        _ => None,
    })
}

/// What becomes of a resource of ours that is not desired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UndesiredOutcome {
    Deleted,
    LeftInPlace,
    /// Not ours, or not what this run is about.
    Untouched,
}

fn fate(address: &Address, live: &Live, input: PlanInput<'_>) -> UndesiredOutcome {
    let covered = input.only.is_none_or(|only| only.contains(address));
    match ownership(live, input) {
        _ if input.desired.contains_key(address) || !covered => UndesiredOutcome::Untouched,
        Ownership::Made | Ownership::Adopted if live.resource.is_kept() => UndesiredOutcome::LeftInPlace,
        Ownership::Made => UndesiredOutcome::Deleted,
        Ownership::Adopted if input.consent.delete_adopted => UndesiredOutcome::Deleted,
        Ownership::Adopted => UndesiredOutcome::LeftInPlace,
        Ownership::OtherStack(_) | Ownership::OtherTool(_) | Ownership::Unowned => UndesiredOutcome::Untouched,
    }
}

/// Returns whether a live resource that is not desired is deleted by this plan.
pub fn is_deleted(address: &Address, live: &Live, input: PlanInput<'_>) -> bool {
    input.prune && fate(address, live, input) == UndesiredOutcome::Deleted
}

/// Returns what is to be done with what is ours and not desired.
pub fn leftovers(input: PlanInput<'_>) -> Vec<PlannedChange> {
    let present = input.snapshot.observations.iter().filter_map(|(address, o)| Some((address, o.live()?)));
    let present = present.filter(|(address, live)| {
        !input.desired.contains_key(address) && live.facts.confirmation != Some(ConfirmationState::Lost)
    });
    present.filter_map(|(address, live)| leftover(address, live, input)).collect()
}

fn leftover(address: &Address, live: &Live, input: PlanInput<'_>) -> Option<PlannedChange> {
    let change = |action| PlannedChange {
        address: address.clone(),
        action,
        before: Some(live.clone()),
        after: None,
        fields: Vec::new(),
        notes: Vec::new(),
        blocked: None,
    };
    let mut own = fate(address, live, input);
    if let Some(Child { registry, parent, .. }) = live.resource.child() {
        let of_parent = input
            .snapshot
            .live(&parent)
            .map_or(UndesiredOutcome::Untouched, |parent_live| fate(&parent, parent_live, input));
        // With the parent in question, its children are.
        if of_parent != UndesiredOutcome::Untouched && input.only.is_some() {
            own = fate(address, live, PlanInput { only: None, ..input });
        }
        let parent_stays = input.desired.contains_key(&parent) || of_parent == UndesiredOutcome::LeftInPlace;
        match of_parent {
            // AWS ends such children with their parent, whoever made them.
            UndesiredOutcome::Deleted if registry.ends_with_parent => return Some(change(Action::Delete)),
            // AWS deletes no pending subscription as long as its topic exists.
            _ if own == UndesiredOutcome::Deleted
                && parent_stays
                && live.facts.confirmation == Some(ConfirmationState::Pending) =>
            {
                return Some(change(Action::NoOp));
            }
            _ => {}
        }
    }
    match own {
        UndesiredOutcome::Untouched => None,
        UndesiredOutcome::Deleted => Some(change(Action::Delete)),
        UndesiredOutcome::LeftInPlace => Some(left_in_place(change(Action::StopManaging), live)),
    }
}

/// Without our marks, and a log group with the retention that it had.
fn left_in_place(change: PlannedChange, live: &Live) -> PlannedChange {
    let mut after = live.resource.clone();
    let mut fields = Vec::new();
    if let Some(tags) = after.tags_mut() {
        let marks = tags.iter().filter(|(key, _)| mark::is_mark(key));
        fields.extend(marks.map(|(key, value)| FieldChange {
            field: format!("tags.{key}"),
            from: Some(value.as_str().into()),
            to: None,
        }));
        let kept = tags.get(mark::ADOPTED).cloned();
        *tags = mark::without_marks(tags);
        if let (Resource::LogGroup(group), Some(kept)) = (&mut after, kept) {
            group.declared = log_group::RETURNING.iter().map(|field| (*field).to_owned()).collect();
            Former::parse(&kept).give_back(group, |_| true);
        }
    }
    // A word about the group's end is a mark, too.
    let restored = super::differences(live, &after).into_iter().filter(|field| field.field != "on_destroy");
    PlannedChange { fields: restored.chain(fields).collect(), after: Some(after), ..change }
}

#[cfg(test)]
mod tests;
