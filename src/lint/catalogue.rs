//! Which metrics AWS publishes, by namespace: one dated data file, read once. Says nothing of what an account has.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
pub struct Catalogue {
    pub dated: String,
    namespaces: BTreeMap<String, Namespace>,
    /// Namespaces of AWS whose metrics are not listed here.
    other_namespaces: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub struct Namespace {
    /// Seconds.
    resolution: i32,
    /// Whether there is no data where nothing happens.
    sparse: bool,
    /// Whether the service publishes what percentiles need.
    #[serde(default = "yes")]
    pub percentiles: bool,
    dimensions: Vec<Vec<String>>,
    pub metrics: BTreeMap<String, Metric>,
}

/// A metric as the catalogue lists it; what is absent is the namespace's.
#[derive(Debug, Deserialize)]
pub struct Metric {
    pub unit: String,
    pub kind: MetricKind,
    /// The statistics that mean something; empty where all do.
    #[serde(default)]
    pub statistics: Vec<String>,
    resolution: Option<i32>,
    sparse: Option<bool>,
    dimensions: Option<Vec<Vec<String>>>,
}

/// What a metric counts or measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricKind {
    /// Calls, messages, units of work.
    Traffic,
    /// Failed work; it means something only against the traffic.
    Errors,
    /// Something was lost: one is one too many.
    Loss,
    /// Work that was refused.
    Throttles,
    /// How long one piece of work took.
    Latency,
    /// How old or how far behind something is.
    Age,
    Concurrency,
    /// Money, or what money is paid for.
    Cost,
    /// 0 to 1.
    Share,
    /// 0 to 100.
    Percent,
    /// A level, such as messages in a queue.
    Gauge,
    Count,
}

/// A metric with its namespace.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    pub namespace: &'static Namespace,
    pub metric: &'static Metric,
}

impl Known {
    /// Seconds between datapoints.
    pub fn resolution(&self) -> i32 {
        self.metric.resolution.unwrap_or(self.namespace.resolution)
    }

    pub fn is_sparse(&self) -> bool {
        self.metric.sparse.unwrap_or(self.namespace.sparse)
    }

    /// The sets of dimension names that are published.
    pub fn dimensions(&self) -> &'static [Vec<String>] {
        self.metric.dimensions.as_ref().unwrap_or(&self.namespace.dimensions)
    }
}

impl MetricKind {
    /// Whether it can never be below zero; true of everything that is listed.
    pub fn highest(self) -> Option<f64> {
        match self {
            MetricKind::Share => Some(1.0),
            MetricKind::Percent => Some(100.0),
            _ => None,
        }
    }
}

static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| serde_json::from_str(include_str!("catalogue.json")).unwrap_or_default());

pub fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

impl Catalogue {
    pub fn namespace(&'static self, name: &str) -> Option<&'static Namespace> {
        self.namespaces.get(name)
    }

    pub fn metric(&'static self, namespace: &str, name: &str) -> Option<Known> {
        let namespace = self.namespaces.get(namespace)?;
        namespace.metrics.get(name).map(|metric| Known { namespace, metric })
    }

    /// Every namespace of AWS that is known by name.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.namespaces.keys().chain(&self.other_namespaces).map(String::as_str)
    }
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_can_be_read_and_agrees_with_itself() {
        let read: Catalogue = serde_json::from_str(include_str!("catalogue.json")).expect("the catalogue");
        assert!(read.namespaces.values().map(|n| n.metrics.len()).sum::<usize>() > 120);
        for (name, namespace) in &read.namespaces {
            assert!(!read.other_namespaces.contains(name), "{name} is listed twice");
            for (metric, listed) in &namespace.metrics {
                let sets = listed.dimensions.as_ref().unwrap_or(&namespace.dimensions);
                assert!(!sets.is_empty(), "{name} {metric} has no dimensions");
                for statistic in &listed.statistics {
                    assert!(crate::resources::alarm::statistic::is_plain(statistic), "{metric} {statistic}");
                }
            }
        }
    }
}
