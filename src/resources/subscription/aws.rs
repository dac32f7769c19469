//! Subscriptions in SNS. Subscribing twice sends a second mail, so nothing here repeats it by itself.

use super::Subscription;
use crate::aws::{ApiOperation, Aws, AwsError, Class, Repeat};
use crate::model::{FieldChange, Target, field};
use crate::resources::aws::Client;
use crate::resources::{ConfirmationState, Live, Resource};
use aws_sdk_sns::operation::list_subscriptions::ListSubscriptionsOutput;
use aws_sdk_sns::operation::list_subscriptions_by_topic::ListSubscriptionsByTopicOutput;
use aws_sdk_sns::types as sdk;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

const LIST: ApiOperation = ApiOperation("sns", "ListSubscriptionsByTopic");
const LIST_ALL: ApiOperation = ApiOperation("sns", "ListSubscriptions");
const GET: ApiOperation = ApiOperation("sns", "GetSubscriptionAttributes");
const SUBSCRIBE: ApiOperation = ApiOperation("sns", "Subscribe");
const SET: ApiOperation = ApiOperation("sns", "SetSubscriptionAttributes");
const UNSUBSCRIBE: ApiOperation = ApiOperation("sns", "Unsubscribe");
const CONFIRM: ApiOperation = ApiOperation("sns", "ConfirmSubscription");

