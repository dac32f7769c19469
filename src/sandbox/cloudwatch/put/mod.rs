//! Creating and replacing alarms. Each room holds one type of alarm: its input, its limits, its operation.

pub mod composite;
pub mod log;
pub mod metric;
pub mod queries;
pub mod shared;

use super::alarm::{self, AlarmType, StoredAlarm, StoredAlarmState};
use super::{Nothing, evaluate, history};
use crate::fault::Fault;
use crate::store::Tx;
use crate::tags::{self, Tag};
use mlops_cloudwatch::state::AlarmState;
use serde::Serialize;
use serde_json::{Map, Value as Json};

/// CloudWatch's default quota of alarms in an account and region.
const MOST_ALARMS: usize = 5000;

/// What a Put leaves to be kept once its limits are checked.
struct PutResult<'a> {
    name: &'a str,
    kind: AlarmType,
    configuration: Map<String, Json>,
    tags: Vec<Tag>,
    /// Where a new alarm begins.
    first: AlarmState,
}

/// The configuration to keep: the typed input, what the request had beyond it, and the defaults that AWS writes out. All other
/// unset members stay absent, as AWS leaves them.
fn configuration(input: &impl Serialize, raw: Json) -> Result<Map<String, Json>, Fault> {
    let mut typed =
        serde_json::to_value(input).map_err(|error| Fault::sender("SerializationException", error.to_string()))?;
    add_unknown(&mut typed, raw);
    let Json::Object(mut members) = typed else { return Ok(Map::new()) };
    members.remove("Tags");
    members.retain(|_, value| !value.is_null());
    members.entry("ActionsEnabled").or_insert(Json::Bool(true));
    for list in ["OKActions", "AlarmActions", "InsufficientDataActions"] {
        members.entry(list).or_insert_with(|| Json::Array(Vec::new()));
    }
    if members.get("AlarmDescription").and_then(Json::as_str) == Some("") {
        members.remove("AlarmDescription");
    }
    Ok(members)
}

/// Adds what only the request has, however deep.
fn add_unknown(typed: &mut Json, raw: Json) {
    match (typed, raw) {
        (Json::Object(typed), Json::Object(raw)) => {
            for (member, value) in raw {
                match typed.get_mut(&member) {
                    Some(known) => add_unknown(known, value),
                    None => _ = typed.insert(member, value),
                }
            }
        }
        (Json::Array(typed), Json::Array(raw)) => {
            typed.iter_mut().zip(raw).for_each(|(typed, raw)| add_unknown(typed, raw));
        }
        _ => {}
    }
}

/// Creates the alarm with its tags, or replaces all of an existing one but its state and its tags.
fn keep(wanted: PutResult, tx: &mut Tx) -> Result<Nothing, Fault> {
    let now = tx.now();
    let PutResult { name, kind, configuration, tags, first } = wanted;
    let live = alarm::find(tx, name)?;
    let state = match &live {
        Some(live) if live.kind != kind => {
            return Err(Fault::validation(format!("An alarm of another type already exists with the name {name}")));
        }
        Some(live) => live.state.clone(),
        None => {
            if tx.count(alarm::TABLE) >= MOST_ALARMS {
                return Err(Fault::sender("LimitExceededFault", "The maximum number of alarms has been reached.")
                    .query_code("LimitExceeded"));
            }
            // AWS ignores the tags of an update.
            let arn = alarm::arn(tx, name);
            tags::set(tx, alarm::KIND, &arn, tags::from_list(tags))?;
            let reason = "Unchecked: Initial alarm creation".to_owned();
            StoredAlarmState { value: first, reason, reason_data: None, updated: now, transitioned: now }
        }
    };
    let created = live.as_ref().map_or(now, |live| live.created);
    let desired = StoredAlarm { kind, configuration, state, created, configuration_updated: now };
    evaluate::begin(tx)?;
    alarm::keep(tx, name, &desired)?;
    history::configured(tx, name, &desired, if live.is_some() { "updated" } else { "created" })?;
    Ok(Nothing {})
}
