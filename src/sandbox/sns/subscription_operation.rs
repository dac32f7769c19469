//! The operations on SNS subscriptions: who hears of a topic, from the first mail to the confirmation and the end.
//! A pending one is confirmed only by a token that was sent; every mail that would have gone out is counted and kept in the outbox.

use super::outbox::{self, PendingConfirmation};
use super::subscription::{AttributesOfSubscription, PENDING, StoredSubscription, TABLE, below, get, of_endpoint};
use super::{EmptySnsResponse, delivery_policy, invalid, not_found, topic};
use crate::fault::Fault;
use crate::paging::{Order, page_of};
use crate::store::Tx;
use crate::wire::Entries;
use mlops_model::endpoint::is_web_address;
use mlops_model::filter_policy::{FilterPolicy, FilterScope};
use mlops_model::{Arn, Partition};
use serde::{Deserialize, Serialize};
use serde_json::Value;

const PAGE: usize = 100;
/// What lists say instead of the ARN of a pending one.
const PENDING_ARN: &str = "PendingConfirmation";
/// And instead of the ARN of one that its receiver has ended.
const DELETED_ARN: &str = "Deleted";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Subscribe {
    topic_arn: Option<String>,
    protocol: Option<String>,
    endpoint: Option<String>,
    #[serde(default)]
    attributes: AttributesOfSubscription,
    #[serde(default)]
    return_subscription_arn: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConfirmSubscription {
    topic_arn: Option<String>,
    token: Option<String>,
    /// `true`, as text.
    authenticate_on_unsubscribe: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SubscriptionArn {
    subscription_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SetSubscriptionAttributes {
    subscription_arn: Option<String>,
    attribute_name: Option<String>,
    #[serde(default)]
    attribute_value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListSubscriptions {
    topic_arn: Option<String>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SubscribeResponse {
    subscription_arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SubscriptionAttributes {
    attributes: Entries,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Listed {
    subscription_arn: String,
    owner: String,
    protocol: String,
    endpoint: String,
    topic_arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListSubscriptionsResponse {
    subscriptions: Vec<Listed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// Subscribes an endpoint. One that is there already is answered, never made twice; where it is pending, another mail goes out.
pub fn subscribe(input: Subscribe, tx: &mut Tx) -> Result<SubscribeResponse, Fault> {
    let topic_arn = input.topic_arn.unwrap_or_default();
    topic::find(tx, &topic_arn, "TopicArn", "Subscribe")?;
    let protocol = input.protocol.unwrap_or_default();
    let mut endpoint = input.endpoint.unwrap_or_default();
    check_endpoint(tx.partition(), &protocol, &endpoint, topic_arn.ends_with(".fifo"))?;
    // Whatever way a telephone number is written, SNS keeps it in the form E.164.
    if protocol == "sms" {
        endpoint.retain(|c| c.is_ascii_digit());
        endpoint.insert(0, '+');
    }
    let mut wanted = AttributesOfSubscription::new();
    // The scope first: it decides what the policy may look like.
    let (scope, others): (Vec<_>, Vec<_>) =
        input.attributes.iter().partition(|(name, _)| name.as_str() == "FilterPolicyScope");
    for (name, value) in scope.into_iter().chain(others) {
        let kept = accept(tx.partition(), &protocol, &wanted, name, value)
            .map_err(|refusal| refusal.unwrap_or_else(|| format!("Unknown attribute {name}")))
            .map_err(|sentence| match sentence.starts_with(RAW_REFUSED) {
                true => invalid(sentence),
                false => invalid(format!("Attributes Reason: {sentence}")),
            })?;
        wanted.insert(name.clone(), kept.unwrap_or_default());
    }
    if protocol == "firehose" && !wanted.contains_key("SubscriptionRoleArn") {
        return Err(invalid("Attributes Reason: SubscriptionRoleArn: required for protocol firehose"));
    }
    let (arn, mut subscription) = match of_endpoint(tx, &topic_arn, &protocol, &endpoint)? {
        Some((arn, live)) => {
            let mut settings = live.settings();
            settings.extend(live.attributes.clone());
            if !super::agrees(&wanted, &settings) {
                return Err(invalid("Attributes Reason: Subscription already exists with different attributes"));
            }
            (arn, live)
        }
        None => {
            wanted.retain(|_, value| !value.is_empty());
            let arn = format!("{topic_arn}:{}", tx.uuid());
            let subscription = StoredSubscription {
                topic_arn,
                protocol,
                endpoint,
                attributes: wanted,
                confirmed: false,
                authenticated: true,
                mails_sent: 0,
                mailed: tx.now(),
                orphaned: false,
                unsubscribed: false,
            };
            (arn, subscription)
        }
    };
    if !subscription.confirmed {
        match subscription.protocol.as_str() {
            "email" | "email-json" | "http" | "https" => {
                subscription.mails_sent += 1;
                subscription.mailed = tx.now();
                subscription.authenticated = false;
                outbox::ask_to_confirm(tx, &arn, &subscription)?;
            }
            _ => subscription.confirmed = true,
        }
        tx.put(TABLE, &arn, &subscription)?;
    }
    let told = subscription.confirmed || input.return_subscription_arn;
    Ok(SubscribeResponse { subscription_arn: if told { arn } else { "pending confirmation".into() } })
}

/// What the link in the mail does. The same token again is no error.
pub fn confirm(input: ConfirmSubscription, tx: &mut Tx) -> Result<SubscribeResponse, Fault> {
    let topic_arn = input.topic_arn.unwrap_or_default();
    if super::arn_parts(tx, &topic_arn, "Topic", "ConfirmSubscription").is_err() {
        return Err(invalid("Topic"));
    }
    let token = input.token.unwrap_or_default();
    let Some(PendingConfirmation { subscription_arn, sent }) = outbox::confirmation(tx, &token)? else {
        return Err(invalid("Token"));
    };
    let live = tx.get::<StoredSubscription>(TABLE, &subscription_arn)?.filter(|live| !live.orphaned);
    let Some(mut live) = live.filter(|live| live.topic_arn == topic_arn) else {
        return Err(Fault::sender("InvalidParameter", "Invalid token"));
    };
    if !live.confirmed && tx.now() > sent + PENDING {
        return Err(invalid("Token"));
    }
    live.confirmed = true;
    live.authenticated |= input.authenticate_on_unsubscribe.as_deref() == Some("true");
    tx.put(TABLE, &subscription_arn, &live)?;
    Ok(SubscribeResponse { subscription_arn })
}

/// Ends a subscription. One that is not there is no error; a pending one cannot be ended.
pub fn unsubscribe(input: SubscriptionArn, tx: &mut Tx) -> Result<EmptySnsResponse, Fault> {
    let arn = input.subscription_arn.unwrap_or_default();
    check_arn(tx, &arn, "Unsubscribe")?;
    if let Some(live) = get(tx, &arn)? {
        if !live.confirmed {
            let reason = "SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending confirmation";
            return Err(invalid(reason));
        }
        tx.delete(TABLE, &arn);
        topic::count_deleted(tx, &live.topic_arn)?;
    }
    Ok(EmptySnsResponse {})
}

pub fn attributes(input: SubscriptionArn, tx: &mut Tx) -> Result<SubscriptionAttributes, Fault> {
    let arn = input.subscription_arn.unwrap_or_default();
    check_arn(tx, &arn, "GetSubscriptionAttributes")?;
    let live = get(tx, &arn)?.ok_or_else(|| not_found("Subscription"))?;
    let mut shown = live.settings();
    let worked_out = [
        ("SubscriptionArn", arn),
        ("TopicArn", live.topic_arn.clone()),
        ("Protocol", live.protocol.clone()),
        ("Endpoint", live.listed_endpoint()),
        ("Owner", tx.account().to_owned()),
        ("SubscriptionPrincipal", tx.global_arn("iam", "user/sandbox")),
        ("PendingConfirmation", (!live.confirmed).to_string()),
        ("ConfirmationWasAuthenticated", live.authenticated.to_string()),
    ];
    shown.extend(worked_out.map(|(name, value)| (name.to_owned(), value)));
    if matches!(live.protocol.as_str(), "http" | "https") {
        let topic = topic::find(tx, &live.topic_arn, "TopicArn", "GetTopicAttributes").ok();
        let topics = topic.as_ref().and_then(|(_, topic)| topic.attributes.get("DeliveryPolicy"));
        let effective = delivery_policy::effective_for_subscription(live.attributes.get("DeliveryPolicy"), topics);
        shown.insert("EffectiveDeliveryPolicy".into(), effective);
    }
    Ok(SubscriptionAttributes { attributes: Entries(shown) })
}

/// Sets one attribute; an empty value, or an empty policy, takes it away.
pub fn set_attributes(input: SetSubscriptionAttributes, tx: &mut Tx) -> Result<EmptySnsResponse, Fault> {
    let arn = input.subscription_arn.unwrap_or_default();
    check_arn(tx, &arn, "SetSubscriptionAttributes")?;
    let mut live = get(tx, &arn)?.ok_or_else(|| not_found("Subscription"))?;
    let name = input.attribute_name.unwrap_or_default();
    let kept = accept(tx.partition(), &live.protocol, &live.attributes, &name, &input.attribute_value)
        .map_err(|refusal| invalid(refusal.unwrap_or_else(|| "AttributeName".into())))?;
    match kept {
        Some(value) => live.attributes.insert(name, value),
        None => live.attributes.remove(&name),
    };
    tx.put(TABLE, &arn, &live)?;
    Ok(EmptySnsResponse {})
}

/// The subscriptions of the account and region, or where a topic is named of that topic.
pub fn list(input: ListSubscriptions, tx: &mut Tx) -> Result<ListSubscriptionsResponse, Fault> {
    if let Some(arn) = &input.topic_arn {
        topic::find(tx, arn, "TopicArn", "ListSubscriptionsByTopic")?;
    }
    let tx = &*tx;
    let arns = tx.names(TABLE, &input.topic_arn.as_deref().map(below).unwrap_or_default());
    let read = |arn: &str| {
        let live = tx.get::<StoredSubscription>(TABLE, arn)?.filter(|live| live.stands(tx.now()));
        let live = live.filter(|live| input.topic_arn.is_none() || !live.orphaned);
        Ok(live.map(|live| Listed {
            subscription_arn: match live.confirmed {
                _ if live.unsubscribed => DELETED_ARN.into(),
                true => arn.to_owned(),
                false => PENDING_ARN.into(),
            },
            owner: tx.account().to_owned(),
            endpoint: live.listed_endpoint(),
            protocol: live.protocol,
            topic_arn: live.topic_arn,
        }))
    };
    let (token, invalid) = (input.next_token.as_deref(), || invalid("NextToken"));
    let (subscriptions, next_token) = page_of(tx, arns, Order::Scattered, token, PAGE, invalid, read)?;
    Ok(ListSubscriptionsResponse { subscriptions, next_token })
}

fn check_arn(tx: &Tx, arn: &str, action: &str) -> Result<(), Fault> {
    if arn.is_empty() {
        return Err(invalid("SubscriptionArn Reason: no value for required parameter"));
    }
    match super::arn_parts(tx, arn, "SubscriptionArn", action)?.as_slice() {
        [_, id] if !id.is_empty() => Ok(()),
        _ => Err(invalid("SubscriptionId")),
    }
}

fn check_endpoint(partition: &Partition, protocol: &str, endpoint: &str, fifo: bool) -> Result<(), Fault> {
    let arn_of = |service: &str| is_arn(partition, endpoint, service);
    let refuse = |good: bool, sentence: String| if good { Ok(()) } else { Err(invalid(sentence)) };
    match protocol {
        "email" | "email-json" => {
            let good = endpoint.split_once('@').is_some_and(|(who, host)| {
                let labelled = host.contains('.') && host.split('.').all(|label| !label.is_empty());
                !who.is_empty() && labelled && !endpoint.contains(char::is_whitespace)
            });
            refuse(good, "Email address".into())?;
        }
        "http" | "https" => {
            let good = is_web_address(protocol, endpoint);
            refuse(good, "Endpoint must match the specified protocol".into())?;
        }
        "sms" => {
            let digits = endpoint.strip_prefix('+').unwrap_or(endpoint);
            let plain = digits.replace(['-', '.', '/'], "");
            let divided = digits.split(['-', '.', '/']).all(|part| !part.is_empty());
            let good = plain.len() >= 7 && plain.len() <= 15 && plain.bytes().all(|byte| byte.is_ascii_digit());
            // No country's code begins with a zero (E.164).
            if !good || !divided || plain.starts_with('0') {
                return Err(Fault::sender("InvalidParameter", format!("Invalid SMS endpoint: {endpoint}")));
            }
        }
        "sqs" => refuse(arn_of("sqs"), "SQS endpoint ARN".into())?,
        "lambda" => refuse(arn_of("lambda"), "Lambda endpoint ARN".into())?,
        "firehose" => refuse(arn_of("firehose"), "Firehose endpoint ARN".into())?,
        "application" => refuse(arn_of("sns"), "Application endpoint arn invalid".into())?,
        other => return Err(invalid(format!("Amazon SNS does not support this protocol string: {other}"))),
    }
    match (protocol, fifo, endpoint.ends_with(".fifo")) {
        ("sqs", false, true) => Err(invalid(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        )),
        ("sqs", _, _) | (_, false, _) => Ok(()),
        (other, true, _) => Err(invalid(format!("Invalid protocol type: {other}"))),
    }
}

/// Whether it is an ARN of a service in a partition.
fn is_arn(partition: &Partition, text: &str, service: &str) -> bool {
    let is_account = |id: &str| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
    Arn::parse(text).is_some_and(|arn| {
        let fits = arn.partition == partition.id && arn.service == service && is_account(arn.account);
        fits && !text.contains(|c: char| c.is_whitespace() || c.is_control())
    })
}

/// How the one refusal begins that Subscribe words as SetSubscriptionAttributes does.
const RAW_REFUSED: &str = "Delivery protocol";

/// What an attribute becomes when it is set; `None` takes it away. `Err(None)` = there is no such attribute.
fn accept(
    partition: &Partition,
    protocol: &str,
    beside: &AttributesOfSubscription,
    name: &str,
    value: &str,
) -> Result<Option<String>, Option<String>> {
    match name {
        "RawMessageDelivery" => match value.to_ascii_lowercase().as_str() {
            "true" if !matches!(protocol, "sqs" | "http" | "https" | "firehose") => {
                Err(Some(format!("{RAW_REFUSED} [{protocol}] does not support raw message delivery.")))
            }
            flag @ ("true" | "false") => Ok(Some(flag.to_owned())),
            _ => Err(Some(format!("RawMessageDelivery: Invalid value [{value}]. Must be true or false."))),
        },
        "FilterPolicyScope" => match value {
            "MessageAttributes" | "MessageBody" => Ok(Some(value.to_owned())),
            _ => Err(Some(format!(
                "FilterPolicyScope: Invalid value [{value}]. Please use either MessageBody or MessageAttributes"
            ))),
        },
        "FilterPolicy" if value.is_empty() => Ok(None),
        "FilterPolicy" => {
            let scope = FilterScope::of(beside.get("FilterPolicyScope").map(String::as_str));
            let policy = FilterPolicy::read_text(value, scope).map_err(|fault| Some(fault.sentence()))?;
            Ok((!policy.is_empty()).then(|| value.to_owned()))
        }
        "DeliveryPolicy" => delivery_policy::for_subscription(value).map_err(Some),
        "RedrivePolicy" => redrive(partition, value).map_err(Some),
        "SubscriptionRoleArn" if value.is_empty() => Ok(None),
        "SubscriptionRoleArn" if is_arn(partition, value, "iam") => Ok(Some(value.to_owned())),
        "SubscriptionRoleArn" => Err(Some("SubscriptionRoleArn: is an invalid arn".into())),
        _ => Err(None),
    }
}

fn redrive(partition: &Partition, text: &str) -> Result<Option<String>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let policy: Value =
        serde_json::from_str(text).map_err(|error| format!("RedrivePolicy: failed to parse JSON. {error}"))?;
    match policy.get("deadLetterTargetArn").and_then(Value::as_str) {
        None if policy.as_object().is_some_and(|policy| policy.is_empty()) => Ok(None),
        Some(arn) if is_arn(partition, arn, "sqs") && arn.split(':').count() == 6 => Ok(Some(policy.to_string())),
        _ => Err("RedrivePolicy: deadLetterTargetArn is an invalid arn".into()),
    }
}
