//! DescribeAlarms and its narrower sisters.

use super::alarm::{self, AlarmType, StoredAlarm};
use super::metric::MetricDimension;
use super::{constraint, held, invalid_next_token, page_size, rule};
use crate::fault::Fault;
use crate::paging::{Order, page_of};
use crate::store::Tx;
use crate::wire::Timestamp;
use mlops_cloudwatch::state::AlarmState;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAlarms {
    alarm_names: Option<Vec<String>>,
    alarm_name_prefix: Option<String>,
    alarm_types: Option<Vec<String>>,
    children_of_alarm_name: Option<String>,
    parents_of_alarm_name: Option<String>,
    state_value: Option<AlarmState>,
    action_prefix: Option<String>,
    max_records: Option<i64>,
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAlarmsResponse {
    metric_alarms: Vec<DescribedAlarm>,
    composite_alarms: Vec<DescribedAlarm>,
    log_alarms: Vec<DescribedAlarm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// An alarm as DescribeAlarms answers it: only what is set.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribedAlarm {
    alarm_arn: String,
    alarm_configuration_updated_timestamp: Timestamp,
    state_value: AlarmState,
    state_reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_reason_data: Option<String>,
    state_updated_timestamp: Timestamp,
    state_transitioned_timestamp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    actions_suppressed_by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actions_suppressed_reason: Option<String>,
    #[serde(flatten)]
    configuration: Map<String, Json>,
}

pub fn describe_alarms(input: DescribeAlarms, tx: &mut Tx) -> Result<DescribeAlarmsResponse, Fault> {
    let mut types = alarm::types(input.alarm_types.as_deref())?;
    if input.parents_of_alarm_name.is_some() || input.children_of_alarm_name.is_some() {
        // These are asked for alone (DescribeAlarms reference): the type is what the answer has.
        types = vec![AlarmType::Metric, AlarmType::Composite, AlarmType::Log];
    }
    let size = page_size(input.max_records, 50, 100)?;
    let tx = &*tx;
    let names = match (&input.alarm_names, &input.alarm_name_prefix) {
        (Some(names), Some(_)) if !names.is_empty() => {
            return Err(Fault::validation("AlarmNamePrefix and AlarmNames are mutually exclusive"));
        }
        (Some(names), _) if !names.is_empty() => {
            if names.len() > 100 {
                let names = names.join(", ");
                return Err(constraint(
                    "alarmNames",
                    format_args!("[{names}]"),
                    "have length less than or equal to 100",
                ));
            }
            names.iter().map(String::as_str).collect::<BTreeSet<&str>>().into_iter().collect()
        }
        (_, Some(prefix)) => {
            if prefix.is_empty() {
                return Err(constraint("alarmNamePrefix", prefix, "have length greater than or equal to 1"));
            }
            tx.names(alarm::TABLE, prefix)
        }
        _ => tx.names(alarm::TABLE, ""),
    };
    let parent = input.children_of_alarm_name.as_ref().map(|parent| find_composite(tx, parent)).transpose()?;
    let children = parent.map(|parent| rule::children(tx, &parent));
    let child = input.parents_of_alarm_name.as_ref().map(|child| alarm::name_of(tx, child));
    let is_wanted = |name: &str, alarm: &StoredAlarm| {
        children.as_ref().is_none_or(|children| children.iter().any(|child| child == name))
            && child.is_none_or(|child| rule::children(tx, alarm).iter().any(|name| name == child))
            && types.contains(&alarm.kind)
            && input.state_value.is_none_or(|state| alarm.state.value == state)
            && input.action_prefix.as_deref().is_none_or(|prefix| has_action(alarm, prefix))
    };
    let read = |name: &str| Ok(alarm::find(tx, name)?.filter(|alarm| is_wanted(name, alarm)));
    let token = input.next_token.as_deref();
    let (found, next_token) = page_of(tx, names, Order::Scattered, token, size, invalid_next_token, read)?;
    let mut alarms =
        DescribeAlarmsResponse { metric_alarms: vec![], composite_alarms: vec![], log_alarms: vec![], next_token };
    for alarm in found {
        let list = match alarm.kind {
            AlarmType::Metric => &mut alarms.metric_alarms,
            AlarmType::Composite => &mut alarms.composite_alarms,
            AlarmType::Log => &mut alarms.log_alarms,
        };
        list.push(described(tx, alarm));
    }
    Ok(alarms)
}

fn described(tx: &Tx, alarm: StoredAlarm) -> DescribedAlarm {
    let name = alarm.text("AlarmName").to_owned();
    let suppressed = if alarm.kind == AlarmType::Composite { held::suppressed(tx, &name) } else { None };
    let (by, why) = suppressed.unzip();
    let mut configuration = alarm.configuration;
    scatter_dimensions(tx, &mut configuration);
    DescribedAlarm {
        alarm_arn: alarm::arn(tx, &name),
        actions_suppressed_by: by,
        actions_suppressed_reason: why,
        alarm_configuration_updated_timestamp: alarm.configuration_updated,
        state_value: alarm.state.value,
        state_reason: alarm.state.reason,
        state_reason_data: alarm.state.reason_data,
        state_updated_timestamp: alarm.state.updated,
        state_transitioned_timestamp: alarm.state.transitioned,
        configuration,
    }
}

fn find_composite(tx: &Tx, name: &str) -> Result<StoredAlarm, Fault> {
    let alarm = alarm::find(tx, alarm::name_of(tx, name))?;
    alarm.ok_or_else(|| Fault::validation(format!("The alarm {name} does not exist")))
}

fn has_action(alarm: &StoredAlarm, prefix: &str) -> bool {
    ["OKActions", "AlarmActions", "InsufficientDataActions"]
        .iter()
        .any(|list| alarm.texts(list).any(|action| action.starts_with(prefix)))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAlarmsForMetric {
    metric_name: String,
    namespace: String,
    statistic: Option<String>,
    extended_statistic: Option<String>,
    #[serde(default)]
    dimensions: Vec<MetricDimension>,
    period: Option<i64>,
    unit: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MetricAlarms {
    metric_alarms: Vec<DescribedAlarm>,
}

/// The alarms on exactly this metric, in a Metrics list or plainly.
pub fn describe_alarms_for_metric(input: DescribeAlarmsForMetric, tx: &mut Tx) -> Result<MetricAlarms, Fault> {
    let mut alarms = tx.list::<StoredAlarm>(alarm::TABLE)?;
    alarms.retain(|(_, alarm)| {
        let plain = Json::Object(alarm.configuration.clone());
        let queries = alarm.configuration.get("Metrics").and_then(Json::as_array).into_iter().flatten();
        let stats = queries.filter_map(|query| query.get("MetricStat"));
        input.is_on(&plain, &plain, ["Statistic", "ExtendedStatistic"])
            || stats
                .into_iter()
                .any(|stat| input.is_on(stat.get("Metric").unwrap_or(&Json::Null), stat, ["Stat", "Stat"]))
    });
    let mut metric_alarms: Vec<_> = alarms.into_iter().collect();
    metric_alarms.sort_by_cached_key(|(name, _)| tx.scatter(name));
    Ok(MetricAlarms { metric_alarms: metric_alarms.into_iter().map(|(_, alarm)| described(tx, alarm)).collect() })
}

impl DescribeAlarmsForMetric {
    /// `metric` has name, namespace and dimensions; `stat` has period, unit and the statistics under the given names.
    fn is_on(&self, metric: &Json, stat: &Json, statistics: [&str; 2]) -> bool {
        let text = |value: &Json, member: &str| value.get(member).and_then(Json::as_str).map(str::to_owned);
        let dimensions: Vec<MetricDimension> =
            metric.get("Dimensions").and_then(|list| serde_json::from_value(list.clone()).ok()).unwrap_or_default();
        let wanted: BTreeSet<&MetricDimension> = self.dimensions.iter().collect();
        let fits = |given: &Option<String>, member: &str| given.is_none() || *given == text(stat, member);
        text(metric, "MetricName").as_ref() == Some(&self.metric_name)
            && text(metric, "Namespace").as_ref() == Some(&self.namespace)
            && wanted == dimensions.iter().collect()
            && fits(&self.statistic, statistics[0])
            && fits(&self.extended_statistic, statistics[1])
            && fits(&self.unit, "Unit")
            && self.period.is_none_or(|period| stat.get("Period").and_then(Json::as_i64) == Some(period))
    }
}

/// AWS promises no order of dimensions and queries, so whoever relies on one is found out.
fn scatter_dimensions(tx: &Tx, configuration: &mut Map<String, Json>) {
    for (member, value) in configuration.iter_mut() {
        match value {
            Json::Array(items) => {
                if member == "Dimensions" || member == "Metrics" {
                    items.sort_by_cached_key(|item| tx.scatter(&item.to_string()));
                }
                items.iter_mut().filter_map(Json::as_object_mut).for_each(|item| scatter_dimensions(tx, item));
            }
            Json::Object(inner) => scatter_dimensions(tx, inner),
            _ => {}
        }
    }
}
