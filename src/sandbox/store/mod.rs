//! The sandbox's memory: JSON values by account, region, table and key, in memory and, where asked, in a file. It knows no service.

mod entities;
mod journal;
mod scope;
#[cfg(test)]
mod tests;
mod tx;

pub use scope::{Seed, Seeds};
pub use tx::Tx;

use super::fault::Fault;
use super::weather::{Weather, fold};
use super::wire::Timestamp;
use anyhow::Result;
use entities::Entities;
use journal::Journal;
use scope::{EntityChange, Place};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// Where the store keeps what is its own and no account's.
fn own() -> Place {
    Place::default()
}

const CLOCK: &str = "clock";
/// By how much the clock was moved ahead, in milliseconds.
const AHEAD: &str = "ahead";
/// Where the clock was set when the sandbox began; a sandbox without it began with the wall's time.
const START: &str = "start";

/// A moment in the sandbox and the wall's time at it, both in milliseconds since 1970.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Start {
    at: i64,
    wall: i64,
}

/// What an account and region hold: (table, key) -> entity.
#[cfg(any(test, feature = "testing"))]
pub type Contents = std::collections::BTreeMap<(String, String), serde_json::Value>;

/// All entities, and the file behind them if there is one.
#[derive(Debug)]
pub struct EntityStore {
    entities: Entities,
    journal: Option<Journal>,
    /// Wall time at a moment of tokio's clock, so that time moves with a test's paused clock.
    clock: Option<(SystemTime, Instant)>,
}

impl EntityStore {
    /// A store that is gone when its last copy is.
    pub fn in_memory(seeds: Seeds) -> Self {
        EntityStore { entities: Entities::new(seeds), journal: None, clock: None }
    }

    /// A store that keeps its state in a file.
    pub fn open(path: &Path, seeds: Seeds) -> Result<Self> {
        let mut store = EntityStore { journal: Some(Journal::new(path)), ..EntityStore::in_memory(seeds) };
        store.refresh(&own())?;
        Ok(store)
    }

    /// Runs a handler in one account and region and keeps what it changed, all of it or, where it faults, nothing.
    ///
    /// True in the answer means that the handler wrote, beyond what the sandbox does of its own accord. A handler may run twice: where
    /// another process wrote in between, the first run is forgotten. An error means that the file is out of reach.
    pub fn transact<T>(
        &mut self,
        account: &str,
        region: &str,
        weather: &Weather,
        call: u64,
        mut handler: impl FnMut(&mut Tx) -> Result<T, Fault>,
    ) -> Result<(Result<T, Fault>, bool)> {
        let place = (account.to_owned(), region.to_owned());
        self.refresh(&place)?;
        let (now, age) = (self.now(), self.age());
        let mut run = |entities: &Entities| {
            let seed = fold(weather.seed ^ call.rotate_left(32) ^ entities.version(), [account, region]);
            let rng = fastrand::Rng::with_seed(seed);
            let mut tx = Tx::new(entities.scope(&place), (account, region), weather, (now, age), rng);
            let answer = handler(&mut tx);
            let asked = answer.is_ok() && tx.is_asked();
            let changes = if answer.is_ok() { tx.into_changes() } else { Vec::new() };
            (answer, changes, asked)
        };
        let (mut answer, mut changes, mut written) = run(&self.entities);
        if changes.is_empty() {
            return Ok((answer, false));
        }
        let _lock = self.lock()?;
        if self.refresh(&place)? {
            (answer, changes, written) = run(&self.entities);
        }
        self.keep(&place, changes)?;
        Ok((answer, written))
    }

    /// The time in the sandbox, and by how much it was moved ahead.
    pub fn time(&mut self) -> Result<(Timestamp, Duration)> {
        self.refresh(&own())?;
        Ok((self.now(), self.ahead()))
    }

    /// Moves the clock ahead, for every process that shares the file.
    pub fn advance(&mut self, weather: &Weather, by: Duration) -> Result<()> {
        let (account, region) = own();
        let move_on = |tx: &mut Tx| {
            let ahead = tx.get::<u64>(CLOCK, AHEAD)?.unwrap_or(0);
            let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
            tx.put(CLOCK, AHEAD, &ahead.saturating_add(by))
        };
        let (moved, _) = self.transact(&account, &region, weather, 0, move_on)?;
        moved.map_err(|fault| anyhow::anyhow!("{}", fault.message))
    }

    /// The accounts and regions that anything was done in, in order.
    pub fn places(&mut self) -> Result<Vec<Place>> {
        self.refresh(&own())?;
        let mut places: Vec<Place> = match &self.journal {
            Some(journal) => journal.places().cloned().collect(),
            None => self.entities.places().cloned().collect(),
        };
        places.retain(|place| *place != own());
        places.sort_unstable();
        let mut done_in = Vec::with_capacity(places.len());
        for place in places {
            self.refresh(&place)?;
            if !self.undo(&place).is_empty() {
                done_in.push(place);
            }
        }
        Ok(done_in)
    }

