//! The access policy that SNS gives a new topic.

use super::Arn;
use serde_json::{Value, json};

/// Returns whether a policy is the one that AWS gives a new topic (SNS developer guide; its Id is `__default_policy_ID`).
pub fn is_default(policy: &Value) -> bool {
    policy.get("Id").and_then(Value::as_str) == Some("__default_policy_ID")
        && policy.get("Statement").and_then(Value::as_array).is_some_and(|s| s.len() == 1)
}

/// Returns the policy that SNS gives a new topic: the owner's account may do everything (SNS developer guide, "Default access policy").
pub fn default(topic_arn: &str) -> Value {
    let account = Arn::parse(topic_arn).map_or("", |arn| arn.account);
    let actions = [
        "GetTopicAttributes",
        "SetTopicAttributes",
        "AddPermission",
        "RemovePermission",
        "DeleteTopic",
        "Subscribe",
        "ListSubscriptionsByTopic",
        "Publish",
    ];
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": actions.map(|action| format!("SNS:{action}")),
            "Resource": topic_arn,
            "Condition": { "StringEquals": { "AWS:SourceOwner": account } },
        }],
    })
}
