//! Publishing to a topic: who of its subscribers gets the message, and in which form.

use super::outbox::{self, Delivery, Letter};
use super::subscription::{self, StoredSubscription};
use super::{invalid, policy, topic};
use crate::fault::Fault;
use crate::sqs::{self, TopicDelivery, UserAttribute};
use crate::store::Tx;
use mlops_model::filter_policy::{FilterOutcome, FilterPolicy, FilterScope, MessageField};
use mlops_model::topic_policy;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Bytes of a message.
const LONGEST: usize = 262_144;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Publish {
    topic_arn: Option<String>,
    target_arn: Option<String>,
    #[serde(default)]
    message: String,
    subject: Option<String>,
    message_structure: Option<String>,
    #[serde(default)]
    message_attributes: BTreeMap<String, UserAttribute>,
    message_group_id: Option<String>,
    message_deduplication_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Published {
    message_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_number: Option<String>,
}

pub fn publish(input: Publish, tx: &mut Tx) -> Result<Published, Fault> {
    let Some(arn) = input.topic_arn.or(input.target_arn) else {
        return Err(invalid("PhoneNumber Reason: the sandbox publishes to topics only"));
    };
    let (name, topic) = topic::find(tx, &arn, "TopicArn", "Publish")?;
    if input.message.is_empty() {
        return Err(invalid("Empty message"));
    }
    if input.message.len() > LONGEST {
        return Err(invalid("Message too long"));
    }
    if input.subject.as_ref().is_some_and(|text| !(1..=100).contains(&text.chars().count()) || text.contains('\n')) {
        return Err(invalid("Subject"));
    }
    let fifo = name.ends_with(".fifo");
    let deduplicates = topic.attributes.get("ContentBasedDeduplication").is_some_and(|flag| flag == "true");
    match (fifo, &input.message_deduplication_id) {
        (true, _) if input.message_group_id.is_none() => {
            return Err(invalid("The MessageGroupId parameter is required for FIFO topics"));
        }
        (true, None) if !deduplicates => {
            return Err(invalid(
                "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
            ));
        }
        (false, Some(_)) => {
            return Err(invalid(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid \
                 for this topic type",
            ));
        }
        _ => {}
    }
    let message = match input.message_structure.as_deref() {
        Some("json") => PublishedMessage::by_protocol(&input.message)?,
        _ => PublishedMessage { default: input.message, ..PublishedMessage::default() },
    };
    let mut filtered = Map::new();
    for (name, attribute) in &input.message_attributes {
        filtered.insert(name.clone(), filter_value(name, attribute)?);
    }
    let message = PublishedMessage {
        id: tx.uuid(),
        subject: input.subject,
        filtered: Value::Object(filtered),
        attributes: input.message_attributes,
        ..message
    };
    deliver(tx, &arn, &message)?;
    let message_id = message.id;
    let sequence_number = fifo.then(|| format!("1{:019}", tx.now().millis()));
    Ok(Published { message_id, sequence_number })
}

/// What became of an alarm's notification.
#[derive(Debug, Clone, PartialEq)]
pub enum Notified {
    Sent,
    /// Why not, in words for the alarm's history.
    Refused(String),
}

/// What an alarm has to say: JSON for programs, a text for people's mail.
#[derive(Debug)]
pub struct Notice<'a> {
    pub alarm_arn: &'a str,
    pub subject: &'a str,
    pub message: &'a str,
    pub mail: &'a str,
}

/// Publishes as an alarm's action does: under the topic's policy, and not to a topic that is encrypted with AWS's own key.
pub fn notify(tx: &mut Tx, topic_arn: &str, notice: &Notice) -> Result<Notified, Fault> {
    let refused = |why: &str| Ok(Notified::Refused(why.to_owned()));
    let Ok((_, topic)) = topic::find(tx, topic_arn, "TopicArn", "Publish") else {
        return refused("The SNS topic does not exist or is not in the account and Region of the alarm.");
    };
    if topic.attributes.get("KmsMasterKeyId").is_some_and(|key| key.ends_with("alias/aws/sns")) {
        return refused("CloudWatch Alarms does not have authorization to access the SNS topic encryption key.");
    }
    let policy = topic.attributes.get("Policy").cloned();
    let policy = policy.unwrap_or_else(|| topic_policy::default(topic_arn).to_string());
    if !policy::lets_alarm_publish(&policy, tx.account(), notice.alarm_arn) {
        return refused("CloudWatch Alarms is not authorized to perform: SNS:Publish on the SNS topic.");
    }
    let message = PublishedMessage {
        id: tx.uuid(),
        subject: Some(notice.subject.to_owned()),
        default: notice.message.to_owned(),
        of_protocol: Map::from_iter([("email".to_owned(), notice.mail.into())]),
        filtered: json!({}),
        filtered_body: Some(notice.message.to_owned()),
        ..PublishedMessage::default()
    };
    deliver(tx, topic_arn, &message)?;
    Ok(Notified::Sent)
}

/// A text, and other texts for single protocols.
#[derive(Default)]
struct PublishedMessage {
    id: String,
    subject: Option<String>,
    default: String,
    of_protocol: Map<String, Value>,
    attributes: BTreeMap<String, UserAttribute>,
    /// The attributes as filter policies see them.
    filtered: Value,
    /// The body as filter policies see it, where that is not the text of the protocol.
    filtered_body: Option<String>,
}

