//! The columns of a row: a map that is small, since a report of a large roster holds one for each of its rows.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Values by name, in the order of the names, each name once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct RowColumns(Box<[(Box<str>, Box<str>)]>);

impl RowColumns {
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.0.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
        Some(&self.0[at].1)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    #[cfg(test)]
    pub fn insert(&mut self, name: String, value: String) {
        let mut all: BTreeMap<String, String> = std::mem::take(self).into();
        all.insert(name, value);
        *self = all.into();
    }
}

impl From<BTreeMap<String, String>> for RowColumns {
    fn from(columns: BTreeMap<String, String>) -> Self {
        Self(columns.into_iter().map(|(name, value)| (name.into_boxed_str(), value.into_boxed_str())).collect())
    }
}

impl From<RowColumns> for BTreeMap<String, String> {
    fn from(columns: RowColumns) -> Self {
        columns.0.into_vec().into_iter().map(|(name, value)| (name.into_string(), value.into_string())).collect()
    }
}
