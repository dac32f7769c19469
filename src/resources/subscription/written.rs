//! A subscription -> `subscriptions` of its topic. Who is notified is a variable: an address of a person, or one that is a key itself.

use super::Subscription;
use crate::model::endpoint::STARS;
use crate::model::writing::OpenValue;
use crate::model::{SpecMap, SpecValue, secret};
use crate::resources::delivery_policy;
use crate::resources::written::WrittenPlace;
use crate::resources::{Address, Kind};

pub fn written(subscription: &Subscription) -> SpecMap {
    let names = |field: &str| subscription.declared.contains(field);
    let document = |field: &str, value: Option<&serde_json::Value>| match value {
        Some(value) => Some(SpecValue::json(value)),
        None => names(field).then_some(SpecValue::Null),
    };
    let scope = subscription.filter_policy_scope.as_deref();
    let scope = scope.filter(|scope| *scope != "MessageAttributes" || names("filter_policy_scope"));
    let raw = Some(subscription.raw_message_delivery).filter(|raw| *raw || names("raw_message_delivery"));
    let delivery = subscription.delivery_policy.as_ref().filter(|policy| delivery_policy::canonical(policy).is_some());
    SpecMap::default()
        .put("protocol", &subscription.protocol)
        .put("endpoint", endpoint(subscription))
        .put_some("filter_policy", document("filter_policy", subscription.filter_policy.as_ref()))
        .put_some("filter_policy_scope", scope)
        .put_some("raw_message_delivery", raw)
        .put_some("delivery_policy", document("delivery_policy", delivery))
        .put_some("redrive_policy", document("redrive_policy", subscription.redrive_policy.as_ref()))
        .put_some("subscription_role_arn", subscription.subscription_role_arn.as_deref())
}

/// ARNs are no secrets, nor is an address that says no more than its host.
fn endpoint(subscription: &Subscription) -> SpecValue {
    let (value, topic) = (subscription.endpoint.clone(), &subscription.topic);
    let open = |name, description: String, secret| OpenValue {
        name,
        value: value.clone(),
        description,
        secret,
        unknown: false,
    };
    match subscription.protocol.as_str() {
        "email" | "email-json" => {
            SpecValue::Open(open("email", format!("Who is notified by mail of topic {topic}"), false))
        }
        "sms" => SpecValue::Open(open("phone", format!("Who is notified by text message of topic {topic}"), false)),
        "http" | "https" if secret::hide(&value) != value => {
            let open = open("webhook", format!("The address that topic {topic} posts to"), true);
            match subscription.password() {
                // What SNS shows is no password.
                Some((at, STARS)) => SpecValue::Open(OpenValue {
                    value: format!("{}unknown-password{}", &value[..at], &value[at + STARS.len()..]),
                    description: format!("The address that topic {topic} posts to; SNS does not show its password"),
                    unknown: true,
                    ..open
                }),
                _ => SpecValue::Open(open),
            }
        }
        _ => value.into(),
    }
}

pub fn place(subscription: &Subscription) -> WrittenPlace {
    WrittenPlace::Parent {
        parent: Address::new(Kind::Topic, &subscription.topic),
        path: &["subscriptions"],
        name: None,
        alone: Some(SpecMap::default().put("topic", &subscription.topic)),
    }
}
