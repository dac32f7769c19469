//! What one account and region hold. Values stay JSON text until somebody asks: opening a large state costs no parsing.

use std::collections::BTreeMap;
use std::sync::Arc;

/// An account and a region.
pub type Place = (String, String);

/// Something that stands in every account and region from the beginning.
#[derive(Clone, Debug)]
pub struct Seed {
    pub table: &'static str,
    pub key: String,
    pub value: serde_json::Value,
}

/// What stands in an account and region from the beginning.
pub type Seeds = fn(&str, &str) -> Vec<Seed>;

/// One entity that was set, or with no value deleted.
#[derive(Clone, Debug)]
pub struct EntityChange {
    pub table: String,
    pub key: String,
    pub value: Option<Arc<str>>,
}

pub type Table = BTreeMap<String, Arc<str>>;

/// The tables of one account and region, by name.
#[derive(Clone, Debug, Default)]
pub struct Scope(BTreeMap<String, Table>);

impl Scope {
    /// As it is before anything was done there.
    pub fn beginning(seeds: Seeds, (account, region): (&str, &str)) -> Self {
        let mut scope = Scope::default();
        for Seed { table, key, value } in seeds(account, region) {
            scope.apply(EntityChange { table: table.to_owned(), key, value: Some(value.to_string().into()) });
        }
        scope
    }

    pub fn apply(&mut self, change: EntityChange) {
        let table = self.0.entry(change.table).or_default();
        match change.value {
            Some(value) => drop(table.insert(change.key, value)),
            None => drop(table.remove(&change.key)),
        }
    }

    pub fn table(&self, name: &str) -> Option<&Table> {
        self.0.get(name)
    }

    /// All entities by table and key, in order.
    pub fn entities(&self) -> impl Iterator<Item = (&str, &str, &Arc<str>)> {
        self.0
            .iter()
            .flat_map(|(name, table)| table.iter().map(move |(key, value)| (name.as_str(), key.as_str(), value)))
    }

    fn get(&self, table: &str, key: &str) -> Option<&Arc<str>> {
        self.0.get(table)?.get(key)
    }

    /// The fewest changes that make this scope of another.
    pub fn changes_since(&self, other: &Scope) -> Vec<EntityChange> {
        let change = |(table, key, value): (&str, &str, Option<Arc<str>>)| EntityChange {
            table: table.to_owned(),
            key: key.to_owned(),
            value,
        };
        let gone = other.entities().filter(|(table, key, _)| self.get(table, key).is_none());
        let set = self.entities().filter(|(table, key, value)| other.get(table, key) != Some(*value));
        let gone = gone.map(|(table, key, _)| change((table, key, None)));
        gone.chain(set.map(|(table, key, value)| change((table, key, Some(value.clone()))))).collect()
    }
}
