//! What a reader saw of one target: the input of the diff.

use super::{Address, FunctionFacts, Live};
use std::collections::{BTreeMap, BTreeSet};

/// One resource as read. A failed read is unknown, never absent.
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    Absent,
    Present(Box<Live>),
    /// Why it could not be read.
    Unknown(String),
}

impl Observation {
    pub fn present(live: Live) -> Self {
        Observation::Present(Box::new(live))
    }

    pub fn live(&self) -> Option<&Live> {
        match self {
            Observation::Present(live) => Some(live),
            _ => None,
        }
    }
}

/// Everything read for one plan: what the spec names, and what carries the stack's mark.
#[derive(Debug, Clone, Default)]
pub struct LiveSnapshot {
    pub observations: BTreeMap<Address, Observation>,
    /// Functions of the spec: their facts, or why there are none.
    pub functions: BTreeMap<String, Result<FunctionFacts, String>>,
    /// Alarms that desired composite alarms refer to, that the spec does not declare and that do not exist.
    pub missing_alarms: BTreeSet<String>,
    /// Why the tag index could not be read; then nothing can be known about what is to be pruned.
    pub index_failure: Option<String>,
}

impl LiveSnapshot {
    pub fn live(&self, address: &Address) -> Option<&Live> {
        self.observations.get(address).and_then(Observation::live)
    }

    /// The functions of the spec whose facts could be read.
    pub fn known_functions(&self) -> BTreeMap<String, FunctionFacts> {
        known_functions(&self.functions)
    }
}

/// The functions among these whose facts could be read.
pub fn known_functions(functions: &BTreeMap<String, Result<FunctionFacts, String>>) -> BTreeMap<String, FunctionFacts> {
    functions.iter().filter_map(|(name, facts)| Some((name.clone(), facts.as_ref().ok()?.clone()))).collect()
}
