//! Messages: how they come into a queue, are received, hidden for a while, and deleted.

use super::attributes::number;
use super::queue::{self, StoredQueue};
use super::{EmptySqsResponse, invalid, missing};
use crate::fault::Fault;
use crate::policy::{ServiceRequest, allows};
use crate::store::Tx;
use crate::wire::{Timestamp, WireRequest};
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Messages are kept under their queue and the moment they came.
const TABLE: &str = "sqs-message";
/// Names of queues have no control characters.
const SEPARATOR: char = '\u{1}';
/// How many messages of a queue may be received and not yet deleted.
const IN_FLIGHT: usize = 120_000;

/// A message attribute, in the words of SQS and SNS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UserAttribute {
    pub data_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub string_value: Option<String>,
    /// Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary_value: Option<String>,
}

pub type UserAttributes = BTreeMap<String, UserAttribute>;

#[derive(Debug, Serialize, Deserialize)]
struct QueueMessage {
    id: String,
    body: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    attributes: UserAttributes,
    sent: Timestamp,
    /// Delayed, or hidden from others since it was received.
    visible_from: Timestamp,
    /// Of its last receiver; none = nobody received it yet.
    receipt: Option<String>,
    received: u32,
    first_received: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SendMessage {
    queue_url: Option<String>,
    message_body: Option<String>,
    delay_seconds: Option<u64>,
    #[serde(default)]
    message_attributes: UserAttributes,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SendMessageResponse {
    message_id: String,
    #[serde(rename = "MD5OfMessageBody")]
    md5: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReceiveMessage {
    queue_url: Option<String>,
    max_number_of_messages: Option<usize>,
    visibility_timeout: Option<u64>,
    wait_time_seconds: Option<u64>,
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    #[serde(default)]
    message_attribute_names: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReceiveMessageResponse {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<ReceivedMessage>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ReceivedMessage {
    message_id: String,
    receipt_handle: String,
    #[serde(rename = "MD5OfBody")]
    md5: String,
    body: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    message_attributes: UserAttributes,
}

/// DeleteMessage and ChangeMessageVisibility.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OfMessage {
    queue_url: Option<String>,
    receipt_handle: Option<String>,
    visibility_timeout: Option<u64>,
}

/// How many messages a queue has.
#[derive(Debug, Default)]
pub struct Counted {
    pub visible: usize,
    pub in_flight: usize,
    pub delayed: usize,
}

pub fn send(input: SendMessage, tx: &mut Tx) -> Result<SendMessageResponse, Fault> {
    let (name, queue) = queue::find(tx, input.queue_url)?;
    let body = input.message_body.ok_or_else(|| missing("MessageBody"))?;
    let most = number(&queue.attributes, "MaximumMessageSize");
    if body.is_empty() {
        return Err(missing("MessageBody"));
    }
    if body.len() as u64 > most {
        return Err(invalid(format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {most} bytes."
        )));
    }
    let delay = input.delay_seconds.unwrap_or_else(|| number(&queue.attributes, "DelaySeconds"));
    within("DelaySeconds", delay, 900)?;
    let md5 = md5_of(&body);
    let message_id = put(tx, &name, body, input.message_attributes, delay)?;
    Ok(SendMessageResponse { message_id, md5 })
}

/// Hands out visible messages, the oldest first, and hides them. What a queue keeps no longer is dropped.
pub fn receive(input: ReceiveMessage, tx: &mut Tx) -> Result<ReceiveMessageResponse, Fault> {
    let (name, queue) = queue::find(tx, input.queue_url)?;
    let most = input.max_number_of_messages.unwrap_or(1);
    if !(1..=10).contains(&most) {
        return Err(invalid(format!(
            "Value {most} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."
        )));
    }
    within("WaitTimeSeconds", input.wait_time_seconds.unwrap_or(0), 20)?;
    let hidden = input.visibility_timeout.unwrap_or_else(|| number(&queue.attributes, "VisibilityTimeout"));
    within("VisibilityTimeout", hidden, 43_200)?;
    let (now, all) = (tx.now(), standing(tx, &name, &queue)?);
    let in_flight = all.iter().filter(|(_, message)| message.receipt.is_some() && message.visible_from > now).count();
    if in_flight >= IN_FLIGHT {
        return Err(Fault::sender("OverLimit", "Too many messages in flight"));
    }
    let mut messages = Vec::new();
    for (key, mut message) in all.into_iter().filter(|(_, message)| message.visible_from <= now).take(most) {
        let receipt = tx.hex(64);
        message.received += 1;
        message.first_received.get_or_insert(now);
        message.visible_from = now + Duration::from_secs(hidden);
        message.receipt = Some(receipt.clone());
        tx.put(TABLE, &key, &message)?;
        let system = [&input.attribute_names[..], &input.message_system_attribute_names[..]].concat();
        messages.push(ReceivedMessage {
            attributes: message.system(tx, &system),
            message_attributes: named(message.attributes, &input.message_attribute_names),
            message_id: message.id,
            receipt_handle: receipt,
            md5: md5_of(&message.body),
            body: message.body,
        });
    }
    Ok(ReceiveMessageResponse { messages })
}

/// How long a ReceiveMessage is willing to wait for a first message; zero for any other call.
pub fn patience(request: &WireRequest) -> Duration {
    if request.operation != "ReceiveMessage" {
        return Duration::ZERO;
    }
    let seconds =
        request.input.as_map().into_iter().flatten().find(|(key, _)| key.as_text() == Some("WaitTimeSeconds"));
    let seconds = seconds.and_then(|(_, value)| u64::try_from(value.as_integer()?).ok()).unwrap_or(0);
    Duration::from_secs(seconds.min(20))
}

/// Deletes a message by the receipt it was received with; what is gone already is no error.
pub fn delete(input: OfMessage, tx: &mut Tx) -> Result<EmptySqsResponse, Fault> {
    if let Some((key, _)) = by_receipt(tx, input.queue_url, input.receipt_handle)? {
        tx.delete(TABLE, &key);
    }
    Ok(EmptySqsResponse {})
}

/// Hides a received message for so long from now on; zero gives it back.
pub fn change_visibility(input: OfMessage, tx: &mut Tx) -> Result<EmptySqsResponse, Fault> {
    let seconds = input.visibility_timeout.ok_or_else(|| missing("VisibilityTimeout"))?;
    within("VisibilityTimeout", seconds, 43_200)?;
    let now = tx.now();
    match by_receipt(tx, input.queue_url, input.receipt_handle)? {
        Some((key, mut message)) if message.visible_from > now => {
            message.visible_from = now + Duration::from_secs(seconds);
            tx.put(TABLE, &key, &message)?;
            Ok(EmptySqsResponse {})
        }
        _ => Err(Fault::sender("MessageNotInflight", "The message referred to is not in flight.")
            .query_code("AWS.SimpleQueueService.MessageNotInflight")),
    }
}

pub fn purge(input: OfMessage, tx: &mut Tx) -> Result<EmptySqsResponse, Fault> {
    let (name, _) = queue::find(tx, input.queue_url)?;
    forget_queue(tx, &name)?;
    Ok(EmptySqsResponse {})
}

/// A message that comes from a topic.
#[derive(Debug)]
pub struct TopicDelivery<'a> {
    pub queue_arn: &'a str,
    pub topic_arn: &'a str,
    pub body: &'a str,
    /// Of a raw delivery.
    pub attributes: UserAttributes,
}

/// Puts a message of a topic into a queue, if the queue's policy lets SNS do that. The inner error says why it came not.
pub fn deliver(tx: &mut Tx, arrival: TopicDelivery) -> Result<Result<(), String>, Fault> {
    let refused = |why: &str| Ok(Err(why.to_owned()));
    let own = queue::arn_of(tx, "");
    let Some(name) = arrival.queue_arn.strip_prefix(own.as_str()) else {
        return refused("the sandbox delivers only to queues in the account and Region of the topic");
    };
    let Some(live) = queue::by_name(tx, name)? else {
        return refused("the queue does not exist");
    };
    let policy = live.attributes.get("Policy").map(String::as_str).unwrap_or_default();
    let asked = ServiceRequest {
        service: "sns.amazonaws.com",
        action: "sqs:sendmessage",
        source_arn: arrival.topic_arn,
        account: tx.account(),
    };
    if !allows(policy, &asked) {
        return refused("the queue's policy does not let sns.amazonaws.com do sqs:SendMessage for this topic");
    }
    if live.attributes.get("KmsMasterKeyId").is_some_and(|key| key.ends_with("alias/aws/sqs")) {
        return refused("SNS may not use the key of the queue: AWS's own key alias/aws/sqs lets no other service in");
    }
    if arrival.body.len() as u64 > number(&live.attributes, "MaximumMessageSize") {
        return refused("the message is longer than the queue's MaximumMessageSize");
    }
    let delay = number(&live.attributes, "DelaySeconds");
    put(tx, name, arrival.body.to_owned(), arrival.attributes, delay)?;
    Ok(Ok(()))
}

/// All messages of a queue go.
pub fn forget_queue(tx: &mut Tx, name: &str) -> Result<(), Fault> {
    for (key, _) in of_queue(tx, name)? {
        tx.delete(TABLE, &key);
    }
    Ok(())
}

pub fn count(tx: &Tx, name: &str) -> Result<Counted, Fault> {
    let mut counted = Counted::default();
    for (_, message) in of_queue(tx, name)? {
        match (&message.receipt, message.visible_from > tx.now()) {
            (_, false) => counted.visible += 1,
            (Some(_), true) => counted.in_flight += 1,
            (None, true) => counted.delayed += 1,
        }
    }
    Ok(counted)
}

fn put(tx: &mut Tx, name: &str, body: String, attributes: UserAttributes, delay: u64) -> Result<String, Fault> {
    let (id, sent) = (tx.uuid(), tx.now());
    let key = format!("{name}{SEPARATOR}{:015}{id}", sent.millis());
    let visible_from = sent + Duration::from_secs(delay);
    let message = QueueMessage {
        id: id.clone(),
        body,
        attributes,
        sent,
        visible_from,
        receipt: None,
        received: 0,
        first_received: None,
    };
    tx.put(TABLE, &key, &message)?;
    Ok(id)
}

fn of_queue(tx: &Tx, name: &str) -> Result<Vec<(String, QueueMessage)>, Fault> {
    tx.list_prefix(TABLE, &format!("{name}{SEPARATOR}"))
}

/// What the queue still keeps; the rest is deleted.
fn standing(tx: &mut Tx, name: &str, queue: &StoredQueue) -> Result<Vec<(String, QueueMessage)>, Fault> {
    let oldest = tx.now() - Duration::from_secs(number(&queue.attributes, "MessageRetentionPeriod"));
    let (standing, expired): (Vec<_>, Vec<_>) =
        of_queue(tx, name)?.into_iter().partition(|(_, message)| message.sent >= oldest);
    for (key, _) in expired {
        tx.delete(TABLE, &key);
    }
    Ok(standing)
}

fn by_receipt(tx: &Tx, url: Option<String>, receipt: Option<String>) -> Result<Option<(String, QueueMessage)>, Fault> {
    let (name, _) = queue::find(tx, url)?;
    let receipt = receipt.ok_or_else(|| missing("ReceiptHandle"))?;
    if receipt.len() != 64 || !receipt.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Fault::sender("ReceiptHandleIsInvalid", "The input receipt handle is invalid."));
    }
    Ok(of_queue(tx, &name)?.into_iter().find(|(_, message)| message.receipt.as_ref() == Some(&receipt)))
}

