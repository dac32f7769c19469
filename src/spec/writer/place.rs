//! Where declarations stand in the file: in the section of their kind, or with their parents; and which of them stands at a place.

use super::{entry, sections};
use crate::model::node::{Node, Span};
use crate::model::writing::{SpecMap, SpecValue};
use crate::resources::written::WrittenPlace;
use crate::resources::{Address, Kind, Resource};
use crate::spec::yaml;
use std::collections::BTreeMap;

/// The children in each list: of a parent, or of the section of their kind; with the key of the list.
pub type ListedChildren = BTreeMap<(Option<Address>, Kind, &'static str), Vec<Address>>;

/// Puts every declaration into the file: what has no parent first, so that children find theirs.
pub fn put(
    root: &mut SpecMap,
    mut maps: BTreeMap<Address, SpecMap>,
    resources: &BTreeMap<&Address, &Resource>,
    remark: impl Fn(&Address) -> Vec<String>,
) -> ListedChildren {
    let mut listed = ListedChildren::new();
    let mut alone: BTreeMap<Kind, Vec<(Address, SpecMap, Option<SpecMap>)>> = BTreeMap::new();
    let mut groups: BTreeMap<Address, SpecMap> = BTreeMap::new();
    let mut comments: BTreeMap<Address, Vec<String>> = BTreeMap::new();
    for (address, resource) in resources {
        let section = address.kind.facts().section.name;
        let (parent, path, name, item) = match resource.place() {
            WrittenPlace::Section => {
                comments.entry((*address).clone()).or_default().extend(remark(address));
                continue;
            }
            WrittenPlace::Group { name, head, list } => {
                let Some(map) = maps.remove(*address) else { continue };
                let group = Address::new(address.kind, name);
                comments.entry(group.clone()).or_default().extend(remark(address));
                add_item(groups.entry(group.clone()).or_insert(head), list, map);
                listed.entry((Some(group), address.kind, list)).or_default().push((*address).clone());
                continue;
            }
            WrittenPlace::Parent { parent, path, name, alone } => (parent, path, name, alone),
        };
        let Some(map) = maps.remove(*address) else { continue };
        // A line of a child stands above its parent where the child is an item of it.
        match maps.get_mut(&parent).and_then(|of_parent| room(of_parent, path)) {
            Some((place, key)) => {
                comments.entry(parent.clone()).or_default().extend(remark(address));
                match name {
                    Some(name) => add_entry(place, key, &name, map),
                    None if item.is_some() => add_item(place, key, map),
                    None => place.set(key, map),
                }
                listed.entry((Some(parent), address.kind, section)).or_default().push((*address).clone());
            }
            None => alone.entry(address.kind).or_default().push(((*address).clone(), map, item)),
        }
    }
    maps.extend(groups);
    for (kind, section) in sections() {
        let mut own = SpecMap::default();
        let mut items = Vec::new();
        for (address, map) in maps.iter().filter(|(address, _)| address.kind == kind) {
            own.add(entry(&address.name, map.clone(), comments.remove(address).unwrap_or_default()));
        }
        for (address, map, item) in alone.remove(&kind).unwrap_or_default() {
            match item {
                Some(item) => {
                    let whole = map.entries().iter().fold(item, |item, one| item.put(&one.key, one.value.clone()));
                    items.push(SpecValue::Map(whole));
                    listed.entry((None, kind, section)).or_default().push(address);
                }
                None => own.add(entry(&address.name, map, remark(&address))),
            }
        }
        if !own.is_empty() {
            root.set(section, own);
        } else if !items.is_empty() {
            root.set(section, SpecValue::List(items));
        }
    }
    listed
}

/// The map that the last key of a path is put into.
fn room<'a>(map: &'a mut SpecMap, path: &'static [&'static str]) -> Option<(&'a mut SpecMap, &'static str)> {
    let (last, way) = path.split_last()?;
    let mut here = map;
    for key in way {
        here = here.get_mut(key)?.map_mut()?;
    }
    Some((here, last))
}

fn add_entry(place: &mut SpecMap, key: &str, name: &str, map: SpecMap) {
    match place.get_mut(key).and_then(SpecValue::map_mut) {
        Some(entries) => entries.set(name, map),
        None => place.set(key, SpecMap::default().put(name, map)),
    }
}

fn add_item(place: &mut SpecMap, key: &str, map: SpecMap) {
    match place.get_mut(key) {
        Some(SpecValue::List(items)) => items.push(map.into()),
        _ => place.set(key, vec![SpecValue::Map(map)]),
    }
}

/// Which declaration stands where in a text.
pub struct Places(Vec<(Span, Address)>);

impl Places {
    pub fn of(text: &str, children: &ListedChildren) -> Self {
        let mut places = Vec::new();
        let Ok(parsed) = yaml::read(text) else { return Self(places) };
        for (kind, section) in sections() {
            let Some(node) = parsed.root.get(section) else { continue };
            for declared in node.entries() {
                let address = Address::new(kind, declared.name.text.replace("$${", "${"));
                below(&address, &declared.value, children, &mut places);
                places.push((Span::new(declared.name.span.start, declared.value.span.end), address));
            }
            let items = children.get(&(None, kind, section)).into_iter().flatten();
            places.extend(node.items().iter().zip(items).map(|(item, address)| (item.span, address.clone())));
        }
        Self(places)
    }

    /// The innermost declaration around a place.
    pub fn at(&self, span: Span) -> Option<Address> {
        let around =
            self.0.iter().filter(|(place, _)| place.start <= span.start && span.start < place.end.max(place.start + 1));
        around.min_by_key(|(place, _)| place.end - place.start).map(|(_, address)| address.clone())
    }
}

/// The children in a parent's declaration.
fn below(parent: &Address, node: &Node, children: &ListedChildren, places: &mut Vec<(Span, Address)>) {
    let of_parent = children.iter().filter(|((of, ..), _)| of.as_ref() == Some(parent));
    for ((_, _, list), all) in of_parent {
        let inner = node.get(list);
        let items = inner.map(Node::items).unwrap_or_default().iter().map(|item| item.span);
        let entries = inner.map(Node::entries).unwrap_or_default().iter();
        let entries = entries.map(|one| Span::new(one.name.span.start, one.value.span.end));
        places.extend(items.chain(entries).zip(all).map(|(span, address)| (span, address.clone())));
        let detector = node.get("anomaly").and_then(|anomaly| anomaly.get("detector"));
        places.extend(detector.into_iter().zip(all).map(|(node, address)| (node.span, address.clone())));
    }
}
