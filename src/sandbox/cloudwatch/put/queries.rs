//! The limits of a Metrics list: ids, periods, what is returned.

use super::shared::{dimensions, length, one_of};
use crate::cloudwatch::metric::MetricDataQuery;
use crate::cloudwatch::{constraint, required};
use crate::fault::Fault;
use mlops_cloudwatch::statistic::Statistic;
use mlops_cloudwatch::unit::UNITS;
use std::collections::BTreeSet;

/// 10, 20, 30 or a multiple of 60 seconds.
pub fn period(field: &str, period: i64) -> Result<(), Fault> {
    if [10, 20, 30].contains(&period) || (period > 0 && period % 60 == 0) {
        return Ok(());
    }
    Err(Fault::validation(format!("Invalid value {period} for {field}: it must be 10, 20, 30, or a multiple of 60")))
}

/// Checks the queries of an alarm and gives the one period they all have.
pub fn alarm(queries: &[MetricDataQuery], band: Option<&str>) -> Result<i64, Fault> {
    if queries.is_empty() {
        return Err(Fault::validation("Metrics list must not be empty"));
    }
    if queries.iter().filter(|query| query.metric_stat.is_some()).count() > 10 {
        return Err(Fault::validation("An alarm can have at most 10 metrics"));
    }
    let ids: BTreeSet<&str> = queries.iter().map(|query| query.id.as_str()).collect();
    if ids.len() < queries.len() {
        return Err(Fault::validation("The ids of the Metrics list must be unique"));
    }
    for query in queries {
        one(query, &ids)?;
    }
    if let Some(band) = band {
        let watched = queries.iter().find(|query| query.id == band);
        let is_band = watched
            .and_then(|query| query.expression.as_deref())
            .is_some_and(|text| text.starts_with("ANOMALY_DETECTION_BAND"));
        if !is_band {
            return Err(Fault::validation(format!(
                "ThresholdMetricId {band} is not the id of an ANOMALY_DETECTION_BAND expression"
            )));
        }
    }
    let returned = queries.iter().filter(|query| query.return_data && band != Some(&query.id)).count();
    if returned != 1 {
        return Err(Fault::validation("Exactly one element of the metrics list should return data."));
    }
    let periods: BTreeSet<i64> = queries
        .iter()
        .filter_map(|query| query.metric_stat.as_ref().map(|stat| stat.period).or(query.period))
        .collect();
    match (periods.len(), periods.first()) {
        (1, Some(period)) => Ok(*period),
        (0, _) => Err(Fault::validation("Period must not be null")),
        _ => Err(Fault::validation("All metrics of an alarm must have the same period")),
    }
}

fn one(query: &MetricDataQuery, ids: &BTreeSet<&str>) -> Result<(), Fault> {
    let id = query.id.as_str();
    let mut characters = id.bytes();
    let well_formed = characters.next().is_some_and(|byte| byte.is_ascii_lowercase())
        && characters.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !well_formed || id.len() > 255 {
        return Err(Fault::validation(format!(
            "The value {id} for parameter Metrics.member.N.Id must match ^[a-z][a-zA-Z0-9_]*$"
        )));
    }
    if let Some(account) = query.account_id.as_deref().filter(|account| !crate::accounts::is_account(account)) {
        return Err(Fault::validation(format!("The account id {account} is invalid")));
    }
    if let Some(seconds) = query.period {
        period("Period", seconds)?;
    }
    match (&query.metric_stat, &query.expression) {
        (Some(stat), None) => {
            length(
                "metrics.metricStat.metric.metricName",
                required("metrics.metricStat.metric.metricName", stat.metric.metric_name.as_deref())?,
                255,
            )?;
            length(
                "metrics.metricStat.metric.namespace",
                required("metrics.metricStat.metric.namespace", stat.metric.namespace.as_deref())?,
                255,
            )?;
            dimensions("metrics.metricStat.metric.dimensions", &stat.metric.dimensions)?;
            period("Period", stat.period)?;
            if stat.stat.parse::<Statistic>().is_err() {
                return Err(Fault::validation(format!("The value {} for parameter Stat is not supported.", stat.stat)));
            }
            stat.unit.as_deref().map_or(Ok(()), |unit| one_of("metrics.metricStat.unit", unit, UNITS))
        }
        (None, Some(text)) => expression(id, text, ids),
        _ => Err(Fault::validation(format!(
            "Exactly one of MetricStat and Expression must be specified for the element {id} of the Metrics list"
        ))),
    }
}

fn expression(id: &str, text: &str, ids: &BTreeSet<&str>) -> Result<(), Fault> {
    if text.is_empty() || text.len() > 2048 {
        return Err(constraint("metrics.expression", text, "have length between 1 and 2048"));
    }
    if text.trim_start().to_ascii_uppercase().starts_with("SELECT ") {
        return Ok(());
    }
    let names = names(text);
    if names.contains(&"SEARCH") {
        return Err(Fault::validation(format!("Error in expression '{id}': SEARCH is not supported in alarms")));
    }
    let variables = names.into_iter().filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()));
    for name in variables {
        if !ids.contains(name) {
            return Err(Fault::validation(format!("Error in expression '{id}': Undefined variable {name}")));
        }
    }
    Ok(())
}

/// The names in an expression, outside of quotes.
fn names(text: &str) -> Vec<&str> {
    let outside = text.split(['"', '\'']).step_by(2);
    let words = outside.flat_map(|part| part.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')));
    words.filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic())).collect()
}
