//! What a reader saw of one target: the input of the diff.

use crate::resources::{Address, FunctionFacts, Live};
use std::collections::BTreeMap;

/// One resource as read. A failed read is unknown, never absent.
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    Absent,
    Present(Box<Live>),
    /// Why it could not be read.
    Unknown(String),
}

impl Observation {
    pub fn live(&self) -> Option<&Live> {
        match self {
            Observation::Present(live) => Some(live),
            _ => None,
        }
    }
}

/// Everything read for one plan: what the spec names, and what carries the stack's mark.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub observations: BTreeMap<Address, Observation>,
    /// Functions of the spec: their facts, or why there are none.
    pub functions: BTreeMap<String, Result<FunctionFacts, String>>,
    /// Reads that failed without belonging to one resource, e.g. the tag index.
    pub failures: Vec<String>,
}

impl Snapshot {
    pub fn live(&self, address: &Address) -> Option<&Live> {
        self.observations.get(address).and_then(Observation::live)
    }
}
