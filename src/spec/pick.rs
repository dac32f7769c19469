//! Parts of a tree: the entries of a section, and maps with some of their keys alone.

use crate::model::node::{Data, MapEntry, Node};
use crate::model::shape::ObjectSchema;
use std::collections::BTreeSet;

/// The entries of a top-level map, each name once: that a name is repeated is said by the shape.
pub fn section<'a>(root: &'a Node, key: &str) -> Vec<&'a MapEntry> {
    let mut seen = BTreeSet::new();
    let entries = root.get(key).map(Node::entries).unwrap_or_default();
    entries.iter().filter(|entry| seen.insert(entry.name.text.as_str())).collect()
}

/// A map without the keys that its object does not know: they are mistakes already, and nobody shall inherit them.
pub fn known(node: &Node, object: &'static ObjectSchema) -> Node {
    let entries = node.entries().iter().filter(|entry| object.key(&entry.name.text).is_some());
    Node::new(node.span, Data::Map(entries.cloned().collect()))
}

/// A map with some of its keys alone.
pub fn only(node: &Node, keys: &[&str]) -> Node {
    let entries = node.entries().iter().filter(|entry| keys.contains(&entry.name.text.as_str()));
    Node::new(node.span, Data::Map(entries.cloned().collect()))
}
