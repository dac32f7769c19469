//! The entities that are at hand. Where a file is behind them, only the accounts and regions that were asked for last are: a
//! roster's state is as large as the roster, and each of its accounts is asked for once.

use super::scope::{EntityChange, Place, Scope, Seeds};
use std::collections::HashMap;

/// Accounts and regions that stay at hand: many more than one run works on at once.
const AT_HAND: usize = 512;

/// Entities by account and region.
#[derive(Clone, Debug)]
pub struct Entities {
    held: HashMap<Place, Held>,
    seeds: Seeds,
    version: u64,
    asked: u64,
}

#[derive(Clone, Debug)]
struct Held {
    scope: Scope,
    /// The number of the question that asked for it last.
    asked: u64,
}

impl Entities {
    pub fn new(seeds: Seeds) -> Self {
        Entities { held: HashMap::new(), seeds, version: 0, asked: 0 }
    }

    /// Grows by one with every changed entity, over all processes that share a file.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Forgets everything; the next change has the version after `version`.
    pub fn clear(&mut self, version: u64) {
        self.held.clear();
        self.version = version;
    }

    /// An account and region before anything was done there.
    pub fn beginning(&self, place: &Place) -> Scope {
        Scope::beginning(self.seeds, (&place.0, &place.1))
    }

    /// What an account and region hold, where it is at hand.
    pub fn scope(&self, place: &Place) -> Option<&Scope> {
        self.held.get(place).map(|held| &held.scope)
    }

    /// Has an account and region at hand, as `read` says where it is not yet.
    pub fn hold<E>(&mut self, place: &Place, read: impl FnOnce(Scope) -> Result<Scope, E>) -> Result<(), E> {
        self.asked += 1;
        if let Some(held) = self.held.get_mut(place) {
            held.asked = self.asked;
            return Ok(());
        }
        let scope = read(self.beginning(place))?;
        self.held.insert(place.clone(), Held { scope, asked: self.asked });
        Ok(())
    }

    /// Changes an account and region; one that is not at hand is read with its changes when it is asked for.
    pub fn apply(&mut self, place: &Place, changes: Vec<EntityChange>) {
        self.version += changes.len() as u64;
        if let Some(held) = self.held.get_mut(place) {
            changes.into_iter().for_each(|change| held.scope.apply(change));
        }
    }

    /// Lets go of what was not asked for lately, half of it at once, where a file has it.
    pub fn let_go(&mut self) {
        if self.held.len() <= AT_HAND {
            return;
        }
        let mut asked: Vec<u64> = self.held.values().map(|held| held.asked).collect();
        let (_, since, _) = asked.select_nth_unstable(AT_HAND / 2);
        let since = *since;
        self.held.retain(|_, held| held.asked >= since);
    }

    /// The accounts and regions at hand.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.held.keys()
    }
}
