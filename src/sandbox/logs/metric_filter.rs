//! Metric filters of log groups: kept, counted and listed, so that what goes with a group shows. They publish no metrics: the sandbox's
//! metrics come from its functions and from whoever puts them.

use super::{EmptyLogsResponse, constraint, group, invalid};
use crate::fault::Fault;
use crate::paging::{Order, page};
use crate::store::Tx;
use crate::wire::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const TABLE: &str = "logs-metric-filter";
/// Between the names of a group and of a filter: neither holds it.
const APART: char = ':';
const PAGE: usize = 50;
/// Filters of one group (CloudWatch Logs quotas).
const MOST: usize = 100;

/// A metric filter as it is kept, under the names of its group and its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Filter {
    pattern: String,
    transformations: Vec<Transformation>,
    created: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Transformation {
    metric_name: String,
    metric_namespace: String,
    metric_value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_value: Option<f64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    dimensions: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PutMetricFilter {
    log_group_name: Option<String>,
    filter_name: Option<String>,
    filter_pattern: Option<String>,
    #[serde(default)]
    metric_transformations: Vec<Transformation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteMetricFilter {
    log_group_name: Option<String>,
    filter_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeMetricFilters {
    log_group_name: Option<String>,
    filter_name_prefix: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricFilters {
    metric_filters: Vec<Shown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    filter_name: String,
    filter_pattern: String,
    metric_transformations: Vec<Transformation>,
    creation_time: i64,
    log_group_name: String,
}

/// Makes a metric filter, or overwrites the one of that name. Only groups of class STANDARD take them.
pub fn put(input: PutMetricFilter, tx: &mut Tx) -> Result<EmptyLogsResponse, Fault> {
    let (group, record) = group::find(tx, input.log_group_name)?;
    let name = checked_name(input.filter_name)?;
    let pattern = input.filter_pattern.ok_or_else(|| constraint("null", "filterPattern", "not be null"))?;
    if pattern.chars().count() > 1024 {
        return Err(constraint(pattern, "filterPattern", "have length less than or equal to 1024"));
    }
    let [transformation] = input.metric_transformations.as_slice() else {
        return Err(constraint("[]", "metricTransformations", "have length greater than or equal to 1"));
    };
    if transformation.dimensions.len() > 3
        || (!transformation.dimensions.is_empty() && transformation.default_value.is_some())
    {
        return Err(invalid("A metric filter has at most 3 dimensions, and none beside a default value."));
    }
    if record.class != "STANDARD" {
        return Err(invalid(format!("Metric filters are not supported for log groups of class {}.", record.class)));
    }
    let known = of_group(tx, &group)?;
    if known.len() >= MOST && known.iter().all(|(other, _)| *other != name) {
        return Err(Fault::sender("LimitExceededException", "Resource limit exceeded."));
    }
    let filter = Filter { pattern, transformations: input.metric_transformations, created: tx.now() };
    tx.put(TABLE, &key(&group, &name), &filter)?;
    Ok(EmptyLogsResponse {})
}

pub fn delete(input: DeleteMetricFilter, tx: &mut Tx) -> Result<EmptyLogsResponse, Fault> {
    let (group, _) = group::find(tx, input.log_group_name)?;
    let key = key(&group, &checked_name(input.filter_name)?);
    match tx.get::<Filter>(TABLE, &key)? {
        Some(_) => drop(tx.delete(TABLE, &key)),
        None => return Err(Fault::sender("ResourceNotFoundException", "The specified metric filter does not exist.")),
    }
    Ok(EmptyLogsResponse {})
}

/// The filters of a group, or of every group, by name.
pub fn describe(input: DescribeMetricFilters, tx: &mut Tx) -> Result<MetricFilters, Fault> {
    let limit = input.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let found = match input.log_group_name {
        Some(name) => {
            let (group, _) = group::find(tx, Some(name))?;
            of_group(tx, &group)?.into_iter().map(|(name, filter)| (group.clone(), name, filter)).collect()
        }
        None => all(tx, "")?,
    };
    let prefix = input.filter_name_prefix.unwrap_or_default();
    let wanted = found.into_iter().filter(|(_, name, _)| name.starts_with(&prefix));
    let shown = wanted.map(|(group, name, filter)| {
        let shown = Shown {
            filter_name: name.clone(),
            filter_pattern: filter.pattern,
            metric_transformations: filter.transformations,
            creation_time: filter.created.millis(),
            log_group_name: group.clone(),
        };
        (key(&group, &name), shown)
    });
    let wrong_token = || invalid("The specified nextToken is invalid.");
    let token = input.next_token.as_deref();
    let (metric_filters, next_token) = page(tx, shown.collect(), Order::ByKey, token, limit, wrong_token)?;
    Ok(MetricFilters { metric_filters, next_token })
}

/// How many filters a group has.
pub fn count(tx: &Tx, group: &str) -> Result<i32, Fault> {
    Ok(i32::try_from(of_group(tx, group)?.len()).unwrap_or(i32::MAX))
}

/// What goes with its group.
pub fn forget_all(tx: &mut Tx, group: &str) -> Result<(), Fault> {
    for (name, _) in of_group(tx, group)? {
        tx.delete(TABLE, &key(group, &name));
    }
    Ok(())
}

fn of_group(tx: &Tx, group: &str) -> Result<Vec<(String, Filter)>, Fault> {
    let found = all(tx, &key(group, ""))?.into_iter();
    Ok(found.map(|(_, name, filter)| (name, filter)).collect())
}

/// Group, name and filter of those whose key begins so.
fn all(tx: &Tx, prefix: &str) -> Result<Vec<(String, String, Filter)>, Fault> {
    let found = tx.list_prefix::<Filter>(TABLE, prefix)?.into_iter();
    let apart = |(key, filter): (String, Filter)| {
        let (group, name) = key.split_once(APART)?;
        Some((group.to_owned(), name.to_owned(), filter))
    };
    Ok(found.filter_map(apart).collect())
}

fn key(group: &str, name: &str) -> String {
    format!("{group}{APART}{name}")
}

fn checked_name(name: Option<String>) -> Result<String, Fault> {
    let name = name.ok_or_else(|| constraint("null", "filterName", "not be null"))?;
    match (1..=512).contains(&name.chars().count()) && !name.contains([':', '*']) {
        true => Ok(name),
        false => Err(constraint(name, "filterName", "satisfy regular expression pattern: [^:*]*")),
    }
}
