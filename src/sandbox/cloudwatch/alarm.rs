//! What an alarm is in the store and in an answer. Its configuration is kept as it was put, so nothing AWS would keep gets lost.

use super::held;
use crate::sandbox::fault::Fault;
use crate::sandbox::store::Tx;
use crate::sandbox::wire::Timestamp;
use mlops_cloudwatch::state::AlarmState;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

pub const TABLE: &str = "alarms";
/// The type of an alarm in the tagging API.
pub const KIND: &str = "cloudwatch:alarm";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum AlarmType {
    #[serde(rename = "MetricAlarm")]
    Metric,
    #[serde(rename = "CompositeAlarm")]
    Composite,
    #[serde(rename = "LogAlarm")]
    Log,
}

/// An alarm of any type, keyed by its name.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Alarm {
    pub kind: AlarmType,
    /// The members that Put sets, by their names on the wire, without tags.
    pub configuration: Map<String, Json>,
    pub state: State,
    #[serde(default)]
    pub created: Timestamp,
    pub configuration_updated: Timestamp,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct State {
    pub value: AlarmState,
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_data: Option<String>,
    /// The last time the state was set, be it to the same value.
    pub updated: Timestamp,
    /// The last time its value changed.
    pub transitioned: Timestamp,
}

/// An alarm as DescribeAlarms answers it: only what is set.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Described {
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

impl Alarm {
    pub fn text(&self, member: &str) -> &str {
        self.configuration.get(member).and_then(Json::as_str).unwrap_or_default()
    }

    /// The texts of a list member.
    pub fn texts(&self, member: &str) -> impl Iterator<Item = &str> {
        self.configuration.get(member).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str)
    }

    pub fn actions_enabled(&self) -> bool {
        self.configuration.get("ActionsEnabled").and_then(Json::as_bool).unwrap_or(true)
    }

    pub fn describe(self, tx: &Tx) -> Described {
        let name = self.text("AlarmName").to_owned();
        let suppressed = if self.kind == AlarmType::Composite { held::suppressed(tx, &name) } else { None };
        let (by, why) = suppressed.unzip();
        let mut configuration = self.configuration;
        scatter_dimensions(tx, &mut configuration);
        Described {
            alarm_arn: arn(tx, &name),
            actions_suppressed_by: by,
            actions_suppressed_reason: why,
            alarm_configuration_updated_timestamp: self.configuration_updated,
            state_value: self.state.value,
            state_reason: self.state.reason,
            state_reason_data: self.state.reason_data,
            state_updated_timestamp: self.state.updated,
            state_transitioned_timestamp: self.state.transitioned,
            configuration,
        }
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

pub fn arn(tx: &Tx, name: &str) -> String {
    tx.arn("cloudwatch", &format!("alarm:{name}"))
}

/// The alarm's name in an ARN of this account and region, or the text itself.
pub fn name_of<'a>(tx: &Tx, name_or_arn: &'a str) -> &'a str {
    name_or_arn.strip_prefix(&arn(tx, "")).unwrap_or(name_or_arn)
}

/// The composite alarms, without reading the others.
pub fn composites(tx: &Tx) -> Result<Vec<(String, Alarm)>, Fault> {
    // The kind is the first member that is written.
    tx.list_where(TABLE, |text| text.starts_with("{\"kind\":\"CompositeAlarm\""))
}

pub fn find(tx: &Tx, name: &str) -> Result<Option<Alarm>, Fault> {
    tx.get(TABLE, name)
}

pub fn keep(tx: &mut Tx, name: &str, alarm: &Alarm) -> Result<(), Fault> {
    tx.put(TABLE, name, alarm)
}
