//! A metric that CloudWatch lists: only looked at, never changed.

pub mod aws;

use std::collections::BTreeMap;

/// A metric that had data in the last two weeks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActiveMetric {
    pub namespace: String,
    pub name: String,
    pub dimensions: BTreeMap<String, String>,
}

/// A statistic of a metric over a time up to now, in seconds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Total {
    pub metric: ActiveMetric,
    pub statistic: String,
    pub within: i64,
}

impl Total {
    /// Seconds of one value: the longest that CloudWatch still keeps so far back and that leaves the beginning exact to a
    /// twenty-fourth (user guide, "Metrics retention": one minute 15 days, five minutes 63 days, one hour 455 days).
    pub fn period(&self) -> i64 {
        match self.within {
            0..=86_400 => 60,
            86_401..=1_296_000 => 3_600,
            _ => 86_400,
        }
    }
}
