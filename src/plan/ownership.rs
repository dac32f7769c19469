//! Whose a resource is, and what is left over: what carries the stack's mark and is not desired any more.

use super::{Action, Change, Input, Note, NoteKind};
use crate::model::FieldChange;
use crate::resources::declared;
use crate::resources::log_group::{self, former::Former};
use crate::resources::mark::{self, Owner, SubscriptionMarks};
use crate::resources::{Address, Confirmation, Kind, Live, Resource, Tags};
use std::collections::BTreeMap;

/// Who a live resource belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Ours,
    Foreign(String),
    Nobodys,
}

/// Puts the stack's mark on every desired resource that can carry tags.
pub fn mark(desired: &mut BTreeMap<Address, Resource>, stack: &str) {
    for tags in desired.values_mut().filter_map(Resource::tags_mut) {
        tags.insert(mark::STACK.to_owned(), stack.to_owned());
    }
    desired.values_mut().for_each(declared::mark);
}

/// Remembers that the log group was there before us, and what the spec is about to change of it.
pub fn mark_adopted(resource: &mut Resource, before: &Live) {
    if let (Resource::LogGroup(group), Resource::LogGroup(live)) = (resource, &before.resource) {
        let kept = Former::default().with(live, |field| group.declared.contains(field));
        group.tags.insert(mark::ADOPTED.to_owned(), kept.to_string());
    }
}

/// A subscription has no tags: it is ours when its topic is and says so.
pub fn standing(address: &Address, live: &Live, input: Input<'_>) -> Standing {
    let owner = |tags: Option<&Tags>| tags.map_or(Owner::Nobody, |tags| mark::owner(tags, input.stack));
    let owner = match &live.resource {
        Resource::Subscription(subscription) => {
            let topic = input.snapshot.live(&Address::new(Kind::Topic, &subscription.topic));
            let tags = topic.and_then(|topic| topic.resource.tags());
            let marked = tags.is_some_and(|tags| SubscriptionMarks::from_tags(tags).contains(subscription));
            if marked { owner(tags) } else { Owner::Nobody }
        }
        _ => owner(live.resource.tags()),
    };
    debug_assert_eq!(address.kind, live.resource.kind());
    match owner {
        Owner::Ours => Standing::Ours,
        Owner::Foreign(stack) => Standing::Foreign(stack),
        Owner::Nobody => Standing::Nobodys,
    }
}

/// Deletes of what is ours and not desired. A log group that existed before us is released instead: it keeps its logs.
pub fn leftovers(input: Input<'_>) -> Vec<Change> {
    let goes = |address: &Address| !input.desired.contains_key(address);
    let present = input.snapshot.observations.iter().filter_map(|(address, o)| Some((address, o.live()?)));
    let ours = present.filter(|(address, live)| {
        let topic_goes = match &live.resource {
            // SNS ends a topic's subscriptions with the topic, whoever made them.
            Resource::Subscription(s) => {
                let topic = Address::new(Kind::Topic, &s.topic);
                let live = input.snapshot.live(&topic);
                goes(&topic) && live.is_some_and(|live| standing(&topic, live, input) == Standing::Ours)
            }
            _ => false,
        };
        let is_gone = live.facts.confirmation == Some(Confirmation::Lost);
        goes(address) && !is_gone && (topic_goes || standing(address, live, input) == Standing::Ours)
    });
    ours.map(|(address, live)| leftover(address, live, input)).collect()
}

fn leftover(address: &Address, live: &Live, input: Input<'_>) -> Change {
    let delete = Change {
        address: address.clone(),
        action: Action::Delete,
        before: Some(live.clone()),
        after: None,
        fields: Vec::new(),
        notes: Vec::new(),
        blocked: None,
    };
    // AWS deletes no pending subscription as long as its topic stands.
    let pending = live.facts.confirmation == Some(Confirmation::Pending);
    if let Resource::Subscription(s) = &live.resource
        && pending
        && input.desired.contains_key(&Address::new(Kind::Topic, &s.topic))
    {
        return Change { action: Action::NoOp, ..delete };
    }
    let released = match &live.resource {
        Resource::LogGroup(group) => group.tags.get(mark::ADOPTED).map(|kept| (group.clone(), kept.clone())),
        _ => None,
    };
    let Some((mut group, kept)) = released else { return delete };
    group.declared = log_group::RETURNING.iter().map(|field| (*field).to_owned()).collect();
    Former::parse(&kept).give_back(&mut group, |_| true);
    let marks = group.tags.iter().filter(|(key, _)| mark::is_mark(key));
    let untagged =
        marks.map(|(k, v)| FieldChange { field: format!("tags.{k}"), from: Some(v.as_str().into()), to: None });
    let untagged: Vec<FieldChange> = untagged.collect();
    group.tags.retain(|key, _| !mark::is_mark(key));
    let after = Resource::LogGroup(group);
    let mut fields = super::differences(live, &after);
    fields.extend(untagged);
    let text = "released, not deleted: it existed before this stack, and keeps its logs as long as it did then";
    Change {
        action: Action::Update,
        after: Some(after),
        fields,
        notes: vec![Note::new(NoteKind::Info, text)],
        ..delete
    }
}
