//! Delivery policies: how SNS keeps the JSON it was given and what it says is in effect.
//! Pure text in, text out; must not know topics, subscriptions or the store.

use serde_json::{Map, Value, json};

/// What SNS does when nobody asks for anything else.
fn default_retries() -> Value {
    json!({
        "minDelayTarget": 20, "maxDelayTarget": 20, "numRetries": 3, "numMaxDelayRetries": 0,
        "numNoDelayRetries": 0, "numMinDelayRetries": 0, "backoffFunction": "linear"
    })
}

fn default_request() -> Value {
    json!({ "headerContentType": "text/plain; charset=UTF-8" })
}

/// A topic's policy as SNS keeps it; `None` takes it away. The error is SNS's sentence.
pub fn for_topic(text: &str) -> Result<Option<String>, String> {
    let Some(mut policy) = read(text)? else { return Ok(None) };
    let http = policy.entry("http").or_insert(Value::Null);
    if http.is_null() {
        *http = json!({});
    }
    let Value::Object(http) = http else {
        return Err("DeliveryPolicy: http must be an object".into());
    };
    known(
        http,
        &["defaultHealthyRetryPolicy", "defaultThrottlePolicy", "defaultRequestPolicy", "disableSubscriptionOverrides"],
    )?;
    retries(http.get("defaultHealthyRetryPolicy"))?;
    http.retain(|_, value| !value.is_null());
    http.entry("disableSubscriptionOverrides").or_insert(json!(false));
    Ok(Some(Value::Object(policy).to_string()))
}

/// What is in effect for a topic: its policy over SNS's defaults.
pub fn effective_for_topic(kept: Option<&String>) -> String {
    let kept: Value = kept.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let http = &kept["http"];
    let mut effective = json!({ "http": {
        "defaultHealthyRetryPolicy":
            merged(default_retries(), &http["defaultHealthyRetryPolicy"]),
        "disableSubscriptionOverrides": http["disableSubscriptionOverrides"] == json!(true),
        "defaultRequestPolicy": merged(default_request(), &http["defaultRequestPolicy"]),
    }});
    if !http["defaultThrottlePolicy"].is_null() {
        effective["http"]["defaultThrottlePolicy"] = http["defaultThrottlePolicy"].clone();
    }
    effective.to_string()
}

/// A subscription's policy as SNS keeps it: every part named, the ones not given null.
pub fn for_subscription(text: &str) -> Result<Option<String>, String> {
    let Some(policy) = read(text)? else { return Ok(None) };
    known(&policy, &["healthyRetryPolicy", "sicklyRetryPolicy", "throttlePolicy", "requestPolicy", "guaranteed"])?;
    let healthy = policy.get("healthyRetryPolicy");
    retries(healthy)?;
    let part = |name: &str| policy.get(name).cloned().unwrap_or_default();
    let kept = json!({
        "healthyRetryPolicy": match healthy {
            None | Some(Value::Null) => Value::Null,
            Some(given) => merged(default_retries(), given),
        },
        "sicklyRetryPolicy": part("sicklyRetryPolicy"),
        "throttlePolicy": part("throttlePolicy"),
        "requestPolicy": part("requestPolicy"),
        "guaranteed": policy.get("guaranteed") == Some(&json!(true)),
    });
    Ok(Some(kept.to_string()))
}

/// What is in effect for an HTTP subscription: its own policy over its topic's over the defaults.
pub fn effective_for_subscription(own: Option<&String>, topic: Option<&String>) -> String {
    let own: Value = own.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let topic: Value = serde_json::from_str(&effective_for_topic(topic)).unwrap_or_default();
    let http = &topic["http"];
    let own = match http["disableSubscriptionOverrides"] == json!(true) {
        true => Value::Null,
        false => own,
    };
    let over = |part: &Value, below: &Value| match part {
        Value::Null => below.clone(),
        given => given.clone(),
    };
    json!({
        "healthyRetryPolicy": over(&own["healthyRetryPolicy"], &http["defaultHealthyRetryPolicy"]),
        "sicklyRetryPolicy": own["sicklyRetryPolicy"],
        "throttlePolicy": over(&own["throttlePolicy"], &http["defaultThrottlePolicy"]),
        "requestPolicy": over(&own["requestPolicy"], &http["defaultRequestPolicy"]),
        "guaranteed": false,
    })
    .to_string()
}

