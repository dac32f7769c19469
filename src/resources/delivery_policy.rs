//! Delivery policies of topics and subscriptions: one form per meaning. SNS gives them back with parts filled in that nobody
//! wrote, and with others as null.

use crate::model::field;
use serde_json::{Map, Value, json};

/// Canonical form: no nulls, no parts at their default, retries written out (SNS developer guide, "Message delivery
/// retries"). `None` where that leaves nothing.
pub fn canonical(policy: &Value) -> Option<Value> {
    let mut policy = field::canonical(policy.clone());
    let parts = policy.as_object_mut()?;
    match parts.get_mut("http").map(Value::take) {
        Some(Value::Object(http)) => {
            let http = part(http, "disableSubscriptionOverrides", "defaultHealthyRetryPolicy");
            parts.retain(|key, value| key != "http" && !value.is_null());
            if !http.is_empty() {
                parts.insert("http".to_owned(), Value::Object(http));
            }
        }
        _ => *parts = part(std::mem::take(parts), "guaranteed", "healthyRetryPolicy"),
    }
    (!parts.is_empty()).then_some(policy)
}

/// `flag` is false by default, `retries` is a retry policy.
fn part(mut part: Map<String, Value>, flag: &str, retries: &str) -> Map<String, Value> {
    part.retain(|key, value| !value.is_null() && (key != flag || value != false));
    if let Some(Value::Object(given)) = part.get_mut(retries) {
        let defaults = json!({
            "minDelayTarget": 20, "maxDelayTarget": 20, "numRetries": 3, "numMaxDelayRetries": 0,
            "numNoDelayRetries": 0, "numMinDelayRetries": 0, "backoffFunction": "linear"
        });
        given.retain(|_, value| !value.is_null());
        for (key, value) in defaults.as_object().into_iter().flatten() {
            given.entry(key).or_insert_with(|| value.clone());
        }
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sns_fills_in_makes_no_difference() {
        let written = json!({ "http": { "defaultHealthyRetryPolicy": { "numRetries": 4 } } });
        let kept = json!({ "http": {
            "defaultHealthyRetryPolicy": { "numRetries": 4, "minDelayTarget": 20, "maxDelayTarget": 20.0 },
            "disableSubscriptionOverrides": false, "defaultThrottlePolicy": null,
        } });
        assert_eq!(canonical(&written), canonical(&kept));
        let written = json!({ "healthyRetryPolicy": { "numRetries": 4 } });
        let kept = json!({
            "healthyRetryPolicy": { "numRetries": 4, "backoffFunction": "linear", "numNoDelayRetries": 0 },
            "sicklyRetryPolicy": null, "throttlePolicy": null, "requestPolicy": null, "guaranteed": false,
        });
        assert_eq!(canonical(&written), canonical(&kept));
    }

    #[test]
    fn what_somebody_wrote_does() {
        let policy = |retries: u32| json!({ "http": { "defaultHealthyRetryPolicy": { "numRetries": retries } } });
        assert_ne!(canonical(&policy(4)), canonical(&policy(5)));
        let overrides = |value: bool| json!({ "http": { "disableSubscriptionOverrides": value } });
        assert_eq!(canonical(&overrides(false)), None);
        assert_eq!(canonical(&overrides(true)), Some(overrides(true)));
        assert_eq!(canonical(&json!({})), None);
    }
}
