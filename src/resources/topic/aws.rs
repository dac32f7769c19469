//! Topics in SNS: read, create, change, delete.

use super::Topic;
use crate::aws::{ApiOperation, Aws, AwsError, Class, Repeat};
use crate::model::{FieldChange, Target, field, topic_policy};
use crate::resources::aws::Client;
use crate::resources::declared::AttributeNames;
use crate::resources::{Live, Resource, ResourceTags};
use aws_sdk_sns::operation::list_topics::ListTopicsOutput;
use serde_json::Value;
use std::collections::HashMap;

const GET: ApiOperation = ApiOperation("sns", "GetTopicAttributes");
const LIST: ApiOperation = ApiOperation("sns", "ListTopics");
const CREATE: ApiOperation = ApiOperation("sns", "CreateTopic");
const SET: ApiOperation = ApiOperation("sns", "SetTopicAttributes");
const DELETE: ApiOperation = ApiOperation("sns", "DeleteTopic");
const LIST_TAGS: ApiOperation = ApiOperation("sns", "ListTagsForResource");
const TAG: ApiOperation = ApiOperation("sns", "TagResource");
const UNTAG: ApiOperation = ApiOperation("sns", "UntagResource");

/// The topic as it stands; `None` where there is none.
pub async fn read(aws: &Aws, name: &str, arn: &str) -> Result<Option<Live>, AwsError> {
    let request = || aws.sns.get_topic_attributes().topic_arn(arn).send();
    let attributes = match aws.call(GET, Repeat::Safe, request).await {
        Ok(answer) => answer.attributes.unwrap_or_default(),
        Err(error) if error.is(Class::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    if attributes.get("TopicArn").is_some_and(|told| told != arn) {
        return Err(AwsError::unexpected(GET, "it is about another topic"));
    }
    Ok(Some(from_attributes(name, &attributes)))
}

/// The ARNs of all topics of the target.
pub async fn list(aws: &Aws) -> Result<Vec<String>, AwsError> {
    let mut arns = Vec::new();
    let page = |token| aws.sns.list_topics().set_next_token(token).send();
    let keep = |page: ListTopicsOutput| {
        arns.extend(page.topics().iter().filter_map(|topic| topic.topic_arn().map(str::to_owned)));
        page.next_token
    };
    aws.pages(LIST, page, keep).await?;
    Ok(arns)
}

fn from_attributes(name: &str, attributes: &HashMap<String, String>) -> Live {
    let text = |key: &str| attributes.get(key).filter(|value| !value.is_empty()).cloned();
    let flag = |key: &str| attributes.get(key).is_some_and(|value| value == "true");
    let document = |key: &str| text(key).and_then(|value| serde_json::from_str::<Value>(&value).ok());
    let policy = document("Policy");
    let mut live = Live::new(Resource::Topic(Topic {
        name: name.to_owned(),
        display_name: text("DisplayName"),
        kms_master_key_id: text("KmsMasterKeyId"),
        policy: policy.clone().filter(|policy| !topic_policy::is_default(policy)),
        delivery_policy: document("DeliveryPolicy"),
        fifo: flag("FifoTopic"),
        content_based_deduplication: flag("ContentBasedDeduplication"),
        fifo_throughput_scope: text("FifoThroughputScope"),
        tracing_config: text("TracingConfig"),
        signature_version: text("SignatureVersion"),
        tags: ResourceTags::new(),
        declared: AttributeNames::new(),
    }));
    live.facts.topic_policy = policy;
    live
}

/// How CreateTopic ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateTopicResult {
    /// This call made it, or an earlier one with the same tags.
    Ours,
    /// It was there already with other tags or attributes: somebody else made it meanwhile.
    AlreadyThere,
}

/// Creates the topic with its name, kind and tags alone, so that repeating the call is safe; the rest is `set`.
pub async fn create(aws: &Aws, topic: &Topic) -> Result<CreateTopicResult, AwsError> {
    let request = || {
        let tags =
            topic.tags.iter().filter_map(|(k, v)| aws_sdk_sns::types::Tag::builder().key(k).value(v).build().ok());
        let request = aws.sns.create_topic().name(&topic.name).set_tags(Some(tags.collect()));
        if topic.fifo { request.attributes("FifoTopic", "true") } else { request }.send()
    };
    match aws.call(CREATE, Repeat::Safe, request).await {
        Ok(_) => Ok(CreateTopicResult::Ours),
        Err(error) if error.message.contains("already exists with different") => Ok(CreateTopicResult::AlreadyThere),
        Err(error) => Err(error),
    }
}

/// Changes the named fields, one attribute a call as SNS wants it.
pub async fn set(aws: &Aws, arn: &str, changes: &[FieldChange]) -> Result<(), AwsError> {
    for (nth, change) in changes.iter().enumerate() {
        let Some(attribute) = attribute_name(&change.field) else { continue };
        let value = match (&change.to, attribute) {
            // SNS takes no empty policy: its default one is written like any other.
            (None, "Policy") => topic_policy::default(arn).to_string(),
            (to, _) => attribute_value(&change.field, to.as_ref()),
        };
        let request =
            || aws.sns.set_topic_attributes().topic_arn(arn).attribute_name(attribute).attribute_value(&value).send();
        let written = aws.call(SET, Repeat::Safe, request).await.map(drop);
        if nth == 0 { written? } else { written.map_err(AwsError::half_way)? }
    }
    Ok(())
}

fn attribute_name(field: &str) -> Option<&'static str> {
    Some(match field {
        "display_name" => "DisplayName",
        "kms_master_key_id" => "KmsMasterKeyId",
        "policy" => "Policy",
        "delivery_policy" => "DeliveryPolicy",
        "content_based_deduplication" => "ContentBasedDeduplication",
        "fifo_throughput_scope" => "FifoThroughputScope",
        "tracing_config" => "TracingConfig",
        "signature_version" => "SignatureVersion",
        _ => return None,
    })
}

