//! Children: resources that AWS gives no tags, so the tags of their parent name those of ours. The form of these marks, and what is
//! remembered of each child; what follows from it decides `plan::ownership`.

use super::declared::AttributeNames;
use super::{Address, Kind, ResourceTags};
use std::collections::{BTreeMap, BTreeSet};

/// AWS allows 256 characters a tag's value.
const VALUE_LIMIT: usize = 256;

/// How the children of one kind are owned.
#[derive(Debug, PartialEq, Eq)]
pub struct ChildRegistry {
    /// The kind of their parents, whose tags carry the marks.
    pub parent: Kind,
    /// Key of the tags (this one, then `-2`, `-3`, …) that name the children.
    pub key: &'static str,
    /// A letter for each attribute that is remembered. Older versions of subscriptions wrote none: then any may have been set.
    pub letters: &'static [(char, &'static str)],
    /// Whether AWS deletes a child with its parent.
    pub ends_with_parent: bool,
}

/// A child as the marks know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    pub registry: &'static ChildRegistry,
    pub parent: Address,
    /// What tells it from its siblings; only a hash of it is in a tag.
    pub identity: String,
    /// The same in the form of older versions.
    pub earlier_identity: Option<String>,
    /// The attributes that it names.
    pub attributes: AttributeNames,
    /// The fingerprint of its secret, see `fingerprint`.
    pub secret: Option<String>,
}

impl Child {
    pub fn new(registry: &'static ChildRegistry, parent: impl Into<String>, identity: impl Into<String>) -> Self {
        Self {
            registry,
            parent: Address::new(registry.parent, parent),
            identity: identity.into(),
            earlier_identity: None,
            attributes: AttributeNames::new(),
            secret: None,
        }
    }

    fn hash(&self) -> String {
        hash(&self.identity)
    }

    fn earlier_hash(&self) -> Option<String> {
        self.earlier_identity.as_deref().map(hash)
    }

    fn mark(&self) -> ChildMark {
        let known = |name: &&String| self.registry.letters.iter().any(|(_, known)| known == name);
        let attributes = self.attributes.iter().filter(known).cloned().collect();
        ChildMark { attributes, adopted: false, secrets: self.secret.clone().into_iter().collect() }
    }
}

/// The kinds whose marks are in the tags of parents of this kind.
pub fn kinds_of(parent: Kind) -> impl Iterator<Item = (Kind, &'static ChildRegistry)> {
    let all = Kind::ALL.into_iter().filter_map(|kind| Some((kind, kind.facts().registry?)));
    all.filter(move |(_, registry)| registry.parent == parent)
}

/// Returns whether a tag holds marks of children.
pub fn is_mark(key: &str) -> bool {
    Kind::ALL.into_iter().filter_map(|kind| kind.facts().registry).any(|registry| registry.has(key))
}

impl ChildRegistry {
    /// Returns whether a tag is one of this registry's: its key, or that with a number.
    pub fn has(&self, key: &str) -> bool {
        key.strip_prefix(self.key).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }
}

/// The children of ours of one parent, each as a short hash of its identity, so that no address is in a tag.
/// Signs stand behind the hash: `+` that attributes (a filter policy, …) were set, and a letter for each, so that they are
/// compared even when the spec has stopped naming them; `=` that the child existed before and was adopted; `@` what the
/// password of its endpoint was, in 16 bits: SNS shows none, and so few tell a changed one without helping to guess it.
/// A reader that does not know a sign does not know the entry, so it leaves the child alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildMarks {
    registry: &'static ChildRegistry,
    marks: BTreeMap<String, ChildMark>,
}

/// What is remembered of one child of ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChildMark {
    /// The attributes that were set.
    pub attributes: AttributeNames,
    /// Whether it existed before it was adopted.
    pub adopted: bool,
    /// The fingerprints of the passwords it was subscribed with; more than one while it is being replaced.
    secrets: BTreeSet<String>,
}

const WITH_ATTRIBUTES: char = '+';
const WAS_ADOPTED: char = '=';
const WITH_SECRET: char = '@';
/// Hexadecimal digits of a secret's fingerprint.
const FINGERPRINT: usize = 4;

impl ChildMark {
    fn parse(entry: &str, registry: &ChildRegistry) -> Option<(String, Self)> {
        let hash: String = entry.chars().take_while(char::is_ascii_alphanumeric).collect();
        let mut mark = Self::default();
        let mut rest = &entry[hash.len()..];
        while let Some(sign) = rest.chars().next() {
            let word = &rest[sign.len_utf8()..];
            let end = word.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(word.len());
            let (word, behind) = word.split_at(end);
            match sign {
                WITH_ATTRIBUTES if word.is_empty() => {
                    mark.attributes.extend(registry.letters.iter().map(|(_, name)| (*name).to_owned()));
                }
                WITH_ATTRIBUTES => {
                    for letter in word.chars() {
                        let (_, name) = registry.letters.iter().find(|(known, _)| *known == letter)?;
                        mark.attributes.insert((*name).to_owned());
                    }
                }
                WITH_SECRET if word.len() == FINGERPRINT => drop(mark.secrets.insert(word.to_owned())),
                WAS_ADOPTED if word.is_empty() => mark.adopted = true,
                _ => return None,
            }
            rest = behind;
        }
        (!hash.is_empty()).then_some((hash, mark))
    }

