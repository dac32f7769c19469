//! Patterns under `functions` -> the functions that exist: each stands there as if it had been written out. Pure.

use super::pick::section;
use super::presets::ONE_ALARM;
use super::written::switch;
use crate::model::node::{Data, MapEntry, Node, SpannedName};
use crate::model::shape::{ObjectSchema, SchemaKey, Shape};
use crate::model::{SpecProblem, glob};
use crate::resources::function::LiveFunctions;
use crate::resources::{Address, Kind, ResourceTags, alarm};
use std::collections::BTreeSet;

/// The key that makes an entry stand for functions that it does not name.
pub const MATCH: &str = "match";

pub static MATCHING: ObjectSchema = ObjectSchema {
    what: "a match",
    doc: "Which functions of the account an entry under `functions` covers. New ones are covered by the next apply.",
    keys: &[&[
        SchemaKey::new(
            "name",
            Shape::Text(64),
            "A pattern of names: `*` is any text, `?` one character. Default: `*`.",
        ),
        SchemaKey::new("tags", Shape::Map(&Shape::Text(256)), "Tags that the function carries, all of them."),
        SchemaKey::new("except", Shape::List(&Shape::Text(64)), "Names, or patterns of names, that are left out."),
    ]],
};

/// An entry under `functions` that stands for the functions that exist.
#[derive(Debug, Clone)]
pub struct FunctionPattern<'a> {
    entry: &'a MapEntry,
    pub glob: &'a str,
    pub tags: ResourceTags,
    pub except: Vec<&'a str>,
}

/// What a pattern stood for in one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoveredFunctions {
    /// As it is written.
    pub pattern: String,
    /// Sorted.
    pub functions: Vec<String>,
    /// Whether its golden signals are one alarm each over all functions.
    pub is_one_alarm: bool,
}

impl<'a> FunctionPattern<'a> {
    /// Reads an entry; `None` where it names one function.
    pub fn of(entry: &'a MapEntry) -> Option<Self> {
        let key = entry.name.text.as_str();
        let matching = entry.value.get(MATCH);
        if matching.is_none() && !glob::is_pattern(key) {
            return None;
        }
        let written = matching.and_then(|node| node.get("name")).and_then(Node::text);
        let glob = if glob::is_pattern(key) { key } else { written.unwrap_or("*") };
        let tags = matching.and_then(|node| node.get("tags")).map(Node::entries).unwrap_or_default();
        let tags = tags.iter().filter_map(|tag| Some((tag.name.text.clone(), tag.value.text()?.to_owned())));
        let except = matching.and_then(|node| node.get("except")).map(Node::items).unwrap_or_default();
        Some(Self { entry, glob, tags: tags.collect(), except: except.iter().filter_map(Node::text).collect() })
    }

    /// The patterns of a file, in its order.
    pub fn all(root: &'a Node) -> Vec<Self> {
        section(root, "functions").into_iter().filter_map(Self::of).collect()
    }

    /// What its alarms are named after where it makes one for all.
    pub fn label(&self) -> &'a str {
        if glob::is_pattern(&self.entry.name.text) { "all-functions" } else { &self.entry.name.text }
    }

    /// Whether its golden signals are one alarm each over all functions.
    pub fn is_one_alarm(&self) -> bool {
        is_one_alarm(&self.entry.value)
    }

    pub fn key(&self) -> &'a SpannedName {
        &self.entry.name
    }

    pub fn golden(&self) -> Option<&'a Node> {
        self.entry.value.get("golden_signals")
    }

    /// Whether something is to be made for each function by itself.
    fn is_per_function(&self) -> bool {
        !self.is_one_alarm() || self.entry.value.entries().iter().any(|entry| is_of_each(&entry.name))
    }

    /// Whether it stands for a function of this name, if its tags do.
    pub fn names(&self, function: &str) -> bool {
        glob::matches(self.glob, function) && !self.except.iter().any(|pattern| glob::matches(pattern, function))
    }

    /// Whether it stands for a function that is live.
    fn covers(&self, function: &str, live: &LiveFunctions) -> bool {
        let tagged = self.tags.is_empty() || live.tagged.get(&self.tags).is_some_and(|names| names.contains(function));
        tagged && self.names(function)
    }

    /// Whether it leaves the other pattern nothing.
    fn takes_all_of(&self, other: &FunctionPattern<'_>) -> bool {
        // What stands for a `*` is empty, or longer than a `?` is.
        let with = |any: &str| other.glob.replace('*', any).replace('?', "\u{2}");
        let takes = |any: &str| glob::matches(self.glob, &with(any));
        self.tags.is_empty() && self.except.is_empty() && takes("") && takes("\u{1}\u{1}\u{1}")
    }
}

