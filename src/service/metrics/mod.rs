//! What the service knows of its own traffic: sums since ever, requests of this process, the last hour by minute.
//! Values only: nothing here reads a socket or a database.

pub mod exposition;
pub mod history;
mod labels;
pub mod process;
pub mod requests;
pub mod totals;

use std::sync::{Mutex, MutexGuard, PoisonError};

use self::history::{Answer, History};
use self::requests::Requests;
use self::totals::{Group, Totals};

/// All counts of a running service, shared by whoever answers and whoever stores.
#[derive(Debug)]
pub struct Ledger {
    pub requests: Requests,
    totals: Mutex<Totals>,
    history: Mutex<History>,
    businesses: usize,
}

impl Ledger {
    /// An empty one, with room for `businesses` distinct label values.
    pub fn new(businesses: usize) -> Self {
        Self {
            requests: Requests::default(),
            totals: Mutex::new(Totals::new(businesses)),
            history: Mutex::default(),
            businesses,
        }
    }

    pub fn totals(&self) -> MutexGuard<'_, Totals> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts events that were stored, or will be.
    pub fn count(&self, groups: &[Group], answers: impl Iterator<Item = Answer>) {
        {
            let mut totals = self.totals();
            groups.iter().for_each(|group| totals.add(group));
        }
        let mut history = self.history();
        answers.for_each(|answer| history.tracked(answer));
    }

    /// Replaces the sums by what a database added up, and what came since.
    pub fn replace(&self, groups: &[&[Group]]) {
        let mut totals = Totals::new(self.businesses);
        groups.iter().copied().flatten().for_each(|group| totals.add(group));
        *self.totals() = totals;
    }
}
