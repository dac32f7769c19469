//! A metric that CloudWatch lists: only looked at, never changed.

pub mod aws;

use std::collections::BTreeMap;

/// A metric that had data in the last two weeks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric {
    pub namespace: String,
    pub name: String,
    pub dimensions: BTreeMap<String, String>,
}