/// The subscriptions of a topic, without their attributes; `None` where the topic does not exist.
pub async fn list(aws: &Aws, topic: &str, topic_arn: &str) -> Result<Option<Vec<Live>>, AwsError> {
    let mut found = Vec::new();
    let mut foreign = false;
    let page = |token| aws.sns.list_subscriptions_by_topic().topic_arn(topic_arn).set_next_token(token).send();
    let keep = |page: ListSubscriptionsByTopicOutput| {
        foreign |= page.subscriptions().iter().any(|item| !is_under(topic_arn, item));
        found.extend(page.subscriptions().iter().map(|item| from_sdk(topic, item)));
        page.next_token.filter(|_| !foreign)
    };
    match aws.pages(LIST, page, keep).await {
        Ok(()) if foreign => return Err(AwsError::unexpected(LIST, "it holds subscriptions of another topic")),
        Ok(()) => {}
        Err(error) if error.is(Class::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    }
    Ok(Some(one_row_an_endpoint(found)))
}

/// Whether the topic that an entry names is the one that was asked for. The ARN of a confirmed subscription begins with its
/// topic's, whoever owns it (SNS API reference, Subscription).
fn is_under(topic_arn: &str, item: &sdk::Subscription) -> bool {
    let own = item.subscription_arn().filter(|arn| arn.starts_with("arn:"));
    item.topic_arn().is_none_or(|arn| arn == topic_arn)
        && own.is_none_or(|arn| arn.strip_prefix(topic_arn).is_some_and(|id| id.starts_with(':')))
}

/// Keeps one row of each endpoint: what is lost stays listed for a while beside its successor, and what was asked twice is listed
/// twice. A confirmed one decides, then a pending one.
fn one_row_an_endpoint(mut found: Vec<Live>) -> Vec<Live> {
    found.sort_by_key(|live| match live.facts.confirmation {
        Some(ConfirmationState::Confirmed) => 0,
        Some(ConfirmationState::Pending) => 1,
        Some(ConfirmationState::Lost) | None => 2,
    });
    let mut seen = BTreeSet::new();
    found.retain(|live| seen.insert(live.resource.address()));
    found
}

/// The subscriptions of every topic of the target, each with its topic's ARN, without their attributes.
pub async fn list_all(aws: &Aws) -> Result<Vec<(String, Live)>, AwsError> {
    let mut found = Vec::new();
    let page = |token| aws.sns.list_subscriptions().set_next_token(token).send();
    let keep = |page: ListSubscriptionsOutput| {
        found.extend(page.subscriptions().iter().map(|item| {
            let arn = item.topic_arn().unwrap_or_default();
            (arn.to_owned(), from_sdk(arn.rsplit(':').next().unwrap_or_default(), item))
        }));
        page.next_token
    };
    aws.pages(LIST_ALL, page, keep).await?;
    Ok(found)
}

fn from_sdk(topic: &str, item: &sdk::Subscription) -> Live {
    let (protocol, endpoint) = (item.protocol().unwrap_or_default(), item.endpoint().unwrap_or_default());
    let mut live = Live::new(Resource::Subscription(Subscription::new(topic, protocol, endpoint)));
    live.facts.confirmation = Some(match item.subscription_arn() {
        Some("PendingConfirmation") => ConfirmationState::Pending,
        Some("Deleted") | None => ConfirmationState::Lost,
        Some(arn) => {
            live.facts.subscription_arn = Some(arn.to_owned());
            ConfirmationState::Confirmed
        }
    });
    live
}

/// Fills in the attributes of a confirmed subscription; a pending one has no ARN to ask by.
pub async fn read_attributes(aws: &Aws, live: &mut Live) -> Result<(), AwsError> {
    let (Resource::Subscription(subscription), Some(arn)) = (&mut live.resource, &live.facts.subscription_arn) else {
        return Ok(());
    };
    let request = || aws.sns.get_subscription_attributes().subscription_arn(arn).send();
    let attributes = match aws.call(GET, Repeat::Safe, request).await {
        Ok(answer) => answer.attributes.unwrap_or_default(),
        Err(error) if error.is(Class::NotFound) => return Ok(()),
        Err(error) => return Err(error),
    };
    let text = |key: &str| attributes.get(key).filter(|value| !value.is_empty()).cloned();
    let document = |key: &str| text(key).and_then(|value| serde_json::from_str::<Value>(&value).ok());
    subscription.filter_policy = document("FilterPolicy");
    subscription.filter_policy_scope = subscription.filter_policy.as_ref().and(text("FilterPolicyScope"));
    subscription.raw_message_delivery = text("RawMessageDelivery").as_deref() == Some("true");
    subscription.delivery_policy = document("DeliveryPolicy");
    subscription.redrive_policy = document("RedrivePolicy");
    subscription.subscription_role_arn = text("SubscriptionRoleArn");
    live.facts.attributes_read = true;
    Ok(())
}

/// Subscribes with all attributes at once. After a lost answer the caller has to look (`list`) before calling again.
pub async fn subscribe(aws: &Aws, topic_arn: &str, subscription: &Subscription) -> Result<(), AwsError> {
    let attributes: HashMap<String, String> = subscription
        .fields()
        .iter()
        .filter_map(|(name, value)| Some((attribute_name(name)?.to_owned(), attribute_value(Some(value), name))))
        .collect();
    let request = || {
        let request = aws.sns.subscribe().topic_arn(topic_arn).protocol(&subscription.protocol);
        let request = request.endpoint(&subscription.endpoint).return_subscription_arn(true);
        request.set_attributes((!attributes.is_empty()).then(|| attributes.clone())).send()
    };
    aws.call(SUBSCRIBE, Repeat::AfterLooking, request).await.map(drop)
}

/// Changes the named fields, one attribute a call as SNS wants it. Only the scope `MessageBody` takes nested policies: it
/// comes before such a policy, and goes after it.
pub async fn set(aws: &Aws, arn: &str, changes: &[FieldChange]) -> Result<(), AwsError> {
    let mut changes: Vec<&FieldChange> = changes.iter().collect();
    changes.sort_by_key(|change| match change.field.as_str() {
        "filter_policy_scope" if change.to.is_some() => 0,
        "filter_policy_scope" => 2,
        _ => 1,
    });
    for (nth, change) in changes.into_iter().enumerate() {
        let Some(attribute) = attribute_name(&change.field) else { continue };
        let value = attribute_value(change.to.as_ref(), &change.field);
        let request = || {
            let request = aws.sns.set_subscription_attributes().subscription_arn(arn);
            request.attribute_name(attribute).attribute_value(&value).send()
        };
        let written = aws.call(SET, Repeat::Safe, request).await.map(drop);
        if nth == 0 { written? } else { written.map_err(AwsError::half_way)? }
    }
    Ok(())
}

fn attribute_name(field: &str) -> Option<&'static str> {
    Some(match field {
        "filter_policy" => "FilterPolicy",
        "filter_policy_scope" => "FilterPolicyScope",
        "raw_message_delivery" => "RawMessageDelivery",
        "delivery_policy" => "DeliveryPolicy",
        "redrive_policy" => "RedrivePolicy",
        "subscription_role_arn" => "SubscriptionRoleArn",
        _ => return None,
    })
}

