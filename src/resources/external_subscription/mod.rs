//! A subscription of ours to a topic that somebody else owns: made and set where the spec declares it, and never ended. The topic is
//! read at most; neither it nor the subscription can carry a mark of ours, so nobody could tell later that we made it.

pub mod aws;
pub mod cloudformation;
pub mod spec;
pub mod terraform;

use super::declared::AttributeNames;
use super::kind::{Inherits, KindConfiguration, KindFacts, KindReading};
use super::subscription::ATTRIBUTES;
use super::written::{WritingScope, WrittenPlace};
use super::{ResourceTags, Subscription};
use crate::model::{Arn, ResourceFields, SpecMap};
use serde::{Deserialize, Serialize};

pub static KIND: KindFacts = KindFacts {
    word: "external_subscription",
    section: &spec::SECTION,
    read: None,
    inherits: Inherits::Nothing,
    arn: None,
    tag_type: None,
    reading: KindReading::ByName,
    registry: None,
    immutable: &[],
    returning: ATTRIBUTES,
    delete_batch: 1,
    cloudformation: &cloudformation::FORM,
    terraform: &terraform::FORM,
};

/// Its identity is the topic's ARN, protocol and endpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExternalSubscription {
    pub topic_arn: String,
    /// What is subscribed; its `topic` is the name of the topic.
    pub subscription: Subscription,
}

impl ExternalSubscription {
    pub fn new(topic_arn: &str, subscription: Subscription) -> Self {
        Self { topic_arn: topic_arn.to_owned(), subscription }
    }

    /// Reads `TOPIC_ARN/PROTOCOL/ENDPOINT`, as `name` writes it: an ARN of a topic has no slash.
    fn parse(name: &str) -> Option<Self> {
        let (topic_arn, rest) = name.split_once('/')?;
        let (protocol, endpoint) = rest.split_once('/')?;
        let topic = Arn::parse(topic_arn)?.resource;
        Some(Self::new(topic_arn, Subscription::new(topic, protocol, endpoint)))
    }
}

impl KindConfiguration for ExternalSubscription {
    fn name(&self) -> String {
        format!("{}/{}/{}", self.topic_arn, self.subscription.protocol, self.subscription.endpoint)
    }

    fn fields(&self) -> ResourceFields {
        self.subscription.fields()
    }

    fn written(&self, scope: &WritingScope<'_>) -> SpecMap {
        self.subscription.written(scope)
    }

    /// Names of topics are of an account and a region.
    fn place(&self) -> WrittenPlace {
        let arn = Arn::parse(&self.topic_arn);
        let name = arn.map_or_else(String::new, |arn| format!("{}-{}-{}", arn.resource, arn.account, arn.region));
        let head = SpecMap::default().put("arn", &self.topic_arn);
        WrittenPlace::Group { name, head, list: "subscriptions" }
    }

    fn tags(&self) -> Option<&ResourceTags> {
        None
    }

    fn tags_mut(&mut self) -> Option<&mut ResourceTags> {
        None
    }

    fn declared(&self) -> Option<&AttributeNames> {
        Some(&self.subscription.declared)
    }

    fn declared_mut(&mut self) -> Option<&mut AttributeNames> {
        Some(&mut self.subscription.declared)
    }

    fn phrase(&self) -> String {
        KindConfiguration::phrase(&self.subscription)
    }
}
