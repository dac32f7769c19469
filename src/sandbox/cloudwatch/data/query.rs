//! GetMetricData: many metrics and expressions over them, in one call.

use super::super::metric::MetricDataQuery;
use super::super::put::queries::period as check_period;
use super::super::{constraint, invalid_next_token, required};
use super::math::{self, ExpressionScope};
use super::{StatisticValues, series};
use crate::fault::Fault;
use crate::store::Tx;
use crate::wire::Timestamp;
use mlops_cloudwatch::statistic::Statistic;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

const MOST_QUERIES: usize = 500;
const MOST_POINTS: usize = 100_800;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetMetricData {
    #[serde(default)]
    metric_data_queries: Vec<MetricDataQuery>,
    start_time: Option<Timestamp>,
    end_time: Option<Timestamp>,
    next_token: Option<String>,
    scan_by: Option<String>,
    max_datapoints: Option<i64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MetricData {
    metric_data_results: Vec<MetricDataResult>,
    messages: Vec<QueryMessage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct MetricDataResult {
    id: String,
    label: String,
    timestamps: Vec<Timestamp>,
    values: Vec<f64>,
    status_code: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<QueryMessage>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct QueryMessage {
    code: String,
    value: String,
}

pub fn get_metric_data(input: GetMetricData, tx: &mut Tx) -> Result<MetricData, Fault> {
    let (range, most) = input.check()?;
    let skip = match input.next_token.as_deref() {
        None | Some("") => 0,
        Some(token) => {
            token.strip_prefix("points-").and_then(|n| n.parse::<usize>().ok()).ok_or_else(invalid_next_token)?
        }
    };
    let queries = &input.metric_data_queries;
    let mut metrics = BTreeMap::new();
    for query in queries {
        if let Some(stat) = &query.metric_stat {
            let wanted = stat.stat.parse::<Statistic>().ok();
            let wanted = wanted.ok_or_else(|| {
                Fault::validation(format!("The value {} for parameter Stat is not supported.", stat.stat))
            })?;
            // Only the own account has metrics here.
            let own = query.account_id.as_deref().is_none_or(|account| account == tx.account());
            let found = if own {
                series(tx, &stat.metric, stat.unit.as_deref(), range.clone(), stat.period)?
            } else {
                super::AggregateSeries::new()
            };
            let values: StatisticValues =
                found.into_iter().filter_map(|(at, all)| Some((at, all.statistic(wanted)?))).collect();
            metrics.insert(query.id.as_str(), (values, stat.period));
        }
    }
    let scope = ExpressionScope { metrics: &metrics, queries, range };
    let mut results = Vec::new();
    for query in queries.iter().filter(|query| query.return_data) {
        results.extend(scope.answer(query)?);
    }
    let descending = input.scan_by.as_deref() != Some("TimestampAscending");
    let (found, next_token) = cut(results, descending, skip, most);
    Ok(MetricData { metric_data_results: found, messages: Vec::new(), next_token })
}

/// One page: points are counted through all results.
fn cut(
    results: Vec<math::ExpressionResult>,
    descending: bool,
    skip: usize,
    most: usize,
) -> (Vec<MetricDataResult>, Option<String>) {
    let total: usize = results.iter().map(|answer| answer.values.len()).sum();
    let (mut before, mut found) = (0, Vec::new());
    for answer in results {
        let count = answer.values.len();
        let mut points: Vec<(i64, f64)> = answer.values.into_iter().collect();
        if descending {
            points.reverse();
        }
        let from = skip.saturating_sub(before).min(count);
        let to = (skip + most).saturating_sub(before).min(count);
        let last = before + count <= skip + most;
        before += count;
        let page = &points[from..to.max(from)];
        if page.is_empty() && count > 0 {
            continue;
        }
        found.push(MetricDataResult {
            id: answer.id,
            label: answer.label,
            timestamps: page.iter().map(|(second, _)| Timestamp::from_millis(second * 1000)).collect(),
            values: page.iter().map(|(_, value)| *value).collect(),
            status_code: if last { "Complete" } else { "PartialData" },
            messages: answer
                .error
                .into_iter()
                .map(|value| QueryMessage { code: "ArithmeticError".to_owned(), value })
                .collect(),
        });
    }
    (found, (total > skip + most).then(|| format!("points-{}", skip + most)))
}

impl GetMetricData {
    /// The range in seconds and the most points of a page.
    fn check(&self) -> Result<(Range<i64>, usize), Fault> {
        let (start, end) = (required("startTime", self.start_time)?, required("endTime", self.end_time)?);
        if start >= end {
            return Err(Fault::validation("The parameter StartTime must be less than the parameter EndTime."));
        }
        let queries = &self.metric_data_queries;
        if queries.is_empty() || queries.len() > MOST_QUERIES {
            let size = format!("[{} queries]", queries.len());
            return Err(constraint("metricDataQueries", size, &format!("have length between 1 and {MOST_QUERIES}")));
        }
        for (n, query) in queries.iter().enumerate() {
            if queries[..n].iter().any(|other| other.id == query.id) {
                return Err(Fault::validation("The values for parameter id in MetricDataQueries are not unique."));
            }
            if query.metric_stat.is_some() == query.expression.is_some() {
                return Err(Fault::validation(format!(
                    "Exactly one of MetricStat and Expression must be specified for {}",
                    query.id
                )));
            }
            if let Some(seconds) = query.metric_stat.as_ref().map(|stat| stat.period).or(query.period) {
                check_period("Period", seconds)?;
            }
        }
        if queries.iter().all(|query| !query.return_data) {
            return Err(Fault::validation("At least one of the MetricDataQueries must return data."));
        }
        let most = self.max_datapoints.map_or(Ok(MOST_POINTS), usize::try_from);
        let most = most.ok().filter(|most| (1..=MOST_POINTS).contains(most));
        let most = most.ok_or_else(|| constraint("maxDatapoints", MOST_POINTS, "have value between 1 and 100800"))?;
        let whole_minute = start.seconds().div_euclid(60) * 60;
        let high_resolution =
            queries.iter().any(|query| query.metric_stat.as_ref().is_some_and(|stat| stat.period < 60));
        let start = if high_resolution { start.seconds() } else { whole_minute };
        Ok((start..end.seconds(), most))
    }
}
