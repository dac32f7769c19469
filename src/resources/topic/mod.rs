//! An SNS topic: where alarms are sent to.

pub mod aws;
pub mod cloudformation;
pub mod policy;
pub mod spec;
pub mod terraform;
mod written;

use super::declared::AttributeNames;
use super::kind::{ArnForm, ArnScope, Inherits, KindConfiguration, KindFacts, KindReading, own_declared, own_tags};
use super::written::WritingScope;
use super::{Resource, ResourceTags};
use crate::model::{FieldSet, ResourceFields, SpecMap};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A topic is what its name and `FifoTopic` say; everything else can be changed (SNS API reference, CreateTopic).
pub const IMMUTABLE: &[&str] = &["fifo"];

/// Fields that go back to AWS's default once the spec has stopped naming them. The policy does not: a topic is never opened or
/// closed by a line that is gone.
pub const RETURNING: &[&str] = &[
    "content_based_deduplication",
    "delivery_policy",
    "display_name",
    "fifo_throughput_scope",
    "kms_master_key_id",
    "signature_version",
    "tracing_config",
];

/// Field names follow SNS's topic attributes in snake case. An absent field is AWS's default; whether it is managed says
/// `declared`. Attributes that are not here (delivery status logging, archive and data protection policies) are never touched.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Topic {
    pub name: String,
    pub display_name: Option<String>,
    pub kms_master_key_id: Option<String>,
    pub policy: Option<Value>,
    pub delivery_policy: Option<Value>,
    pub fifo: bool,
    pub content_based_deduplication: bool,
    /// `Topic` or `MessageGroup`; FIFO only.
    pub fifo_throughput_scope: Option<String>,
    /// `PassThrough` (default) or `Active`.
    pub tracing_config: Option<String>,
    /// `1` or `2`; AWS's default is `1`.
    pub signature_version: Option<String>,
    pub tags: ResourceTags,
    /// Fields that the spec names, also where it names AWS's default: only these are managed. Empty for a live topic.
    #[serde(skip_serializing_if = "AttributeNames::is_empty")]
    pub declared: AttributeNames,
}

impl Topic {
    #[cfg(test)]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Whether it is encrypted with AWS's own key for SNS, whose policy lets no alarm use it and cannot be changed.
    pub fn has_key_of_sns(&self) -> bool {
        self.kms_master_key_id.as_deref().is_some_and(|key| key == "alias/aws/sns" || key.ends_with(":alias/aws/sns"))
    }

    /// Takes over from the live topic every field that is not `managed`.
    pub fn keep(&mut self, live: &Topic, managed: &AttributeNames) {
        let stays = |name: &str| !managed.contains(name);
        if stays("display_name") {
            self.display_name.clone_from(&live.display_name);
        }
        if stays("kms_master_key_id") {
            self.kms_master_key_id.clone_from(&live.kms_master_key_id);
        }
        if stays("policy") {
            self.policy.clone_from(&live.policy);
        }
        if stays("delivery_policy") {
            self.delivery_policy.clone_from(&live.delivery_policy);
        }
        if stays("content_based_deduplication") {
            self.content_based_deduplication = live.content_based_deduplication;
        }
        if stays("fifo_throughput_scope") {
            self.fifo_throughput_scope.clone_from(&live.fifo_throughput_scope);
        }
        if stays("tracing_config") {
            self.tracing_config.clone_from(&live.tracing_config);
        }
        if stays("signature_version") {
            self.signature_version.clone_from(&live.signature_version);
        }
    }

    pub fn fields(&self) -> ResourceFields {
        let or_default = |value: &Option<String>, default: &str| value.clone().unwrap_or_else(|| default.to_owned());
        FieldSet::default()
            .put_some("display_name", &self.display_name)
            .put_some("kms_master_key_id", &self.kms_master_key_id)
            .put_some("policy", &self.policy.as_ref().map(super::topic::policy::canonical))
            .put_some("delivery_policy", &self.delivery_policy.as_ref().and_then(super::delivery_policy::canonical))
            .put_unless(&false, "fifo", &self.fifo)
            .put_unless(&false, "content_based_deduplication", &self.content_based_deduplication)
            .put_unless(&"Topic".to_owned(), "fifo_throughput_scope", &or_default(&self.fifo_throughput_scope, "Topic"))
            .put_unless(&"PassThrough".to_owned(), "tracing_config", &or_default(&self.tracing_config, "PassThrough"))
            .put_unless(&"1".to_owned(), "signature_version", &or_default(&self.signature_version, "1"))
            .done()
    }
}

pub static KIND: KindFacts = KindFacts {
    word: "topic",
    section: &spec::SECTION,
    read: Some(|name, layers, scope| Resource::Topic(spec::read(name, layers, scope))),
    inherits: Inherits::Nothing,
    arn: Some(ArnForm { service: "sns", prefix: "", scope: ArnScope::Region }),
    tag_type: Some("sns"),
    reading: KindReading::AsTree,
    registry: None,
    immutable: IMMUTABLE,
    returning: RETURNING,
    delete_batch: 1,
    cloudformation: &cloudformation::FORM,
    terraform: &terraform::FORM,
};

impl KindConfiguration for Topic {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn written(&self, _: &WritingScope<'_>) -> SpecMap {
        written::written(self)
    }

    fn fields(&self) -> ResourceFields {
        self.fields()
    }

    own_tags!();

    own_declared!();

    fn phrase(&self) -> String {
        let mut parts = Vec::new();
        if let Some(name) = self.display_name.as_deref().filter(|name| !name.is_empty()) {
            parts.push(format!("shown as {name:?}"));
        }
        if self.fifo {
            parts.push("FIFO".to_owned());
        }
        if self.kms_master_key_id.is_some() {
            parts.push("encrypted".to_owned());
        }
        parts.join(", ")
    }
}
