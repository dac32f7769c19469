//! Metric data: what was put, and what the functions of an account "did", generated on demand and never stored.

mod embedded;
mod generated;
pub mod invoked;
pub mod list;
mod math;
pub mod put;
pub mod query;
pub mod statistics;

pub use embedded::{embedded, publish};

use super::metric::{MetricDimension, WireMetric};
use crate::fault::Fault;
use crate::lambda;
use crate::store::Tx;
use mlops_cloudwatch::statistic::Aggregate;
use std::collections::BTreeMap;
use std::ops::Range;

/// Aggregates by the beginning of their period, in seconds since 1970.
pub type AggregateSeries = BTreeMap<i64, Aggregate>;

/// The values of one statistic by the beginning of their period.
pub type StatisticValues = BTreeMap<i64, f64>;

/// How far back metrics are generated.
const GENERATED_DAYS: i64 = 14;

/// The data of one metric with beginnings of periods in `range` (seconds), in periods that are multiples since 1970. With a unit
/// only data of that unit.
pub fn series(
    tx: &Tx,
    metric: &WireMetric,
    unit: Option<&str>,
    range: Range<i64>,
    period: i64,
) -> Result<AggregateSeries, Fault> {
    let range = range.start.div_euclid(period) * period..range.end;
    let mut series = AggregateSeries::new();
    let mut add = |second: i64, aggregate: Aggregate| {
        series.entry(second.div_euclid(period) * period).or_default().merge(&aggregate);
    };
    let Some(name) = generated::LambdaMetric::parse(metric) else {
        for point in put::points(tx, metric, range.clone())? {
            if unit.is_none_or(|unit| point.unit == unit) {
                add(point.second, point.aggregate);
            }
        }
        return Ok(series);
    };
    if unit.is_some_and(|unit| unit != name.unit()) {
        return Ok(series);
    }
    let now = tx.now().seconds();
    // The running minute is not complete, so it is not there yet.
    let minutes =
        range.start.max(now - GENERATED_DAYS * 86_400).div_euclid(60)..range.end.min(now - now % 60).div_euclid(60);
    for function in functions_of(tx, metric)? {
        for point in put::points(tx, &invoked::metric(&function, name), range.clone())? {
            add(point.second, point.aggregate);
        }
        let source = generated::GeneratedFunction::new(tx, &function);
        // What was made up ends where the truth begins, so that a function's numbers agree with its logs.
        let end = invoked::since(tx, &function)?.map_or(minutes.end, |since| since.seconds().div_euclid(60));
        let end = if tx.is_idle() { minutes.start } else { end };
        for minute in minutes.start..minutes.end.min(end) {
            if let Some(aggregate) = source.aggregate(minute, name) {
                add(minute * 60, aggregate);
            }
        }
    }
    Ok(series)
}

/// The functions whose metrics have these dimensions: one by name, or all of them where there are none.
fn functions_of(tx: &Tx, metric: &WireMetric) -> Result<Vec<String>, Fault> {
    let of = |wanted: &str| {
        metric.dimensions.iter().find(|MetricDimension { name, .. }| name == wanted).map(|found| &found.value)
    };
    let wanted = match (metric.dimensions.len(), of("FunctionName"), of("Resource")) {
        (0, ..) => return lambda::names(tx),
        (1, Some(name), None) => name,
        (2, Some(name), Some(resource)) if name == resource => name,
        _ => return Ok(Vec::new()),
    };
    Ok(lambda::names(tx)?.into_iter().filter(|name| name == wanted).collect())
}