/// An absent field is set to what AWS takes for its default.
fn attribute_value(name: &str, value: Option<&Value>) -> String {
    match (name, value) {
        (_, Some(Value::String(text))) => text.clone(),
        (_, Some(value)) => field::canonical(value.clone()).to_string(),
        ("content_based_deduplication", None) => "false".to_owned(),
        ("fifo_throughput_scope", None) => "Topic".to_owned(),
        ("tracing_config", None) => "PassThrough".to_owned(),
        ("signature_version", None) => "1".to_owned(),
        (_, None) => String::new(),
    }
}

/// Deletes the topic and with it its confirmed subscriptions. Gone is fine.
pub async fn delete(aws: &Aws, arn: &str) -> Result<(), AwsError> {
    match aws.call(DELETE, Repeat::Safe, || aws.sns.delete_topic().topic_arn(arn).send()).await {
        Err(error) if error.is(Class::NotFound) => Ok(()),
        answer => answer.map(drop),
    }
}

/// The topic's tags; `None` where it does not exist.
pub async fn tags(aws: &Aws, arn: &str) -> Result<Option<ResourceTags>, AwsError> {
    match aws.call(LIST_TAGS, Repeat::Safe, || aws.sns.list_tags_for_resource().resource_arn(arn).send()).await {
        Ok(answer) => Ok(Some(answer.tags().iter().map(|t| (t.key().to_owned(), t.value().to_owned())).collect())),
        Err(error) if error.is(Class::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

pub async fn tag(aws: &Aws, arn: &str, tags: &ResourceTags) -> Result<(), AwsError> {
    let request = || {
        let tags = tags.iter().filter_map(|(k, v)| aws_sdk_sns::types::Tag::builder().key(k).value(v).build().ok());
        aws.sns.tag_resource().resource_arn(arn).set_tags(Some(tags.collect())).send()
    };
    aws.call(TAG, Repeat::Safe, request).await.map(drop)
}

pub async fn untag(aws: &Aws, arn: &str, keys: &[String]) -> Result<(), AwsError> {
    let request = || aws.sns.untag_resource().resource_arn(arn).set_tag_keys(Some(keys.to_vec())).send();
    aws.call(UNTAG, Repeat::Safe, request).await.map(drop)
}

impl Client for Topic {
    const TAGS: ApiOperation = LIST_TAGS;

    const PUT: ApiOperation = CREATE;
    const DELETE: ApiOperation = DELETE;
    const UNTAG: ApiOperation = UNTAG;

    async fn tags(aws: &Aws, arn: &str) -> Result<Option<ResourceTags>, AwsError> {
        tags(aws, arn).await
    }

    async fn tag(aws: &Aws, arn: &str, tags: &ResourceTags) -> Result<(), AwsError> {
        tag(aws, arn, tags).await
    }

    async fn untag(aws: &Aws, arn: &str, keys: &[String]) -> Result<(), AwsError> {
        untag(aws, arn, keys).await
    }

    async fn delete(aws: &Aws, target: &Target, names: &[String]) -> Vec<Result<(), AwsError>> {
        let mut answers = Vec::with_capacity(names.len());
        for name in names {
            answers.push(delete(aws, &target.arn("sns", name)).await);
        }
        answers
    }
}
