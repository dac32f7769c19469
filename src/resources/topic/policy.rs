//! Access policies: one form per meaning, and whether CloudWatch may publish.

use crate::model::field;
use serde_json::{Map, Value};

/// Canonical form of an IAM policy document: a one-element list is its element, lists are sorted sets, numbers have one
/// form (IAM reference, "Grammar of the JSON policy language": order and scalar-or-list do not matter).
pub fn canonical(policy: &Value) -> Value {
    match policy {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(canonical).collect();
            items.sort_by_cached_key(Value::to_string);
            items.dedup();
            if items.len() == 1 { items.remove(0) } else { Value::Array(items) }
        }
        Value::Object(map) => {
            let sorted: Map<String, Value> = map.iter().map(|(k, v)| (k.clone(), canonical(v))).collect();
            Value::Object(sorted)
        }
        scalar => field::canonical(scalar.clone()),
    }
}

/// Whether alarms of the topic's own account can publish under this policy: an Allow of `sns:Publish` for the CloudWatch
/// service, for everyone, or (AWS's default policy) for the owner's account. Conditions are not evaluated.
pub fn lets_alarms_publish(policy: &Value) -> bool {
    let one_or_many = |value: Option<&Value>| match value {
        None => Vec::new(),
        Some(Value::Array(items)) => items.clone(),
        Some(one) => vec![one.clone()],
    };
    one_or_many(policy.get("Statement")).iter().any(|statement| {
        let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        let action = one_or_many(statement.get("Action"))
            .iter()
            .filter_map(Value::as_str)
            .any(|a| ["sns:publish", "sns:*", "*"].contains(&a.to_ascii_lowercase().as_str()));
        let principal = match statement.get("Principal") {
            Some(Value::String(all)) => all == "*",
            Some(Value::Object(map)) => {
                one_or_many(map.get("Service")).iter().any(|s| s == "cloudwatch.amazonaws.com")
                    || one_or_many(map.get("AWS")).iter().any(|s| s == "*")
            }
            _ => false,
        };
        allows && action && principal
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn order_and_single_element_lists_mean_nothing() {
        let a = json!({"Statement": [{"Action": ["sns:Publish"], "Effect": "Allow", "Principal": {"Service": ["b", "a"]}}]});
        let b =
            json!({"Statement": {"Effect": "Allow", "Principal": {"Service": ["a", "b"]}, "Action": "sns:Publish"}});
        assert_eq!(canonical(&a), canonical(&b));
    }

    #[test]
    fn only_a_statement_for_cloudwatch_or_everyone_lets_alarms_publish() {
        let policy = |principal: Value, action: &str| json!({"Statement": [{"Effect": "Allow", "Action": action, "Principal": principal}]});
        assert!(lets_alarms_publish(&policy(json!({"Service": "cloudwatch.amazonaws.com"}), "sns:Publish")));
        assert!(lets_alarms_publish(&policy(json!({"AWS": "*"}), "SNS:Publish")));
        assert!(!lets_alarms_publish(&policy(json!({"Service": "events.amazonaws.com"}), "sns:Publish")));
        assert!(!lets_alarms_publish(&policy(json!("*"), "sns:Subscribe")));
    }
}