impl QueueMessage {
    /// The system attributes that are asked for.
    fn system(&self, tx: &Tx, names: &[String]) -> BTreeMap<&'static str, String> {
        let first = self.first_received.unwrap_or_default();
        let all = [
            ("SentTimestamp", self.sent.millis().to_string()),
            ("ApproximateReceiveCount", self.received.to_string()),
            ("ApproximateFirstReceiveTimestamp", first.millis().to_string()),
            ("SenderId", tx.account().to_owned()),
        ];
        all.into_iter().filter(|(name, _)| names.iter().any(|wanted| wanted == "All" || wanted == name)).collect()
    }
}

/// The attributes that are asked for by name, by `prefix.*`, or as `All`.
fn named(mut attributes: UserAttributes, names: &[String]) -> UserAttributes {
    let wanted = |name: &String| {
        let fits = |wanted: &String| match wanted.strip_suffix(".*") {
            Some(prefix) => name.starts_with(prefix),
            None => wanted == "All" || wanted == name,
        };
        names.iter().any(fits)
    };
    attributes.retain(|name, _| wanted(name));
    attributes
}

fn within(parameter: &str, value: u64, most: u64) -> Result<(), Fault> {
    if value <= most {
        return Ok(());
    }
    Err(invalid(format!(
        "Value {value} for parameter {parameter} is invalid. Reason: Must be >= 0 and <= {most}, if provided."
    )))
}

fn md5_of(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
