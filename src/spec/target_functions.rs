//! A bound spec and the functions of one target: its patterns give way to the functions that they stand for there.

use super::coverage::{self, CoveredFunctions, FunctionPattern};
use super::document::BoundSpec;
use crate::resources::function::LiveFunctions;
use crate::resources::{FunctionFacts, ResourceTags};
use std::collections::{BTreeMap, BTreeSet};

impl BoundSpec {
    /// The tags that patterns under `functions` ask for; `None` where there is no pattern that is still to be expanded.
    pub fn matched_tags(&self) -> Option<BTreeSet<ResourceTags>> {
        coverage::matched_tags(&self.root).filter(|_| self.covered.is_none())
    }

    /// The spec of one target: each pattern under `functions` has given way to the functions there that it stands for.
    pub fn for_functions(&self, live: LiveFunctions) -> Self {
        let (root, covered) = coverage::expand(&self.root, &live);
        let mut expanded = self.with(root);
        expanded.covered = Some((covered, live.facts));
        expanded
    }

    /// The spec in which these functions, which are not asked for, stand in place of the patterns that name them.
    pub fn for_names(&self, names: &BTreeSet<String>) -> Self {
        match FunctionPattern::all(&self.root).is_empty() {
            true => self.clone(),
            false => self.with(coverage::expand_by_name(&self.root, names)),
        }
    }

    /// What its patterns stand for in its target; empty where it has none.
    pub fn covered(&self) -> &[CoveredFunctions] {
        self.covered.as_ref().map(|(covered, _)| covered.as_slice()).unwrap_or_default()
    }

    /// The facts of all functions of its target, where they were listed for its patterns.
    pub fn listed_functions(&self) -> Option<&BTreeMap<String, FunctionFacts>> {
        self.covered.as_ref().map(|(_, facts)| facts)
    }
}
