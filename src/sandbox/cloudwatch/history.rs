//! What happened to alarms: configuration, states, actions. Kept for thirty days, also after an alarm is gone.

use super::alarm::{self, AlarmType, StoredAlarm, StoredAlarmState};
use super::{invalid_next_token, page_size};
use crate::fault::Fault;
use crate::paging::{Order, page};
use crate::store::Tx;
use crate::wire::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use std::time::Duration;

const TABLE: &str = "alarm_history";
const KEPT: Duration = Duration::from_secs(30 * 86_400);

#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub enum ItemType {
    ConfigurationUpdate,
    StateUpdate,
    Action,
}

/// One thing that happened.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AlarmHistoryItem {
    alarm_name: String,
    alarm_type: AlarmType,
    timestamp: Timestamp,
    history_item_type: ItemType,
    history_summary: String,
    /// JSON.
    history_data: String,
}

/// Names have no control characters, so items sort by name, then time.
const SEPARATOR: char = '\u{1}';

fn record(tx: &mut Tx, name: &str, kind: AlarmType, what: ItemType, summary: String, data: Json) -> Result<(), Fault> {
    let now = tx.now();
    let of = |time: Timestamp| format!("{name}{SEPARATOR}{:015}", time.millis());
    let (oldest, at) = (of(now - KEPT), of(now));
    // Keys are in order of time.
    for expired in tx.keys(TABLE, &format!("{name}{SEPARATOR}")).into_iter().take_while(|key| *key < oldest) {
        tx.delete(TABLE, &expired);
    }
    let key = format!("{at}{:04}", tx.keys(TABLE, &at).len());
    let item = AlarmHistoryItem {
        alarm_name: name.to_owned(),
        alarm_type: kind,
        timestamp: now,
        history_item_type: what,
        history_summary: summary,
        history_data: data.to_string(),
    };
    tx.put(TABLE, &key, &item)
}

/// A change of state, for people who let time pass.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedTransition {
    pub at: Timestamp,
    pub alarm: String,
    /// E.g. `Alarm updated from OK to ALARM`.
    pub summary: String,
    pub reason: String,
}

/// The changes of state after a moment, in order of time.
pub fn changes_since(tx: &Tx, moment: Timestamp) -> Result<Vec<RecordedTransition>, Fault> {
    let items = tx.list::<AlarmHistoryItem>(TABLE)?.into_iter().map(|(_, item)| item);
    let states = items.filter(|item| item.history_item_type == ItemType::StateUpdate && item.timestamp > moment);
    let mut happened: Vec<RecordedTransition> = states
        .map(|item| {
            let data: Json = serde_json::from_str(&item.history_data).unwrap_or_default();
            let reason = data["newState"]["stateReason"].as_str().unwrap_or_default().to_owned();
            RecordedTransition { at: item.timestamp, alarm: item.alarm_name, summary: item.history_summary, reason }
        })
        .collect();
    happened.sort_by(|a, b| (a.at, &a.alarm).cmp(&(b.at, &b.alarm)));
    Ok(happened)
}

/// What a Put or a deletion did; `verb` is `created`, `updated` or `deleted`.
pub fn configured(tx: &mut Tx, name: &str, alarm: &StoredAlarm, verb: &str) -> Result<(), Fault> {
    let kind = match verb {
        "created" => "Create",
        "updated" => "Update",
        _ => "Delete",
    };
    let mut data = json!({ "version": "1.0", "type": kind });
    data[format!("{verb}Alarm")] = Json::Object(camel_case(&alarm.configuration));
    record(tx, name, alarm.kind, ItemType::ConfigurationUpdate, format!("Alarm \"{name}\" {verb}"), data)
}

pub fn transitioned(
    tx: &mut Tx,
    name: &str,
    kind: AlarmType,
    from: &StoredAlarmState,
    to: &StoredAlarmState,
) -> Result<(), Fault> {
    let state = |state: &StoredAlarmState| {
        let data = state.reason_data.as_deref().and_then(|data| serde_json::from_str::<Json>(data).ok());
        let mut value = json!({ "stateValue": state.value.word(), "stateReason": state.reason });
        if let Some(data) = data {
            value["stateReasonData"] = data;
        }
        value
    };
    let summary = format!("Alarm updated from {} to {}", from.value.word(), to.value.word());
    let data = json!({ "version": "1.0", "oldState": state(from), "newState": state(to) });
    record(tx, name, kind, ItemType::StateUpdate, summary, data)
}

pub fn acted(tx: &mut Tx, name: &str, kind: AlarmType, summary: String, data: Json) -> Result<(), Fault> {
    record(tx, name, kind, ItemType::Action, summary, data)
}

/// The configuration as history data spells it.
fn camel_case(members: &Map<String, Json>) -> Map<String, Json> {
    let spell = |name: &str| {
        let mut characters = name.chars();
        characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
    };
    let value = |value: &Json| match value {
        Json::Object(inner) => Json::Object(camel_case(inner)),
        other => other.clone(),
    };
    members.iter().map(|(name, inner)| (spell(name), value(inner))).collect()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAlarmHistory {
    alarm_name: Option<String>,
    alarm_types: Option<Vec<String>>,
    history_item_type: Option<ItemType>,
    start_date: Option<Timestamp>,
    end_date: Option<Timestamp>,
    max_records: Option<i64>,
    next_token: Option<String>,
    scan_by: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAlarmHistoryResponse {
    alarm_history_items: Vec<AlarmHistoryItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// Newest first unless asked otherwise; all alarms where none is named.
pub fn describe_alarm_history(input: DescribeAlarmHistory, tx: &mut Tx) -> Result<DescribeAlarmHistoryResponse, Fault> {
    let size = page_size(input.max_records, 100, 100)?;
    let types = alarm::types(input.alarm_types.as_deref())?;
    let prefix = input.alarm_name.as_ref().map(|name| format!("{name}{SEPARATOR}")).unwrap_or_default();
    let now = tx.now();
    let mut items = tx.list_prefix::<AlarmHistoryItem>(TABLE, &prefix)?;
    // A named alarm's history comes whatever its type.
    let of_type = |item: &AlarmHistoryItem| {
        (input.alarm_name.is_some() && input.alarm_types.is_none()) || types.contains(&item.alarm_type)
    };
    items.retain(|(_, item)| {
        of_type(item)
            && item.timestamp + KEPT >= now
            && input.history_item_type.is_none_or(|wanted| item.history_item_type == wanted)
            && input.start_date.is_none_or(|start| item.timestamp >= start)
            && input.end_date.is_none_or(|end| item.timestamp <= end)
    });
    let ascending = input.scan_by.as_deref() == Some("TimestampAscending");
    // Pages go by key: the time, turned around for newest first, then what tells items of one moment apart.
    let sortable = items.into_iter().map(|(key, item)| {
        let millis = u64::try_from(item.timestamp.millis()).unwrap_or_default();
        let number = key.get(key.len() - 4..).and_then(|digits| digits.parse().ok()).unwrap_or(0u64);
        let (millis, number) = if ascending { (millis, number) } else { (u64::MAX - millis, 9999 - number) };
        (format!("{millis:020}{number:04}{key}"), item)
    });
    let token = input.next_token.as_deref();
    let (items, next_token) = page(tx, sortable.collect(), Order::ByKey, token, size, invalid_next_token)?;
    Ok(DescribeAlarmHistoryResponse { alarm_history_items: items, next_token })
}
