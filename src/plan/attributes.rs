//! Which attributes of what exists a spec manages, and what becomes of the others: they stay as they are. Says nothing of alarms,
//! which AWS only replaces as a whole.

use crate::resources::declared::{self, AttributeNames};
use crate::resources::log_group::former::Former;
use crate::resources::{Kind, Live, Resource, ResourceTags, mark};

/// The attributes of a resource that are held against the spec: what it names, and what an earlier one named. Not of what was
/// adopted: what it was like before is known of log groups alone, so the rest stays.
pub fn managed(live: &Live, desired: &Resource) -> AttributeNames {
    let returning = desired.kind().facts().returning;
    let is_known = |tags: &&ResourceTags| live.resource.kind() == Kind::LogGroup || !tags.contains_key(mark::ADOPTED);
    let tags = live.resource.tags().filter(is_known);
    let earlier =
        tags.map(declared::by_tags).unwrap_or_default().into_iter().chain(live.facts.declared.iter().cloned());
    let mut managed = desired.declared().cloned().unwrap_or_default();
    managed.extend(earlier.filter(|name| returning.contains(&name.as_str())));
    managed
}

/// The desired resource as it will be: with everything that the spec does not manage as it is. What the spec has stopped naming of an
/// adopted log group is what it was before.
pub fn settled(live: &Live, desired: &Resource) -> Resource {
    let mut after = desired.clone();
    let named = declared::by_spec(desired);
    if let Some(own) = after.declared_mut() {
        own.clone_from(&named);
    }
    let managed = managed(live, &after);
    match (&mut after, &live.resource) {
        (Resource::Topic(topic), Resource::Topic(before)) => topic.keep(before, &managed),
        (Resource::Subscription(subscription), Resource::Subscription(before)) if live.facts.attributes_read => {
            subscription.keep(before, &managed);
        }
        (Resource::ExternalSubscription(own), Resource::ExternalSubscription(before)) if live.facts.attributes_read => {
            own.subscription.keep(&before.subscription, &managed);
        }
        (Resource::LogGroup(group), Resource::LogGroup(before)) => {
            group.keep(before, &managed, live.facts.retention_policy_name.is_some());
            if let Some(kept) = before.tags.get(mark::ADOPTED) {
                Former::parse(kept).give_back(group, |field| managed.contains(field) && !named.contains(field));
            }
        }
        _ => {}
    }
    if let (Some(own), Some(before)) = (after.tags_mut(), live.resource.tags())
        && before.contains_key(declared::DECLARED)
    {
        // Nothing named is said, too: else the names of before would be believed.
        own.entry(declared::DECLARED.to_owned()).or_default();
    }
    after
}

/// Remembers what a change of an adopted log group overwrites, so that it can be given back.
pub fn remember(after: &mut Resource, live: &Live, changes: impl Fn(&str) -> bool) {
    let (Resource::LogGroup(group), Resource::LogGroup(before)) = (after, &live.resource) else { return };
    let Some(kept) = before.tags.get(mark::ADOPTED) else { return };
    let named = |field: &str| group.declared.contains(field) && changes(field);
    let former = Former::parse(kept);
    let now = former.clone().with(before, named);
    if now != former {
        group.tags.insert(mark::ADOPTED.to_owned(), now.to_string());
    }
}

/// What a log group that is made anew takes over of the one it replaces: the tags that neither we nor AWS wrote.
pub fn carry_tags(after: &mut Resource, live: &Live) {
    let (Resource::LogGroup(group), Resource::LogGroup(before)) = (after, &live.resource) else { return };
    let of_others = before.tags.iter().filter(|(key, _)| !mark::is_mark(key) && !key.starts_with("aws:"));
    let of_others: ResourceTags = of_others.map(|(key, value)| (key.clone(), value.clone())).collect();
    for (key, value) in of_others {
        group.tags.entry(key).or_insert(value);
    }
}
