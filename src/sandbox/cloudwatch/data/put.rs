//! PutMetricData: the caller's own metrics, kept by the hour.

use super::super::metric::{MetricDimension, WireMetric};
use super::super::put::shared::{dimensions, length, one_of};
use super::super::{Nothing, required};
use crate::fault::Fault;
use crate::store::Tx;
use crate::wire::Timestamp;
use mlops_cloudwatch::statistic::{Aggregate, Sample};
use mlops_cloudwatch::unit::UNITS;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

/// One entity a metric and hour: a list of [`Stored`].
const POINTS: &str = "metric_data";
/// One entity a metric: the [`MetricWithData`] metric.
const METRICS: &str = "metrics";

const HOUR: i64 = 3600;
const TWO_WEEKS: Duration = Duration::from_secs(14 * 86_400);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutMetricData {
    namespace: Option<String>,
    #[serde(default)]
    metric_data: Vec<Datum>,
    #[serde(default)]
    entity_metric_data: Vec<EntityMetricData>,
}

/// Data with the thing it comes from, which changes nothing about the data.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EntityMetricData {
    #[serde(default)]
    metric_data: Vec<Datum>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Datum {
    metric_name: Option<String>,
    #[serde(default)]
    dimensions: Vec<MetricDimension>,
    timestamp: Option<Timestamp>,
    value: Option<f64>,
    statistic_values: Option<StatisticSet>,
    #[serde(default)]
    values: Vec<f64>,
    #[serde(default)]
    counts: Vec<f64>,
    unit: Option<String>,
    storage_resolution: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StatisticSet {
    sample_count: f64,
    sum: f64,
    minimum: f64,
    maximum: f64,
}

/// Numbers of one second or minute.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Stored {
    second: i64,
    unit: String,
    count: f64,
    sum: f64,
    minimum: f64,
    maximum: f64,
    samples: Vec<Sample>,
}

/// A metric that has data.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct MetricWithData {
    pub metric: WireMetric,
    /// When it was put last.
    pub last: Timestamp,
}

/// Data of one second or minute.
pub struct Point {
    pub second: i64,
    pub unit: String,
    pub aggregate: Aggregate,
}

pub fn put_metric_data(input: PutMetricData, tx: &mut Tx) -> Result<Nothing, Fault> {
    let namespace = required("namespace", input.namespace)?;
    length("namespace", &namespace, 255)?;
    if namespace.starts_with("AWS/") || namespace.starts_with(':') || namespace.chars().any(|c| c.is_ascii_control()) {
        return Err(invalid(format!("The value {namespace} for parameter Namespace is invalid.")));
    }
    let data: Vec<Datum> = input
        .metric_data
        .into_iter()
        .chain(input.entity_metric_data.into_iter().flat_map(|data| data.metric_data))
        .collect();
    if data.is_empty() {
        return Err(Fault::sender("MissingRequiredParameterException", "The parameter MetricData is required.")
            .query_code("MissingParameter"));
    }
    if data.len() > 1000 {
        return Err(invalid("The collection MetricData must not have a size greater than 1000."));
    }
    let mut hours: BTreeMap<String, Vec<Stored>> = BTreeMap::new();
    for (n, datum) in data.into_iter().enumerate() {
        let (metric, stored) = datum.check(&namespace, n + 1, tx.now())?;
        let series = series_key(&metric);
        hours.entry(format!("{series}{:012}", stored.second.div_euclid(HOUR))).or_default().push(stored);
        tx.put(METRICS, &series, &MetricWithData { metric, last: tx.now() })?;
    }
    for (key, more) in hours {
        let mut hour = tx.get::<Vec<Stored>>(POINTS, &key)?.unwrap_or_default();
        hour.extend(more);
        tx.put(POINTS, &key, &hour)?;
    }
    Ok(Nothing {})
}

