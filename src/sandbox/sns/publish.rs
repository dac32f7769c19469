//! Publishing to a topic: who of its subscribers gets the message, and in which form.

use super::filter::FilterPolicy;
use super::outbox::{self, Letter};
use super::subscription::{self, Subscription};
use super::{invalid, policy, topic};
use crate::sandbox::fault::Fault;
use crate::sandbox::store::Tx;
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
    message_attributes: BTreeMap<String, Attribute>,
    message_group_id: Option<String>,
    message_deduplication_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    data_type: Option<String>,
    string_value: Option<String>,
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
        Some("json") => Message::by_protocol(&input.message)?,
        _ => Message { default: input.message, of_protocol: Map::new() },
    };
    let mut attributes = Map::new();
    for (name, attribute) in input.message_attributes {
        attributes.insert(name.clone(), attribute.value(&name)?);
    }
    let message_id = tx.uuid();
    deliver(tx, &arn, &message_id, input.subject.as_deref(), &message, &Value::Object(attributes))?;
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

/// Publishes as an alarm's action does: under the topic's policy, and not to a topic that is encrypted with AWS's own key.
pub fn notify(tx: &mut Tx, topic_arn: &str, alarm_arn: &str, subject: &str, message: &str) -> Result<Notified, Fault> {
    let refused = |why: &str| Ok(Notified::Refused(why.to_owned()));
    let Ok((_, topic)) = topic::find(tx, topic_arn, "TopicArn", "Publish") else {
        return refused("The SNS topic does not exist or is not in the account and Region of the alarm.");
    };
    if topic.attributes.get("KmsMasterKeyId").is_some_and(|key| key.ends_with("alias/aws/sns")) {
        return refused("CloudWatch Alarms does not have authorization to access the SNS topic encryption key.");
    }
    let policy = topic.attributes.get("Policy").cloned();
    let policy = policy.unwrap_or_else(|| policy::default(tx.account(), topic_arn));
    if !policy::lets_alarm_publish(&policy, tx.account(), alarm_arn) {
        return refused("CloudWatch Alarms is not authorized to perform: SNS:Publish on the SNS topic.");
    }
    let message = Message { default: message.to_owned(), of_protocol: Map::new() };
    let id = tx.uuid();
    deliver(tx, topic_arn, &id, Some(subject), &message, &json!({}))?;
    Ok(Notified::Sent)
}

/// A text, and other texts for single protocols.
struct Message {
    default: String,
    of_protocol: Map<String, Value>,
}

impl Message {
    fn by_protocol(text: &str) -> Result<Self, Fault> {
        let Ok(Value::Object(of_protocol)) = serde_json::from_str(text) else {
            return Err(invalid("Message Structure - JSON message body failed to parse"));
        };
        match of_protocol.get("default").and_then(Value::as_str) {
            Some(default) => Ok(Self { default: default.to_owned(), of_protocol }),
            None => Err(invalid("Message Structure - No default entry in JSON message body")),
        }
    }

    fn text(&self, protocol: &str) -> &str {
        self.of_protocol.get(protocol).and_then(Value::as_str).unwrap_or(&self.default)
    }
}

impl Attribute {
    /// As filter policies see it: a text, a number, or the members of a `String.Array`.
    fn value(&self, name: &str) -> Result<Value, Fault> {
        let refused = |sentence: &str| {
            Err(Fault::sender("ParameterValueInvalid", format!("The message attribute '{name}' {sentence}")))
        };
        let kind = self.data_type.as_deref().unwrap_or_default();
        let text = self.string_value.as_deref().unwrap_or_default();
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
}

fn deliver(
    tx: &mut Tx,
    topic_arn: &str,
    message_id: &str,
    subject: Option<&str>,
    message: &Message,
    attributes: &Value,
) -> Result<(), Fault> {
    for (arn, live) in subscription::of_topic(tx, topic_arn)? {
        let text = message.text(&live.protocol);
        if !live.confirmed || !passes(&live, text, attributes) {
            continue;
        }
        let raw = live.attributes.get("RawMessageDelivery").is_some_and(|flag| flag == "true");
        let body = match live.protocol.as_str() {
            "email" | "sms" => text.to_owned(),
            _ if raw => text.to_owned(),
            _ => {
                let mut envelope = json!({
                    "Type": "Notification", "MessageId": message_id, "TopicArn": topic_arn, "Message": text,
                    "Timestamp": tx.now().to_iso(), "SignatureVersion": "1",
                });
                if let Some(subject) = subject {
                    envelope["Subject"] = subject.into();
                }
                envelope.to_string()
            }
        };
        let letter = Letter {
            sent: tx.now(),
            protocol: live.protocol,
            endpoint: live.endpoint,
            topic_arn: topic_arn.to_owned(),
            subscription_arn: arn.clone(),
            token: None,
            subject: subject.map(str::to_owned),
            body,
        };
        tx.put(outbox::TABLE, &format!("{message_id} {arn}"), &letter)?;
    }
    Ok(())
}

/// Whether a subscription's filter lets a message through. A body that is no JSON passes no filter on bodies.
fn passes(live: &Subscription, text: &str, attributes: &Value) -> bool {
    let Some(Ok(policy)) = live.attributes.get("FilterPolicy").map(|text| FilterPolicy::parse(text)) else {
        return true;
    };
    match live.attributes.get("FilterPolicyScope").map(String::as_str) {
        Some("MessageBody") => serde_json::from_str(text).is_ok_and(|body: Value| policy.matches(&body)),
        _ => policy.matches(attributes),
    }
}
