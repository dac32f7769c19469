//! The operations on alarm mute rules.

use super::mute_rule::{self, KIND, PutAlarmMuteRule, StoredMuteRule, TABLE};
use super::put::shared::{alarm_name, tags as check_tags};
use super::{Nothing, alarm, constraint, held, invalid_next_token, page_size, required};
use crate::fault::Fault;
use crate::paging::{Order, page};
use crate::store::Tx;
use crate::tags;
use crate::wire::Timestamp;
use mlops_cloudwatch::schedule;
use serde::{Deserialize, Serialize};

pub fn put_alarm_mute_rule(input: PutAlarmMuteRule, tx: &mut Tx) -> Result<Nothing, Fault> {
    check(&input, tx)?;
    let name = input.name.clone().unwrap_or_default();
    if !mute_rule::exists(tx, &name)? {
        let arn = mute_rule::arn(tx, &name);
        tags::set(tx, KIND, &arn, tags::from_list(input.tags.clone()))?;
    }
    let rule = StoredMuteRule { put: input, last_updated_timestamp: tx.now() };
    tx.put(TABLE, &name, &rule)?;
    Ok(Nothing {})
}

fn check(input: &PutAlarmMuteRule, tx: &Tx) -> Result<(), Fault> {
    alarm_name("name", required("name", input.name.as_deref())?)?;
    if let Some(text) = input.description.as_deref().filter(|text| text.chars().count() > 1024) {
        return Err(constraint("description", text, "have length less than or equal to 1024"));
    }
    check_tags(&input.tags)?;
    let schedule = required("rule", input.rule.as_ref())?.schedule.as_ref();
    let schedule = required("rule.schedule", schedule)?;
    let expression = required("rule.schedule.expression", schedule.expression.as_deref())?;
    let duration = required("rule.schedule.duration", schedule.duration.as_deref())?;
    schedule::MuteSchedule::parse(expression, duration).map_err(|error| Fault::validation(error.to_string()))?;
    if let Some(zone) = schedule.timezone.as_deref().filter(|zone| !(1..=50).contains(&zone.len())) {
        return Err(constraint("rule.schedule.timezone", zone, "have length between 1 and 50"));
    }
    if let (Some(start), Some(end)) = (input.start_date, input.expire_date)
        && start >= end
    {
        return Err(Fault::validation("ExpireDate must be after StartDate"));
    }
    let targets = input.mute_targets.as_ref().map(|targets| targets.alarm_names.as_slice()).unwrap_or_default();
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

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MuteRuleName {
    alarm_mute_rule_name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribedMuteRule {
    alarm_mute_rule_arn: String,
    status: &'static str,
    mute_type: &'static str,
    #[serde(flatten)]
    rule: StoredMuteRule,
}

pub fn get_alarm_mute_rule(input: MuteRuleName, tx: &mut Tx) -> Result<DescribedMuteRule, Fault> {
    let name = &input.alarm_mute_rule_name;
    let rule = tx.get::<StoredMuteRule>(TABLE, name)?;
    let missing =
        || Fault::sender("ResourceNotFoundException", format!("Alarm mute rule {name} does not exist")).status(404);
    let rule = rule.ok_or_else(missing)?;
    Ok(DescribedMuteRule {
        alarm_mute_rule_arn: mute_rule::arn(tx, name),
        status: rule.status(tx.now()),
        mute_type: rule.mute_type(),
        rule,
    })
}

/// Deleting a rule that is not there succeeds.
pub fn delete_alarm_mute_rule(input: MuteRuleName, tx: &mut Tx) -> Result<Nothing, Fault> {
    tx.delete(TABLE, &input.alarm_mute_rule_name);
    held::rule_deleted(tx, &input.alarm_mute_rule_name)?;
    let arn = mute_rule::arn(tx, &input.alarm_mute_rule_name);
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
    alarm_mute_rule_summaries: Vec<MuteRuleSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct MuteRuleSummary {
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
    for (name, rule) in tx.list::<StoredMuteRule>(TABLE)? {
        let status = rule.status(now);
        let of_alarm = input.alarm_name.as_deref().is_none_or(|alarm| rule.targets(alarm));
        if of_alarm && (input.statuses.is_empty() || input.statuses.iter().any(|wanted| wanted == status)) {
            let summary = MuteRuleSummary {
                alarm_mute_rule_arn: mute_rule::arn(tx, &name),
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
