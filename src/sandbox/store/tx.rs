//! What a handler sees: the entities of one account and region with its own changes on top, the time, and seeded chance.

use super::scope::{EntityChange, Scope, Table};
use crate::fault::Fault;
use crate::weather::{Weather, fold};
use crate::wire::Timestamp;
use mlops_model::Partition;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

/// One request's view of the store. Changes are kept only when the handler succeeds.
#[derive(Debug)]
pub struct Tx<'a> {
    /// What is stored; none where nothing was ever there.
    scope: Option<&'a Scope>,
    account: &'a str,
    region: &'a str,
    weather: &'a Weather,
    now: Timestamp,
    /// Since the first call.
    age: Duration,
    rng: fastrand::Rng,
    changes: BTreeMap<(&'static str, String), Option<Arc<str>>>,
    /// Whether the caller changed something, and not only time.
    asked: bool,
    by_itself: bool,
}

impl<'a> Tx<'a> {
    pub(super) fn new(
        scope: Option<&'a Scope>,
        (account, region): (&'a str, &'a str),
        weather: &'a Weather,
        (now, age): (Timestamp, Duration),
        rng: fastrand::Rng,
    ) -> Self {
        Tx { scope, account, region, weather, now, age, rng, changes: BTreeMap::new(), asked: false, by_itself: false }
    }

    /// Whether there are changes that the caller asked for.
    pub(super) fn is_asked(&self) -> bool {
        self.asked
    }

    pub(super) fn into_changes(self) -> Vec<EntityChange> {
        let changes = self.changes.into_iter();
        changes.map(|((table, key), value)| EntityChange { table: table.to_owned(), key, value }).collect()
    }

