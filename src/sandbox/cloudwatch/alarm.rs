//! What an alarm is in the store and in an answer. Its configuration is kept as it was put, so nothing AWS would keep gets lost.

use super::constraint;
use crate::fault::Fault;
use crate::store::Tx;
use crate::wire::Timestamp;
use mlops_cloudwatch::state::AlarmState;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

pub const TABLE: &str = "alarms";
/// The type of an alarm in the tagging API.
pub const KIND: &str = "cloudwatch:alarm";

/// Which actions are for which state.
pub const LISTS: [(AlarmState, &str); 3] = [
    (AlarmState::Ok, "OKActions"),
    (AlarmState::Alarm, "AlarmActions"),
    (AlarmState::InsufficientData, "InsufficientDataActions"),
];

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
pub struct StoredAlarm {
    pub kind: AlarmType,
    /// The members that Put sets, by their names on the wire, without tags.
    pub configuration: Map<String, Json>,
    pub state: StoredAlarmState,
    #[serde(default)]
    pub created: Timestamp,
    pub configuration_updated: Timestamp,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct StoredAlarmState {
    pub value: AlarmState,
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_data: Option<String>,
    /// The last time the state was set, be it to the same value.
    pub updated: Timestamp,
    /// The last time its value changed.
    pub transitioned: Timestamp,
}

impl StoredAlarm {
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
}

/// The wanted types; metric alarms only where none are named.
pub fn types(names: Option<&[String]>) -> Result<Vec<AlarmType>, Fault> {
    let names = names.unwrap_or_default();
    if names.is_empty() {
        return Ok(vec![AlarmType::Metric]);
    }
    let known = |name: &String| match name.as_str() {
        "MetricAlarm" => Ok(AlarmType::Metric),
        "CompositeAlarm" => Ok(AlarmType::Composite),
        "LogAlarm" => Ok(AlarmType::Log),
        _ => {
            let names = names.join(", ");
            let must =
                "satisfy constraint: [Member must satisfy enum value set: [CompositeAlarm, LogAlarm, MetricAlarm]]";
            Err(constraint("alarmTypes", format_args!("[{names}]"), must))
        }
    };
    names.iter().map(known).collect()
}

pub fn arn(tx: &Tx, name: &str) -> String {
    tx.arn("cloudwatch", &format!("alarm:{name}"))
}

/// The alarm's name in an ARN of this account and region, or the text itself.
pub fn name_of<'a>(tx: &Tx, name_or_arn: &'a str) -> &'a str {
    name_or_arn.strip_prefix(&arn(tx, "")).unwrap_or(name_or_arn)
}

/// The composite alarms, without reading the others.
pub fn composites(tx: &Tx) -> Result<Vec<(String, StoredAlarm)>, Fault> {
    // The kind is the first member that is written.
    tx.list_where(TABLE, "", |text| text.starts_with("{\"kind\":\"CompositeAlarm\""))
}

pub fn find(tx: &Tx, name: &str) -> Result<Option<StoredAlarm>, Fault> {
    tx.get(TABLE, name)
}

pub fn keep(tx: &mut Tx, name: &str, alarm: &StoredAlarm) -> Result<(), Fault> {
    tx.put(TABLE, name, alarm)
}
