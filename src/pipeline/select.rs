//! `--target KIND/NAME`: limiting a run to some resources; and the refusal of names that the spec does not declare.

use crate::plan::Adoption;
use crate::resources::Address;
use std::collections::BTreeSet;

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
        Err(UnknownTarget::new("--target", unknown.to_string(), names))
    }
}

/// An address of the command line that the spec does not declare.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{flag} {written}: the spec has no such resource")]
pub struct UnknownTarget {
    flag: &'static str,
    written: String,
    /// The declared address that looks most like it.
    pub nearest: Option<String>,
}

impl UnknownTarget {
    fn new<'a>(flag: &'static str, written: String, names: impl IntoIterator<Item = &'a Address>) -> Self {
        let near = |text: &str| strsim::jaro_winkler(text, &written);
        let nearest = names.into_iter().map(Address::to_string).max_by(|a, b| near(a).total_cmp(&near(b)));
        Self { flag, written, nearest }
    }

    /// Fails where a name of `--adopt` means nothing that the spec declares. What needs no adoption any more may be named: the
    /// same command can be repeated, and accounts of a roster differ.
    pub fn check_adoption<'a>(
        adoption: &Adoption,
        names: impl Iterator<Item = &'a Address> + Clone,
    ) -> Result<(), UnknownTarget> {
        let is_declared = |pattern: &&crate::plan::AddressPattern| names.clone().any(|name| pattern.matches(name));
        match adoption.named.iter().find(|pattern| !is_declared(pattern)) {
            None => Ok(()),
            Some(unknown) => Err(Self::new("--adopt", unknown.to_string(), names)),
        }
    }
}
