//! `--target KIND/NAME`: limiting a run to some resources.

use crate::resources::Address;
use anyhow::{Result, bail};
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
    pub fn check(&self, names: &BTreeSet<Address>) -> Result<()> {
        for address in self.0.iter().filter(|address| !names.contains(address)) {
            let written = address.to_string();
            let nearest = names.iter().map(Address::to_string).max_by(|a, b| {
                let near = |text: &str| strsim::jaro_winkler(text, &written);
                near(a).total_cmp(&near(b))
            });
            match nearest {
                Some(nearest) => bail!("--target {written}: the spec has no such resource; did you mean {nearest}?"),
                None => bail!("--target {written}: the spec declares no resources"),
            }
        }
        Ok(())
    }
}