fn read(text: &str) -> Result<Option<Map<String, Value>>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(policy)) if policy.is_empty() => Ok(None),
        Ok(Value::Object(policy)) => Ok(Some(policy)),
        Ok(_) => Err("DeliveryPolicy: must be a JSON object".into()),
        Err(error) => Err(format!("DeliveryPolicy: failed to parse JSON. {error}")),
    }
}

fn known(policy: &Map<String, Value>, names: &[&str]) -> Result<(), String> {
    match policy.keys().find(|key| !names.contains(&key.as_str())) {
        Some(key) => Err(format!("DeliveryPolicy: unrecognized JSON element: {key}")),
        None => Ok(()),
    }
}

fn merged(mut defaults: Value, given: &Value) -> Value {
    if let (Value::Object(defaults), Value::Object(given)) = (&mut defaults, given) {
        defaults.extend(given.clone());
    }
    defaults
}

/// SNS documents at most 100 retries, delays of 1 to 3600 s, and no lower maximum than minimum.
fn retries(policy: Option<&Value>) -> Result<(), String> {
    let number = |name: &str| policy.and_then(|policy| policy.get(name)).and_then(Value::as_i64);
    if number("numRetries").is_some_and(|retries| !(0..=100).contains(&retries)) {
        return Err("DeliveryPolicy: numRetries must be between 0 and 100".into());
    }
    for name in ["minDelayTarget", "maxDelayTarget"] {
        if number(name).is_some_and(|seconds| !(1..=3600).contains(&seconds)) {
            return Err(format!("DeliveryPolicy: {name} must be between 1 and 3600"));
        }
    }
    match (number("minDelayTarget"), number("maxDelayTarget")) {
        (Some(least), Some(most)) if least > most => {
            Err("DeliveryPolicy: minDelayTarget must not be greater than maxDelayTarget".into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: String) -> Value {
        serde_json::from_str(&text).expect("JSON")
    }

    #[test]
    fn topic_policies_are_kept_with_the_override_flag_and_shown_over_defaults() {
        let given = r#"{"http":{"defaultHealthyRetryPolicy":
            {"minDelayTarget":5,"maxDelayTarget":6,"numRetries":1}}}"#;
        let kept = for_topic(given).unwrap().unwrap();
        assert_eq!(value(kept.clone())["http"]["disableSubscriptionOverrides"], json!(false));
        let effective = value(effective_for_topic(Some(&kept)));
        assert_eq!(
            effective["http"]["defaultHealthyRetryPolicy"],
            json!({
                "minDelayTarget": 5, "maxDelayTarget": 6, "numRetries": 1, "numMaxDelayRetries": 0,
                "numNoDelayRetries": 0, "numMinDelayRetries": 0, "backoffFunction": "linear"
            })
        );
        let default = value(effective_for_topic(None));
        assert_eq!(default["http"]["defaultHealthyRetryPolicy"]["numRetries"], json!(3));
        assert_eq!(for_topic("").unwrap(), None);
    }

    #[test]
    fn subscription_policies_name_every_part() {
        let given = r#"{"requestPolicy":{"headerContentType":"text/csv"}}"#;
        let kept = for_subscription(given).unwrap().unwrap();
        assert_eq!(
            value(kept.clone()),
            json!({
                "healthyRetryPolicy": null, "sicklyRetryPolicy": null, "throttlePolicy": null,
                "requestPolicy": { "headerContentType": "text/csv" }, "guaranteed": false
            })
        );
        let effective = value(effective_for_subscription(Some(&kept), None));
        assert_eq!(effective["healthyRetryPolicy"]["numRetries"], json!(3));
        assert_eq!(effective["requestPolicy"]["headerContentType"], json!("text/csv"));
    }

    #[test]
    fn a_topic_can_forbid_a_subscription_its_own_policy() {
        let topic = for_topic(r#"{"http":{"disableSubscriptionOverrides":true}}"#).unwrap();
        let own = for_subscription(r#"{"throttlePolicy":{"maxReceivesPerSecond":1}}"#).unwrap();
        let effective = value(effective_for_subscription(own.as_ref(), topic.as_ref()));
        assert_eq!(effective["throttlePolicy"], Value::Null);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "{",
            "[]",
            r#"{"http":[]}"#,
            r#"{"http":{"typo":1}}"#,
            r#"{"http":{"defaultHealthyRetryPolicy":{"numRetries":101}}}"#,
            r#"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":9,"maxDelayTarget":8}}}"#,
        ] {
            assert!(for_topic(text).unwrap_err().starts_with("DeliveryPolicy: "), "{text}");
        }
    }
}