/// Whether the golden signals of an entry are one alarm each over all functions.
pub fn is_one_alarm(value: &Node) -> bool {
    value.get("golden_signals").and_then(|golden| golden.get(ONE_ALARM)).and_then(switch) == Some(true)
}

/// The tags that the patterns of a tree ask for; `None` where it has no pattern.
pub fn matched_tags(root: &Node) -> Option<BTreeSet<ResourceTags>> {
    let patterns = FunctionPattern::all(root);
    (!patterns.is_empty())
        .then(|| patterns.into_iter().map(|pattern| pattern.tags).filter(|tags| !tags.is_empty()).collect())
}

/// Whether a resource may be one of a function that a pattern stands for: as presets name alarms, and Lambda log groups.
pub fn may_be_of(glob: &str, address: &Address) -> bool {
    match address.kind {
        Kind::Alarm => glob::matches(&format!("{glob}-*"), &address.name),
        Kind::LogGroup | Kind::MetricFilter => true,
        _ => false,
    }
}

/// The functions that have entries of their own, and so are none of this pattern's.
pub fn others<'a>(root: &'a Node, pattern: &FunctionPattern<'_>) -> Vec<&'a str> {
    let own = section(root, "functions").into_iter().filter(|entry| {
        // What stands at the place of the pattern is what it has given way to.
        FunctionPattern::of(entry).is_none() && entry.name.span != pattern.entry.name.span
    });
    own.map(|entry| entry.name.text.as_str()).collect()
}

fn is_of_each(key: &SpannedName) -> bool {
    key.text != MATCH && key.text != "golden_signals"
}

/// Returns the tree in which each pattern has given way to the functions that it stands for, in the place of its entry: those that no
/// other entry names and no earlier pattern has taken. What makes one alarm for all of them stays.
pub fn expand(root: &Node, live: &LiveFunctions) -> (Node, Vec<CoveredFunctions>) {
    let entries = section(root, "functions");
    let mut taken: BTreeSet<&str> =
        entries.iter().filter(|e| FunctionPattern::of(e).is_none()).map(|e| e.name.text.as_str()).collect();
    let (mut expanded, mut covered) = (Vec::new(), Vec::new());
    for entry in entries {
        let Some(pattern) = FunctionPattern::of(entry) else {
            expanded.push(entry.clone());
            continue;
        };
        let own = live.facts.keys().filter(|name| !taken.contains(name.as_str()) && pattern.covers(name, live));
        let own: Vec<&String> = own.collect();
        taken.extend(own.iter().map(|name| name.as_str()));
        let is_one_alarm = pattern.is_one_alarm();
        if is_one_alarm {
            expanded.push(MapEntry { name: entry.name.clone(), value: without(&entry.value, is_of_each) });
        }
        if pattern.is_per_function() {
            let value = without(&entry.value, |key| key.text == MATCH || (is_one_alarm && !is_of_each(key)));
            expanded.extend(own.iter().map(|name| MapEntry {
                name: SpannedName { text: (*name).clone(), span: entry.name.span },
                value: value.clone(),
            }));
        }
        let functions = own.into_iter().cloned().collect();
        covered.push(CoveredFunctions { pattern: entry.name.text.clone(), functions, is_one_alarm });
    }
    (with_functions(root, expanded), covered)
}

/// Returns the tree in which these functions stand in the place of the patterns that name them, as far as names alone decide it. Other
/// patterns stand for themselves.
pub fn expand_by_name(root: &Node, names: &BTreeSet<String>) -> Node {
    let entries = section(root, "functions");
    let mut taken: BTreeSet<&str> = entries.iter().map(|entry| entry.name.text.as_str()).collect();
    let mut expanded = Vec::new();
    for entry in entries {
        let pattern = FunctionPattern::of(entry).filter(|pattern| !pattern.is_one_alarm() && pattern.tags.is_empty());
        let own = names.iter().filter(|name| !taken.contains(name.as_str()));
        let own: Vec<&String> = own.filter(|name| pattern.as_ref().is_some_and(|p| p.names(name))).collect();
        if own.is_empty() {
            expanded.push(entry.clone());
            continue;
        }
        taken.extend(own.iter().map(|name| name.as_str()));
        let value = without(&entry.value, |key| key.text == MATCH);
        let one = |name: &&String| MapEntry {
            name: SpannedName { text: (*name).clone(), span: entry.name.span },
            value: value.clone(),
        };
        expanded.extend(own.iter().map(one));
    }
    with_functions(root, expanded)
}

