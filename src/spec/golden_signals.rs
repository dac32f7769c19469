//! `golden_signals` of all functions and patterns of a file: alarms a function, or one a signal over all.

use super::coverage::{self, FunctionPattern};
use super::one_alarm;
use super::pick::section;
use super::presets::{self, Preset};
use crate::model::node::{MapEntry, Node};
use crate::resources::FunctionFacts;
use std::collections::BTreeMap;

/// The preset alarms of all functions and patterns, each with its `golden_signals`.
pub fn of_functions<'a>(root: &'a Node, facts: &BTreeMap<&str, FunctionFacts>) -> Vec<(&'a Node, Preset)> {
    let mut all = Vec::new();
    for entry in section(root, "functions") {
        let MapEntry { name, value } = entry;
        let Some(golden) = value.entries().iter().find(|entry| entry.name.text == "golden_signals") else { continue };
        let pattern = FunctionPattern::of(entry).filter(FunctionPattern::is_one_alarm);
        let presets = match (pattern, facts.get(name.text.as_str())) {
            (Some(pattern), _) => {
                let others = coverage::others(root, &pattern);
                one_alarm::expand(&pattern, &golden.value, golden.name.span, &others)
            }
            (None, Some(facts)) => presets::expand(&name.text, &golden.value, golden.name.span, facts),
            (None, None) => continue,
        };
        all.extend(presets.into_iter().map(|preset| (&golden.value, preset)));
    }
    all
}
