//! `--target KIND/NAME`: limiting a run to some resources.

use crate::resources::Address;
use std::collections::BTreeSet;
use std::fmt;

/// Which resources a run is limited to; empty means all. A limited run never prunes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Select(pub BTreeSet<Address>);

impl Select {
    pub fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    pub fn covers(&self, address: &Address) -> bool {
        self.is_all() || self.0.contains(address)
    }

    /// Fails where an address is not among the spec's, with the nearest one.
    pub fn check(&self, names: &BTreeSet<Address>) -> Result<(), UnknownTarget> {
        let Some(unknown) = self.0.iter().find(|address| !names.contains(address)) else { return Ok(()) };
        let written = unknown.to_string();
        let near = |text: &str| strsim::jaro_winkler(text, &written);
        let nearest = names.iter().map(Address::to_string).max_by(|a, b| near(a).total_cmp(&near(b)));
        Err(UnknownTarget { written, nearest })
    }
}

/// A `--target` that the spec does not declare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownTarget {
    written: String,
    /// The declared address that looks most like it.
    pub nearest: Option<String>,
}

impl fmt::Display for UnknownTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--target {}: the spec has no such resource", self.written)
    }
}

impl std::error::Error for UnknownTarget {}
