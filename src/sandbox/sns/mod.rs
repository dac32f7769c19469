//! SNS: topics, subscriptions, tags, publishing. From an operation's name to its handler, and what refusals have in common.

mod delivery_policy;
mod outbox;
mod policy;
mod publish;
mod receiver;
mod subscription;
mod subscription_operation;
#[cfg(test)]
mod tests;
mod topic;

pub use outbox::{Delivery, Letter};
pub use publish::{Notice, Notified, notify};

use super::fault::Fault;
use super::operation::{answer, operations};
use super::store::Tx;
use super::wire::WireRequest;
use ciborium::Value;
use serde::Serialize;
use std::collections::BTreeMap;

/// Runs one SNS operation.
pub fn dispatch(request: WireRequest, tx: &mut Tx) -> Result<Value, Fault> {
    operations!(request, {
        "CreateTopic" => answer(request, tx, topic::create),
        "DeleteTopic" => answer(request, tx, topic::delete),
        "GetTopicAttributes" => answer(request, tx, topic::attributes),
        "SetTopicAttributes" => answer(request, tx, topic::set_attributes),
        "ListTopics" => answer(request, tx, topic::list),
        "TagResource" => answer(request, tx, topic::tag),
        "UntagResource" => answer(request, tx, topic::untag),
        "ListTagsForResource" => answer(request, tx, topic::list_tags),
        "Subscribe" => answer(request, tx, subscription_operation::subscribe),
        "ConfirmSubscription" => answer(request, tx, subscription_operation::confirm),
        "Unsubscribe" => answer(request, tx, subscription_operation::unsubscribe),
        "GetSubscriptionAttributes" => answer(request, tx, subscription_operation::attributes),
        "SetSubscriptionAttributes" => answer(request, tx, subscription_operation::set_attributes),
        "ListSubscriptions" | "ListSubscriptionsByTopic" => answer(request, tx, subscription_operation::list),
        "Publish" => answer(request, tx, publish::publish),
    })
}

/// The names of the topics.
pub fn topics(tx: &Tx) -> Result<Vec<String>, Fault> {
    topic::names(tx)
}

/// Protocol, endpoint, topic and state of each subscription.
pub fn subscriptions(tx: &Tx) -> Result<Vec<String>, Fault> {
    let shown = |(_, live): (String, subscription::StoredSubscription)| {
        let topic = live.topic_arn.rsplit(':').next().unwrap_or_default();
        let state = if live.confirmed { "confirmed" } else { "pending" };
        format!("{} {} on {topic}: {state}", live.protocol, live.endpoint)
    };
    Ok(subscription::standing(tx)?.into_iter().map(shown).collect())
}

/// An operation that answers nothing but that it was done.
#[derive(Serialize)]
struct EmptySnsResponse {}

fn invalid(what: impl std::fmt::Display) -> Fault {
    Fault::sender("InvalidParameter", format!("Invalid parameter: {what}"))
}

fn not_found(what: &str) -> Fault {
    Fault::sender("NotFound", format!("{what} does not exist")).status(404)
}

/// Whether what is wanted stands: equal text or equal JSON; an empty value is one that is not set.
fn agrees(wanted: &BTreeMap<String, String>, live: &BTreeMap<String, String>) -> bool {
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    wanted.iter().all(|(name, value)| match live.get(name) {
        None => value.is_empty(),
        Some(live) => live == value || json(live).is_some_and(|live| Some(live) == json(value)),
    })
}

/// What follows the account in an ARN of the caller's own account and region, split at colons.
fn arn_parts<'a>(tx: &Tx, arn: &'a str, parameter: &str, action: &str) -> Result<Vec<&'a str>, Fault> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.as_slice() {
        [prefix, partition, service, region, account, rest @ ..] if !rest.is_empty() => {
            let here = *partition == tx.partition().id && *region == tx.region();
            if *prefix != "arn" || *service != "sns" || !here {
                return Err(invalid(parameter));
            }
            if *account != tx.account() {
                let message = format!(
                    "User: {} is not authorized to perform: SNS:{action} on resource: {arn} \
                     because no resource-based policy allows the SNS:{action} action",
                    tx.global_arn("iam", "user/sandbox")
                );
                return Err(Fault::sender("AuthorizationError", message).status(403));
            }
            Ok(rest.to_vec())
        }
        few => Err(invalid(format!("{parameter} Reason: An ARN must have at least 6 elements, not {}", few.len()))),
    }
}
