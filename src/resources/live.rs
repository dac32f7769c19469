//! A resource as it stands in AWS: its configuration and what else AWS says of it. Read-only facts never take part in a diff.

use super::Resource;
use super::declared::AttributeNames;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A resource that exists, with the facts around it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Live {
    pub resource: Resource,
    pub facts: LiveFacts,
}

impl Live {
    pub fn new(resource: Resource) -> Self {
        Self { resource, facts: LiveFacts::default() }
    }
}

/// What AWS reports beside the configuration; a field is `None` where it does not apply or was not told.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LiveFacts {
    /// Whether the tags were read: no tags read is not the same as none there.
    pub tags_read: bool,
    /// Its ARN, where an answer names it beside the name; not saved, since name and target say as much.
    #[serde(skip)]
    pub arn: Option<String>,
    /// Whether they are what the tag index shows, which lags behind: whoever writes because of them has to ask the resource.
    pub tags_indexed: bool,
    /// A subscription's state.
    pub confirmation: Option<ConfirmationState>,
    /// A subscription's ARN once it is confirmed.
    pub subscription_arn: Option<String>,
    /// Whether a subscription's attributes were read; they are not part of its listing.
    pub attributes_read: bool,
    /// A log group's size in bytes, as CloudWatch Logs last counted it.
    pub stored_bytes: Option<i64>,
    /// The account-level policy that overrides a log group's retention.
    pub retention_policy_name: Option<String>,
    /// How many metric filters a log group has (`metricFilterCount`).
    pub metric_filters: Option<i32>,
    /// Whether AWS refuses to delete a log group (`deletionProtectionEnabled`).
    pub deletion_protected: Option<bool>,
    /// Whether the spec says of a log group that is to go that its deletion protection may be taken off.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub may_be_unprotected: bool,
    /// What an earlier spec named of a subscription, as its mark on the topic says: it has no tags of its own.
    #[serde(skip_serializing_if = "AttributeNames::is_empty")]
    pub declared: AttributeNames,
    /// A subscription's mark says that it was made with another password than the spec's; SNS does not show it.
    pub other_password: bool,
    /// A topic's access policy, also where it is AWS's default.
    pub topic_policy: Option<Value>,
    /// Settings of an alarm that this program does not know, with their values shortened: a full overwrite would erase them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown_settings: BTreeMap<String, String>,
    /// An alarm's state: `OK`, `ALARM`, `INSUFFICIENT_DATA`.
    pub alarm_state: Option<String>,
    /// What else an alarm says of itself. Not saved with a plan: it is out of date the next minute.
    #[serde(skip)]
    pub alarm: Option<Box<AlarmFacts>>,
}

/// What DescribeAlarms tells of an alarm beside its configuration and the name of its state.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlarmFacts {
    /// Seconds since 1970 since when it is in its state (`StateTransitionedTimestamp`).
    pub since: Option<i64>,
    /// Why, in CloudWatch's words (`StateReason`).
    pub reason: String,
    /// `PARTIAL_DATA`, `EVALUATION_ERROR` or `EVALUATION_FAILURE` (`EvaluationState`); `None` where all is well.
    pub evaluation: Option<String>,
    /// Of a composite alarm: what holds its actions back now (`ActionsSuppressedBy`, `ActionsSuppressedReason`).
    pub suppressed_by: Option<String>,
    pub suppressed_reason: Option<String>,
    /// Seconds since 1970 when it was last put (`AlarmConfigurationUpdatedTimestamp`).
    pub configured: Option<i64>,
}

impl AlarmFacts {
    /// Whether CloudWatch has not evaluated the alarm since it was made: the `StateReason` of PutMetricAlarm's initial state.
    pub fn is_unevaluated(&self) -> bool {
        is_initial_reason(&self.reason)
    }
}

/// Whether a `StateReason` is that of an alarm which was not evaluated since it was made.
pub fn is_initial_reason(reason: &str) -> bool {
    reason.is_empty() || reason.starts_with("Unchecked: Initial alarm creation")
}

/// The life of a subscription (DESIGN: wanted, pending, confirmed, lost; wanted is one that does not exist yet).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmationState {
    /// Somebody has to click the link in the mail.
    Pending,
    Confirmed,
    /// Unsubscribed by its receiver; AWS lists it as `Deleted` until it forgets it.
    Lost,
}
