//! The attributes of a queue that can be set: their limits and their defaults (SQS API reference, SetQueueAttributes).

use super::invalid;
use crate::fault::Fault;
use serde_json::Value;
use std::collections::BTreeMap;

pub type AttributesOfQueue = BTreeMap<String, String>;

/// Name, least, most, default.
const NUMBERS: [(&str, u64, u64, u64); 6] = [
    ("DelaySeconds", 0, 900, 0),
    ("MaximumMessageSize", 1024, 1_048_576, 1_048_576),
    ("MessageRetentionPeriod", 60, 1_209_600, 345_600),
    ("ReceiveMessageWaitTimeSeconds", 0, 20, 0),
    ("VisibilityTimeout", 0, 43_200, 30),
    ("KmsDataKeyReusePeriodSeconds", 60, 86_400, 300),
];

/// Refuses what SQS refuses.
pub fn check(wanted: &AttributesOfQueue) -> Result<(), Fault> {
    wanted.iter().try_for_each(|(name, value)| check_one(name, value))
}

fn check_one(name: &str, value: &str) -> Result<(), Fault> {
    let wrong = || Fault::sender("InvalidAttributeValue", format!("Invalid value for the parameter {name}."));
    let good = |good: bool| if good { Ok(()) } else { Err(wrong()) };
    if let Some((_, least, most, _)) = NUMBERS.iter().find(|(number, ..)| *number == name) {
        return good(value.parse::<u64>().is_ok_and(|number| (*least..=*most).contains(&number)));
    }
    match name {
        "Policy" => good(value.is_empty() || is_policy(value)),
        "SqsManagedSseEnabled" => good(matches!(value, "true" | "false")),
        "KmsMasterKeyId" => Ok(()),
        "FifoQueue" if value == "false" => Ok(()),
        "FifoQueue" | "ContentBasedDeduplication" | "DeduplicationScope" | "FifoThroughputLimit" => {
            Err(invalid("The sandbox has no FIFO queues."))
        }
        "RedrivePolicy" | "RedriveAllowPolicy" if value.is_empty() => Ok(()),
        "RedrivePolicy" | "RedriveAllowPolicy" => Err(invalid("The sandbox has no dead-letter queues.")),
        _ => Err(Fault::sender("InvalidAttributeName", format!("Unknown Attribute {name}."))),
    }
}

fn is_policy(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|policy| match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().all(Value::is_object),
        Some(one) => one.is_object(),
        None => false,
    })
}

/// A number that was set, or its default.
pub fn number(set: &AttributesOfQueue, name: &str) -> u64 {
    let default = NUMBERS.iter().find(|(number, ..)| *number == name).map_or(0, |(.., default)| *default);
    set.get(name).and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// What is set, with the defaults that SQS shows.
pub fn shown(set: &AttributesOfQueue) -> AttributesOfQueue {
    let mut shown = set.clone();
    for (name, .., default) in NUMBERS.iter().filter(|(name, ..)| !name.starts_with("Kms")) {
        shown.entry((*name).to_owned()).or_insert_with(|| default.to_string());
    }
    let managed = !shown.contains_key("KmsMasterKeyId");
    shown.entry("SqsManagedSseEnabled".into()).or_insert_with(|| managed.to_string());
    shown
}