impl Datum {
    fn check(self, namespace: &str, n: usize, now: Timestamp) -> Result<(WireMetric, Stored), Fault> {
        let at = format!("MetricData.member.{n}");
        let name = required(&format!("metricData.{n}.member.metricName"), self.metric_name)?;
        length(&format!("metricData.{n}.member.metricName"), &name, 255)?;
        if name.chars().any(|c| c.is_ascii_control()) {
            return Err(invalid(format!("The parameter {at}.MetricName must not have control characters.")));
        }
        dimensions(&format!("metricData.{n}.member.dimensions"), &self.dimensions)?;
        let unit = self.unit.unwrap_or_else(|| "None".to_owned());
        one_of(&format!("metricData.{n}.member.unit"), &unit, UNITS)?;
        let resolution = self.storage_resolution.unwrap_or(60);
        if ![1, 60].contains(&resolution) {
            return Err(invalid(format!("The parameter {at}.StorageResolution must be 1 or 60.")));
        }
        let time = self.timestamp.unwrap_or(now);
        if time < now - TWO_WEEKS || time > now + Duration::from_secs(7200) {
            let rule = "must specify a time within the past two weeks and up to two hours in the future";
            return Err(invalid(format!("The parameter {at}.Timestamp {rule}.")));
        }
        let forms = [self.value.is_some(), !self.values.is_empty(), self.statistic_values.is_some()];
        let aggregate = match (self.value, self.statistic_values) {
            _ if forms.iter().filter(|form| **form).count() != 1 => {
                let message =
                    format!("Exactly one of {at}.Value, {at}.Values and {at}.StatisticValues must be specified.");
                return Err(Fault::sender("InvalidParameterCombinationException", message)
                    .query_code("InvalidParameterCombination"));
            }
            (Some(value), _) => Aggregate::of(vec![(value, 1.0)]),
            (_, Some(set)) => set.aggregate(),
            _ => {
                let counts = if self.counts.is_empty() { vec![1.0; self.values.len()] } else { self.counts };
                if counts.len() != self.values.len() || counts.len() > 150 {
                    return Err(invalid(format!(
                        "{at}.Values and {at}.Counts must have the same size, of at most 150."
                    )));
                }
                Aggregate::of(self.values.into_iter().zip(counts).collect())
            }
        };
        if ![aggregate.count, aggregate.sum, aggregate.minimum, aggregate.maximum]
            .iter()
            .all(|number| number.is_finite())
        {
            return Err(invalid(format!("The parameter {at}.Value must be a number.")));
        }
        let second = time.seconds().div_euclid(resolution) * resolution;
        let Aggregate { count, sum, minimum, maximum, samples } = aggregate;
        let metric =
            WireMetric { namespace: Some(namespace.to_owned()), metric_name: Some(name), dimensions: self.dimensions };
        Ok((metric, Stored { second, unit, count, sum, minimum, maximum, samples }))
    }
}

impl StatisticSet {
    /// A set has percentiles only where all its samples are the same.
    fn aggregate(self) -> Aggregate {
        let StatisticSet { sample_count: count, sum, minimum, maximum } = self;
        let samples = if minimum == maximum && count > 0.0 { vec![(minimum, count)] } else { Vec::new() };
        Aggregate { count, sum, minimum, maximum, samples }
    }
}

/// Adds what a service of AWS measured. Values of one minute and unit are kept as one point, so that a busy minute stays small.
pub fn add(tx: &mut Tx, metric: WireMetric, unit: &str, at: Timestamp, aggregate: &Aggregate) -> Result<(), Fault> {
    let second = at.seconds().div_euclid(60) * 60;
    let series = series_key(&metric);
    let key = format!("{series}{:012}", second.div_euclid(HOUR));
    let mut hour = tx.get::<Vec<Stored>>(POINTS, &key)?.unwrap_or_default();
    let known = hour.iter().position(|point| point.second == second && point.unit == unit);
    let mut merged = known.map(|at| hour.remove(at).aggregate()).unwrap_or_default();
    merged.merge(aggregate);
    merged.condense();
    let Aggregate { count, sum, minimum, maximum, samples } = merged;
    hour.push(Stored { second, unit: unit.to_owned(), count, sum, minimum, maximum, samples });
    tx.put(POINTS, &key, &hour)?;
    if tx.get::<MetricWithData>(METRICS, &series)?.is_none_or(|known| known.last < at) {
        tx.put(METRICS, &series, &MetricWithData { metric, last: at })?;
    }
    Ok(())
}

impl Stored {
    fn aggregate(self) -> Aggregate {
        let Stored { count, sum, minimum, maximum, samples, .. } = self;
        Aggregate { count, sum, minimum, maximum, samples }
    }
}

/// What was put of a metric within a range of seconds.
pub fn points(tx: &Tx, metric: &WireMetric, range: Range<i64>) -> Result<Vec<Point>, Fault> {
    let key = series_key(metric);
    if tx.get::<MetricWithData>(METRICS, &key)?.is_none() {
        return Ok(Vec::new());
    }
    let hours = tx.list_prefix::<Vec<Stored>>(POINTS, &key)?.into_iter().flat_map(|(_, hour)| hour);
    let within = hours.filter(|point| range.contains(&point.second));
    Ok(within
        .map(|point| Point { second: point.second, unit: point.unit.clone(), aggregate: point.aggregate() })
        .collect())
}

/// The metrics that have data.
pub fn known(tx: &Tx) -> Result<Vec<MetricWithData>, Fault> {
    Ok(tx.list::<MetricWithData>(METRICS)?.into_iter().map(|(_, known)| known).collect())
}

/// Namespace, name and sorted dimensions, apart by control characters, which none of them may have.
fn series_key(metric: &WireMetric) -> String {
    let mut dimensions: Vec<&MetricDimension> = metric.dimensions.iter().collect();
    dimensions.sort();
    let named = dimensions.iter().map(|dimension| format!("\u{2}{}\u{3}{}", dimension.name, dimension.value));
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    format!("{}\u{1}{}{}\u{1}", text(&metric.namespace), text(&metric.metric_name), named.collect::<String>())
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterValueException", message).query_code("InvalidParameterValue")
}
