//! Mutes of the moment: which rules hold alarms' actions back or will, whose they are, and how those that a command began end early.

use super::status::mute::until;
use crate::aws::{Aws, AwsError};
use crate::model::{Target, advice};
use crate::resources::mute_rule::aws::{FoundRule, find, from_sdk, names};
use crate::resources::mute_rule::temporary::{MuteOrigin, MuteReason, is_temporary_name};
use crate::resources::{self, Address, Kind, MuteRule, Resource, ResourceTags, mark};
use aws_sdk_cloudwatch::types::AlarmMuteRuleStatus;
use futures_util::future::try_join_all;
use mlops_cloudwatch::schedule::{MuteSchedule, iso_duration};
use std::collections::BTreeSet;

/// Whose a mute is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MuteOwner {
    Command(MuteOrigin),
    /// A spec declares it.
    Stack(String),
    /// Made by other means, e.g. in the console.
    Other,
}

/// A rule that holds actions back now, or will.
#[derive(Debug, Clone, PartialEq)]
pub struct StandingMute {
    pub rule: MuteRule,
    pub owner: MuteOwner,
    /// Who made it and why, of a mute that a command began.
    pub reason: Option<MuteReason>,
    pub is_active: bool,
    /// When it ends, or a mute that only happens once; seconds since 1970. `None` where it cannot be told.
    pub until: Option<i64>,
}

/// Every rule of the target that holds or will, by name.
pub async fn list(aws: &Aws, target: &Target, now: i64) -> Result<Vec<StandingMute>, AwsError> {
    let names = names(aws, &[AlarmMuteRuleStatus::Active, AlarmMuteRuleStatus::Scheduled]).await?;
    let found = try_join_all(names.iter().map(|name| one(aws, target, name, now))).await?;
    let mut mutes: Vec<StandingMute> = found.into_iter().flatten().collect();
    mutes.sort_by(|a, b| a.rule.name.cmp(&b.rule.name));
    Ok(mutes)
}

async fn one(aws: &Aws, target: &Target, name: &str, now: i64) -> Result<Option<StandingMute>, AwsError> {
    let (found, tags) = futures_util::try_join!(find(aws, name), tags(aws, target, name))?;
    match (found, tags) {
        (Some(found), Some(tags)) => standing(name, &found, &tags, now),
        _ => Ok(None),
    }
}

fn standing(name: &str, found: &FoundRule, tags: &ResourceTags, now: i64) -> Result<Option<StandingMute>, AwsError> {
    let Resource::MuteRule(rule) = from_sdk(name, found)?.resource else { return Ok(None) };
    let owner = match (MuteOrigin::of_tags(tags), tags.get(mark::STACK)) {
        (Some(origin), _) => MuteOwner::Command(origin),
        (None, Some(stack)) => MuteOwner::Stack(stack.clone()),
        (None, None) => MuteOwner::Other,
    };
    let is_active = found.status() == Some(&AlarmMuteRuleStatus::Active);
    let zone = rule.timezone.as_deref().unwrap_or("UTC");
    let duration = iso_duration(rule.duration);
    let end = if is_active {
        until(&rule.expression, &duration, zone, now)
    } else if rule.timezone.is_none() {
        MuteSchedule::parse(&rule.expression, &duration).ok().and_then(|schedule| schedule.end())
    } else {
        None
    };
    let end = end.map(|end| rule.expire_date.map_or(end, |expires| end.min(expires)));
    let reason = rule.description.as_deref().and_then(MuteReason::parse);
    let reason = reason.filter(|_| matches!(owner, MuteOwner::Command(_)));
    Ok(Some(StandingMute { rule, owner, reason, is_active, until: end }))
}

async fn tags(aws: &Aws, target: &Target, name: &str) -> Result<Option<ResourceTags>, AwsError> {
    let Some(arn) = Address::new(Kind::MuteRule, name).arn(target) else { return Ok(None) };
    resources::aws::tags(aws, Kind::MuteRule, &arn).await
}

/// What ends a mute of which only the rule's name is known.
pub fn how_to_end(rule: &str) -> String {
    match is_temporary_name(rule) {
        true => advice::command(&format!("unmute {rule}")),
        false => format!("aws cloudwatch delete-alarm-mute-rule --alarm-mute-rule-name {rule}"),
    }
}

/// Ends a mute for these of its alarms; the others stay muted by its rule.
pub async fn end(aws: &Aws, target: &Target, mute: &StandingMute, alarms: &BTreeSet<String>) -> Result<(), AwsError> {
    let mut rule = mute.rule.clone();
    rule.alarms.retain(|alarm| !alarms.contains(alarm));
    if rule.alarms.is_empty() {
        return delete(aws, target, rule.name).await;
    }
    resources::aws::put(aws, &Resource::MuteRule(rule)).await
}

/// Deletes the rules of commands that have ended by themselves; how many there were.
pub async fn clean(aws: &Aws, target: &Target) -> Result<usize, AwsError> {
    let mut ended = names(aws, &[AlarmMuteRuleStatus::Expired]).await?;
    ended.retain(|name| is_temporary_name(name));
    let mut cleaned = 0;
    for name in ended {
        if tags(aws, target, &name).await?.is_some_and(|tags| MuteOrigin::of_tags(&tags).is_some()) {
            delete(aws, target, name).await?;
            cleaned += 1;
        }
    }
    Ok(cleaned)
}

async fn delete(aws: &Aws, target: &Target, name: String) -> Result<(), AwsError> {
    resources::aws::delete(aws, target, Kind::MuteRule, &[name]).await.into_iter().collect()
}
