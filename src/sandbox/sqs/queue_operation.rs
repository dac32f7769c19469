//! The operations on queues, their attributes and their tags.

use super::attributes::{self, AttributesOfQueue};
use super::queue::{StoredQueue, TABLE, arn_of, find};
use super::{EmptySqsResponse, invalid, message, missing, no_such_queue};
use crate::fault::Fault;
use crate::paging::{Order, page};
use crate::store::Tx;
use crate::tags;
use crate::wire::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// When queues of a name were deleted last.
const DELETED: &str = "sqs-deleted";
/// The type of a queue in the tagging API.
const KIND: &str = "sqs";
/// "You must wait 60 seconds after deleting a queue before you can create another with the same name."
const PAUSE: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateQueue {
    queue_name: Option<String>,
    #[serde(default)]
    attributes: AttributesOfQueue,
    #[serde(default, rename = "tags")]
    tags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetQueueUrl {
    queue_name: Option<String>,
    #[serde(rename = "QueueOwnerAWSAccountId")]
    owner: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListQueues {
    queue_name_prefix: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// The input of every operation on one queue; what one of them does not have is absent.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OfQueue {
    queue_url: Option<String>,
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    attributes: AttributesOfQueue,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    tag_keys: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct QueueUrlResponse {
    queue_url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Queues {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    queue_urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct QueueAttributes {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: AttributesOfQueue,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct QueueTags {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
}

/// Makes a queue, or finds the one of that name where nothing it is given differs.
pub fn create(input: CreateQueue, tx: &mut Tx) -> Result<QueueUrlResponse, Fault> {
    let name = input.queue_name.ok_or_else(|| missing("QueueName"))?;
    if name.ends_with(".fifo") {
        return Err(invalid("The sandbox has no FIFO queues."));
    }
    if !is_name(&name) {
        return Err(invalid("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"));
    }
    attributes::check(&input.attributes)?;
    if let Some(live) = tx.get::<StoredQueue>(TABLE, &name)? {
        let shown = attributes::shown(&live.attributes);
        let differs =
            |(attribute, value): &(&String, &String)| shown.get(*attribute).is_some_and(|live| live != *value);
        return match input.attributes.iter().find(differs) {
            None => Ok(QueueUrlResponse { queue_url: url_of(tx, &name) }),
            Some((attribute, _)) => Err(Fault::sender(
                "QueueNameExists",
                format!("A queue already exists with the same name and a different value for attribute {attribute}"),
            )
            .query_code("QueueAlreadyExists")),
        };
    }
    let now = tx.now();
    if tx.get::<Timestamp>(DELETED, &name)?.is_some_and(|deleted| now < deleted + PAUSE) {
        let message =
            "You must wait 60 seconds after deleting a queue before you can create another with the same name.";
        return Err(
            Fault::sender("QueueDeletedRecently", message).query_code("AWS.SimpleQueueService.QueueDeletedRecently")
        );
    }
    let attributes = input.attributes.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    tx.put(TABLE, &name, &StoredQueue { attributes, created: now, modified: now })?;
    let arn = arn_of(tx, &name);
    tags::set(tx, KIND, &arn, input.tags)?;
    Ok(QueueUrlResponse { queue_url: url_of(tx, &name) })
}

pub fn delete(input: OfQueue, tx: &mut Tx) -> Result<EmptySqsResponse, Fault> {
    let (name, _) = find(tx, input.queue_url)?;
    message::forget_queue(tx, &name)?;
    tx.delete(TABLE, &name);
    tx.put(DELETED, &name, &tx.now())?;
    let arn = arn_of(tx, &name);
    tags::forget(tx, &arn)?;
    Ok(EmptySqsResponse {})
}

pub fn url(input: GetQueueUrl, tx: &mut Tx) -> Result<QueueUrlResponse, Fault> {
    let name = input.queue_name.ok_or_else(|| missing("QueueName"))?;
    let own = input.owner.is_none_or(|owner| owner == tx.account());
    match tx.get::<StoredQueue>(TABLE, &name)? {
        Some(_) if own => Ok(QueueUrlResponse { queue_url: url_of(tx, &name) }),
        _ => Err(no_such_queue()),
    }
}

pub fn list(input: ListQueues, tx: &mut Tx) -> Result<Queues, Fault> {
    let size = input.max_results.unwrap_or(1000);
    if !(1..=1000).contains(&size) {
        return Err(invalid("MaxResults must be from 1 to 1000."));
    }
    let prefix = input.queue_name_prefix.unwrap_or_default();
    let queues = tx.list_prefix::<StoredQueue>(TABLE, &prefix)?;
    let urls = queues.into_iter().map(|(name, _)| (name.clone(), url_of(tx, &name))).collect();
    let token = input.next_token.as_deref();
    let (queue_urls, next_token) = page(tx, urls, Order::Scattered, token, size, || invalid("Invalid NextToken"))?;
    // Without MaxResults there is no second page.
    Ok(Queues { queue_urls, next_token: next_token.filter(|_| input.max_results.is_some()) })
}

/// Everything that is set and what SQS works out; only what is named, where it is not `All`.
pub fn get_attributes(input: OfQueue, tx: &mut Tx) -> Result<QueueAttributes, Fault> {
    let (name, queue) = find(tx, input.queue_url)?;
    let mut shown = attributes::shown(&queue.attributes);
    let counted = message::count(tx, &name)?;
    let worked_out = [
        ("QueueArn", arn_of(tx, &name)),
        ("CreatedTimestamp", queue.created.seconds().to_string()),
        ("LastModifiedTimestamp", queue.modified.seconds().to_string()),
        ("ApproximateNumberOfMessages", counted.visible.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", counted.in_flight.to_string()),
        ("ApproximateNumberOfMessagesDelayed", counted.delayed.to_string()),
    ];
    shown.extend(worked_out.map(|(name, value)| (name.to_owned(), value)));
    if !input.attribute_names.iter().any(|name| name == "All") {
        shown.retain(|name, _| input.attribute_names.contains(name));
    }
    Ok(QueueAttributes { attributes: shown })
}

pub fn set_attributes(input: OfQueue, tx: &mut Tx) -> Result<EmptySqsResponse, Fault> {
    let (name, mut queue) = find(tx, input.queue_url)?;
    attributes::check(&input.attributes)?;
    for (attribute, value) in input.attributes {
        match value.is_empty() {
            true => queue.attributes.remove(&attribute),
            false => queue.attributes.insert(attribute, value),
        };
    }
    queue.modified = tx.now();
    tx.put(TABLE, &name, &queue)?;
    Ok(EmptySqsResponse {})
}

pub fn tag(input: OfQueue, tx: &mut Tx) -> Result<EmptySqsResponse, Fault> {
    let (name, _) = find(tx, input.queue_url)?;
    let arn = arn_of(tx, &name);
    tags::add(tx, KIND, &arn, input.tags)?;
    Ok(EmptySqsResponse {})
}

pub fn untag(input: OfQueue, tx: &mut Tx) -> Result<EmptySqsResponse, Fault> {
    let (name, _) = find(tx, input.queue_url)?;
    let arn = arn_of(tx, &name);
    tags::remove(tx, KIND, &arn, &input.tag_keys)?;
    Ok(EmptySqsResponse {})
}

pub fn list_tags(input: OfQueue, tx: &mut Tx) -> Result<QueueTags, Fault> {
    let (name, _) = find(tx, input.queue_url)?;
    Ok(QueueTags { tags: tags::get(tx, &arn_of(tx, &name))? })
}

/// Each queue and how many messages it has.
pub fn shown(tx: &Tx) -> Result<Vec<String>, Fault> {
    let of = |(name, _): (String, StoredQueue)| Ok(format!("{name}: {} messages", message::count(tx, &name)?.visible));
    tx.list::<StoredQueue>(TABLE)?.into_iter().map(of).collect()
}

fn url_of(tx: &Tx, name: &str) -> String {
    format!("https://sqs.{}.{}/{}/{name}", tx.region(), tx.partition().dns_suffix, tx.account())
}

fn is_name(name: &str) -> bool {
    (1..=80).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
