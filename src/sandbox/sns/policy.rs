//! Topic policies: what SNS accepts, and whether one lets an alarm publish.

use crate::policy::{ServiceRequest, allows, texts, wildcard};
use serde_json::Value;

/// A policy as SNS answers it: compact, and a list of one as the one (seen of AWS's policies; clients must not mind).
/// The error is SNS's sentence.
pub fn accept(arn: &str, text: &str) -> Result<String, String> {
    let malformed = || "Policy Error: null".to_owned();
    let mut policy: Value = serde_json::from_str(text).map_err(|_| malformed())?;
    let statements = match policy.get_mut("Statement") {
        Some(Value::Array(statements)) => statements.iter_mut().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => return Err(malformed()),
    };
    for statement in statements {
        let Value::Object(statement) = statement else { return Err(malformed()) };
        let principal = statement.contains_key("Principal") || statement.contains_key("NotPrincipal");
        let effect = statement.get("Effect").and_then(Value::as_str);
        if !principal || !matches!(effect, Some("Allow" | "Deny")) {
            return Err(malformed());
        }
        for key in ["Action", "Resource"] {
            let Some(entry) = statement.get_mut(key) else { continue };
            let in_scope = |item: &str| match key {
                "Action" => item == "*" || item.to_ascii_lowercase().starts_with("sns:"),
                _ => wildcard(item, arn),
            };
            let items = texts(entry);
            if items.is_empty() || !items.into_iter().all(in_scope) {
                return Err(format!("Policy statement {} out of service scope!", key.to_lowercase()));
            }
            if let Value::Array(items) = entry
                && items.len() == 1
            {
                *entry = items.remove(0);
            }
        }
    }
    Ok(policy.to_string())
}

/// Whether CloudWatch may publish for an alarm of `account` under a policy that [`accept`] let pass.
pub fn lets_alarm_publish(policy: &str, account: &str, alarm_arn: &str) -> bool {
    let asked =
        ServiceRequest { service: "cloudwatch.amazonaws.com", action: "sns:publish", source_arn: alarm_arn, account };
    allows(policy, &asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlops_model::topic_policy::default;
    use serde_json::json;

    const ACCOUNT: &str = "123456789012";
    const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:alerts";
    const ALARM: &str = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors";

    fn allowed(statement: &Value) -> bool {
        let policy = json!({ "Statement": [statement] }).to_string();
        lets_alarm_publish(&accept(TOPIC, &policy).unwrap(), ACCOUNT, ALARM)
    }

    #[test]
    fn alarms_may_publish_where_a_statement_says_so() {
        let default = default(TOPIC).to_string();
        assert!(lets_alarm_publish(&default, ACCOUNT, ALARM));
        assert!(!lets_alarm_publish(&default, "210987654321", ALARM));
        let service = json!({ "Service": "cloudwatch.amazonaws.com" });
        let mut statement =
            json!({ "Effect": "Allow", "Principal": service, "Action": "sns:Publish", "Resource": TOPIC });
        assert!(allowed(&statement));
        for (condition, expected) in [
            (json!({ "ArnLike": { "aws:SourceArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*" } }), true),
            (json!({ "ArnLike": { "aws:SourceArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:*" } }), false),
            (json!({ "StringEquals": { "aws:SourceAccount": [ACCOUNT, "210987654321"] } }), true),
            (json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } }), false),
            (json!({ "Bool": { "aws:SecureTransport": "true" } }), false),
        ] {
            statement["Condition"] = condition.clone();
            assert_eq!(allowed(&statement), expected, "{condition}");
        }
        let other = json!({ "Service": "events.amazonaws.com" });
        assert!(!allowed(
            &json!({ "Effect": "Allow", "Principal": other, "Action": "sns:Publish", "Resource": TOPIC })
        ));
        assert!(!allowed(
            &json!({ "Effect": "Allow", "Principal": "*", "Action": "sns:Subscribe", "Resource": TOPIC })
        ));
    }

    #[test]
    fn a_denial_wins() {
        let policy = json!({ "Statement": [
            { "Effect": "Allow", "Principal": "*", "Action": "sns:*", "Resource": TOPIC },
            { "Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": TOPIC },
        ] });
        assert!(!lets_alarm_publish(&accept(TOPIC, &policy.to_string()).unwrap(), ACCOUNT, ALARM));
    }

    #[test]
    fn what_sns_refuses() {
        let statement = |action: &str, resource: &str| {
            let statement = json!({ "Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource });
            accept(TOPIC, &json!({ "Statement": statement }).to_string())
        };
        assert_eq!(statement("sqs:Send", TOPIC).unwrap_err(), "Policy statement action out of service scope!");
        assert_eq!(
            statement("sns:Publish", "arn:aws:sns:us-east-1:123456789012:other").unwrap_err(),
            "Policy statement resource out of service scope!"
        );
        statement("sns:Publish", "arn:aws:sns:us-east-1:123456789012:*").unwrap();
        for text in ["", "{", "[]", "{}", r#"{"Statement":[1]}"#, r#"{"Statement":{"Effect":"Allow"}}"#] {
            assert_eq!(accept(TOPIC, text).unwrap_err(), "Policy Error: null", "{text}");
        }
    }
}
