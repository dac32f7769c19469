//! The owner's mark: the tags by which a resource is known as ours, without a state file.

use super::Tags;
use crate::resources::Subscription;
use std::collections::BTreeSet;

/// Tag whose value names the stack that owns the resource.
pub const STACK: &str = "mlopsctl:stack";
/// Tag of a log group that existed before we took it over: it is released, never deleted. The value is the retention it
/// had, `never` or days.
pub const ADOPTED: &str = "mlopsctl:adopted";
/// Tags (this key, then `-2`, `-3`, …) of a topic that name its subscriptions of ours: AWS gives subscriptions no tags.
pub const SUBSCRIPTIONS: &str = "mlopsctl:subscriptions";
/// Everything below this prefix is ours to write; AWS allows 256 characters a value.
const PREFIX: &str = "mlopsctl:";
const VALUE_LIMIT: usize = 256;

/// Who a live resource belongs to, as its tags tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    Ours,
    /// Another stack's, by name.
    Foreign(String),
    Nobody,
}

pub fn owner(tags: &Tags, stack: &str) -> Owner {
    match tags.get(STACK) {
        None => Owner::Nobody,
        Some(name) if name == stack => Owner::Ours,
        Some(name) => Owner::Foreign(name.clone()),
    }
}

pub fn is_mark(key: &str) -> bool {
    key.starts_with(PREFIX)
}

/// The subscriptions of ours on one topic, each as a short hash of protocol and endpoint, so that no address is in a tag.
/// A `+` behind the hash says that attributes (a filter policy, …) were set, so that they are compared even when the spec
/// has stopped naming them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubscriptionMarks(BTreeSet<String>);

impl SubscriptionMarks {
    pub fn from_tags(tags: &Tags) -> Self {
        let entries = tags.iter().filter(|(key, _)| key.starts_with(SUBSCRIPTIONS)).flat_map(|(_, v)| v.split(' '));
        Self(entries.filter(|e| !e.is_empty()).map(str::to_owned).collect())
    }

    pub fn of<'a>(subscriptions: impl IntoIterator<Item = &'a Subscription>) -> Self {
        Self(subscriptions.into_iter().map(|s| entry(s, s.has_attributes())).collect())
    }

    pub fn contains(&self, subscription: &Subscription) -> bool {
        self.0.contains(&entry(subscription, false)) || self.had_attributes(subscription)
    }

    pub fn had_attributes(&self, subscription: &Subscription) -> bool {
        self.0.contains(&entry(subscription, true))
    }

    /// Adds every mark of `other`, so that a mark is never lost before its subscription is gone.
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// Without the mark of one subscription.
    pub fn without(&self, subscription: &Subscription) -> Self {
        let own = [entry(subscription, false), entry(subscription, true)];
        Self(self.0.iter().filter(|mark| !own.contains(mark)).cloned().collect())
    }

    /// The tags that carry the marks: values hold letters, digits, `+` and spaces, which AWS allows.
    pub fn to_tags(&self) -> Tags {
        let mut values = vec![String::new()];
        for entry in &self.0 {
            if values[values.len() - 1].len() + 1 + entry.len() > VALUE_LIMIT {
                values.push(String::new());
            }
            let at = values.len() - 1;
            if !values[at].is_empty() {
                values[at].push(' ');
            }
            values[at].push_str(entry);
        }
        let key = |n: usize| if n == 0 { SUBSCRIPTIONS.to_owned() } else { format!("{SUBSCRIPTIONS}-{}", n + 1) };
        values.into_iter().enumerate().filter(|(_, v)| !v.is_empty()).map(|(n, v)| (key(n), v)).collect()
    }
}

fn entry(subscription: &Subscription, attributes: bool) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(format!("{}\n{}", subscription.protocol, subscription.endpoint));
    let hash: String = digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    if attributes { hash + "+" } else { hash }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(n: usize) -> Subscription {
        Subscription::new("t", "email", format!("s{n}@x.edu"))
    }

    #[test]
    fn marks_survive_the_tags_however_many_there_are() {
        let all: Vec<_> = (0..100).map(subscription).collect();
        let marks = SubscriptionMarks::of(&all);
        let tags = marks.to_tags();
        assert!(tags.values().all(|v| v.len() <= VALUE_LIMIT) && tags.len() > 1);
        assert_eq!(SubscriptionMarks::from_tags(&tags), marks);
        assert!(all.iter().all(|s| marks.contains(s)) && !marks.contains(&subscription(100)));
    }

    #[test]
    fn ownership_is_read_off_the_stack_tag() {
        let tags = |v: &str| Tags::from([(STACK.to_owned(), v.to_owned())]);
        assert_eq!(owner(&tags("a"), "a"), Owner::Ours);
        assert_eq!(owner(&tags("b"), "a"), Owner::Foreign("b".into()));
        assert_eq!(owner(&Tags::new(), "a"), Owner::Nobody);
    }
}
