//! The marks by which a resource is known as ours, without a state file: whose it is, and whether it existed before. Only
//! the words of the marks: what follows from them decides `plan::ownership`.

use super::declared::AttributeNames;
use super::{ResourceTags, Subscription};
use crate::model::endpoint::STARS;
use std::collections::{BTreeMap, BTreeSet};

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

pub fn owner(tags: &ResourceTags, stack: &str) -> Owner {
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
pub fn without_marks(tags: &ResourceTags) -> ResourceTags {
    tags.iter().filter(|(key, _)| !is_mark(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The subscriptions of ours on one topic, each as a short hash of protocol and endpoint, so that no address is in a tag.
/// Signs stand behind the hash: `+` that attributes (a filter policy, …) were set, and a letter for each, so that they are
/// compared even when the spec has stopped naming them; `=` that the subscription existed before and was adopted; `@` what the
/// password of its endpoint was, in 16 bits: SNS shows none, and so few tell a changed one without helping to guess it.
/// A reader that does not know a sign does not know the entry, so it leaves the subscription alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubscriptionMarks(BTreeMap<String, SubscriptionMark>);

/// What is remembered of one subscription of ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubscriptionMark {
    /// The attributes that were set.
    pub attributes: AttributeNames,
    /// Whether it existed before it was adopted.
    pub adopted: bool,
    /// The fingerprints of the passwords it was subscribed with; more than one while it is being replaced.
    passwords: BTreeSet<String>,
}

const WITH_ATTRIBUTES: char = '+';
const WAS_ADOPTED: char = '=';
const WITH_PASSWORD: char = '@';
/// Hexadecimal digits of a password's fingerprint.
const FINGERPRINT: usize = 4;
/// The letters of the attributes. Older versions wrote none: then any may have been set.
const LETTERS: [(char, &str); 6] = [
    ('d', "delivery_policy"),
    ('f', "filter_policy"),
    ('r', "raw_message_delivery"),
    ('s', "filter_policy_scope"),
    ('t', "redrive_policy"),
    ('w', "subscription_role_arn"),
];

impl SubscriptionMark {
    fn of(subscription: &Subscription) -> Self {
        let named = subscription.declared.iter().filter(|name| LETTERS.iter().any(|(_, known)| known == name));
        let attributes = named.cloned().collect();
        Self { attributes, adopted: false, passwords: fingerprint(subscription).into_iter().collect() }
    }

    fn parse(entry: &str) -> Option<(String, Self)> {
        let hash: String = entry.chars().take_while(char::is_ascii_alphanumeric).collect();
        let mut mark = Self::default();
        let mut rest = &entry[hash.len()..];
        while let Some(sign) = rest.chars().next() {
            let word = &rest[sign.len_utf8()..];
            let end = word.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(word.len());
            let (word, behind) = word.split_at(end);
            match sign {
                WITH_ATTRIBUTES if word.is_empty() => mark.attributes.extend(LETTERS.map(|(_, name)| name.to_owned())),
                WITH_ATTRIBUTES => {
                    for letter in word.chars() {
                        let (_, name) = LETTERS.iter().find(|(known, _)| *known == letter)?;
                        mark.attributes.insert((*name).to_owned());
                    }
                }
                WITH_PASSWORD if word.len() == FINGERPRINT => drop(mark.passwords.insert(word.to_owned())),
                WAS_ADOPTED if word.is_empty() => mark.adopted = true,
                _ => return None,
            }
            rest = behind;
        }
        (!hash.is_empty()).then_some((hash, mark))
    }

    fn entry(&self, hash: &str) -> String {
        let mut entry = hash.to_owned();
        if !self.attributes.is_empty() {
            entry.push(WITH_ATTRIBUTES);
            entry.extend(LETTERS.iter().filter(|(_, name)| self.attributes.contains(*name)).map(|(letter, _)| letter));
        }
        if self.adopted {
            entry.push(WAS_ADOPTED);
        }
        for password in &self.passwords {
            entry.push(WITH_PASSWORD);
            entry.push_str(password);
        }
        entry
    }
}

impl SubscriptionMarks {
    pub fn from_tags(tags: &ResourceTags) -> Self {
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

    /// Returns what is remembered of a subscription, with its true endpoint or as SNS lists it. Older versions took the hash of
    /// an endpoint with its password.
    pub fn get(&self, subscription: &Subscription) -> Option<SubscriptionMark> {
        let own = self.0.get(&hash(subscription)).cloned();
        own.or_else(|| self.0.get(&hash_of(&subscription.protocol, &subscription.endpoint)).cloned())
    }

    /// Returns whether the subscription was made with another password than its endpoint holds.
    pub fn has_other_password(&self, subscription: &Subscription) -> bool {
        let known = self.0.get(&hash(subscription)).map(|mark| &mark.passwords).filter(|known| !known.is_empty());
        match (known, fingerprint(subscription)) {
            (Some(known), Some(own)) => *known != BTreeSet::from([own]),
            _ => false,
        }
    }

    pub fn contains(&self, subscription: &Subscription) -> bool {
        self.get(subscription).is_some()
    }

    pub fn had_attributes(&self, subscription: &Subscription) -> bool {
        self.get(subscription).is_some_and(|mark| !mark.attributes.is_empty())
    }

    /// Adds every mark of `other`, so that a mark is never lost before its subscription is gone.
    pub fn union(&self, other: &Self) -> Self {
        let mut union = self.clone();
        for (hash, mark) in &other.0 {
            union.join(hash.clone(), mark.clone());
        }
        union
    }

    /// Without the mark of one subscription.
    pub fn without(&self, subscription: &Subscription) -> Self {
        let mut marks = self.clone();
        marks.0.remove(&hash(subscription));
        marks.0.remove(&hash_of(&subscription.protocol, &subscription.endpoint));
        marks
    }

    /// Remembers of one subscription only what it is now.
    pub fn renewed(&self, subscription: &Subscription) -> Self {
        let adopted = self.get(subscription).is_some_and(|mark| mark.adopted) && !self.has_other_password(subscription);
        let mut marks = self.without(subscription);
        marks.join(hash(subscription), SubscriptionMark { adopted, ..SubscriptionMark::of(subscription) });
        marks
    }

    /// The tags that carry the marks: values hold letters, digits, `+`, `=`, `@` and spaces, which AWS allows.
    pub fn to_tags(&self) -> ResourceTags {
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
        own.attributes.extend(mark.attributes);
        own.adopted |= mark.adopted;
        own.passwords.extend(mark.passwords);
    }
}

/// The same of the true endpoint and of what SNS lists of it.
fn hash(subscription: &Subscription) -> String {
    hash_of(&subscription.protocol, &subscription.listed_endpoint())
}

fn hash_of(protocol: &str, endpoint: &str) -> String {
    hex(&format!("{protocol}\n{endpoint}"), 10)
}

/// Of the password of an endpoint; `None` where it has none, or only SNS's stars.
fn fingerprint(subscription: &Subscription) -> Option<String> {
    let (_, password) = subscription.password()?;
    let salt = subscription.listed_endpoint();
    (password != STARS).then(|| hex(&format!("{salt}\n{password}"), FINGERPRINT))
}

/// The first hexadecimal digits of the digest of a text.
pub(super) fn hex(text: &str, digits: usize) -> String {
    use sha2::{Digest, Sha256};
    let text: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    text.chars().take(digits).collect()
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
            SubscriptionMarks::from_tags(&ResourceTags::from([(SUBSCRIPTIONS.to_owned(), value)]))
        };
        let all = "delivery_policy filter_policy raw_message_delivery filter_policy_scope redrive_policy subscription_role_arn";
        let mark = |attributes: &str, adopted| {
            let attributes = attributes.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect();
            Some(SubscriptionMark { attributes, adopted, ..SubscriptionMark::default() })
        };
        for (entry, expected) in [
            ("ONE", mark("", false)),
            ("ONE+", mark(all, false)),
            ("ONE+f", mark("filter_policy", false)),
            ("ONE=", mark("", true)),
            ("ONE+rs=", mark("filter_policy_scope raw_message_delivery", true)),
            ("ONE+f ONE+d", mark("delivery_policy filter_policy", false)),
            ("ONE?", None),
            ("ONE+x", None),
            ("ONE@12345", None),
            ("+", None),
            ("", None),
            ("TWO=", None),
        ] {
            assert_eq!(read(entry).get(&one), expected, "{entry:?}");
        }
        let both = read("ONE= TWO+");
        assert_eq!(both.without(&one).get(&one), None);
        assert_eq!(both.without(&one).union(&SubscriptionMarks::of([&one])).get(&one), mark("", false));
        assert_eq!(both.union(&SubscriptionMarks::of([&one])).get(&one), mark("", true));
        assert_eq!(both.renewed(&two).get(&two), mark("", false), "what is named no more is forgotten");
    }

    #[test]
    fn a_starred_endpoint_is_the_same_subscription_and_a_changed_password_is_told() {
        let at =
            |password: &str| Subscription::new("t", "https", format!("https://sns:{password}@hooks.example.edu/aws"));
        let marks = SubscriptionMarks::of([&at("s3cret-pw")]);
        let tags = marks.to_tags();
        assert!(!format!("{tags:?}").contains("s3cret"));
        let marks = SubscriptionMarks::from_tags(&tags);
        assert!(marks.contains(&at("****")) && marks.contains(&at("s3cret-pw")) && marks.contains(&at("another")));
        assert!(!marks.has_other_password(&at("s3cret-pw")) && !marks.has_other_password(&at("****")));
        assert!(marks.has_other_password(&at("another")));
        let changing = marks.union(&SubscriptionMarks::of([&at("another")]));
        assert!(changing.has_other_password(&at("another")), "a replacement that was cut off is made again");
        let done = changing.renewed(&at("another"));
        assert!(!done.has_other_password(&at("another")) && done.has_other_password(&at("s3cret-pw")));
        assert!(!done.without(&at("****")).contains(&at("another")));
        assert!(!marks.contains(&Subscription::new("t", "https", "https://hooks.example.edu/aws")));
    }

    #[test]
    fn marks_that_older_versions_took_of_a_whole_endpoint_are_known() {
        let with_password = Subscription::new("t", "https", "https://sns:pw@x.edu/");
        let old = hash_of("https", &with_password.endpoint);
        let marks = SubscriptionMarks::from_tags(&ResourceTags::from([(SUBSCRIPTIONS.to_owned(), old)]));
        assert!(marks.contains(&with_password) && !marks.has_other_password(&with_password));
        assert!(!marks.without(&with_password).contains(&with_password));
    }

    #[test]
    fn ownership_is_read_off_the_stack_tag() {
        let tags = |v: &str| ResourceTags::from([(STACK.to_owned(), v.to_owned())]);
        assert_eq!(owner(&tags("a"), "a"), Owner::Ours);
        assert_eq!(owner(&tags("b"), "a"), Owner::Foreign("b".into()));
        assert_eq!(owner(&ResourceTags::new(), "a"), Owner::Nobody);
    }
}
