//! Metric filters of log groups: kept, listed, and counting the lines that come in from then on. Transformers are not simulated, and a
//! filter's selection by system fields selects everything: all lines are of this account and region.

use super::{EmptyLogsResponse, constraint, group, invalid};
use crate::cloudwatch;
use crate::fault::Fault;
use crate::paging::{Order, page};
use crate::store::Tx;
use crate::wire::Timestamp;
use mlops_cloudwatch::unit::UNITS;
use mlops_model::log_pattern::{LogPattern, MetricRule, PatternFault, RuleFault};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

const TABLE: &str = "logs-metric-filter";
/// Between the names of a group and of a filter: neither holds it.
const APART: char = ':';
const PAGE: usize = 50;
/// Filters of one group (CloudWatch Logs quotas).
const MOST: usize = 100;
/// Fields that AWS adds to each event (CloudWatch Logs API reference, PutMetricFilter).
const SYSTEM_FIELDS: [&str; 2] = ["@aws.account", "@aws.region"];

/// A metric filter as it is kept, under the names of its group and its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Filter {
    pattern: String,
    transformations: Vec<Transformation>,
    created: Timestamp,
    #[serde(default)]
    further: Further,
}

/// What newer filters have.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Further {
    #[serde(skip_serializing_if = "Option::is_none")]
    apply_on_transformed_logs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field_selection_criteria: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    emit_system_field_dimensions: Vec<String>,
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
    #[serde(flatten)]
    further: Further,
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
    #[serde(flatten)]
    further: Further,
}

/// Makes a metric filter, or overwrites the one of that name. Only groups of class STANDARD take them.
pub fn put(input: PutMetricFilter, tx: &mut Tx) -> Result<EmptyLogsResponse, Fault> {
    let (group, record) = group::find(tx, input.log_group_name)?;
    let name = checked_name(input.filter_name)?;
    let pattern = input.filter_pattern.ok_or_else(|| constraint("null", "filterPattern", "not be null"))?;
    if pattern.chars().count() > 1024 {
        return Err(constraint(pattern, "filterPattern", "have length less than or equal to 1024"));
    }
    let further = input.further;
    let fields = &further.emit_system_field_dimensions;
    if let Some(other) = fields.iter().find(|field| !SYSTEM_FIELDS.contains(&field.as_str())) {
        return Err(invalid(format!("{other} is not a system field.")));
    }
    if further.field_selection_criteria.as_ref().is_some_and(|criteria| criteria.chars().count() > 2000) {
        return Err(constraint("...", "fieldSelectionCriteria", "have length less than or equal to 2000"));
    }
    let [transformation] = input.metric_transformations.as_slice() else {
        return Err(constraint("[]", "metricTransformations", "have length greater than or equal to 1"));
    };
    let dimensions = transformation.dimensions.len() + fields.len();
    if dimensions > 3 || (dimensions > 0 && transformation.default_value.is_some()) {
        return Err(invalid("A metric filter has at most 3 dimensions, and none beside a default value."));
    }
    if let Some(unit) = transformation.unit.as_ref().filter(|unit| !UNITS.contains(&unit.as_str())) {
        return Err(constraint(unit, "metricTransformations.1.member.unit", "satisfy enum value set"));
    }
    match rule(&pattern, transformation) {
        Ok(_) | Err(RuleRefusal::Unsupported) => {}
        Err(RuleRefusal::Wrong(message)) => return Err(invalid(message)),
    }
    if record.class != "STANDARD" {
        return Err(invalid(format!("Metric filters are not supported for log groups of class {}.", record.class)));
    }
    let known = of_group(tx, &group)?;
    if known.len() >= MOST && known.iter().all(|(other, _)| *other != name) {
        return Err(Fault::sender("LimitExceededException", "Resource limit exceeded."));
    }
    let filter = Filter { pattern, transformations: input.metric_transformations, created: tx.now(), further };
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
            further: filter.further,
        };
        (key(&group, &name), shown)
    });
    let wrong_token = || invalid("The specified nextToken is invalid.");
    let token = input.next_token.as_deref();
    let (metric_filters, next_token) = page(tx, shown.collect(), Order::ByKey, token, limit, wrong_token)?;
    Ok(MetricFilters { metric_filters, next_token })
}

/// Why a filter counts nothing.
enum RuleRefusal {
    Wrong(String),
    /// A regular expression, which AWS would evaluate.
    Unsupported,
}

fn rule(pattern: &str, transformation: &Transformation) -> Result<MetricRule, RuleRefusal> {
    let pattern: LogPattern = pattern.parse().map_err(|fault| match fault {
        PatternFault::Wrong(message) => RuleRefusal::Wrong(message),
        PatternFault::Unsupported(_) => RuleRefusal::Unsupported,
    })?;
    let dimensions = transformation.dimensions.clone();
    MetricRule::new(pattern, &transformation.metric_value, dimensions).map_err(|fault| match fault {
        RuleFault::Value(message) | RuleFault::Dimension(_, message) => RuleRefusal::Wrong(message),
    })
}

/// Counts the lines that have come into a group, each at its own time: a number where it matches; the default in minutes in which lines
/// came and none matched.
pub fn observe(tx: &mut Tx, group: &str, lines: &[(i64, String)]) -> Result<(), Fault> {
    for (_, filter) in of_group(tx, group)? {
        for transformation in &filter.transformations {
            let Ok(rule) = rule(&filter.pattern, transformation) else { continue };
            let mut minutes: BTreeMap<i64, bool> = BTreeMap::new();
            for (time, line) in lines {
                let found = rule.of(line);
                *minutes.entry(time.div_euclid(MINUTE)).or_default() |= found.is_some();
                if let Some((number, mut dimensions)) = found {
                    for field in &filter.further.emit_system_field_dimensions {
                        let value = if field == SYSTEM_FIELDS[0] { tx.account() } else { tx.region() };
                        dimensions.insert(field.clone(), value.to_owned());
                    }
                    publish(tx, transformation, dimensions, *time, number)?;
                }
            }
            let silent: BTreeSet<i64> = minutes.into_iter().filter(|(_, found)| !found).map(|(at, _)| at).collect();
            for minute in silent.into_iter().filter(|_| transformation.default_value.is_some()) {
                let number = transformation.default_value.unwrap_or_default();
                publish(tx, transformation, BTreeMap::new(), minute * MINUTE, number)?;
            }
        }
    }
    Ok(())
}

const MINUTE: i64 = 60_000;

fn publish(
    tx: &mut Tx,
    transformation: &Transformation,
    dimensions: BTreeMap<String, String>,
    time: i64,
    number: f64,
) -> Result<(), Fault> {
    let name = (transformation.metric_namespace.as_str(), transformation.metric_name.as_str());
    let unit = transformation.unit.as_deref().unwrap_or("None");
    cloudwatch::publish(tx, name, dimensions, unit, Timestamp::from_millis(time), number)
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
