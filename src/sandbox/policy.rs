//! Resource policies: whether one lets an AWS service do something on behalf of a resource. Only what services meet is worked out;
//! other principals are nobody's business here.

use serde_json::Value;

/// What a service is about to do.
#[derive(Debug, Clone, Copy)]
pub struct ServiceRequest<'a> {
    /// E.g. `sns.amazonaws.com`.
    pub service: &'a str,
    /// In lower case, e.g. `sqs:sendmessage`.
    pub action: &'a str,
    /// On behalf of which resource, e.g. a topic.
    pub source_arn: &'a str,
    /// The account of that resource.
    pub account: &'a str,
}

/// Whether a policy allows it. A statement with a condition that is not about where the request comes from allows nothing.
pub fn allows(policy: &str, asked: &ServiceRequest) -> bool {
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    let statements = match &policy["Statement"] {
        Value::Array(statements) => statements.iter().collect(),
        one => vec![one],
    };
    let applies = |statement: &Value, effect: &str| {
        statement["Effect"] == effect
            && names_service(&statement["Principal"], asked.service)
            && texts(&statement["Action"]).iter().any(|action| wildcard(&action.to_ascii_lowercase(), asked.action))
            && conditions_hold(&statement["Condition"], asked)
    };
    statements.iter().any(|statement| applies(statement, "Allow"))
        && !statements.iter().any(|statement| applies(statement, "Deny"))
}

fn names_service(principal: &Value, service: &str) -> bool {
    *principal == "*" || texts(&principal["AWS"]).contains(&"*") || texts(&principal["Service"]).contains(&service)
}

fn conditions_hold(conditions: &Value, asked: &ServiceRequest) -> bool {
    let Some(conditions) = conditions.as_object() else { return true };
    conditions.iter().all(|(operator, keys)| {
        let keys = keys.as_object().into_iter().flatten();
        let like = match operator.as_str() {
            "StringEquals" => false,
            "StringLike" | "ArnLike" | "ArnEquals" => true,
            _ => return false,
        };
        keys.into_iter().all(|(key, allowed)| {
            let from = match key.to_ascii_lowercase().as_str() {
                "aws:sourcearn" => asked.source_arn,
                "aws:sourceaccount" | "aws:sourceowner" => asked.account,
                _ => return false,
            };
            texts(allowed).iter().any(|allowed| *allowed == from || like && wildcard(allowed, from))
        })
    })
}

/// One text or a list of texts, as a list; empty where there is something else.
pub fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// `*` stands for any run of characters; nothing else is special.
pub fn wildcard(glob: &str, text: &str) -> bool {
    let mut parts = glob.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}
