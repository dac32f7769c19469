//! An SNS subscription: who a topic tells. Its identity is topic, protocol and endpoint; AWS gives it no tags.

pub mod aws;
pub mod cloudformation;
pub mod endpoint;
pub mod spec;
pub mod terraform;
mod written;

use super::child::{Child, ChildRegistry, fingerprint};
use super::declared::AttributeNames;
use super::kind::{Inherits, KindConfiguration, KindFacts, KindReading, own_declared};
use super::written::{WritingScope, WrittenPlace};
use super::{Address, Kind, ResourceTags};
use crate::model::endpoint::{STARS, is_chatbot};
use crate::model::{FieldSet, ResourceFields, SpecMap, Target};
pub use endpoint::telephone;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Protocols of SNS Subscribe, lower case (SNS API reference).
pub const PROTOCOLS: &[&str] =
    &["email", "email-json", "http", "https", "sms", "sqs", "lambda", "firehose", "application"];

/// A subscription is its topic, protocol and endpoint; a changed password of the endpoint, which SNS never shows, means another one.
pub const IMMUTABLE: &[&str] = &["password"];

/// What can be set of a subscription (SNS API reference, SetSubscriptionAttributes); each goes back to AWS's default once the spec
/// has stopped naming it.
pub const ATTRIBUTES: &[&str] = &[
    "delivery_policy",
    "filter_policy",
    "filter_policy_scope",
    "raw_message_delivery",
    "redrive_policy",
    "subscription_role_arn",
];

/// A topic names its subscriptions of ours.
pub static REGISTRY: ChildRegistry = ChildRegistry {
    parent: Kind::Topic,
    key: "mlopsctl:subscriptions",
    letters: &[
        ('d', "delivery_policy"),
        ('f', "filter_policy"),
        ('r', "raw_message_delivery"),
        ('s', "filter_policy_scope"),
        ('t', "redrive_policy"),
        ('w', "subscription_role_arn"),
    ],
    ends_with_parent: true,
};

/// Field names follow SNS's subscription attributes in snake case; an absent field is AWS's default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Subscription {
    /// The topic's name.
    pub topic: String,
    pub protocol: String,
    pub endpoint: String,
    pub filter_policy: Option<Value>,
    /// `MessageAttributes` (default) or `MessageBody`.
    pub filter_policy_scope: Option<String>,
    pub raw_message_delivery: bool,
    pub delivery_policy: Option<Value>,
    pub redrive_policy: Option<Value>,
    /// Firehose only.
    pub subscription_role_arn: Option<String>,
    /// Fields that the spec names, also where it names AWS's default: only these are managed. Empty for a live subscription.
    #[serde(skip_serializing_if = "AttributeNames::is_empty")]
    pub declared: AttributeNames,
}

impl Subscription {
    pub fn new(topic: impl Into<String>, protocol: impl Into<String>, endpoint: impl Into<String>) -> Self {
        Self { topic: topic.into(), protocol: protocol.into(), endpoint: endpoint.into(), ..Self::default() }
    }

    /// `TOPIC/PROTOCOL/ENDPOINT`: a topic's name has no slash, so this is unambiguous.
    pub fn name(&self) -> String {
        format!("{}/{}/{}", self.topic, self.protocol, self.endpoint)
    }

    /// Returns whether it names or has any attribute.
    pub fn has_attributes(&self) -> bool {
        !self.declared.is_empty() || !self.fields().is_empty()
    }

    /// Takes over from the live subscription every attribute that is not `managed`.
    pub fn keep(&mut self, live: &Subscription, managed: &AttributeNames) {
        let stays = |name: &str| !managed.contains(name);
        if stays("filter_policy") {
            self.filter_policy.clone_from(&live.filter_policy);
        }
        if stays("filter_policy_scope") {
            self.filter_policy_scope.clone_from(&live.filter_policy_scope);
        }
        if stays("raw_message_delivery") {
            self.raw_message_delivery = live.raw_message_delivery;
        }
        if stays("delivery_policy") {
            self.delivery_policy.clone_from(&live.delivery_policy);
        }
        if stays("redrive_policy") {
            self.redrive_policy.clone_from(&live.redrive_policy);
        }
        if stays("subscription_role_arn") {
            self.subscription_role_arn.clone_from(&live.subscription_role_arn);
        }
    }

    /// Its identity is the same of the true endpoint and of what SNS lists of it. Older versions took the endpoint with its password.
    pub fn as_child(&self) -> Child {
        let listed = self.listed_endpoint();
        let identity = |endpoint: &str| format!("{}\n{endpoint}", self.protocol);
        // SNS's stars are no password.
        let password = self.password().filter(|(_, password)| *password != STARS);
        Child {
            earlier_identity: Some(identity(&self.endpoint)),
            attributes: self.declared.clone(),
            secret: password.map(|(_, password)| fingerprint(&listed, password)),
            ..Child::new(&REGISTRY, &self.topic, identity(&listed))
        }
    }

    /// Whether a person has to click a link before SNS delivers anything.
    pub fn needs_confirmation(&self) -> bool {
        matches!(self.protocol.as_str(), "email" | "email-json" | "http" | "https")
            && !is_chatbot(&self.protocol, &self.endpoint)
    }

    pub fn fields(&self) -> ResourceFields {
        let scope = self.filter_policy_scope.clone().unwrap_or_else(|| "MessageAttributes".to_owned());
        FieldSet::default()
            .put_some("filter_policy", &self.filter_policy)
            .put_unless(&"MessageAttributes".to_owned(), "filter_policy_scope", &scope)
            .put_unless(&false, "raw_message_delivery", &self.raw_message_delivery)
            .put_some("delivery_policy", &self.delivery_policy.as_ref().and_then(super::delivery_policy::canonical))
            .put_some("redrive_policy", &self.redrive_policy)
            .put_some("subscription_role_arn", &self.subscription_role_arn)
            .done()
    }
}

pub static KIND: KindFacts = KindFacts {
    word: "subscription",
    section: &spec::SECTION,
    read: None,
    inherits: Inherits::Nothing,
    arn: None,
    tag_type: None,
    reading: KindReading::WithParent,
    registry: Some(&REGISTRY),
    immutable: IMMUTABLE,
    returning: ATTRIBUTES,
    delete_batch: 1,
    cloudformation: &cloudformation::FORM,
    terraform: &terraform::FORM,
};

impl KindConfiguration for Subscription {
    fn name(&self) -> String {
        self.name()
    }

    fn written(&self, _: &WritingScope<'_>) -> SpecMap {
        written::written(self)
    }

    fn place(&self) -> WrittenPlace {
        written::place(self)
    }

    fn fields(&self) -> ResourceFields {
        self.fields()
    }

    fn tags(&self) -> Option<&ResourceTags> {
        None
    }

    fn tags_mut(&mut self) -> Option<&mut ResourceTags> {
        None
    }

    own_declared!();

    fn child(&self) -> Option<Child> {
        Some(self.as_child())
    }

    fn references(&self, _: &Target) -> Vec<Address> {
        vec![Address::new(Kind::Topic, &self.topic)]
    }

    fn phrase(&self) -> String {
        if self.filter_policy.is_some() { "with a filter policy".to_owned() } else { String::new() }
    }
}
