//! A CloudWatch alarm mute rule: when the actions of some alarms are held back. The alarms go on being evaluated.

pub mod aws;
pub mod cloudformation;
pub mod spec;
pub mod temporary;
pub mod terraform;
mod written;

use super::kind::{ArnForm, ArnScope, Inherits, KindConfiguration, KindFacts, KindReading, alarm_by_name, own_tags};
use super::written::WritingScope;
use super::{Address, Resource, ResourceTags};
use crate::model::duration::format_seconds;
use crate::model::{FieldSet, ResourceFields, SpecMap, Target};
use mlops_cloudwatch::schedule::minute_text;
use serde::{Deserialize, Serialize};

pub static KIND: KindFacts = KindFacts {
    word: "mute_rule",
    section: &spec::SECTION,
    read: Some(|name, layers, scope| Resource::MuteRule(spec::read(name, layers, scope))),
    inherits: Inherits::Nothing,
    arn: Some(ArnForm { service: "cloudwatch", prefix: "alarm-mute-rule:", scope: ArnScope::Region }),
    tag_type: Some("cloudwatch"),
    reading: KindReading::ByName,
    registry: None,
    immutable: &[],
    returning: &[],
    delete_batch: 1,
    cloudformation: &cloudformation::FORM,
    terraform: &terraform::FORM,
};

/// The zone of a schedule that names none (CloudWatch API reference, Schedule).
const UTC: &str = "UTC";

/// Mirrors PutAlarmMuteRule in snake case: it replaces the whole, so an absent field is AWS's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MuteRule {
    pub name: String,
    pub description: Option<String>,
    /// `cron(minutes hours day month weekday)` or `at(yyyy-MM-ddThh:mm)`, in the rule's zone.
    pub expression: String,
    /// Seconds that each mute lasts.
    pub duration: i64,
    /// IANA name or offset; `None` is UTC.
    pub timezone: Option<String>,
    /// Names of the alarms, a set.
    pub alarms: Vec<String>,
    /// Seconds since 1970, full minutes.
    pub start_date: Option<i64>,
    pub expire_date: Option<i64>,
    pub tags: ResourceTags,
}

impl KindConfiguration for MuteRule {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn written(&self, scope: &WritingScope<'_>) -> SpecMap {
        written::written(self, scope)
    }

    fn fields(&self) -> ResourceFields {
        let moment = |at: &Option<i64>| at.map(|at| minute_text(at) + "Z");
        let zone = self.timezone.clone().unwrap_or_else(|| UTC.to_owned());
        FieldSet::default()
            .put_some("description", &self.description)
            .put("schedule", &self.expression)
            .put("duration", format_seconds(self.duration))
            .put_unless(&UTC.to_owned(), "timezone", &zone)
            .put_set("alarms", &self.alarms)
            .put_some("start_date", &moment(&self.start_date))
            .put_some("expire_date", &moment(&self.expire_date))
            .done()
    }

    own_tags!();

    fn sort(&mut self) {
        self.alarms.sort();
        self.alarms.dedup();
    }

    fn references(&self, target: &Target) -> Vec<Address> {
        self.alarms.iter().flat_map(|alarm| alarm_by_name(alarm, target)).collect()
    }

    fn phrase(&self) -> String {
        let zone = self.timezone.as_deref().unwrap_or(UTC);
        let alarms = match self.alarms.as_slice() {
            [one] => one.clone(),
            more => format!("{} alarms", more.len()),
        };
        format!("mutes {alarms}, {} for {}, {zone}", self.expression, format_seconds(self.duration))
    }
}

#[cfg(test)]
mod tests;
