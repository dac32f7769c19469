//! What alarms of every kind have in common: what they do when their state changes, and one name space in CloudWatch, with one set of
//! calls for it.

pub mod aws;
pub mod cloudformation;
pub mod described;
pub mod settings;
pub mod terraform;
pub mod written;

use crate::model::FieldSet;
use mlops_cloudwatch::alarm::WarmUpPeriod;
use serde::{Deserialize, Serialize};

/// What an alarm of any kind does when its state changes: the ARNs of topics or of other targets, as a set per state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Actions {
    pub enabled: bool,
    pub alarm: Vec<String>,
    pub ok: Vec<String>,
    pub insufficient_data: Vec<String>,
    /// Whether the alarm's tags travel with its notifications (`ActionConfiguration.AlarmTagsPropagation`).
    pub tags_propagation: Option<TagsPropagation>,
}

/// Which tags travel: all, only the included keys, or all but the excluded keys (AWS takes at most one of the lists).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TagsPropagation {
    pub included_tag_keys: Vec<String>,
    pub excluded_tag_keys: Vec<String>,
}

/// `WarmUpConfiguration`: the alarm stays in INSUFFICIENT_DATA for so long after it was put.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WarmUp {
    pub minutes: i32,
    pub only_start_evaluating_after: bool,
}

impl WarmUp {
    /// As an evaluation knows it.
    pub fn period(&self) -> WarmUpPeriod {
        WarmUpPeriod { minutes: self.minutes, only_start_evaluating_after: self.only_start_evaluating_after }
    }
}

impl Default for Actions {
    fn default() -> Self {
        Self { enabled: true, alarm: Vec::new(), ok: Vec::new(), insufficient_data: Vec::new(), tags_propagation: None }
    }
}

impl Actions {
    /// Every action ARN, of whichever state.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.alarm.iter().chain(&self.ok).chain(&self.insufficient_data)
    }

    /// Puts what is a set to AWS in one order.
    pub fn sort(&mut self) {
        for list in [&mut self.alarm, &mut self.ok, &mut self.insufficient_data] {
            list.sort();
            list.dedup();
        }
        if let Some(propagation) = &mut self.tags_propagation {
            propagation.included_tag_keys.sort();
            propagation.excluded_tag_keys.sort();
        }
    }

    /// The fields that alarms of every kind share.
    pub fn put_fields(&self, fields: FieldSet) -> FieldSet {
        let mut sorted = self.clone();
        sorted.sort();
        fields
            .put_unless(&true, "actions_enabled", &self.enabled)
            .put_set("alarm_actions", &self.alarm)
            .put_set("ok_actions", &self.ok)
            .put_set("insufficient_data_actions", &self.insufficient_data)
            .put_some("tags_propagation", &sorted.tags_propagation)
    }
}
