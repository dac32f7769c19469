//! Metrics embedded in log lines. Format: Amazon CloudWatch user guide, "Embedded metric format specification". A line that breaks
//! the format is a line and no more.

use super::super::metric::{MetricDimension, WireMetric};
use super::put;
use crate::fault::Fault;
use crate::store::Tx;
use crate::wire::Timestamp;
use mlops_cloudwatch::statistic::Aggregate;
use mlops_cloudwatch::unit::UNITS;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

const MOST_METRICS: usize = 100;
const MOST_DIMENSIONS: usize = 30;
const MOST_VALUES: usize = 100;

#[derive(Deserialize)]
struct EmbeddedLine {
    #[serde(rename = "_aws")]
    metadata: Metadata,
    #[serde(flatten)]
    members: serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    /// Milliseconds since 1970.
    timestamp: i64,
    cloud_watch_metrics: Vec<Directive>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: String,
    #[serde(default)]
    dimensions: Vec<Vec<String>>,
    metrics: Vec<EmbeddedMetric>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EmbeddedMetric {
    name: String,
    unit: Option<String>,
}

/// Adds the metrics of a log line, if it has any, at the line's own time or, in milliseconds, at a given one.
pub fn embedded(tx: &mut Tx, message: &str, at: Option<i64>) -> Result<(), Fault> {
    if !message.starts_with('{') || !message.contains("\"CloudWatchMetrics\"") {
        return Ok(());
    }
    let Ok(line) = serde_json::from_str::<EmbeddedLine>(message) else { return Ok(()) };
    let at = Timestamp::from_millis(at.unwrap_or(line.metadata.timestamp));
    for directive in &line.metadata.cloud_watch_metrics {
        for named in directive.metrics.iter().take(MOST_METRICS) {
            let Some(aggregate) = line.members.get(&named.name).and_then(numbers) else { continue };
            let unit = named.unit.as_deref().filter(|unit| UNITS.contains(unit)).unwrap_or("None");
            for set in &directive.dimensions {
                let Some(dimensions) = dimensions(set, &line.members) else { continue };
                let metric = WireMetric {
                    namespace: Some(directive.namespace.clone()),
                    metric_name: Some(named.name.clone()),
                    dimensions,
                };
                put::add(tx, metric, unit, at, &aggregate)?;
            }
        }
    }
    Ok(())
}

/// Adds one number to a metric, given by namespace and name, that a metric filter makes of log lines.
pub fn publish(
    tx: &mut Tx,
    (namespace, name): (&str, &str),
    dimensions: BTreeMap<String, String>,
    unit: &str,
    at: Timestamp,
    number: f64,
) -> Result<(), Fault> {
    let dimensions = dimensions.into_iter().map(|(name, value)| MetricDimension { name, value }).collect();
    let metric = WireMetric { namespace: Some(namespace.to_owned()), metric_name: Some(name.to_owned()), dimensions };
    put::add(tx, metric, unit, at, &Aggregate::of(vec![(number, 1.0)]))
}

/// A number, or up to a hundred of them.
fn numbers(value: &Value) -> Option<Aggregate> {
    let numbers: Vec<f64> = match value {
        Value::Number(number) => vec![number.as_f64()?],
        Value::Array(items) if items.len() <= MOST_VALUES => {
            items.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>()?
        }
        _ => return None,
    };
    (!numbers.is_empty()).then(|| Aggregate::of(numbers.into_iter().map(|number| (number, 1.0)).collect()))
}

/// The dimensions of one set; none where a member is missing or no text.
fn dimensions(set: &[String], members: &serde_json::Map<String, Value>) -> Option<Vec<MetricDimension>> {
    let fits = |value: &&str| !value.trim().is_empty() && value.is_ascii() && value.len() <= 1024;
    let dimension = |name: &String| {
        let value = members.get(name)?.as_str().filter(fits)?.to_owned();
        Some(MetricDimension { name: name.clone(), value })
    };
    (set.len() <= MOST_DIMENSIONS).then(|| set.iter().map(dimension).collect()).flatten()
}
