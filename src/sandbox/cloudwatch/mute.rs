//! Alarm mute rules: when the actions of some alarms are held back.

use super::put::shared::{alarm_name, tags as check_tags};
use super::{Nothing, alarm, constraint, held, invalid_next_token, page_size, required};
use crate::sandbox::fault::Fault;
use crate::sandbox::paging::{Order, page};
use crate::sandbox::store::Tx;
use crate::sandbox::tags::{self, Tag};
use crate::sandbox::wire::Timestamp;
use mlops_cloudwatch::schedule;
use mlops_cloudwatch::zone::TimeZone;
use serde::{Deserialize, Serialize};

const TABLE: &str = "alarm_mute_rules";
/// The type of a mute rule in the tagging API.
pub const KIND: &str = "cloudwatch:alarm-mute-rule";

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutAlarmMuteRule {
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    rule: Option<Rule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mute_targets: Option<MuteTargets>,
    #[serde(default, skip_serializing)]
    tags: Vec<Tag>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expire_date: Option<Timestamp>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Rule {
    schedule: Option<Schedule>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Schedule {
    expression: Option<String>,
    duration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct MuteTargets {
    #[serde(default)]
    alarm_names: Vec<String>,
}

/// A rule in the store, and as it is answered.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct MuteRule {
    #[serde(flatten)]
    put: PutAlarmMuteRule,
    last_updated_timestamp: Timestamp,
}

pub fn arn(tx: &Tx, name: &str) -> String {
    tx.arn("cloudwatch", &format!("alarm-mute-rule:{name}"))
}

pub fn exists(tx: &Tx, name: &str) -> Result<bool, Fault> {
    Ok(tx.get::<MuteRule>(TABLE, name)?.is_some())
}

pub fn put_alarm_mute_rule(input: PutAlarmMuteRule, tx: &mut Tx) -> Result<Nothing, Fault> {
    input.check(tx)?;
    let name = input.name.clone().unwrap_or_default();
    if !exists(tx, &name)? {
        let arn = arn(tx, &name);
        tags::set(tx, KIND, &arn, tags::from_list(input.tags.clone()))?;
    }
    let rule = MuteRule { put: input, last_updated_timestamp: tx.now() };
    tx.put(TABLE, &name, &rule)?;
    Ok(Nothing {})
}

impl PutAlarmMuteRule {
    fn check(&self, tx: &Tx) -> Result<(), Fault> {
        alarm_name("name", required("name", self.name.as_deref())?)?;
        if let Some(text) = self.description.as_deref().filter(|text| text.chars().count() > 1024) {
            return Err(constraint("description", text, "have length less than or equal to 1024"));
        }
        check_tags(&self.tags)?;
        let schedule = required("rule", self.rule.as_ref())?.schedule.as_ref();
        let schedule = required("rule.schedule", schedule)?;
        let expression = required("rule.schedule.expression", schedule.expression.as_deref())?;
        let duration = required("rule.schedule.duration", schedule.duration.as_deref())?;
        schedule::Schedule::parse(expression, duration).map_err(|error| Fault::validation(error.to_string()))?;
        if let Some(zone) = schedule.timezone.as_deref().filter(|zone| !(1..=50).contains(&zone.len())) {
            return Err(constraint("rule.schedule.timezone", zone, "have length between 1 and 50"));
        }
        if let (Some(start), Some(end)) = (self.start_date, self.expire_date)
            && start >= end
        {
            return Err(Fault::validation("ExpireDate must be after StartDate"));
        }
        let targets = self.mute_targets.as_ref().map(|targets| targets.alarm_names.as_slice()).unwrap_or_default();
        if targets.len() > 100 {
            let names = targets.join(", ");
            return Err(constraint(
                "muteTargets.alarmNames",
                format_args!("[{names}]"),
                "have length less than or equal to 100",
            ));
        }
        for target in targets {
            alarm_name("muteTargets.alarmNames.member", target)?;
            if alarm::find(tx, target)?.is_none() {
                return Err(Fault::validation(format!("The alarm {target} does not exist")));
            }
        }
        Ok(())
    }
}

impl MuteRule {
    /// Its schedule, as far as it can be read; what was put could.
    fn schedule(&self) -> Option<schedule::Schedule> {
        let schedule = self.put.rule.as_ref()?.schedule.as_ref()?;
        schedule::Schedule::parse(schedule.expression.as_deref()?, schedule.duration.as_deref()?).ok()
    }

    /// Seconds east of UTC. Zones with rules are taken as UTC: there is no table of their rules here.
    fn offset(&self) -> i64 {
        let schedule = self.put.rule.as_ref().and_then(|rule| rule.schedule.as_ref());
        let zone = schedule.and_then(|schedule| TimeZone::parse(schedule.timezone.as_deref()?));
        zone.and_then(TimeZone::offset).unwrap_or_default()
    }

    fn status(&self, now: Timestamp) -> &'static str {
        let (schedule, local) = (self.schedule(), now.seconds() + self.offset());
        let over = self.put.expire_date.is_some_and(|end| now >= end)
            || schedule.as_ref().and_then(schedule::Schedule::end).is_some_and(|end| local >= end);
        let begun = self.put.start_date.is_none_or(|start| now >= start);
        match schedule {
            _ if over => "EXPIRED",
            Some(schedule) if begun && schedule.is_active(local) => "ACTIVE",
            _ => "SCHEDULED",
        }
    }

    fn mute_type(&self) -> &'static str {
        if self.schedule().is_some_and(|schedule| schedule.end().is_some()) { "ONE_TIME" } else { "RECURRING" }
    }

    fn targets(&self, alarm: &str) -> bool {
        self.put.mute_targets.as_ref().is_some_and(|targets| targets.alarm_names.iter().any(|name| name == alarm))
    }
}

