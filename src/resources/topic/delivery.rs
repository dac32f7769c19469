//! Delivery policies of topics and subscriptions: one form per meaning. SNS answers with more than it was given.

use crate::model::field;
use serde_json::{Map, Value, json};

/// What SNS adds to a policy: parts that are null, switches that are off, and retries at their defaults (SNS developer
/// guide, "Message delivery retries"; which of them an answer names is seen, not documented).
pub fn canonical(policy: &Value) -> Value {
    let Value::Object(map) = policy else { return field::canonical(policy.clone()) };
    let mut parts = Map::new();
    for (name, part) in map {
        let canonical = match name.as_str() {
            "http" => canonical(part),
            "healthyRetryPolicy" | "defaultHealthyRetryPolicy" => retries(part),
            _ => field::canonical(part.clone()),
        };
        let is_off = matches!(name.as_str(), "guaranteed" | "disableSubscriptionOverrides") && canonical == false;
        if !canonical.is_null() && !is_off {
            parts.insert(name.clone(), canonical);
        }
    }
    Value::Object(parts)
}

/// Retries without what SNS does anyway.
fn retries(part: &Value) -> Value {
    let defaults = json!({
        "minDelayTarget": 20, "maxDelayTarget": 20, "numRetries": 3, "numMaxDelayRetries": 0,
        "numNoDelayRetries": 0, "numMinDelayRetries": 0, "backoffFunction": "linear",
    });
    let mut retries = field::canonical(part.clone());
    if let Value::Object(map) = &mut retries {
        map.retain(|name, value| !value.is_null() && defaults.get(name) != Some(value));
    }
    retries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sns_adds_makes_no_difference() {
        let given = json!({ "healthyRetryPolicy": { "numRetries": 7, "minDelayTarget": 20.0 } });
        let answered = json!({
            "healthyRetryPolicy": { "numRetries": 7, "minDelayTarget": 20, "maxDelayTarget": 20, "backoffFunction": "linear" },
            "sicklyRetryPolicy": null, "throttlePolicy": null, "guaranteed": false,
        });
        assert_eq!(canonical(&given), canonical(&answered));
        assert_eq!(canonical(&json!({ "http": { "disableSubscriptionOverrides": false } })), json!({ "http": {} }));
        assert_ne!(canonical(&given), canonical(&json!({ "healthyRetryPolicy": { "numRetries": 8 } })));
    }
}
