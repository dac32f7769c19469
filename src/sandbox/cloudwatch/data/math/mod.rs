//! What GetMetricData answers for a query, be it a metric or an expression over other queries: points by their moment, to slots and
//! back. What an expression means is `mlops_cloudwatch::math`; only the band of an anomaly detector is made here.

#[cfg(test)]
mod tests;

use super::super::metric::MetricDataQuery;
use super::StatisticValues;
use crate::fault::Fault;
use mlops_cloudwatch::math::{Frame, MathError, MathQuery, NamedSeries, Program, mean_and_deviation};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Everything an expression may refer to.
pub struct ExpressionScope<'a> {
    /// The metrics by id, with their period.
    pub metrics: &'a BTreeMap<&'a str, (StatisticValues, i64)>,
    pub queries: &'a [MetricDataQuery],
    /// Seconds; where series without a metric under them come from.
    pub range: Range<i64>,
}

/// One result; an expression may have several.
#[derive(Debug, PartialEq)]
pub struct ExpressionResult {
    pub id: String,
    pub label: String,
    pub values: StatisticValues,
    /// What was wrong while reckoning.
    pub error: Option<String>,
}

/// Seconds of the period of an expression that has no metric under it, where nothing else says it.
const PERIOD: i64 = 300;
/// Slots that a range of time may have whether there is data or not: what a call gives at most.
const FEW_SLOTS: i64 = 100_800;
const MOST_SLOTS: i64 = 10 * FEW_SLOTS;

impl ExpressionScope<'_> {
    pub fn answer(&self, query: &MetricDataQuery) -> Result<Vec<ExpressionResult>, Fault> {
        let answer = |label: String, values| ExpressionResult {
            id: query.id.clone(),
            label: query.label.clone().unwrap_or(label),
            values,
            error: None,
        };
        if let Some(stat) = &query.metric_stat {
            let (values, _) = self.metrics.get(query.id.as_str()).cloned().unwrap_or_default();
            return Ok(vec![answer(stat.metric.metric_name.clone().unwrap_or_default(), values)]);
        }
        let found = self.series(query);
        let found = found.map_err(|why| Fault::validation(format!("Error in expression '{}': {why}", query.id)))?;
        Ok(found.into_iter().map(|(label, values)| answer(label.unwrap_or_else(|| query.id.clone()), values)).collect())
    }

    /// The series that an expression gives, each with a label of its own where it has one.
    fn series(&self, query: &MetricDataQuery) -> Result<Vec<(Option<String>, StatisticValues)>, String> {
        let program = Program::of_call(self.queries.iter().map(seen), &query.id, band).map_err(words)?;
        let empty = (StatisticValues::new(), PERIOD);
        let metrics: Vec<&(StatisticValues, i64)> =
            program.metrics.iter().map(|id| self.metrics.get(id.as_str()).unwrap_or(&empty)).collect();
        let period = self.period(query, &metrics)?;
        let range = self.slots(period, &metrics)?;
        let second = |slot: usize| (range.start + slot as i64) * period;
        let len = usize::try_from(range.end - range.start).unwrap_or(0);
        let columns: Vec<Vec<f64>> = metrics
            .iter()
            .map(|(values, _)| (0..len).map(|slot| values.get(&second(slot)).copied().unwrap_or(f64::NAN)).collect())
            .collect();
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let frame = Frame { metrics: &slices, len, start: second(0), step: period, period };
        let points = |NamedSeries { name, values }: NamedSeries| {
            let there = values.into_iter().enumerate().filter(|(_, value)| !value.is_nan());
            (name, there.map(|(slot, value)| (second(slot), value)).collect())
        };
        Ok(program.run_all(&frame).map_err(words)?.into_iter().map(points).collect())
    }

    /// Seconds: the one period of the metrics under the expression; AWS does not say what it makes of several.
    fn period(&self, query: &MetricDataQuery, metrics: &[&(StatisticValues, i64)]) -> Result<i64, String> {
        let periods: BTreeSet<i64> = metrics.iter().map(|(_, period)| *period).collect();
        match (periods.len(), periods.first()) {
            (1, Some(period)) => Ok(*period),
            (0, _) => {
                let of_metrics = || self.metrics.values().map(|(_, period)| *period).max();
                let of_queries = || self.queries.iter().find_map(|query| query.period);
                Ok(query.period.or_else(of_metrics).or_else(of_queries).unwrap_or(PERIOD))
            }
            _ => Err("the sandbox does not know what comes of metrics with different periods".to_owned()),
        }
    }

    /// The periods in range, counted since 1970. Of a very long range only those from the first point to the last.
    fn slots(&self, period: i64, metrics: &[&(StatisticValues, i64)]) -> Result<Range<i64>, String> {
        let (mut start, mut end) = (self.range.start.div_euclid(period), (self.range.end - 1).div_euclid(period) + 1);
        if end - start > FEW_SLOTS {
            let first = metrics.iter().filter_map(|(values, _)| values.keys().next()).min();
            let last = metrics.iter().filter_map(|(values, _)| values.keys().next_back()).max();
            start = first.map_or(end, |first| start.max(first.div_euclid(period)));
            end = last.map_or(end, |last| end.min(last.div_euclid(period) + 1));
        }
        if end - start > MOST_SLOTS {
            return Err(format!("{} periods are more than the sandbox reckons at once", end - start));
        }
        Ok(start..end)
    }
}

/// A query as metric math sees it.
fn seen(query: &MetricDataQuery) -> MathQuery<'_> {
    MathQuery {
        id: &query.id,
        expression: query.expression.as_deref(),
        is_metric: query.metric_stat.is_some(),
        return_data: query.return_data,
    }
}

fn words(error: MathError) -> String {
    match error {
        MathError::UnknownId(id) => format!("Undefined variable {id}"),
        MathError::UnknownFunction(name) => format!("the sandbox does not know the function {name}"),
        MathError::Insights { .. } => "the sandbox does not know Metrics Insights queries".to_owned(),
        MathError::NotOneSeries { .. } => "the result must be a time series".to_owned(),
        other => other.to_string(),
    }
}

/// A band of so many deviations around the mean: AWS's model learns seasons, ours does not.
fn band(values: &[f64], width: f64) -> [Vec<f64>; 2] {
    let (mean, deviation) = mean_and_deviation(values.iter().copied());
    let edge = |value: f64, side: f64| if value.is_nan() { f64::NAN } else { mean + side * width * deviation };
    [1.0, -1.0].map(|side| values.iter().map(|value| edge(*value, side)).collect())
}