/// The name of a rule that holds back the actions of an alarm now.
pub fn muting(tx: &Tx, alarm: &str) -> Result<Option<String>, Fault> {
    let rules = tx.list::<MuteRule>(TABLE)?.into_iter();
    let mut active = rules.filter(|(_, rule)| rule.targets(alarm) && rule.status(tx.now()) == "ACTIVE");
    Ok(active.next().map(|(name, _)| name))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MuteRuleName {
    alarm_mute_rule_name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Described {
    alarm_mute_rule_arn: String,
    status: &'static str,
    mute_type: &'static str,
    #[serde(flatten)]
    rule: MuteRule,
}

pub fn get_alarm_mute_rule(input: MuteRuleName, tx: &mut Tx) -> Result<Described, Fault> {
    let name = &input.alarm_mute_rule_name;
    let rule = tx.get::<MuteRule>(TABLE, name)?;
    let missing =
        || Fault::sender("ResourceNotFoundException", format!("Alarm mute rule {name} does not exist")).status(404);
    let rule = rule.ok_or_else(missing)?;
    Ok(Described {
        alarm_mute_rule_arn: arn(tx, name),
        status: rule.status(tx.now()),
        mute_type: rule.mute_type(),
        rule,
    })
}

/// Deleting a rule that is not there succeeds.
pub fn delete_alarm_mute_rule(input: MuteRuleName, tx: &mut Tx) -> Result<Nothing, Fault> {
    tx.delete(TABLE, &input.alarm_mute_rule_name);
    held::forget_rule(tx, &input.alarm_mute_rule_name)?;
    let arn = arn(tx, &input.alarm_mute_rule_name);
    tags::forget(tx, &arn)?;
    Ok(Nothing {})
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListAlarmMuteRules {
    alarm_name: Option<String>,
    #[serde(default)]
    statuses: Vec<String>,
    max_records: Option<i64>,
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Summaries {
    alarm_mute_rule_summaries: Vec<Summary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    alarm_mute_rule_arn: String,
    status: &'static str,
    mute_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expire_date: Option<Timestamp>,
    last_updated_timestamp: Timestamp,
}

pub fn list_alarm_mute_rules(input: ListAlarmMuteRules, tx: &mut Tx) -> Result<Summaries, Fault> {
    let size = page_size(input.max_records, 50, 100)?;
    let now = tx.now();
    let mut found = Vec::new();
    for (name, rule) in tx.list::<MuteRule>(TABLE)? {
        let status = rule.status(now);
        let of_alarm = input.alarm_name.as_deref().is_none_or(|alarm| rule.targets(alarm));
        if of_alarm && (input.statuses.is_empty() || input.statuses.iter().any(|wanted| wanted == status)) {
            let summary = Summary {
                alarm_mute_rule_arn: arn(tx, &name),
                status,
                mute_type: rule.mute_type(),
                expire_date: rule.put.expire_date,
                last_updated_timestamp: rule.last_updated_timestamp,
            };
            found.push((name, summary));
        }
    }
    let token = input.next_token.as_deref();
    let (summaries, next_token) = page(tx, found, Order::Scattered, token, size, invalid_next_token)?;
    Ok(Summaries { alarm_mute_rule_summaries: summaries, next_token })
}