    fn entry(&self, hash: &str, registry: &ChildRegistry) -> String {
        let mut entry = hash.to_owned();
        if !self.attributes.is_empty() {
            entry.push(WITH_ATTRIBUTES);
            let set = registry.letters.iter().filter(|(_, name)| self.attributes.contains(*name));
            entry.extend(set.map(|(letter, _)| letter));
        }
        if self.adopted {
            entry.push(WAS_ADOPTED);
        }
        for secret in &self.secrets {
            entry.push(WITH_SECRET);
            entry.push_str(secret);
        }
        entry
    }
}

impl ChildMarks {
    pub fn none(registry: &'static ChildRegistry) -> Self {
        Self { registry, marks: BTreeMap::new() }
    }

    pub fn from_tags(registry: &'static ChildRegistry, tags: &ResourceTags) -> Self {
        let entries = tags.iter().filter(|(key, _)| registry.has(key)).flat_map(|(_, v)| v.split(' '));
        let mut marks = Self::none(registry);
        for (hash, mark) in entries.filter_map(|entry| ChildMark::parse(entry, registry)) {
            marks.join(hash, mark);
        }
        marks
    }

    /// Returns the marks of children that this stack makes.
    pub fn of(registry: &'static ChildRegistry, children: impl IntoIterator<Item = Child>) -> Self {
        let marks = children.into_iter().map(|child| (child.hash(), child.mark())).collect();
        Self { registry, marks }
    }

    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// Remembers a child that existed before.
    pub fn adopt(&mut self, child: &Child) {
        self.join(child.hash(), ChildMark { adopted: true, ..child.mark() });
    }

    /// Returns what is remembered of a child, also by the hash that older versions took.
    pub fn get(&self, child: &Child) -> Option<ChildMark> {
        let own = self.marks.get(&child.hash()).cloned();
        own.or_else(|| self.marks.get(&child.earlier_hash()?).cloned())
    }

    /// Returns whether the child was made with another secret than it holds now.
    pub fn has_other_secret(&self, child: &Child) -> bool {
        let known = self.marks.get(&child.hash()).map(|mark| &mark.secrets).filter(|known| !known.is_empty());
        match (known, &child.secret) {
            (Some(known), Some(own)) => *known != BTreeSet::from([own.clone()]),
            _ => false,
        }
    }

    pub fn contains(&self, child: &Child) -> bool {
        self.get(child).is_some()
    }

    pub fn had_attributes(&self, child: &Child) -> bool {
        self.get(child).is_some_and(|mark| !mark.attributes.is_empty())
    }

    /// Adds every mark of `other`, so that a mark is never lost before its child is gone.
    pub fn union(&self, other: &Self) -> Self {
        let mut union = self.clone();
        for (hash, mark) in &other.marks {
            union.join(hash.clone(), mark.clone());
        }
        union
    }

    /// Without the mark of one child.
    pub fn without(&self, child: &Child) -> Self {
        let mut marks = self.clone();
        marks.marks.remove(&child.hash());
        child.earlier_hash().map(|hash| marks.marks.remove(&hash));
        marks
    }

    /// Remembers of one child only what it is now.
    pub fn renewed(&self, child: &Child) -> Self {
        let adopted = self.get(child).is_some_and(|mark| mark.adopted) && !self.has_other_secret(child);
        let mut marks = self.without(child);
        marks.join(child.hash(), ChildMark { adopted, ..child.mark() });
        marks
    }

    /// The tags that carry the marks: values hold letters, digits, `+`, `=`, `@` and spaces, which AWS allows.
    pub fn to_tags(&self) -> ResourceTags {
        let mut values = vec![String::new()];
        for entry in self.marks.iter().map(|(hash, mark)| mark.entry(hash, self.registry)) {
            if values[values.len() - 1].len() + 1 + entry.len() > VALUE_LIMIT {
                values.push(String::new());
            }
            let at = values.len() - 1;
            if !values[at].is_empty() {
                values[at].push(' ');
            }
            values[at].push_str(&entry);
        }
        let own = self.registry.key;
        let key = |n: usize| if n == 0 { own.to_owned() } else { format!("{own}-{}", n + 1) };
        values.into_iter().enumerate().filter(|(_, v)| !v.is_empty()).map(|(n, v)| (key(n), v)).collect()
    }

    fn join(&mut self, hash: String, mark: ChildMark) {
        let own = self.marks.entry(hash).or_default();
        own.attributes.extend(mark.attributes);
        own.adopted |= mark.adopted;
        own.secrets.extend(mark.secrets);
    }
}

fn hash(identity: &str) -> String {
    hex(identity, 10)
}