/// Returns those of the live functions that nothing in a tree watches: no golden signal, no SLO, no metric with their dimension, no
/// query over all of them.
pub fn uncovered(root: &Node, live: &LiveFunctions) -> Vec<String> {
    let (expanded, covered) = expand(root, live);
    let mut watched: BTreeSet<&str> =
        covered.iter().filter(|one| one.is_one_alarm).flat_map(|one| &one.functions).map(String::as_str).collect();
    let watches = |entry: &&MapEntry| {
        let golden = entry.value.get("golden_signals");
        golden.is_some_and(|golden| switch(golden) != Some(false)) || entry.value.get("slo").is_some()
    };
    watched.extend(section(&expanded, "functions").into_iter().filter(watches).map(|entry| entry.name.text.as_str()));
    let mut queries = Vec::new();
    named_in(&expanded, &mut watched, &mut queries);
    let is_watched = |name: &&String| {
        watched.contains(name.as_str()) || queries.iter().any(|query| alarm::coverage::query_covers(query, name))
    };
    live.facts.keys().filter(|name| !is_watched(name)).cloned().collect()
}

/// The functions that dimensions and SLOs anywhere in a tree name, and its expressions.
fn named_in<'a>(node: &'a Node, names: &mut BTreeSet<&'a str>, expressions: &mut Vec<&'a str>) {
    for MapEntry { name, value } in node.entries() {
        match name.text.as_str() {
            "FunctionName" | "function" => names.extend(value.text()),
            "expression" => expressions.extend(value.text()),
            _ => {}
        }
        named_in(value, names, expressions);
    }
    node.items().iter().for_each(|item| named_in(item, names, expressions));
}

/// A map without some of its keys.
fn without(value: &Node, drop: impl Fn(&SpannedName) -> bool) -> Node {
    let entries = value.entries().iter().filter(|entry| !drop(&entry.name));
    Node::new(value.span, Data::Map(entries.cloned().collect()))
}

fn with_functions(root: &Node, functions: Vec<MapEntry>) -> Node {
    let mut functions = Some(functions);
    let entries = root.entries().iter().filter_map(|entry| match entry.name.text == "functions" {
        // A second section of the name is a mistake already.
        true => functions.take().map(|functions| MapEntry {
            name: entry.name.clone(),
            value: Node::new(entry.value.span, Data::Map(functions)),
        }),
        false => Some(entry.clone()),
    });
    Node::new(root.span, Data::Map(entries.collect()))
}

/// Finds what is wrong with the patterns of a file.
pub fn check(root: &Node, problems: &mut Vec<SpecProblem>) {
    let mut patterns: Vec<FunctionPattern<'_>> = Vec::new();
    for entry in section(root, "functions") {
        let Some(pattern) = FunctionPattern::of(entry) else {
            if let Some(golden) = entry.value.get("golden_signals").and_then(|golden| golden.get(ONE_ALARM)) {
                let message = format!("`{ONE_ALARM}` is for patterns, and `{}` is one function", entry.name);
                problems.push(SpecProblem::new(golden.span, message).help("leave it out, or write it under \"*\""));
            }
            continue;
        };
        of_pattern(&pattern, problems);
        if let Some(first) = patterns.iter().find(|earlier| earlier.takes_all_of(&pattern)) {
            let message =
                format!("`{}` covers no function: `{}` before it takes them all", entry.name, first.entry.name);
            let problem =
                SpecProblem::new(entry.name.span, message).also(first.entry.name.span, "this one is asked first");
            problems
                .push(problem.help("of several patterns the first in the file decides: write the narrower one first"));
        }
        patterns.push(pattern);
    }
}

fn of_pattern(pattern: &FunctionPattern<'_>, problems: &mut Vec<SpecProblem>) {
    let entry = pattern.entry;
    let key = &entry.name;
    let mut wrong = |span, message: String, help: &str| problems.push(SpecProblem::new(span, message).help(help));
    let right = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_*?".contains(c));
    if !right(&key.text) {
        let help = "a pattern has letters, digits, - and _ as names of functions do, and * and ?";
        wrong(key.span, format!("`{key}` is no pattern of names of functions"), help);
    }
    let Some(matching) = entry.value.get(MATCH) else { return };
    let name = matching.get("name");
    if let Some(name) = name {
        let text = name.text().unwrap_or_default();
        if glob::is_pattern(&key.text) {
            wrong(
                name.span,
                format!("`{key}` is the pattern already"),
                "leave `name` out, or give the entry another key",
            );
        } else if !right(text) {
            wrong(
                name.span,
                format!("`{text}` is no pattern of names of functions"),
                "such as api-*: letters, digits, -, _, * and ?",
            );
        }
    }
    if !glob::is_pattern(&key.text) && name.is_none() && pattern.tags.is_empty() {
        let help = "match: { tags: { team: shop } }, or match: { name: \"api-*\" }; a name alone needs no match";
        wrong(key.span, format!("`{key}` does not say which functions it covers"), help);
    }
    for item in matching.get("except").map(Node::items).unwrap_or_default() {
        let text = item.text().unwrap_or_default();
        if !right(text) {
            wrong(item.span, format!("`{text}` names no function"), "names of functions, or patterns such as canary-*");
        }
    }
}
