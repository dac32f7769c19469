//! An SNS subscription: who a topic tells. Its identity is topic, protocol and endpoint; AWS gives it no tags.

pub mod aws;
pub mod spec;

use crate::model::{FieldSet, Fields};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Protocols of SNS Subscribe, lower case (SNS API reference).
pub const PROTOCOLS: &[&str] =
    &["email", "email-json", "http", "https", "sms", "sqs", "lambda", "firehose", "application"];

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
}

impl Subscription {
    pub fn new(topic: impl Into<String>, protocol: impl Into<String>, endpoint: impl Into<String>) -> Self {
        Self { topic: topic.into(), protocol: protocol.into(), endpoint: endpoint.into(), ..Self::default() }
    }

    /// `TOPIC/PROTOCOL/ENDPOINT`: a topic's name has no slash, so this is unambiguous.
    pub fn name(&self) -> String {
        format!("{}/{}/{}", self.topic, self.protocol, self.endpoint)
    }

    pub fn has_attributes(&self) -> bool {
        !self.fields().is_empty()
    }

    /// Whether a person has to click a link before SNS delivers anything.
    pub fn needs_confirmation(&self) -> bool {
        matches!(self.protocol.as_str(), "email" | "email-json" | "http" | "https")
    }

    pub fn fields(&self) -> Fields {
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
