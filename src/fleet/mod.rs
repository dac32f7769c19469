//! The pipeline times targets: read, diff, apply. One account is a fleet of one.

use crate::resources::Address;
use std::collections::BTreeSet;

/// Which resources a run is limited to; empty means all. A limited run never prunes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Select(pub BTreeSet<Address>);

impl Select {
    pub fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the address is meant: itself, or the topic or other parent it hangs under.
    pub fn covers(&self, address: &Address) -> bool {
        self.is_all() || self.0.contains(address)
    }
}
