//! The sections of a template, before anything in it is evaluated.

use crate::model::node::{Data, MapEntry, Node};
use std::collections::BTreeMap;

/// A template's sections by name.
#[derive(Debug, Default)]
pub struct TemplateSections<'t> {
    pub parameters: BTreeMap<&'t str, &'t Node>,
    pub mappings: BTreeMap<&'t str, &'t Node>,
    pub conditions: BTreeMap<&'t str, &'t Node>,
    pub resources: BTreeMap<&'t str, &'t Node>,
    /// In the order of the file, with what is given twice.
    pub entries: &'t [MapEntry],
    /// The macros that it asks for.
    pub transforms: Vec<&'t str>,
}

impl<'t> TemplateSections<'t> {
    pub fn of(root: &'t Node) -> Self {
        let section = |name: &str| root.get(name).map(Node::entries).unwrap_or_default();
        let named = |name: &str| {
            // What is given twice is what was given first; it is said where it matters.
            section(name).iter().rev().map(|entry| (entry.name.text.as_str(), &entry.value)).collect()
        };
        let transforms = match root.get("Transform").map(|node| (node, &node.data)) {
            Some((_, Data::List(items))) => items.iter().filter_map(Node::text).collect(),
            Some((node, Data::Scalar(_))) => node.text().into_iter().collect(),
            _ => Vec::new(),
        };
        Self {
            parameters: named("Parameters"),
            mappings: named("Mappings"),
            conditions: named("Conditions"),
            resources: named("Resources"),
            entries: section("Resources"),
            transforms,
        }
    }
}

/// A function and its argument, where a value is one.
pub fn function(node: &Node) -> Option<(&str, &Node)> {
    let [entry] = node.entries() else { return None };
    let name = entry.name.text.as_str();
    (name == "Ref" || name.starts_with("Fn::")).then_some((name, &entry.value))
}

/// Whether it is a function beside other keys, which means nothing that is known.
pub fn is_mixed(node: &Node) -> bool {
    let entries = node.entries();
    entries.len() > 1 && entries.iter().any(|entry| entry.name.text.starts_with("Fn::"))
}

/// The first name that stands twice in a map.
pub fn twice(entries: &[MapEntry]) -> Option<&MapEntry> {
    let mut seen = std::collections::BTreeSet::new();
    entries.iter().find(|entry| !seen.insert(entry.name.text.as_str()))
}