    /// What the sandbox does of its own accord, as time passes: its changes are kept, but nobody wrote them.
    pub fn by_itself<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.by_itself, true);
        let done = act(self);
        self.by_itself = outer;
        done
    }

    /// What happened at another moment than now.
    pub fn at<T>(&mut self, moment: Timestamp, act: impl FnOnce(&mut Self) -> T) -> T {
        let now = std::mem::replace(&mut self.now, moment);
        let done = act(self);
        self.now = now;
        done
    }

    /// Twelve digits.
    pub fn account(&self) -> &str {
        self.account
    }

    pub fn region(&self) -> &str {
        self.region
    }

    /// The time of the request, to the millisecond.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    pub fn tag_index_lag(&self) -> Duration {
        self.weather.tag_index_lag
    }

    /// How long a session's token lives at most, where that is not what AWS says.
    pub fn token_life(&self) -> Option<Duration> {
        self.weather.access.token_life
    }

    /// Whether the role of another account may be assumed.
    pub fn trusts(&self, account: &str, external_id: Option<&str>) -> bool {
        self.weather.access.trusts(account, external_id, self.age)
    }

    /// The sandbox's seed, for what is generated rather than stored.
    pub fn seed(&self) -> u64 {
        self.weather.seed
    }

    /// Whether the functions were never called.
    pub fn is_idle(&self) -> bool {
        self.weather.idle
    }

    /// An ARN in this account and region; `resource` is what follows the account, e.g. `alarm:name`.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition().id, self.region, self.account)
    }

    /// An ARN of a service that has no region, such as IAM.
    pub fn global_arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}::{}:{resource}", self.partition().id, self.account)
    }

    /// The partition of the region.
    pub fn partition(&self) -> &'static Partition {
        Partition::of_region(self.region)
    }

    /// A fresh id in the form of a UUID; never the same twice in one state.
    pub fn uuid(&mut self) -> String {
        let (a, b) = (self.rng.u64(..), self.rng.u64(..));
        let variant = 0x8000 | (b >> 48 & 0x3FFF);
        format!(
            "{:08x}-{:04x}-4{:03x}-{variant:04x}-{:012x}",
            a >> 32,
            a >> 16 & 0xFFFF,
            a & 0xFFF,
            b & 0xFFFF_FFFF_FFFF
        )
    }

    /// So many hexadecimal digits, for tokens.
    pub fn hex(&mut self, digits: usize) -> String {
        (0..digits).map(|_| char::from(b"0123456789abcdef"[self.rng.usize(..16)])).collect()
    }

    /// Where a key stands in a list without a promised order: seeded, and the same in every answer, so that pages fit together.
    pub fn scatter(&self, key: &str) -> u64 {
        fold(self.weather.seed, [key])
    }

    fn stored(&self, table: &str) -> Option<&'a Table> {
        self.scope?.table(table)
    }

    pub fn get<T: DeserializeOwned>(&self, table: &'static str, key: &str) -> Result<Option<T>, Fault> {
        let text = match self.changes.get(&(table, key.to_owned())) {
            Some(changed) => changed.as_deref(),
            None => self.stored(table).and_then(|table| table.get(key)).map(|text| &**text),
        };
        text.map(|text| parse(table, key, text)).transpose()
    }

    pub fn put<T: Serialize>(&mut self, table: &'static str, key: &str, value: &T) -> Result<(), Fault> {
        let text = serde_json::to_string(value).map_err(|error| Fault::corrupt(key, error))?;
        self.changes.insert((table, key.to_owned()), Some(text.into()));
        self.asked |= !self.by_itself;
        Ok(())
    }

    /// True where there was something to delete.
    pub fn delete(&mut self, table: &'static str, key: &str) -> bool {
        let stored = self.stored(table).is_some_and(|table| table.contains_key(key));
        let changed = self.changes.remove(&(table, key.to_owned()));
        if stored {
            self.changes.insert((table, key.to_owned()), None);
            self.asked |= !self.by_itself;
        }
        changed.map_or(stored, |change| change.is_some())
    }

    /// How many entities a table holds.
    pub fn count(&self, table: &'static str) -> usize {
        let stored = self.stored(table);
        let changed = self.changes.iter().filter(|((changed, _), _)| *changed == table);
        let (mut more, mut less) = (0, 0);
        for ((_, key), value) in changed {
            let stands = stored.is_some_and(|stored| stored.contains_key(key));
            more += usize::from(value.is_some() && !stands);
            less += usize::from(value.is_none() && stands);
        }
        stored.map_or(0, |stored| stored.len()) + more - less
    }

    /// All entities of a table with their keys, in the order of the keys.
    pub fn list<T: DeserializeOwned>(&self, table: &'static str) -> Result<Vec<(String, T)>, Fault> {
        self.list_prefix(table, "")
    }

    /// The keys that begin with `prefix`, in order: an index that costs no parsing.
    pub fn keys(&self, table: &'static str, prefix: &str) -> Vec<String> {
        self.texts(table, prefix).map(|(key, _)| key.to_owned()).collect()
    }

    /// As [`Tx::keys`], where nothing is changed meanwhile.
    pub fn names(&self, table: &'static str, prefix: &str) -> Vec<&str> {
        self.texts(table, prefix).map(|(key, _)| key).collect()
    }

    /// The entities whose key begins with `prefix`, in the order of the keys.
    pub fn list_prefix<T: DeserializeOwned>(
        &self,
        table: &'static str,
        prefix: &str,
    ) -> Result<Vec<(String, T)>, Fault> {
        let found = self.texts(table, prefix);
        found.map(|(key, text)| Ok((key.to_owned(), parse(table, key, text)?))).collect()
    }

    /// Of the entities whose key begins with `prefix` those whose stored text is wanted: the others are not parsed.
    pub fn list_where<T: DeserializeOwned>(
        &self,
        table: &'static str,
        prefix: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<(String, T)>, Fault> {
        let found = self.texts(table, prefix).filter(|(_, text)| wanted(text));
        found.map(|(key, text)| Ok((key.to_owned(), parse(table, key, text)?))).collect()
    }

    /// What is stored and what this request has changed, as one list in the order of the keys.
    fn texts<'t>(
        &'t self,
        table: &'static str,
        prefix: &str,
    ) -> impl Iterator<Item = (&'t str, &'t str)> + use<'t, 'a> {
        let stored = self.stored(table);
        let stored = stored.map(|table| table.range::<str, _>((Bound::Included(prefix), Bound::Unbounded)));
        let stored = stored.into_iter().flatten().map(|(key, text)| (key.as_str(), Some(&**text)));
        let changed = self.changes.range((table, prefix.to_owned())..).take_while(move |((of, _), _)| *of == table);
        let changed = changed.map(|((_, key), text)| (key.as_str(), text.as_deref()));
        let (mut stored, mut changed) = (stored.peekable(), changed.peekable());
        let merged = std::iter::from_fn(move || {
            let Some((key, _)) = changed.peek().copied() else { return stored.next() };
            match stored.peek() {
                Some((first, _)) if *first < key => stored.next(),
                Some((same, _)) if *same == key => {
                    stored.next();
                    changed.next()
                }
                _ => changed.next(),
            }
        });
        let prefix = prefix.to_owned();
        let within = merged.take_while(move |(key, _)| key.starts_with(&prefix));
        within.filter_map(|(key, text)| Some((key, text?)))
    }
}

fn parse<T: DeserializeOwned>(table: &str, key: &str, text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::corrupt(&format!("{table} {key:?}"), error))
}
