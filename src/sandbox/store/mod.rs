//! The sandbox's memory: JSON values by account, region, table and key, in memory and, where asked, in a file. It knows no service.

mod entities;
mod journal;
#[cfg(test)]
mod tests;
mod tx;

pub use entities::Seed;
pub use tx::Tx;

use super::dispatch::seeds;
use super::fault::Fault;
use super::weather::{Weather, fold};
use super::wire::Timestamp;
use anyhow::Result;
use entities::Entities;
use journal::Journal;
use std::path::Path;
use std::time::SystemTime;
use tokio::time::Instant;

/// All entities, and the file behind them if there is one.
#[derive(Debug)]
pub struct Store {
    entities: Entities,
    journal: Option<Journal>,
    /// Wall time at a moment of tokio's clock, so that time moves with a test's paused clock.
    clock: Option<(SystemTime, Instant)>,
}

impl Store {
    pub fn in_memory() -> Self {
        Store { entities: Entities::new(seeds), journal: None, clock: None }
    }

    pub fn open(path: &Path) -> Result<Self> {
        let mut store = Store { journal: Some(Journal::new(path)), ..Store::in_memory() };
        store.refresh()?;
        Ok(store)
    }

    /// Runs a handler in one account and region and keeps what it changed, all of it or, where it faults, nothing.
    ///
    /// True in the answer means that something was written. A handler may run twice: where another process wrote in between, the
    /// first run is forgotten. An error means that the file is out of reach.
    pub fn transact<T>(
        &mut self,
        account: &str,
        region: &str,
        weather: &Weather,
        call: u64,
        mut handler: impl FnMut(&mut Tx) -> Result<T, Fault>,
    ) -> Result<(Result<T, Fault>, bool)> {
        self.refresh()?;
        self.entities.scope(account, region);
        let now = self.now();
        let mut run = |entities: &Entities| {
            let seed = fold(weather.seed ^ call.rotate_left(32) ^ entities.version(), [account, region]);
            let mut tx = Tx::new(entities, account, region, weather, now, fastrand::Rng::with_seed(seed));
            let answer = handler(&mut tx);
            let changes = if answer.is_ok() { tx.into_changes() } else { Vec::new() };
            (answer, changes)
        };
        let (mut answer, mut changes) = run(&self.entities);
        if changes.is_empty() {
            return Ok((answer, false));
        }
        if let Some(journal) = &mut self.journal {
            let lock = journal.lock()?;
            if journal.refresh(&mut self.entities)? {
                (answer, changes) = run(&self.entities);
            }
            journal.append(account, region, &changes)?;
            let written = !changes.is_empty();
            self.entities.apply(account, region, changes);
            journal.compact_if_worth_it(&self.entities)?;
            drop(lock);
            return Ok((answer, written));
        }
        self.entities.apply(account, region, changes);
        Ok((answer, true))
    }

    fn refresh(&mut self) -> Result<()> {
        if let Some(journal) = &mut self.journal {
            journal.refresh(&mut self.entities)?;
        }
        Ok(())
    }

    fn now(&mut self) -> Timestamp {
        let (wall, at) = *self.clock.get_or_insert_with(|| (SystemTime::now(), Instant::now()));
        Timestamp::from(wall + Instant::now().saturating_duration_since(at))
    }
}
