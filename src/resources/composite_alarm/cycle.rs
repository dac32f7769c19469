//! Composite alarms that are about each other in a circle: AWS could never say their states.

use crate::model::node::MapEntry;
use crate::model::{Node, SpecProblem};
use crate::resources::scope::DeclarationScope;
use mlops_cloudwatch::rule;
use std::collections::{BTreeMap, BTreeSet};

/// Reports every circle once, at its first member in the file.
pub fn check(composites: &[&MapEntry], scope: &mut DeclarationScope<'_>) {
    let children: BTreeMap<&str, Vec<String>> =
        composites.iter().map(|entry| (entry.name.text.as_str(), children(&entry.value))).collect();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for entry in composites {
        let start = entry.name.text.as_str();
        if done.contains(start) {
            continue;
        }
        if let Some(circle) = circle(start, &children).filter(|circle| circle.len() > 1) {
            let message = format!("composite alarms in a circle: {} -> {start}", circle.join(" -> "));
            scope
                .problems
                .push(SpecProblem::new(entry.name.span, message).help("take one of them out of another's rule"));
            done.extend(circle);
        }
    }
}

fn children(composite: &Node) -> Vec<String> {
    let rule = composite.get("alarm_rule").and_then(Node::text).and_then(|text| rule::parse(text).ok());
    rule.map(|rule| rule.alarms().into_iter().map(str::to_owned).collect()).unwrap_or_default()
}

/// The shortest way from an alarm back to itself.
fn circle<'a>(start: &'a str, children: &'a BTreeMap<&'a str, Vec<String>>) -> Option<Vec<&'a str>> {
    let mut ways: std::collections::VecDeque<Vec<&str>> = [vec![start]].into();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for child in children.get(way[way.len() - 1])? {
            if child == start {
                return Some(way);
            }
            if children.contains_key(child.as_str()) && seen.insert(child) {
                let mut longer = way.clone();
                longer.push(child);
                ways.push_back(longer);
            }
        }
    }
    None
}