/// Of a secret, with something public that tells it from the same one elsewhere.
pub fn fingerprint(salt: &str, secret: &str) -> String {
    hex(&format!("{salt}\n{secret}"), FINGERPRINT)
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
    use crate::resources::Subscription;
    use crate::resources::subscription::REGISTRY;

    fn subscription(n: usize) -> Child {
        Subscription::new("t", "email", format!("s{n}@x.edu")).as_child()
    }

    #[test]
    fn marks_survive_the_tags_however_many_there_are() {
        let all: Vec<_> = (0..100).map(subscription).collect();
        let mut marks = ChildMarks::of(&REGISTRY, all[..50].to_vec());
        all[50..].iter().for_each(|s| marks.adopt(s));
        let tags = marks.to_tags();
        assert!(tags.values().all(|v| v.len() <= VALUE_LIMIT) && tags.len() > 1);
        assert_eq!(ChildMarks::from_tags(&REGISTRY, &tags), marks);
        assert!(all.iter().all(|s| marks.contains(s)) && !marks.contains(&subscription(100)));
        let adopted = all.iter().filter(|s| marks.get(s).is_some_and(|mark| mark.adopted));
        assert_eq!(adopted.cloned().collect::<Vec<_>>(), &all[50..]);
    }

    /// What earlier versions wrote into the tags of topics that exist.
    #[test]
    fn the_form_of_the_tags_never_changes() {
        let mut hook = Subscription::new("t", "https", "https://sns:s3cret-pw@hooks.example.edu/aws");
        hook.declared = ["filter_policy", "raw_message_delivery"].map(str::to_owned).into();
        let mut marks = ChildMarks::of(&REGISTRY, [hook.as_child()]);
        marks.adopt(&subscription(1));
        let tags = [("mlopsctl:subscriptions".to_owned(), "256046ba79+fr@43df 9d79be5123=".to_owned())];
        assert_eq!(marks.to_tags(), ResourceTags::from(tags));
    }

    #[test]
    fn entries_of_every_version_are_read_and_unknown_ones_are_not_ours() {
        let (one, two) = (subscription(1), subscription(2));
        let read = |entry: &str| {
            let value = entry.replace("ONE", &one.hash()).replace("TWO", &two.hash());
            ChildMarks::from_tags(&REGISTRY, &ResourceTags::from([(REGISTRY.key.to_owned(), value)]))
        };
        let all = "delivery_policy filter_policy raw_message_delivery filter_policy_scope redrive_policy subscription_role_arn";
        let mark = |attributes: &str, adopted| {
            let attributes = attributes.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect();
            Some(ChildMark { attributes, adopted, ..ChildMark::default() })
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
        assert_eq!(both.without(&one).union(&ChildMarks::of(&REGISTRY, [one.clone()])).get(&one), mark("", false));
        assert_eq!(both.union(&ChildMarks::of(&REGISTRY, [one.clone()])).get(&one), mark("", true));
        assert_eq!(both.renewed(&two).get(&two), mark("", false), "what is named no more is forgotten");
    }

    #[test]
    fn a_starred_endpoint_is_the_same_subscription_and_a_changed_password_is_told() {
        let at = |password: &str| {
            Subscription::new("t", "https", format!("https://sns:{password}@hooks.example.edu/aws")).as_child()
        };
        let marks = ChildMarks::of(&REGISTRY, [at("s3cret-pw")]);
        let tags = marks.to_tags();
        assert!(!format!("{tags:?}").contains("s3cret"));
        let marks = ChildMarks::from_tags(&REGISTRY, &tags);
        assert!(marks.contains(&at("****")) && marks.contains(&at("s3cret-pw")) && marks.contains(&at("another")));
        assert!(!marks.has_other_secret(&at("s3cret-pw")) && !marks.has_other_secret(&at("****")));
        assert!(marks.has_other_secret(&at("another")));
        let changing = marks.union(&ChildMarks::of(&REGISTRY, [at("another")]));
        assert!(changing.has_other_secret(&at("another")), "a replacement that was cut off is made again");
        let done = changing.renewed(&at("another"));
        assert!(!done.has_other_secret(&at("another")) && done.has_other_secret(&at("s3cret-pw")));
        assert!(!done.without(&at("****")).contains(&at("another")));
        assert!(!marks.contains(&Subscription::new("t", "https", "https://hooks.example.edu/aws").as_child()));
    }

    #[test]
    fn marks_that_older_versions_took_of_a_whole_endpoint_are_known() {
        let with_password = Subscription::new("t", "https", "https://sns:pw@x.edu/").as_child();
        let old = hash("https\nhttps://sns:pw@x.edu/");
        let marks = ChildMarks::from_tags(&REGISTRY, &ResourceTags::from([(REGISTRY.key.to_owned(), old)]));
        assert!(marks.contains(&with_password) && !marks.has_other_secret(&with_password));
        assert!(!marks.without(&with_password).contains(&with_password));
    }
}
