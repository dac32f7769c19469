//! The marks by which a resource is known as ours, without a state file: whose it is, and whether it existed before. Only
//! the words of the marks: what follows from them decides `plan::ownership`.

use super::Tags;
use crate::resources::Subscription;
use std::collections::BTreeMap;

/// Tag whose value names the stack that owns the resource.
pub const STACK: &str = "mlopsctl:stack";
/// Tag of a resource that existed before the stack adopted it: it is left in place where it is not wanted any more. Of a log
/// group the value is the retention it had, `never` or days; of other kinds, of which nothing is restored, `yes`.
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

/// Returns the tags without any mark of ours.
pub fn without_marks(tags: &Tags) -> Tags {
    tags.iter().filter(|(key, _)| !is_mark(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The subscriptions of ours on one topic, each as a short hash of protocol and endpoint, so that no address is in a tag.
/// Signs stand behind the hash: `+` says that attributes (a filter policy, …) were set, so that they are compared even when
/// the spec has stopped naming them; `=` that the subscription existed before and was adopted. A reader that does not know a
/// sign does not know the entry, so it leaves the subscription alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubscriptionMarks(BTreeMap<String, SubscriptionMark>);

/// What is remembered of one subscription of ours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SubscriptionMark {
    /// Whether attributes were set.
    pub attributes: bool,
    /// Whether it existed before it was adopted.
    pub adopted: bool,
}

const WITH_ATTRIBUTES: char = '+';
const WAS_ADOPTED: char = '=';

impl SubscriptionMark {
    fn of(subscription: &Subscription) -> Self {
        Self { attributes: subscription.has_attributes(), adopted: false }
    }

    fn parse(entry: &str) -> Option<(String, Self)> {
        let hash: String = entry.chars().take_while(char::is_ascii_alphanumeric).collect();
        let mut mark = Self::default();
        for sign in entry[hash.len()..].chars() {
            match sign {
                WITH_ATTRIBUTES => mark.attributes = true,
                WAS_ADOPTED => mark.adopted = true,
                _ => return None,
            }
        }
        (!hash.is_empty()).then_some((hash, mark))
    }

    fn entry(self, hash: &str) -> String {
        let signs = [(self.attributes, WITH_ATTRIBUTES), (self.adopted, WAS_ADOPTED)];
        hash.chars().chain(signs.into_iter().filter(|(set, _)| *set).map(|(_, sign)| sign)).collect()
    }
}

impl SubscriptionMarks {
    pub fn from_tags(tags: &Tags) -> Self {
        let entries = tags.iter().filter(|(key, _)| key.starts_with(SUBSCRIPTIONS)).flat_map(|(_, v)| v.split(' '));
        let mut marks = Self::default();
        for (hash, mark) in entries.filter_map(SubscriptionMark::parse) {
            marks.join(hash, mark);
        }
        marks
    }

    /// Returns the marks of subscriptions that this stack makes.
    pub fn of<'a>(subscriptions: impl IntoIterator<Item = &'a Subscription>) -> Self {
        Self(subscriptions.into_iter().map(|s| (hash(s), SubscriptionMark::of(s))).collect())
    }

    /// Remembers a subscription that existed before.
    pub fn adopt(&mut self, subscription: &Subscription) {
        self.join(hash(subscription), SubscriptionMark { adopted: true, ..SubscriptionMark::of(subscription) });
    }

    pub fn get(&self, subscription: &Subscription) -> Option<SubscriptionMark> {
        self.0.get(&hash(subscription)).copied()
    }

    pub fn contains(&self, subscription: &Subscription) -> bool {
        self.get(subscription).is_some()
    }

    pub fn had_attributes(&self, subscription: &Subscription) -> bool {
        self.get(subscription).is_some_and(|mark| mark.attributes)
    }

    /// Adds every mark of `other`, so that a mark is never lost before its subscription is gone.
    pub fn union(&self, other: &Self) -> Self {
        let mut union = self.clone();
        for (hash, mark) in &other.0 {
            union.join(hash.clone(), *mark);
        }
        union
    }

    /// Without the mark of one subscription.
    pub fn without(&self, subscription: &Subscription) -> Self {
        let mut marks = self.clone();
        marks.0.remove(&hash(subscription));
        marks
    }

    /// The tags that carry the marks: values hold letters, digits, `+`, `=` and spaces, which AWS allows.
    pub fn to_tags(&self) -> Tags {
        let mut values = vec![String::new()];
        for entry in self.0.iter().map(|(hash, mark)| mark.entry(hash)) {
            if values[values.len() - 1].len() + 1 + entry.len() > VALUE_LIMIT {
                values.push(String::new());
            }
            let at = values.len() - 1;
            if !values[at].is_empty() {
                values[at].push(' ');
            }
            values[at].push_str(&entry);
        }
        let key = |n: usize| if n == 0 { SUBSCRIPTIONS.to_owned() } else { format!("{SUBSCRIPTIONS}-{}", n + 1) };
        values.into_iter().enumerate().filter(|(_, v)| !v.is_empty()).map(|(n, v)| (key(n), v)).collect()
    }

    fn join(&mut self, hash: String, mark: SubscriptionMark) {
        let own = self.0.entry(hash).or_default();
        *own = SubscriptionMark { attributes: own.attributes | mark.attributes, adopted: own.adopted | mark.adopted };
    }
}

fn hash(subscription: &Subscription) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(format!("{}\n{}", subscription.protocol, subscription.endpoint));
    digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect()
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
        let mut marks = SubscriptionMarks::of(&all[..50]);
        all[50..].iter().for_each(|s| marks.adopt(s));
        let tags = marks.to_tags();
        assert!(tags.values().all(|v| v.len() <= VALUE_LIMIT) && tags.len() > 1);
        assert_eq!(SubscriptionMarks::from_tags(&tags), marks);
        assert!(all.iter().all(|s| marks.contains(s)) && !marks.contains(&subscription(100)));
        let adopted = all.iter().filter(|s| marks.get(s).is_some_and(|mark| mark.adopted));
        assert_eq!(adopted.cloned().collect::<Vec<_>>(), &all[50..]);
    }

    #[test]
    fn entries_of_every_version_are_read_and_unknown_ones_are_not_ours() {
        let (one, two) = (subscription(1), subscription(2));
        let read = |entry: &str| {
            let value = entry.replace("ONE", &hash(&one)).replace("TWO", &hash(&two));
            SubscriptionMarks::from_tags(&Tags::from([(SUBSCRIPTIONS.to_owned(), value)]))
        };
        let mark = |attributes, adopted| Some(SubscriptionMark { attributes, adopted });
        for (entry, expected) in [
            ("ONE", mark(false, false)),
            ("ONE+", mark(true, false)),
            ("ONE=", mark(false, true)),
            ("ONE+=", mark(true, true)),
            ("ONE ONE+", mark(true, false)),
            ("ONE?", None),
            ("+", None),
            ("", None),
            ("TWO=", None),
        ] {
            assert_eq!(read(entry).get(&one), expected, "{entry:?}");
        }
        let both = read("ONE= TWO+");
        assert_eq!(both.without(&one).get(&one), None);
        assert_eq!(both.without(&one).union(&SubscriptionMarks::of([&one])).get(&one), mark(false, false));
        assert_eq!(both.union(&SubscriptionMarks::of([&one])).get(&one), mark(false, true));
    }

    #[test]
    fn ownership_is_read_off_the_stack_tag() {
        let tags = |v: &str| Tags::from([(STACK.to_owned(), v.to_owned())]);
        assert_eq!(owner(&tags("a"), "a"), Owner::Ours);
        assert_eq!(owner(&tags("b"), "a"), Owner::Foreign("b".into()));
        assert_eq!(owner(&Tags::new(), "a"), Owner::Nobody);
    }
}