impl PublishedMessage {
    fn by_protocol(text: &str) -> Result<Self, Fault> {
        let Ok(Value::Object(of_protocol)) = serde_json::from_str(text) else {
            return Err(invalid("Message Structure - JSON message body failed to parse"));
        };
        match of_protocol.get("default").and_then(Value::as_str) {
            Some(default) => Ok(Self { default: default.to_owned(), of_protocol, ..Self::default() }),
            None => Err(invalid("Message Structure - No default entry in JSON message body")),
        }
    }

    fn text(&self, protocol: &str) -> &str {
        self.of_protocol.get(protocol).and_then(Value::as_str).unwrap_or(&self.default)
    }
}

/// A text, a number, or the members of a `String.Array`.
fn filter_value(name: &str, attribute: &UserAttribute) -> Result<Value, Fault> {
    let refused = |sentence: &str| {
        Err(Fault::sender("ParameterValueInvalid", format!("The message attribute '{name}' {sentence}")))
    };
    let kind = attribute.data_type.as_str();
    let text = attribute.string_value.as_deref().unwrap_or_default();
    match kind.split('.').next() {
        Some("Binary") => Ok(Value::Null),
        Some("String" | "Number") if text.is_empty() => {
            refused(&format!("must contain non-empty message attribute value for message attribute type '{kind}'."))
        }
        Some("Number") => match serde_json::from_str(text) {
            Ok(number @ Value::Number(_)) => Ok(number),
            _ => refused("has an invalid value for its type Number."),
        },
        Some("String") if kind == "String.Array" => Ok(serde_json::from_str(text).unwrap_or(Value::Null)),
        Some("String") => Ok(text.into()),
        _ => refused(
            "has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.",
        ),
    }
}

fn deliver(tx: &mut Tx, topic_arn: &str, message: &PublishedMessage) -> Result<(), Fault> {
    for (arn, live) in subscription::of_topic(tx, topic_arn)? {
        let text = message.text(&live.protocol);
        if !live.confirmed || !passes(&live, text, message) {
            continue;
        }
        let raw = live.attributes.get("RawMessageDelivery").is_some_and(|flag| flag == "true");
        let body = match live.protocol.as_str() {
            "email" => mail(text, topic_arn, &arn, &live.endpoint),
            "sms" => text.to_owned(),
            _ if raw => text.to_owned(),
            _ => envelope(tx, message, text, topic_arn, &arn, &live.endpoint).to_string(),
        };
        let mut delivery = outbox::delivery_of(&live.protocol);
        if live.protocol == "sqs" {
            let attributes = if raw { message.attributes.clone() } else { BTreeMap::new() };
            let arrival = TopicDelivery { queue_arn: &live.endpoint, topic_arn, body: &body, attributes };
            delivery = sqs::deliver(tx, arrival)?.map_or_else(Delivery::Failed, |()| Delivery::Arrived);
        }
        let letter = Letter {
            sent: tx.now(),
            number: tx.count(outbox::TABLE),
            protocol: live.protocol,
            endpoint: live.endpoint,
            topic_arn: topic_arn.to_owned(),
            subscription_arn: arn.clone(),
            token: None,
            subject: message.subject.clone(),
            body,
            delivery,
        };
        tx.put(outbox::TABLE, &format!("{} {arn}", message.id), &letter)?;
    }
    Ok(())
}

/// What programs get, unless they want the message raw.
fn envelope(
    tx: &Tx,
    message: &PublishedMessage,
    text: &str,
    topic_arn: &str,
    subscription_arn: &str,
    endpoint: &str,
) -> Value {
    let mut envelope = json!({
        "Type": "Notification", "MessageId": message.id, "TopicArn": topic_arn, "Message": text,
        "Timestamp": tx.now().to_iso(), "SignatureVersion": "1",
        "UnsubscribeURL": outbox::unsubscribe_link(topic_arn, subscription_arn, endpoint),
    });
    if let Some(subject) = &message.subject {
        envelope["Subject"] = subject.as_str().into();
    }
    if !message.attributes.is_empty() {
        let spelled = message.attributes.iter().map(|(name, attribute)| {
            let value = attribute.string_value.as_ref().or(attribute.binary_value.as_ref());
            (name.clone(), json!({ "Type": attribute.data_type, "Value": value }))
        });
        envelope["MessageAttributes"] = Value::Object(spelled.collect());
    }
    envelope
}

/// A mail for people, with the link that takes them off the list.
fn mail(text: &str, topic_arn: &str, subscription_arn: &str, endpoint: &str) -> String {
    let link = outbox::unsubscribe_link(topic_arn, subscription_arn, endpoint);
    format!(
        "{text}\n\n--\nIf you wish to stop receiving notifications from this topic, please click or visit the link below to \
         unsubscribe:\n{link}\n"
    )
}

/// Whether a subscription's filter lets a message through. A body that is no JSON passes no filter on bodies.
fn passes(live: &StoredSubscription, text: &str, message: &PublishedMessage) -> bool {
    let scope = FilterScope::of(live.attributes.get("FilterPolicyScope").map(String::as_str));
    let policy = live.attributes.get("FilterPolicy").map(|text| FilterPolicy::read_text(text, scope));
    let Some(Ok(policy)) = policy else { return true };
    let seen = match scope {
        FilterScope::MessageAttributes => message.filtered.clone(),
        FilterScope::MessageBody => {
            let body = message.filtered_body.as_deref().unwrap_or(text);
            let Ok(body) = serde_json::from_str(body) else { return false };
            body
        }
    };
    policy.outcome(&MessageField::from(seen)) != FilterOutcome::Never
}
