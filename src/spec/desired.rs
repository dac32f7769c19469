//! What a spec asks of one target, and the sections in which it says so. Reads nothing.

use crate::model::node::{MapEntry, Node, Span};
use crate::resources::{Address, Kind, Resource, Slo};
use std::collections::{BTreeMap, BTreeSet};

/// The sections whose entries are looked up by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpecSection {
    Functions,
    Of(Kind),
}

impl SpecSection {
    pub fn all() -> impl Iterator<Item = Self> {
        [SpecSection::Functions].into_iter().chain(Kind::ALL.into_iter().map(SpecSection::Of))
    }

    pub fn key(self) -> &'static str {
        match self {
            SpecSection::Functions => "functions",
            SpecSection::Of(kind) => kind.facts().section.name,
        }
    }

    /// Its declarations by name; none of a section that is a list.
    pub fn entries(self, root: &Node) -> &[MapEntry] {
        root.get(self.key()).map(Node::entries).unwrap_or_default()
    }
}

/// What a spec asks of one target.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    pub stack: String,
    /// Of the target; empty where no region is known.
    pub region: String,
    /// With the tags of the file; the owner's mark is not among them.
    pub resources: BTreeMap<Address, Resource>,
    /// Where each resource is declared, as bytes of the file.
    pub spans: BTreeMap<Address, Span>,
    /// Log groups that a function's `retention` or `kms_key_id` asks for, not a declaration of their own.
    pub implied: BTreeSet<Address>,
    /// The SLOs that some of the alarms are of, in the order of the file.
    pub slos: Vec<Slo>,
}

impl Desired {
    pub fn of(stack: &str, region: &str) -> Self {
        let (stack, region) = (stack.to_owned(), region.to_owned());
        Self {
            stack,
            region,
            resources: BTreeMap::new(),
            spans: BTreeMap::new(),
            implied: BTreeSet::new(),
            slos: Vec::new(),
        }
    }
}
