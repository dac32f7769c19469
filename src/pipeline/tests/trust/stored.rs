//! What the sandbox has stored, as the witness reads it: whose entry of the spec it is, its fields, its tags. Judges nothing.

use super::Key;
use crate::resources::{Address, Kind};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The address that the spec has for a stored thing, and the fields that it declares, without separators.
pub fn declared(key: &Key, stored: &Value, spec: &Value) -> Option<(Address, BTreeSet<String>)> {
    let (table, name) = key;
    let fields = |value: &Value| value.as_object().into_iter().flatten().map(|(name, _)| plain(name)).collect();
    let of = |kind, section: &str, name: &str| {
        let declared = spec[section].get(name)?;
        Some((Address::new(kind, name), fields(declared)))
    };
    match table.as_str() {
        "alarms" => of(Kind::Alarm, "alarms", name).or_else(|| of(Kind::CompositeAlarm, "composite_alarms", name)),
        "sns-topic" => of(Kind::Topic, "topics", name),
        "logs-group" => {
            let of_function = spec.get("functions").is_some() && name == "/aws/lambda/mlops-service-lambda";
            let of_function = of_function.then(|| (Address::new(Kind::LogGroup, name), BTreeSet::new()));
            of(Kind::LogGroup, "log_groups", name).or(of_function)
        }
        "sns-subscription" => {
            let topic = name.split(':').nth(5)?;
            let declared = spec["topics"].get(topic)?["subscriptions"].as_array()?;
            let same = |own: &&Value| own["protocol"] == stored["protocol"] && own["endpoint"] == stored["endpoint"];
            let own = declared.iter().find(same)?;
            Some((Address::new(Kind::Subscription, name), fields(own)))
        }
        _ => None,
    }
}

pub fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase()
}

/// With its attributes beside its other fields.
pub fn flat(value: &Value) -> Value {
    let mut flat = value.clone();
    if let (Some(attributes), Some(fields)) = (value["attributes"].as_object(), flat.as_object_mut()) {
        fields.remove("attributes");
        fields.extend(attributes.clone());
    }
    flat
}

pub fn tags(entry: &Value) -> BTreeMap<String, String> {
    serde_json::from_value(entry["versions"][0]["tags"].clone()).unwrap_or_default()
}
