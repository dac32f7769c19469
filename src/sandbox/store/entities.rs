//! The entities in memory. Values stay JSON text until somebody asks: opening a large state costs no parsing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Something that stands in every account and region from the beginning.
#[derive(Clone, Debug)]
pub struct Seed {
    pub table: &'static str,
    pub key: String,
    pub value: serde_json::Value,
}

/// One entity that was set, or with no value deleted.
#[derive(Clone, Debug)]
pub struct EntityChange {
    pub table: String,
    pub key: String,
    pub value: Option<Arc<str>>,
}

/// What stands in an account and region from the beginning.
pub type Seeds = fn(&str, &str) -> Vec<Seed>;

type Table = BTreeMap<String, Arc<str>>;
type TablesByName = BTreeMap<String, Table>;

/// Every entity of every account and region.
#[derive(Clone, Debug)]
pub struct Entities {
    scopes: HashMap<(String, String), TablesByName>,
    seeds: Seeds,
    version: u64,
    count: usize,
}

impl Entities {
    pub fn new(seeds: Seeds) -> Self {
        Entities { scopes: HashMap::new(), seeds, version: 0, count: 0 }
    }

    /// Grows by one with every changed entity, over all processes that share a file.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Forgets everything; the next change has the version after `version`.
    pub fn clear(&mut self, version: u64) {
        self.scopes.clear();
        (self.version, self.count) = (version, 0);
    }

    /// Makes sure the seeds of an account and region stand.
    pub fn scope(&mut self, account: &str, region: &str) -> &mut TablesByName {
        self.scopes.entry((account.to_owned(), region.to_owned())).or_insert_with(|| {
            let mut scope = TablesByName::new();
            for seed in (self.seeds)(account, region) {
                self.count += 1;
                scope.entry(seed.table.to_owned()).or_default().insert(seed.key, seed.value.to_string().into());
            }
            scope
        })
    }

    pub fn apply(&mut self, account: &str, region: &str, changes: impl IntoIterator<Item = EntityChange>) {
        let (mut changed, mut more, mut less) = (0, 0, 0);
        let scope = self.scope(account, region);
        for change in changes {
            changed += 1;
            let table = scope.entry(change.table).or_default();
            match change.value {
                Some(value) => more += usize::from(table.insert(change.key, value).is_none()),
                None => less += usize::from(table.remove(&change.key).is_some()),
            }
        }
        self.count = self.count + more - less;
        self.version += changed;
    }

    /// The changes that bring an account and region back to its beginning.
    pub fn undo(&self, account: &str, region: &str) -> Vec<EntityChange> {
        let Some(scope) = self.scopes.get(&(account.to_owned(), region.to_owned())) else { return Vec::new() };
        let seeds: BTreeMap<(String, String), Arc<str>> = (self.seeds)(account, region)
            .into_iter()
            .map(|seed| ((seed.table.to_owned(), seed.key), seed.value.to_string().into()))
            .collect();
        let gone = scope.iter().flat_map(|(table, entities)| entities.keys().map(move |key| (table, key)));
        let gone = gone.filter(|(table, key)| !seeds.contains_key(&((*table).clone(), (*key).clone())));
        let mut changes: Vec<EntityChange> =
            gone.map(|(table, key)| EntityChange { table: table.clone(), key: key.clone(), value: None }).collect();
        let back =
            seeds.iter().filter(|((table, key), value)| scope.get(table).and_then(|t| t.get(key)) != Some(*value));
        changes.extend(back.map(|((table, key), value)| EntityChange {
            table: table.clone(),
            key: key.clone(),
            value: Some(value.clone()),
        }));
        changes
    }

    /// Whether nothing was done in an account and region, or all of it was undone.
    pub fn is_untouched(&self, account: &str, region: &str) -> bool {
        self.undo(account, region).is_empty()
    }

    pub fn table(&self, account: &str, region: &str, table: &str) -> Option<&Table> {
        self.scopes.get(&(account.to_owned(), region.to_owned()))?.get(table)
    }

    /// Accounts and regions, in order.
    pub fn places(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut places: Vec<(&str, &str)> =
            self.scopes.keys().map(|(account, region)| (account.as_str(), region.as_str())).collect();
        places.sort_unstable();
        places.into_iter()
    }

    pub fn len(&self) -> usize {
        self.count
    }

    /// The fewest changes that rebuild this state from nothing, as (account, region, change).
    pub fn snapshot(&self) -> Vec<(&str, &str, EntityChange)> {
        let mut changes = Vec::new();
        for ((account, region), scope) in &self.scopes {
            let seeds: HashMap<(&str, String), String> = (self.seeds)(account, region)
                .into_iter()
                .map(|seed| ((seed.table, seed.key), seed.value.to_string()))
                .collect();
            for (table, entities) in scope {
                for (key, value) in entities {
                    if seeds.get(&(table.as_str(), key.clone())).is_none_or(|seed| **seed != **value) {
                        let change =
                            EntityChange { table: table.clone(), key: key.clone(), value: Some(value.clone()) };
                        changes.push((account.as_str(), region.as_str(), change));
                    }
                }
            }
            for (table, key) in seeds.into_keys() {
                if scope.get(table).is_none_or(|entities| !entities.contains_key(&key)) {
                    changes.push((
                        account.as_str(),
                        region.as_str(),
                        EntityChange { table: table.to_owned(), key, value: None },
                    ));
                }
            }
        }
        changes
    }
}
