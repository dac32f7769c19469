//! A topic in templates: AWS::SNS::Topic, and AWS::SNS::TopicPolicy where it has a policy.

use super::Topic;
use crate::model::{Arn, Target};
use crate::resources::foreign::ForeignReading;
use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};
use crate::resources::{Resource, Subscription};
use serde_json::{Value, json};

pub static FORM: ForeignForm = ForeignForm::Types(&[
    TypeMapping {
        type_name: "AWS::SNS::Topic",
        tables: &[&TOPIC],
        part: None,
        split: None,
        names: &[],
        before_parent: false,
    },
    TypeMapping {
        type_name: "AWS::SNS::TopicPolicy",
        tables: &[&POLICY],
        part: Some("policy"),
        split: Some("Topics"),
        names: &[],
        before_parent: false,
    },
    // Read alone: of the two, emulators know the other one.
    TypeMapping {
        type_name: "AWS::SNS::TopicInlinePolicy",
        tables: &[&INLINE_POLICY],
        part: Some(NEVER),
        split: None,
        names: &[],
        before_parent: false,
    },
]);

/// No field.
const NEVER: &str = "-";

static TOPIC: [PropertyMap; 11] = [
    PropertyMap::text("name", "TopicName"),
    PropertyMap::text("display_name", "DisplayName"),
    PropertyMap::text("kms_master_key_id", "KmsMasterKeyId"),
    PropertyMap::flag("fifo", "FifoTopic").where_different(),
    PropertyMap::flag("content_based_deduplication", "ContentBasedDeduplication"),
    PropertyMap::text("fifo_throughput_scope", "FifoThroughputScope"),
    PropertyMap::text("tracing_config", "TracingConfig"),
    PropertyMap::text("signature_version", "SignatureVersion"),
    PropertyMap::lacking("delivery_policy", "AWS::SNS::Topic has no such property"),
    PropertyMap::new("tags", "Tags", PropertyForm::Pairs("Key", "Value")),
    PropertyMap::silent("TopicArn"),
];

static POLICY: [PropertyMap; 3] = [
    PropertyMap::converted("name", "Topics", one_arn, topic_name),
    PropertyMap::new("policy", "PolicyDocument", PropertyForm::Document { as_text: false }),
    PropertyMap::silent("Id"),
];

static INLINE_POLICY: [PropertyMap; 2] = [
    PropertyMap::converted("name", "TopicArn", topic_arn, topic_name),
    PropertyMap::new("policy", "PolicyDocument", PropertyForm::Document { as_text: false }),
];

/// A topic's name as its ARN.
pub fn topic_arn(name: &Value, target: &Target) -> Option<Value> {
    Some(target.arn("sns", name.as_str()?).into())
}

fn one_arn(name: &Value, target: &Target) -> Option<Value> {
    Some(json!([topic_arn(name, target)?]))
}

/// The name of a topic of the target, by its ARN or its name; another one's ARN is no name.
pub fn topic_name(written: &Value, target: &Target) -> Option<Value> {
    let written = written.as_str()?;
    match Arn::parse(written) {
        None => (!written.contains(':')).then(|| written.into()),
        Some(arn) if arn.service == "sns" && arn.account == target.account && arn.region == target.region => {
            Some(arn.resource.into())
        }
        Some(_) => None,
    }
}

/// Takes the subscriptions of a topic's own list, which is no field of it.
pub fn take_subscriptions(reading: &mut ForeignReading, properties: &Value) {
    let Some(Resource::Topic(topic)) = reading.resources.first() else { return };
    let listed = properties.get("Subscription").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut subscriptions = Vec::new();
    for (at, one) in listed.iter().enumerate() {
        let word = |key: &str| one.get(key).and_then(Value::as_str);
        if let (Some(protocol), Some(endpoint)) = (word("Protocol"), word("Endpoint")) {
            subscriptions.push(Resource::Subscription(Subscription::new(&topic.name, protocol, endpoint)));
            let own = ["Protocol", "Endpoint"].map(|key| format!("Subscription.{at}.{key}"));
            reading.uncarried.retain(|path| !own.contains(path));
        }
    }
    reading.resources.extend(subscriptions);
}

impl Topic {
    /// Takes over what another reading of the same topic says of its policy.
    pub fn join(&mut self, part: Topic) {
        if part.policy.is_some() {
            self.policy = part.policy;
            self.declared.extend(part.declared);
        }
    }
}
