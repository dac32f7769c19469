//! The resources of one target as an engine has them, each with a name of its own in the document, before they refer to each other.

use super::ExportNote;
use crate::model::Target;
use crate::plan::ownership;
use crate::resources::foreign::to_foreign;
use crate::resources::kind::KindFacts;
use crate::resources::mapping::{ForeignForm, TypeMapping};
use crate::resources::{Address, ExternalSubscription, Kind, Resource};
use crate::spec::Desired;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What an engine asks of a draft: where the tables are, and how it names things.
#[derive(Debug, Clone, Copy)]
pub struct Engine {
    pub form: fn(&KindFacts) -> &'static ForeignForm,
    /// Returns a name of the document, of words and of what kind it is.
    pub name: fn(words: &str, kind: &str) -> String,
}

/// One resource of a document.
#[derive(Debug, Clone)]
pub struct DraftResource {
    /// Its name in the document.
    pub id: String,
    pub address: Address,
    pub mapping: &'static TypeMapping,
    /// With every name and ARN written out.
    pub properties: Value,
    /// What it is made after.
    pub references: Vec<Address>,
    /// Whether the engine leaves it where it is no longer wanted.
    pub is_retained: bool,
}

/// The resources of a target in the order in which they can be made.
#[derive(Debug, Default)]
pub struct DraftDocument {
    pub resources: Vec<DraftResource>,
    pub notes: Vec<ExportNote>,
}

impl DraftDocument {
    /// Drafts what is desired, with the marks by which a plan knows it as this stack's.
    pub fn of(desired: &Desired, target: &Target, engine: Engine) -> Self {
        let mut resources = desired.resources.clone();
        ownership::mark(&mut resources, &desired.stack);
        ownership::mark_children(&mut resources);
        let names = names(desired, &resources, engine);
        let mut document = Self::default();
        for (address, resource) in &resources {
            document.draft(address, resource, &names[address], target, engine);
        }
        document.resources = in_order(document.resources);
        document
    }

    fn draft(&mut self, address: &Address, resource: &Resource, id: &str, target: &Target, engine: Engine) {
        let form = (engine.form)(resource.kind().facts());
        let answer = match to_foreign(form, &resource.clone().in_order(), target) {
            Ok(answer) => answer,
            Err(why) => return self.notes.push(ExportNote::whole(address, why)),
        };
        self.notes.extend(answer.lost.iter().map(|lost| ExportNote::field(address, &lost.field, lost.why)));
        let references = resource.references(target);
        for one in answer.resources {
            let part = one.mapping.part.is_some();
            self.resources.push(DraftResource {
                id: one.mapping.part.map_or_else(|| id.to_owned(), |part| (engine.name)(id, part)),
                address: address.clone(),
                mapping: one.mapping,
                properties: one.properties,
                references: if part { Vec::new() } else { references.clone() },
                is_retained: resource.is_kept() && !part,
            });
        }
    }
}

/// A name for each resource, the same whatever else there is. Of a subscription it holds no endpoint but its place in the file among
/// those of its topic and protocol: the endpoint may be another one in each account.
fn names(desired: &Desired, resources: &BTreeMap<Address, Resource>, engine: Engine) -> BTreeMap<Address, String> {
    let mut by_place: Vec<(&Address, &Resource)> = resources.iter().collect();
    by_place.sort_by_key(|(address, _)| desired.spans.get(*address).map(|span| (span.start, span.end)));
    let mut places: BTreeMap<(Kind, String), usize> = BTreeMap::new();
    let mut words: BTreeMap<Address, String> = BTreeMap::new();
    for (address, resource) in by_place {
        let text = match resource {
            Resource::Subscription(own)
            | Resource::ExternalSubscription(ExternalSubscription { subscription: own, .. }) => {
                let stem = format!("{} {}", own.topic, own.protocol);
                // A place among those of its kind.
                let place = places.entry((address.kind, stem.clone())).or_default();
                *place += 1;
                if *place == 1 { stem } else { format!("{stem} {place}") }
            }
            _ => address.name.clone(),
        };
        words.insert(address.clone(), text);
    }
    let named: Vec<(&Address, String)> =
        words.iter().map(|(address, text)| (address, (engine.name)(text, address.kind.word()))).collect();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    named.iter().for_each(|(_, name)| *seen.entry(name).or_default() += 1);
    let unique = |(address, name): &(&Address, String)| {
        let name = match seen[name.as_str()] {
            1 => name.clone(),
            // Behind a shorter text, since names are cut.
            _ => (engine.name)(&format!("{:.100} {}", words[*address], digest(&address.name)), address.kind.word()),
        };
        ((*address).clone(), name)
    };
    named.iter().map(unique).collect()
}

/// A few letters that tell names apart whose words are the same.
fn digest(name: &str) -> String {
    // FNV-1a: nothing depends on it but that it is the same tomorrow.
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("x{hash:08x}")
}

/// Each after what it refers to.
fn in_order(resources: Vec<DraftResource>) -> Vec<DraftResource> {
    let depends = depends(&resources);
    let mut left: Vec<Option<DraftResource>> = resources.into_iter().map(Some).collect();
    let at: BTreeMap<String, usize> =
        left.iter().enumerate().filter_map(|(at, one)| Some((one.as_ref()?.id.clone(), at))).collect();
    let mut done = Vec::with_capacity(left.len());
    for first in 0..left.len() {
        // Not by recursion: a file can chain its composite alarms as deep as it likes.
        let mut waiting = vec![first];
        while let Some(&now) = waiting.last() {
            let Some(one) = &left[now] else {
                waiting.pop();
                continue;
            };
            let open = depends.get(&one.id).into_iter().flatten().filter_map(|id| at.get(id).copied());
            match open.into_iter().find(|next| left[*next].is_some() && !waiting.contains(next)) {
                Some(next) => waiting.push(next),
                None => done.extend(left[now].take()),
            }
        }
    }
    done
}

/// The names of what each has to be made after, among the same resources.
pub fn depends<'a>(resources: impl IntoIterator<Item = &'a DraftResource>) -> BTreeMap<String, BTreeSet<String>> {
    let resources: Vec<&DraftResource> = resources.into_iter().collect();
    let main = resources.iter().filter(|one| one.mapping.part.is_none());
    let ids: BTreeMap<&Address, &DraftResource> = main.map(|one| (&one.address, *one)).collect();
    let mut depends: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for one in resources.iter().copied() {
        let own = (one.mapping.part.is_some()).then(|| ids.get(&one.address)).flatten();
        let others = one.references.iter().filter_map(|address| ids.get(address)).chain(own);
        for other in others {
            let (before, after) = if one.mapping.before_parent { (one, *other) } else { (*other, one) };
            depends.entry(after.id.clone()).or_default().insert(before.id.clone());
        }
    }
    depends
}
