//! GetMetricStatistics: one metric, several statistics, in no promised order.

use super::super::metric::{MetricDimension, WireMetric};
use super::super::put::queries::period as check_period;
use super::generated::LambdaMetric;
use super::series;
use crate::fault::Fault;
use crate::store::Tx;
use crate::wire::Timestamp;
use mlops_cloudwatch::statistic::Statistic;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const MOST_POINTS: usize = 1440;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetMetricStatistics {
    namespace: String,
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<MetricDimension>,
    start_time: Timestamp,
    end_time: Timestamp,
    period: i64,
    #[serde(default)]
    statistics: Vec<String>,
    #[serde(default)]
    extended_statistics: Vec<String>,
    unit: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetMetricStatisticsResponse {
    label: String,
    datapoints: Vec<Datapoint>,
}

/// The wanted statistics of one period; the rest is absent.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Datapoint {
    timestamp: Timestamp,
    #[serde(flatten)]
    simple: BTreeMap<String, f64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extended_statistics: BTreeMap<String, f64>,
    unit: String,
}

pub fn get_metric_statistics(input: GetMetricStatistics, tx: &mut Tx) -> Result<GetMetricStatisticsResponse, Fault> {
    check_period("Period", input.period)?;
    if input.start_time >= input.end_time {
        return Err(invalid("The parameter StartTime must be less than the parameter EndTime."));
    }
    if input.statistics.is_empty() && input.extended_statistics.is_empty() {
        return Err(invalid("At least one of the parameters Statistics and ExtendedStatistics must be specified."));
    }
    let known = |names: &[String], simple: bool| {
        let parse = |name: &String| name.parse().ok().filter(|statistic: &Statistic| statistic.is_simple() == simple);
        let parsed = names
            .iter()
            .map(|name| Ok((name.clone(), parse(name).ok_or_else(|| invalid(format!("{name} is not a statistic.")))?)));
        parsed.collect::<Result<Vec<_>, Fault>>()
    };
    let (simple, extended) = (known(&input.statistics, true)?, known(&input.extended_statistics, false)?);
    let range = input.start_time.seconds()..input.end_time.seconds();
    if usize::try_from((range.end - range.start) / input.period).is_ok_and(|points| points > MOST_POINTS) {
        return Err(Fault::sender(
            "InvalidParameterCombinationException",
            "You have requested up to more than the limit of 1,440 datapoints. Reduce the number by increasing Period or decreasing the time range.",
        )
        .query_code("InvalidParameterCombination"));
    }
    let metric = WireMetric {
        namespace: Some(input.namespace),
        metric_name: Some(input.metric_name.clone()),
        dimensions: input.dimensions,
    };
    let unit =
        input.unit.as_deref().or(LambdaMetric::parse(&metric).map(LambdaMetric::unit)).unwrap_or("None").to_owned();
    let mut datapoints = Vec::new();
    for (second, all) in series(tx, &metric, input.unit.as_deref(), range, input.period)? {
        let of = |wanted: &[(String, Statistic)]| {
            wanted
                .iter()
                .filter_map(|(name, statistic)| Some((name.clone(), all.statistic(*statistic)?)))
                .collect::<BTreeMap<_, _>>()
        };
        let timestamp = Timestamp::from_millis(second * 1000);
        datapoints.push(Datapoint {
            timestamp,
            simple: of(&simple),
            extended_statistics: of(&extended),
            unit: unit.clone(),
        });
    }
    datapoints.sort_by_key(|point| tx.scatter(&point.timestamp.to_iso()));
    Ok(GetMetricStatisticsResponse { label: input.metric_name, datapoints })
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterValueException", message).query_code("InvalidParameterValue")
}
