//! Metric math: what GetMetricData answers for a query, be it a metric or an expression over other queries.

mod evaluate;
mod functions;
mod parse;
#[cfg(test)]
mod tests;

use super::super::metric::MetricDataQuery;
use super::Values;
use crate::sandbox::fault::Fault;
use evaluate::Evaluator;
use std::collections::BTreeMap;
use std::ops::Range;

/// Everything an expression may refer to.
pub struct Scope<'a> {
    /// The metrics by id, with their period.
    pub metrics: &'a BTreeMap<&'a str, (Values, i64)>,
    pub queries: &'a [MetricDataQuery],
    /// Seconds; where series without a metric under them come from.
    pub range: Range<i64>,
}

/// One result; an expression may have several.
#[derive(Debug, PartialEq)]
pub struct Answer {
    pub id: String,
    pub label: String,
    pub values: Values,
    /// What was wrong while reckoning.
    pub error: Option<String>,
}

impl Scope<'_> {
    pub fn answer(&self, query: &MetricDataQuery) -> Result<Vec<Answer>, Fault> {
        let answer = |label: String, values| Answer {
            id: query.id.clone(),
            label: query.label.clone().unwrap_or(label),
            values,
            error: None,
        };
        if let Some(stat) = &query.metric_stat {
            let (values, _) = self.metrics.get(query.id.as_str()).cloned().unwrap_or_default();
            return Ok(vec![answer(stat.metric.metric_name.clone().unwrap_or_default(), values)]);
        }
        let wrong = |error: String| Fault::validation(format!("Error in expression '{}': {error}", query.id));
        let found = Evaluator::new(self).query(query).map_err(wrong)?;
        let series = found.into_series().map_err(wrong)?;
        Ok(series
            .into_iter()
            .map(|(label, values)| answer(label.unwrap_or_else(|| query.id.clone()), values))
            .collect())
    }
}
