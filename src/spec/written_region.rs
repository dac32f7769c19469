//! A region of a file as it is written, before variables are bound: what is known of its functions, which hold no variables but in the
//! tags of patterns.

use super::coverage::{self, FunctionPattern};
use super::pick::section;
use crate::model::Node;
use crate::resources::ResourceTags;
use crate::resources::function::LiveFunctions;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone)]
pub struct WrittenRegion {
    root: Node,
    /// None where none is written or it is a variable's.
    pub region: Option<String>,
    /// The names and patterns under `functions`, in the order of the file.
    pub functions: Vec<String>,
}

impl WrittenRegion {
    pub(super) fn new(root: Node) -> Self {
        let region = root.get("region").and_then(Node::text).filter(|region| !region.contains("${"));
        let functions = section(&root, "functions").iter().map(|entry| entry.name.text.clone()).collect();
        Self { region: region.map(str::to_owned), functions, root }
    }

    /// Returns the tags that patterns under `functions` ask for; `None` where there is no pattern.
    pub fn matched_tags(&self) -> Option<BTreeSet<ResourceTags>> {
        coverage::matched_tags(&self.root)
    }

    /// Returns whether a function may be one of its patterns': by its name, whatever its tags are.
    pub fn may_cover(&self, function: &str) -> bool {
        FunctionPattern::all(&self.root).iter().any(|pattern| pattern.names(function))
    }

    /// Returns the functions with each pattern in place of those that it stands for; `None` where a pattern asks for tags by a variable.
    pub fn functions_of(&self, live: &LiveFunctions) -> Option<Vec<String>> {
        let by_variable = |tags: &ResourceTags| tags.values().any(|value| value.contains("${"));
        if FunctionPattern::all(&self.root).iter().any(|pattern| by_variable(&pattern.tags)) {
            return None;
        }
        let (_, covered) = coverage::expand(&self.root, live);
        let mut covered = covered.into_iter().map(|one| (one.pattern, one.functions)).collect::<BTreeMap<_, _>>();
        let one = |name: &String| covered.remove(name).unwrap_or_else(|| vec![name.clone()]);
        Some(self.functions.iter().flat_map(one).collect())
    }

    /// Returns those of the live functions that nothing in the region watches, as far as it is known here.
    pub fn uncovered(&self, live: &LiveFunctions) -> Vec<String> {
        coverage::uncovered(&self.root, live)
    }
}
