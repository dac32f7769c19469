//! A CloudWatch Logs log group: how long logs are kept.

pub mod aws;
pub mod spec;

use super::Tags;
use crate::model::{FieldSet, Fields};
use serde::{Deserialize, Serialize};

/// Name and class are fixed at creation (CloudWatch Logs API reference, CreateLogGroup).
pub const IMMUTABLE: &[&str] = &["log_group_class"];

/// Days that PutRetentionPolicy takes; never expiring is an absent policy.
pub const RETENTION_DAYS: &[i32] =
    &[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// Field names follow CloudWatch Logs in snake case.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogGroup {
    pub name: String,
    /// Days; `None` keeps logs for ever.
    pub retention_in_days: Option<i32>,
    /// `STANDARD` (default), `INFREQUENT_ACCESS` or `DELIVERY`.
    pub log_group_class: Option<String>,
    pub kms_key_id: Option<String>,
    pub tags: Tags,
}

impl LogGroup {
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    pub fn fields(&self) -> Fields {
        let class = self.log_group_class.clone().unwrap_or_else(|| "STANDARD".to_owned());
        FieldSet::default()
            .put_some("retention_in_days", &self.retention_in_days)
            .put_unless(&"STANDARD".to_owned(), "log_group_class", &class)
            .put_some("kms_key_id", &self.kms_key_id)
            .done()
    }
}