/// An absent field is set to what AWS takes for its default; a filter policy is removed with `{}`.
fn attribute_value(value: Option<&Value>, name: &str) -> String {
    match (name, value) {
        (_, Some(Value::String(text))) => text.clone(),
        (_, Some(value)) => field::canonical(value.clone()).to_string(),
        ("filter_policy", None) => "{}".to_owned(),
        ("filter_policy_scope", None) => "MessageAttributes".to_owned(),
        ("raw_message_delivery", None) => "false".to_owned(),
        (_, None) => String::new(),
    }
}

/// Ends a confirmed subscription. Gone is fine.
pub async fn unsubscribe(aws: &Aws, arn: &str) -> Result<(), AwsError> {
    match aws.call(UNSUBSCRIBE, Repeat::Safe, || aws.sns.unsubscribe().subscription_arn(arn).send()).await {
        Err(error) if error.is(Class::NotFound) => Ok(()),
        answer => answer.map(drop),
    }
}

/// Confirms with the token that the endpoint was sent, and answers the subscription's ARN. The same token again is no error.
/// `lock`: only the owner may end the subscription from then on.
pub async fn confirm(aws: &Aws, topic_arn: &str, token: &str, lock: bool) -> Result<String, AwsError> {
    let request = || {
        let request = aws.sns.confirm_subscription().topic_arn(topic_arn).token(token);
        request.set_authenticate_on_unsubscribe(lock.then(|| "true".to_owned())).send()
    };
    let answer = aws.call(CONFIRM, Repeat::Safe, request).await?;
    Ok(answer.subscription_arn().unwrap_or_default().to_owned())
}

/// Whether only the owner may end a confirmed subscription; `None` where AWS does not say.
pub async fn is_locked(aws: &Aws, arn: &str) -> Result<Option<bool>, AwsError> {
    let answer =
        aws.call(GET, Repeat::Safe, || aws.sns.get_subscription_attributes().subscription_arn(arn).send()).await?;
    Ok(answer.attributes().and_then(|all| all.get("ConfirmationWasAuthenticated")).map(|flag| flag == "true"))
}

/// SNS gives subscriptions no tags, and deletes them by an ARN that a name does not tell: whoever ends one calls `unsubscribe`.
impl Client for Subscription {
    const TAGS: ApiOperation = ApiOperation("sns", "ListTagsForResource");

    const PUT: ApiOperation = SUBSCRIBE;
    const DELETE: ApiOperation = UNSUBSCRIBE;
    const UNTAG: ApiOperation = ApiOperation("sns", "UntagResource");

    async fn delete(_: &Aws, _: &Target, names: &[String]) -> Vec<Result<(), AwsError>> {
        names.iter().map(|_| Err(AwsError::unexpected(UNSUBSCRIBE, "this kind is not deleted by name"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(endpoint: &str, arn: &str) -> sdk::Subscription {
        sdk::Subscription::builder().protocol("email").endpoint(endpoint).subscription_arn(arn).build()
    }

    #[test]
    fn the_live_row_of_an_endpoint_decides_in_whatever_order_they_are_listed() {
        let listed = [
            row("a@x.edu", "Deleted"),
            row("a@x.edu", "PendingConfirmation"),
            row("a@x.edu", "Deleted"),
            row("b@x.edu", "arn:aws:sns:us-east-1:123456789012:t:1"),
            row("b@x.edu", "PendingConfirmation"),
            row("c@x.edu", "Deleted"),
            row("c@x.edu", "Deleted"),
        ];
        for turned in 0..listed.len() {
            let mut listed = listed.clone();
            listed.rotate_left(turned);
            let rows = one_row_an_endpoint(listed.iter().map(|row| from_sdk("t", row)).collect());
            let mut states: Vec<(String, Option<ConfirmationState>)> =
                rows.iter().map(|live| (live.resource.name(), live.facts.confirmation)).collect();
            states.sort_by(|a, b| a.0.cmp(&b.0));
            assert_eq!(
                states,
                [
                    ("t/email/a@x.edu".to_owned(), Some(ConfirmationState::Pending)),
                    ("t/email/b@x.edu".to_owned(), Some(ConfirmationState::Confirmed)),
                    ("t/email/c@x.edu".to_owned(), Some(ConfirmationState::Lost)),
                ]
            );
        }
    }
}
