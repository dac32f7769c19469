//! A CloudWatch Logs log group: how long logs are kept.

pub mod aws;
pub mod cloudformation;
pub mod former;
pub mod spec;
pub mod terraform;
mod written;

use super::declared::AttributeNames;
use super::kind::{ArnForm, ArnScope, Inherits, KindConfiguration, KindFacts, KindReading, own_declared, own_tags};
use super::written::WritingScope;
use super::{Resource, ResourceTags};
use crate::model::{FieldSet, ResourceFields, SpecMap};
use serde::{Deserialize, Serialize};

/// Name and class are fixed at creation (CloudWatch Logs API reference, CreateLogGroup).
pub const IMMUTABLE: &[&str] = &["log_group_class"];

/// Fields that go back to what they were, or to AWS's default, once the spec has stopped naming them.
pub const RETURNING: &[&str] = &["kms_key_id", "on_destroy", "retention_in_days"];

/// Tag of a group that says what becomes of it once it is not wanted any more: the spec that said so is gone by then.
pub const ON_DESTROY: &str = "mlopsctl:on-destroy";
/// The value that leaves it in place.
pub const KEEP: &str = "keep";

/// The class whose retention AWS has fixed (1 or 2 days; its documents differ): there is nothing to manage.
pub const DELIVERY: &str = "DELIVERY";

/// Days that PutRetentionPolicy takes; never expiring is an absent policy.
pub const RETENTION_DAYS: &[i32] =
    &[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// Field names follow CloudWatch Logs in snake case.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogGroup {
    pub name: String,
    /// Days; `None` never expires, or is not managed: `declared` tells.
    pub retention_in_days: Option<i32>,
    /// `STANDARD` (default), `INFREQUENT_ACCESS` or `DELIVERY`.
    pub log_group_class: Option<String>,
    pub kms_key_id: Option<String>,
    /// Whether AWS refuses to delete it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deletion_protection: bool,
    pub tags: ResourceTags,
    /// Fields that the spec names, also where it names AWS's default: only these are managed. Empty for a live group.
    #[serde(skip_serializing_if = "AttributeNames::is_empty")]
    pub declared: AttributeNames,
}

impl LogGroup {
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    pub fn is_delivery(&self) -> bool {
        self.log_group_class.as_deref() == Some(DELIVERY)
    }

    /// Takes over from the live group every field that is not `managed`. `governed`: the live retention is an account policy's,
    /// not the group's own.
    pub fn keep(&mut self, live: &LogGroup, managed: &AttributeNames, governed: bool) {
        let stays = |name: &str| !managed.contains(name);
        if stays("log_group_class") {
            self.log_group_class.clone_from(&live.log_group_class);
        }
        if stays("kms_key_id") {
            self.kms_key_id.clone_from(&live.kms_key_id);
        }
        if stays("deletion_protection") {
            self.deletion_protection = live.deletion_protection;
        }
        if let Some(kept) = live.tags.get(ON_DESTROY).filter(|_| stays("on_destroy")) {
            self.tags.insert(ON_DESTROY.to_owned(), kept.clone());
        }
        let replaced = self.log_group_class != live.log_group_class;
        let own = !replaced || !(governed || self.is_delivery() || live.is_delivery());
        if stays("retention_in_days") && own {
            self.retention_in_days = live.retention_in_days;
        }
    }

    pub fn fields(&self) -> ResourceFields {
        let class = self.log_group_class.clone().unwrap_or_else(|| "STANDARD".to_owned());
        FieldSet::default()
            .put_some("retention_in_days", &self.retention_in_days)
            .put_unless(&"STANDARD".to_owned(), "log_group_class", &class)
            .put_some("kms_key_id", &self.kms_key_id)
            .put_unless(&false, "deletion_protection", &self.deletion_protection)
            .put_some("on_destroy", &self.tags.get(ON_DESTROY).filter(|said| *said == KEEP))
            .done()
    }
}

pub static KIND: KindFacts = KindFacts {
    word: "log_group",
    section: &spec::SECTION,
    read: Some(|name, layers, scope| Resource::LogGroup(spec::read(name, layers, scope))),
    inherits: Inherits::Keys(&["retention"]),
    arn: Some(ArnForm { service: "logs", prefix: "log-group:", scope: ArnScope::Region }),
    tag_type: Some("logs:log-group"),
    reading: KindReading::ByName,
    registry: None,
    immutable: IMMUTABLE,
    returning: RETURNING,
    delete_batch: 1,
    cloudformation: &cloudformation::FORM,
    terraform: &terraform::FORM,
};

impl KindConfiguration for LogGroup {
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

    fn is_kept(&self) -> bool {
        self.tags.get(ON_DESTROY).is_some_and(|said| said == KEEP)
    }

    fn phrase(&self) -> String {
        match self.retention_in_days {
            Some(1) => "logs kept 1 day".to_owned(),
            Some(days) => format!("logs kept {days} days"),
            None => "logs never expire".to_owned(),
        }
    }
}
