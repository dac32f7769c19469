//! Alarm mute rules as they are kept: when one holds back the actions of which alarms.

use crate::fault::Fault;
use crate::store::Tx;
use crate::tags::Tag;
use crate::wire::Timestamp;
use mlops_cloudwatch::schedule;
use mlops_cloudwatch::zone::TimeZone;
use serde::{Deserialize, Serialize};

pub const TABLE: &str = "alarm_mute_rules";
/// The type of a mute rule in the tagging API.
pub const KIND: &str = "cloudwatch:alarm-mute-rule";

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutAlarmMuteRule {
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub rule: Option<MuteRuleSchedule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mute_targets: Option<MuteTargets>,
    #[serde(default, skip_serializing)]
    pub tags: Vec<Tag>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_date: Option<Timestamp>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MuteRuleSchedule {
    pub schedule: Option<WireSchedule>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct WireSchedule {
    pub expression: Option<String>,
    pub duration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MuteTargets {
    #[serde(default)]
    pub alarm_names: Vec<String>,
}

/// A rule in the store, and as it is answered.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct StoredMuteRule {
    #[serde(flatten)]
    pub put: PutAlarmMuteRule,
    pub last_updated_timestamp: Timestamp,
}

pub fn arn(tx: &Tx, name: &str) -> String {
    tx.arn("cloudwatch", &format!("alarm-mute-rule:{name}"))
}

pub fn exists(tx: &Tx, name: &str) -> Result<bool, Fault> {
    Ok(tx.get::<StoredMuteRule>(TABLE, name)?.is_some())
}

impl StoredMuteRule {
    /// Its schedule, as far as it can be read; what was put could.
    fn schedule(&self) -> Option<schedule::MuteSchedule> {
        let schedule = self.put.rule.as_ref()?.schedule.as_ref()?;
        schedule::MuteSchedule::parse(schedule.expression.as_deref()?, schedule.duration.as_deref()?).ok()
    }

    /// Seconds east of UTC. Zones with rules are taken as UTC: there is no table of their rules here.
    fn offset(&self) -> i64 {
        let schedule = self.put.rule.as_ref().and_then(|rule| rule.schedule.as_ref());
        let zone = schedule.and_then(|schedule| TimeZone::parse(schedule.timezone.as_deref()?));
        zone.and_then(TimeZone::offset).unwrap_or_default()
    }

    pub fn status(&self, now: Timestamp) -> &'static str {
        let (schedule, local) = (self.schedule(), now.seconds() + self.offset());
        let over = self.put.expire_date.is_some_and(|end| now >= end)
            || schedule.as_ref().and_then(schedule::MuteSchedule::end).is_some_and(|end| local >= end);
        let begun = self.put.start_date.is_none_or(|start| now >= start);
        match schedule {
            _ if over => "EXPIRED",
            Some(schedule) if begun && schedule.is_active(local) => "ACTIVE",
            _ => "SCHEDULED",
        }
    }

    pub fn mute_type(&self) -> &'static str {
        if self.schedule().is_some_and(|schedule| schedule.end().is_some()) { "ONE_TIME" } else { "RECURRING" }
    }

    pub fn targets(&self, alarm: &str) -> bool {
        self.put.mute_targets.as_ref().is_some_and(|targets| targets.alarm_names.iter().any(|name| name == alarm))
    }
}

/// The name of a rule that holds back the actions of an alarm now.
pub fn muting(tx: &Tx, alarm: &str) -> Result<Option<String>, Fault> {
    let rules = tx.list::<StoredMuteRule>(TABLE)?.into_iter();
    let mut active = rules.filter(|(_, rule)| rule.targets(alarm) && rule.status(tx.now()) == "ACTIVE");
    Ok(active.next().map(|(name, _)| name))
}