    /// Forgets everything, and the file.
    pub fn reset(&mut self) -> Result<()> {
        let _lock = self.lock()?;
        if let Some(journal) = &mut self.journal {
            journal.remove()?;
        }
        self.entities.clear(0);
        Ok(())
    }

    /// Forgets everything and begins at a moment, from which the clock runs on as the wall's does. Who shares the file sees the old
    /// state or the new one, nothing between them.
    pub fn begin_at(&mut self, at: Timestamp) -> Result<()> {
        let start = serde_json::to_string(&Start { at: at.millis(), wall: self.wall().millis() })?;
        let start = EntityChange { table: CLOCK.to_owned(), key: START.to_owned(), value: Some(start.into()) };
        let _lock = self.lock()?;
        self.refresh(&own())?;
        // A version that was never there: whoever has read the file reads it anew, however long it is.
        let version = self.entities.version() + 1;
        if let Some(journal) = &mut self.journal {
            journal.start_anew(version, &own(), &[start])?;
            return self.refresh(&own()).map(drop);
        }
        self.entities.clear(version);
        self.keep(&own(), vec![start])
    }

    /// Forgets what was done in one account and region: what stands there is what stands everywhere from the beginning.
    pub fn forget(&mut self, account: &str, region: &str) -> Result<()> {
        let place = (account.to_owned(), region.to_owned());
        let _lock = self.lock()?;
        self.refresh(&place)?;
        let undone = self.undo(&place);
        self.keep(&place, undone)
    }

    /// A copy in memory, with the same clock.
    #[cfg(any(test, feature = "testing"))]
    pub fn fork(&self) -> Self {
        EntityStore { entities: self.entities.clone(), journal: None, clock: self.clock }
    }

    /// All of an account and region, by table and key.
    #[cfg(any(test, feature = "testing"))]
    pub fn contents(&mut self, account: &str, region: &str) -> Result<Contents> {
        let place = (account.to_owned(), region.to_owned());
        self.refresh(&place)?;
        let parse = |text: &str| serde_json::from_str(text).unwrap_or(serde_json::Value::Null);
        let entities = self.entities.scope(&place).into_iter().flat_map(scope::Scope::entities);
        Ok(entities.map(|(table, key, text)| ((table.to_owned(), key.to_owned()), parse(text))).collect())
    }

    /// Puts an entity as it is to be kept.
    #[cfg(any(test, feature = "testing"))]
    pub fn put(
        &mut self,
        account: &str,
        region: &str,
        table: &str,
        key: &str,
        value: &serde_json::Value,
    ) -> Result<()> {
        let place = (account.to_owned(), region.to_owned());
        let value = Some(value.to_string().into());
        let _lock = self.lock()?;
        self.refresh(&place)?;
        self.keep(&place, vec![EntityChange { table: table.to_owned(), key: key.to_owned(), value }])
    }

    /// Reads what others wrote, and has an account and region at hand; true where there was something new.
    fn refresh(&mut self, place: &Place) -> Result<bool> {
        match &mut self.journal {
            Some(journal) => journal.refresh(&mut self.entities, place),
            None => self.entities.hold(place, Ok).map(|()| false),
        }
    }

    /// Nobody else writes the file until it is dropped.
    fn lock(&self) -> Result<Option<File>> {
        self.journal.as_ref().map(Journal::lock).transpose()
    }

    /// Keeps changes of an account and region that is at hand. The lock must be held and the file read to its end.
    fn keep(&mut self, place: &Place, changes: Vec<EntityChange>) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        let Some(journal) = &mut self.journal else {
            self.refresh(place)?;
            self.entities.apply(place, changes);
            return Ok(());
        };
        journal.append(place, &changes)?;
        self.entities.apply(place, changes);
        journal.compact_if_worth_it(&self.entities)
    }

    /// The changes that bring an account and region that is at hand back to its beginning.
    fn undo(&self, place: &Place) -> Vec<EntityChange> {
        let beginning = self.entities.beginning(place);
        self.entities.scope(place).map_or_else(Vec::new, |scope| beginning.changes_since(scope))
    }

    fn ahead(&self) -> Duration {
        Duration::from_millis(self.of_clock(AHEAD).unwrap_or(0))
    }

    fn of_clock<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let text = self.entities.scope(&own())?.table(CLOCK)?.get(key)?;
        serde_json::from_str(text).ok()
    }

    /// How long ago the first call was.
    fn age(&self) -> Duration {
        self.clock.map_or(Duration::ZERO, |(_, at)| at.elapsed())
    }

    /// The time at AWS.
    pub fn now(&mut self) -> Timestamp {
        let wall = self.wall().millis();
        let here = self.of_clock::<Start>(START).map_or(wall, |start| start.at.saturating_add(wall - start.wall));
        Timestamp::from_millis(here) + self.ahead()
    }

    fn wall(&mut self) -> Timestamp {
        let (wall, at) = *self.clock.get_or_insert_with(|| (SystemTime::now(), Instant::now()));
        Timestamp::from(wall + Instant::now().saturating_duration_since(at))
    }
}
