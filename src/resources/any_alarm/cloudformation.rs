//! What alarms of every kind have in common in templates.

use crate::model::Target;
use crate::resources::mapping::{PropertyForm, PropertyMap};
use serde_json::{Map, Value};

pub static ACTIONS: [PropertyMap; 5] = [
    PropertyMap::new("actions.enabled", "ActionsEnabled", PropertyForm::Flag { absent: true }),
    PropertyMap::texts("actions.alarm", "AlarmActions"),
    PropertyMap::texts("actions.ok", "OKActions"),
    PropertyMap::texts("actions.insufficient_data", "InsufficientDataActions"),
    PropertyMap::converted(
        "actions.tags_propagation",
        "ActionConfiguration.AlarmTagsPropagation",
        propagation,
        from_propagation,
    ),
];

pub static WARM_UP: [PropertyMap; 2] = [
    PropertyMap::number("warm_up.minutes", "WarmUpConfiguration.WarmUpPeriodDurationInMinutes"),
    PropertyMap::flag(
        "warm_up.only_start_evaluating_after",
        "WarmUpConfiguration.OnlyStartEvaluatingAfterWarmUpPeriodEnds",
    ),
];

/// The schemas of alarms take no tag without a value.
pub static TAGS: [PropertyMap; 1] = [PropertyMap::new("tags", "Tags", PropertyForm::FilledPairs("Key", "Value"))];

const KEYS: [(&str, &str); 2] = [("included_tag_keys", "IncludedTagKeys"), ("excluded_tag_keys", "ExcludedTagKeys")];

fn propagation(value: &Value, _: &Target) -> Option<Value> {
    let mut property = Map::from_iter([("Enabled".to_owned(), true.into())]);
    for (field, name) in KEYS {
        let keys = value.get(field).filter(|keys| keys.as_array().is_some_and(|keys| !keys.is_empty()));
        property.extend(keys.map(|keys| (name.to_owned(), keys.clone())));
    }
    Some(Value::Object(property))
}

fn from_propagation(property: &Value, _: &Target) -> Option<Value> {
    let members = property.as_object()?;
    if members.keys().any(|key| key != "Enabled" && KEYS.iter().all(|(_, name)| name != key)) {
        return None;
    }
    match members.get("Enabled").unwrap_or(&Value::Null) {
        Value::Bool(false) => return Some(Value::Null),
        Value::String(text) if text == "false" => return Some(Value::Null),
        _ => {}
    }
    let listed = KEYS.iter().filter_map(|(field, name)| Some(((*field).to_owned(), members.get(*name)?.clone())));
    Some(Value::Object(listed.collect()))
}
