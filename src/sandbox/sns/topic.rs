//! SNS topics: their record, their attributes, and the operations on them and on their tags.
//! Subscriptions have a room of their own.

use super::{EmptySnsResponse, delivery_policy, invalid, not_found, policy, subscription};
use crate::fault::Fault;
use crate::paging::{Order, page};
use crate::store::Tx;
use crate::tags::{self, Tag};
use crate::wire::Entries;
use mlops_model::topic_policy;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

const TABLE: &str = "sns-topic";
/// The type of a topic in the tagging API.
const KIND: &str = "sns";
const PAGE: usize = 100;
const MAX_TAGS: usize = 50;

type AttributesOfTopic = BTreeMap<String, String>;

/// A topic as it is kept: what was set, nothing of what is worked out for an answer.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct StoredTopic {
    pub attributes: AttributesOfTopic,
    /// Confirmed subscriptions that were taken away since the topic was made.
    pub subscriptions_deleted: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateTopic {
    name: Option<String>,
    #[serde(default)]
    attributes: AttributesOfTopic,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TopicArn {
    topic_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SetTopicAttributes {
    topic_arn: Option<String>,
    attribute_name: Option<String>,
    #[serde(default)]
    attribute_value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListTopics {
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagTopic {
    resource_arn: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    tag_keys: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TopicArnMember {
    topic_arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TopicAttributes {
    attributes: Entries,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Topics {
    topics: Vec<TopicArnMember>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TopicTagList {
    tags: Vec<Tag>,
}

/// Makes a topic, or finds the one of that name where nothing it is given differs.
pub fn create(input: CreateTopic, tx: &mut Tx) -> Result<TopicArnMember, Fault> {
    let name = input.name.unwrap_or_default();
    let fifo = input.attributes.get("FifoTopic").is_some_and(|value| value == "true");
    if !is_name(&name) || fifo != name.ends_with(".fifo") {
        return Err(invalid("Topic Name"));
    }
    let arn = arn_of(tx, &name);
    let mut wanted = AttributesOfTopic::new();
    for (attribute, value) in &input.attributes {
        let refused = |sentence: String| invalid(format!("Attributes Reason: {sentence}"));
        match attribute.as_str() {
            "FifoTopic" if value == "true" => drop(wanted.insert(attribute.clone(), value.clone())),
            "FifoTopic" => {}
            _ => {
                let kept = accept(&arn, attribute, value)
                    .map_err(|refusal| refused(refusal.unwrap_or_else(|| format!("Unknown attribute {attribute}"))))?;
                wanted.insert(attribute.clone(), kept.unwrap_or_default());
            }
        }
    }
    check_tags(&input.tags)?;
    let tags = tags::from_list(input.tags);
    match tx.get::<StoredTopic>(TABLE, &name)? {
        Some(live) => {
            // Only what is given is compared: a call with the name alone always finds the topic.
            if !super::agrees(&wanted, &shown(tx, &name, &live)?) {
                return Err(invalid("Attributes Reason: Topic already exists with different attributes"));
            }
            if !tags.is_empty() && tags::get(tx, &arn)? != tags {
                return Err(invalid("Tags Reason: Topic already exists with different tags"));
            }
        }
        None => {
            wanted.retain(|_, value| !value.is_empty());
            tx.put(TABLE, &name, &StoredTopic { attributes: wanted, subscriptions_deleted: 0 })?;
            tags::set(tx, KIND, &arn, tags)?;
        }
    }
    Ok(TopicArnMember { topic_arn: arn })
}

/// Deletes a topic and its subscriptions; one that is not there is no error.
pub fn delete(input: TopicArn, tx: &mut Tx) -> Result<EmptySnsResponse, Fault> {
    let arn = input.topic_arn.unwrap_or_default();
    let name = name_of(tx, &arn, "TopicArn", "DeleteTopic")?;
    if tx.get::<StoredTopic>(TABLE, &name)?.is_some() {
        subscription::forget_topic(tx, &arn)?;
        tx.delete(TABLE, &name);
        tags::forget(tx, &arn)?;
    }
    Ok(EmptySnsResponse {})
}

/// Everything that is set, and what SNS works out from it.
pub fn attributes(input: TopicArn, tx: &mut Tx) -> Result<TopicAttributes, Fault> {
    let (name, topic) = find(tx, &input.topic_arn.unwrap_or_default(), "TopicArn", "GetTopicAttributes")?;
    Ok(TopicAttributes { attributes: Entries(shown(tx, &name, &topic)?) })
}

/// Sets one attribute; an empty value takes it back to its default.
pub fn set_attributes(input: SetTopicAttributes, tx: &mut Tx) -> Result<EmptySnsResponse, Fault> {
    let arn = input.topic_arn.unwrap_or_default();
    let (name, mut topic) = find(tx, &arn, "TopicArn", "SetTopicAttributes")?;
    let attribute = input.attribute_name.unwrap_or_default();
    let kept = accept(&arn, &attribute, &input.attribute_value)
        .map_err(|refusal| invalid(refusal.unwrap_or_else(|| "AttributeName".into())))?;
    match kept {
        Some(value) => topic.attributes.insert(attribute, value),
        None => topic.attributes.remove(&attribute),
    };
    tx.put(TABLE, &name, &topic)?;
    Ok(EmptySnsResponse {})
}

pub fn list(input: ListTopics, tx: &mut Tx) -> Result<Topics, Fault> {
    let topics = tx.list::<StoredTopic>(TABLE)?;
    let topics =
        topics.into_iter().map(|(name, _)| (name.clone(), TopicArnMember { topic_arn: arn_of(tx, &name) })).collect();
    let (topics, next_token) =
        page(tx, topics, Order::Scattered, input.next_token.as_deref(), PAGE, || invalid("NextToken"))?;
    Ok(Topics { topics, next_token })
}

pub fn tag(input: TagTopic, tx: &mut Tx) -> Result<EmptySnsResponse, Fault> {
    let arn = taggable(tx, input.resource_arn, "TagResource")?;
    check_tags(&input.tags)?;
    let mut tags = tags::get(tx, &arn)?;
    tags.extend(tags::from_list(input.tags));
    if tags.len() > MAX_TAGS {
        let message = "Could not complete request: tag quota of per resource exceeded";
        return Err(Fault::sender("TagLimitExceeded", message));
    }
    tags::set(tx, KIND, &arn, tags)?;
    Ok(EmptySnsResponse {})
}

pub fn untag(input: TagTopic, tx: &mut Tx) -> Result<EmptySnsResponse, Fault> {
    let arn = taggable(tx, input.resource_arn, "UntagResource")?;
    tags::remove(tx, KIND, &arn, &input.tag_keys)?;
    Ok(EmptySnsResponse {})
}

pub fn list_tags(input: TagTopic, tx: &mut Tx) -> Result<TopicTagList, Fault> {
    let arn = taggable(tx, input.resource_arn, "ListTagsForResource")?;
    let tags = tags::get(tx, &arn)?;
    Ok(TopicTagList { tags: tags::to_list(tx, tags) })
}

fn taggable(tx: &Tx, arn: Option<String>, action: &str) -> Result<String, Fault> {
    let arn = arn.unwrap_or_default();
    let name = name_of(tx, &arn, "ResourceArn", action)?;
    match tx.get::<StoredTopic>(TABLE, &name)? {
        Some(_) => Ok(arn),
        None => Err(Fault::sender("ResourceNotFound", "Resource does not exist").status(404)),
    }
}

/// The topic of an ARN, by name. `parameter` and `action` are for the words of a refusal.
pub fn find(tx: &Tx, arn: &str, parameter: &str, action: &str) -> Result<(String, StoredTopic), Fault> {
    let name = name_of(tx, arn, parameter, action)?;
    match tx.get::<StoredTopic>(TABLE, &name)? {
        Some(topic) => Ok((name, topic)),
        None => Err(not_found("Topic")),
    }
}

pub fn names(tx: &Tx) -> Result<Vec<String>, Fault> {
    Ok(tx.list::<StoredTopic>(TABLE)?.into_iter().map(|(name, _)| name).collect())
}

/// Keeps count of a confirmed subscription that went.
pub fn count_deleted(tx: &mut Tx, arn: &str) -> Result<(), Fault> {
    let Some(name) = arn.rsplit(':').next() else { return Ok(()) };
    if let Some(mut topic) = tx.get::<StoredTopic>(TABLE, name)? {
        topic.subscriptions_deleted += 1;
        tx.put(TABLE, name, &topic)?;
    }
    Ok(())
}

fn arn_of(tx: &Tx, name: &str) -> String {
    tx.arn("sns", name)
}

fn name_of(tx: &Tx, arn: &str, parameter: &str, action: &str) -> Result<String, Fault> {
    let parts = super::arn_parts(tx, arn, parameter, action)?;
    match parts.as_slice() {
        [name] if is_name(name) => Ok((*name).to_owned()),
        _ => Err(invalid(parameter)),
    }
}

fn is_name(name: &str) -> bool {
    let stem = name.strip_suffix(".fifo").unwrap_or(name);
    (1..=256).contains(&name.len())
        && !stem.is_empty()
        && stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn check_tags(tags: &[Tag]) -> Result<(), Fault> {
    for (at, tag) in tags.iter().enumerate() {
        if tags[..at].iter().any(|other| other.key == tag.key) {
            return Err(invalid("Duplicated keys are not allowed."));
        }
        if tag.key.is_empty() || tag.key.chars().count() > 128 || tag.key.starts_with("aws:") {
            return Err(invalid("Tags Reason: invalid tag key"));
        }
        if tag.value.chars().count() > 256 {
            return Err(invalid("Tags Reason: invalid tag value"));
        }
    }
    Ok(())
}

/// What GetTopicAttributes answers.
fn shown(tx: &Tx, name: &str, topic: &StoredTopic) -> Result<AttributesOfTopic, Fault> {
    let arn = arn_of(tx, name);
    let mut shown = topic.attributes.clone();
    let subscriptions = subscription::of_topic(tx, &arn)?;
    let confirmed = subscriptions.iter().filter(|(_, subscription)| subscription.confirmed).count();
    let pending = subscriptions.len() - confirmed;
    let mut worked_out = vec![
        ("TopicArn", arn.clone()),
        ("Owner", tx.account().to_owned()),
        ("SubscriptionsConfirmed", confirmed.to_string()),
        ("SubscriptionsPending", pending.to_string()),
        ("SubscriptionsDeleted", topic.subscriptions_deleted.to_string()),
        ("EffectiveDeliveryPolicy", delivery_policy::effective_for_topic(topic.attributes.get("DeliveryPolicy"))),
        ("DisplayName", String::new()),
        ("Policy", topic_policy::default(&arn).to_string()),
    ];
    if name.ends_with(".fifo") {
        worked_out.push(("ContentBasedDeduplication", "false".into()));
    }
    for (attribute, value) in worked_out {
        shown.entry(attribute.to_owned()).or_insert(value);
    }
    Ok(shown)
}

/// What an attribute becomes when it is set; `None` takes it away. `Err(None)` = there is no such attribute.
fn accept(arn: &str, attribute: &str, value: &str) -> Result<Option<String>, Option<String>> {
    let fifo = arn.ends_with(".fifo");
    let text = || Ok((!value.is_empty()).then(|| value.to_owned()));
    let one_of = |allowed: &[&str]| match allowed.contains(&value) {
        true => Ok(Some(value.to_owned())),
        false => Err(Some(format!("{attribute}: Invalid value [{value}]. Must be {}.", allowed.join(" or ")))),
    };
    match attribute {
        "DisplayName" if value.chars().count() > 100 => {
            Err(Some("DisplayName: must be at most 100 characters long".into()))
        }
        "DisplayName" | "KmsMasterKeyId" => text(),
        "Policy" => policy::accept(arn, value).map(Some).map_err(Some),
        "DeliveryPolicy" => delivery_policy::for_topic(value).map_err(Some),
        "TracingConfig" => one_of(&["PassThrough", "Active"]),
        "SignatureVersion" => one_of(&["1", "2"]),
        "ContentBasedDeduplication" | "FifoThroughputScope" | "ArchivePolicy" if !fifo => {
            Err(Some(format!("{attribute}: this attribute is only for FIFO topics")))
        }
        "ContentBasedDeduplication" => one_of(&["true", "false"]),
        "FifoThroughputScope" => one_of(&["Topic", "MessageGroup"]),
        "ArchivePolicy" => match serde_json::from_str::<Value>(value) {
            Ok(Value::Object(policy)) if policy.is_empty() => Ok(None),
            Ok(Value::Object(policy)) => Ok(Some(Value::Object(policy).to_string())),
            _ => Err(Some("ArchivePolicy: failed to parse JSON.".into())),
        },
        _ => match feedback(attribute) {
            Some("SuccessFeedbackSampleRate") => match value.parse::<u8>() {
                Ok(0..=100) => Ok(Some(value.to_owned())),
                _ => Err(Some(format!("{attribute}: must be a number from 0 to 100"))),
            },
            Some(_) => text(),
            None => Err(None),
        },
    }
}

/// `LambdaSuccessFeedbackRoleArn` and its like: which of the three it is.
fn feedback(attribute: &str) -> Option<&str> {
    let kind = ["HTTP", "Firehose", "Lambda", "Application", "SQS"]
        .iter()
        .find_map(|protocol| attribute.strip_prefix(protocol))?;
    ["SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn"].contains(&kind).then_some(kind)
}
