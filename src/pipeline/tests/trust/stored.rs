//! What the sandbox has stored, as the witness reads it: whose entry of the spec it is, its fields, its tags. Judges nothing.

use super::Key;
use crate::pipeline::tests::random::EXTERNAL;
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
            // Whichever names it, or is a pattern.
            let functions = spec["functions"].as_object().filter(|_| name == "/aws/lambda/mlops-service-lambda");
            let of_function = functions.map(|all| all.values().flat_map(fields).collect());
            of(Kind::LogGroup, "log_groups", name)
                .or(of_function.map(|said| (Address::new(Kind::LogGroup, name), said)))
        }
        "sns-subscription" => {
            let topic = name.split(':').nth(5)?;
            let (kind, topic) = match topic == EXTERNAL.0 {
                true => (Kind::ExternalSubscription, spec["external_topics"].get(EXTERNAL.1)?),
                false => (Kind::Subscription, spec["topics"].get(topic)?),
            };
            let declared = topic["subscriptions"].as_array()?;
            let same = |own: &&Value| own["protocol"] == stored["protocol"] && own["endpoint"] == stored["endpoint"];
            let own = declared.iter().find(same)?;
            Some((Address::new(kind, name), fields(own)))
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
