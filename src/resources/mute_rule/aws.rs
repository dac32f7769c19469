//! Mute rules in CloudWatch: get, put, delete. They are tagged as alarms are.

use super::temporary::{TemporaryMute, is_temporary_name};
use super::{MuteRule, UTC};
use crate::aws::{ApiOperation, Aws, AwsError, Class, Repeat};
use crate::model::Target;
use crate::resources::any_alarm::aws::{some_list, tagged_as_alarms, tags_to_sdk};
use crate::resources::aws::Client;
use crate::resources::{Live, Resource, ResourceTags};
use aws_sdk_cloudwatch::operation::get_alarm_mute_rule::GetAlarmMuteRuleOutput;
use aws_sdk_cloudwatch::operation::list_alarm_mute_rules::ListAlarmMuteRulesOutput;
use aws_sdk_cloudwatch::types as sdk;
use aws_smithy_types::DateTime;
use mlops_cloudwatch::schedule::{iso_duration, iso_seconds};
use std::time::Duration;
use tokio::time::sleep;

const LIST: ApiOperation = ApiOperation("cloudwatch", "ListAlarmMuteRules");
const GET: ApiOperation = ApiOperation("cloudwatch", "GetAlarmMuteRule");
const PUT: ApiOperation = ApiOperation("cloudwatch", "PutAlarmMuteRule");
const DELETE: ApiOperation = ApiOperation("cloudwatch", "DeleteAlarmMuteRule");

/// A rule as AWS tells of it.
pub type FoundRule = GetAlarmMuteRuleOutput;

/// How long AWS may take to show a rule that was put as active.
const SECOND_LOOKS: u32 = 5;

/// The names of all rules, or of those that are in one of these states.
pub async fn names(aws: &Aws, statuses: &[sdk::AlarmMuteRuleStatus]) -> Result<Vec<String>, AwsError> {
    let mut names = Vec::new();
    let statuses = Some(statuses.to_vec()).filter(|statuses| !statuses.is_empty());
    let page = |token| {
        let request = aws.cloudwatch.list_alarm_mute_rules().set_statuses(statuses.clone());
        request.max_records(100).set_next_token(token).send()
    };
    let keep = |page: ListAlarmMuteRulesOutput| {
        let arns = page.alarm_mute_rule_summaries().iter().filter_map(|summary| summary.alarm_mute_rule_arn());
        names.extend(arns.filter_map(|arn| Some(arn.split_once(":alarm-mute-rule:")?.1.to_owned())));
        page.next_token
    };
    aws.pages(LIST, page, keep).await?;
    Ok(names)
}

/// What AWS tells of one rule; `None` where there is none.
pub async fn find(aws: &Aws, name: &str) -> Result<Option<FoundRule>, AwsError> {
    let request = || aws.cloudwatch.get_alarm_mute_rule().alarm_mute_rule_name(name).send();
    match aws.call(GET, Repeat::Safe, request).await {
        Ok(rule) if rule.name().is_some_and(|told| told != name) => {
            Err(AwsError::unexpected(GET, "it is about another rule"))
        }
        Ok(rule) => Ok(Some(rule)),
        Err(error) if error.is(Class::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Begins a mute and returns its rules, once AWS shows each as active: that depends on the clock of the machine, too, which may be wrong.
/// Where one of them cannot be made, none stays.
pub async fn begin(aws: &Aws, mute: &TemporaryMute) -> Result<Vec<String>, AwsError> {
    let rules = mute.rules();
    if let Err(error) = put_all(aws, &rules).await {
        for rule in &rules {
            // What cannot be taken back ends by itself; the first error says why.
            let _ = delete(&aws.steady(), &rule.name).await;
        }
        return Err(error);
    }
    Ok(rules.into_iter().map(|rule| rule.name).collect())
}

async fn put_all(aws: &Aws, rules: &[MuteRule]) -> Result<(), AwsError> {
    for rule in rules {
        rule.put(aws).await?;
    }
    for rule in rules {
        let mut looks = 0;
        while !is_active(aws, &rule.name).await? {
            looks += 1;
            if looks > SECOND_LOOKS {
                let what = format!("the rule {} is not active: is the clock of this machine right?", rule.name);
                return Err(AwsError::unexpected(GET, &what));
            }
            sleep(Duration::from_secs(1)).await;
        }
    }
    Ok(())
}

/// Deletes one rule. Gone is fine.
async fn delete(aws: &Aws, name: &str) -> Result<(), AwsError> {
    let request = || aws.cloudwatch.delete_alarm_mute_rule().alarm_mute_rule_name(name).send();
    match aws.call(DELETE, Repeat::Safe, request).await {
        Err(error) if error.is(Class::NotFound) => Ok(()),
        answer => answer.map(drop),
    }
}

async fn is_active(aws: &Aws, name: &str) -> Result<bool, AwsError> {
    let found = find(aws, name).await?;
    Ok(found.is_some_and(|rule| rule.status() == Some(&sdk::AlarmMuteRuleStatus::Active)))
}

/// The rule as it stands; `None` where there is none.
async fn read(aws: &Aws, name: &str) -> Result<Option<Live>, AwsError> {
    find(aws, name).await?.map(|rule| from_sdk(name, &rule)).transpose()
}

/// The rule itself, of what AWS tells.
pub fn from_sdk(name: &str, rule: &GetAlarmMuteRuleOutput) -> Result<Live, AwsError> {
    let schedule = rule.rule().and_then(|rule| rule.schedule());
    let duration = schedule.and_then(|schedule| iso_seconds(schedule.duration()?));
    let (Some(schedule), Some(duration)) = (schedule, duration) else {
        return Err(AwsError::unexpected(GET, "its schedule cannot be read"));
    };
    let mut alarms = rule.mute_targets().map(|targets| targets.alarm_names().to_vec()).unwrap_or_default();
    alarms.sort();
    let mut live = Live::new(Resource::MuteRule(MuteRule {
        name: name.to_owned(),
        description: rule.description().filter(|text| !text.is_empty()).map(str::to_owned),
        expression: schedule.expression().unwrap_or_default().to_owned(),
        duration,
        timezone: schedule.timezone().filter(|zone| *zone != UTC).map(str::to_owned),
        alarms,
        start_date: rule.start_date().map(DateTime::secs),
        expire_date: rule.expire_date().map(DateTime::secs),
        tags: ResourceTags::new(),
    }));
    live.facts.arn = rule.alarm_mute_rule_arn().map(str::to_owned);
    Ok(live)
}

impl Client for MuteRule {
    tagged_as_alarms!();

    const PUT: ApiOperation = PUT;
    const DELETE: ApiOperation = DELETE;

    /// Those that a command made for a while are left out.
    async fn list(aws: &Aws) -> Result<Vec<Live>, AwsError> {
        let mut names = names(aws, &[]).await?;
        names.retain(|name| !is_temporary_name(name));
        Self::describe(aws, &names).await
    }

    async fn read(aws: &Aws, name: &str) -> Result<Option<Live>, AwsError> {
        read(aws, name).await
    }

    async fn put(&self, aws: &Aws) -> Result<(), AwsError> {
        let request = || {
            let schedule = sdk::Schedule::builder()
                .expression(&self.expression)
                .duration(iso_duration(self.duration))
                .timezone(self.timezone.as_deref().unwrap_or(UTC))
                .build();
            let targets = sdk::MuteTargets::builder().set_alarm_names(Some(self.alarms.clone())).build();
            aws.cloudwatch
                .put_alarm_mute_rule()
                .name(&self.name)
                .set_description(self.description.clone())
                .rule(sdk::Rule::builder().schedule(schedule).build())
                .mute_targets(targets)
                .set_start_date(self.start_date.map(DateTime::from_secs))
                .set_expire_date(self.expire_date.map(DateTime::from_secs))
                .set_tags(some_list(tags_to_sdk(&self.tags)))
                .send()
        };
        aws.call(PUT, Repeat::Safe, request).await.map(drop)
    }

    async fn delete(aws: &Aws, _: &Target, names: &[String]) -> Vec<Result<(), AwsError>> {
        let mut answers = Vec::with_capacity(names.len());
        for name in names {
            answers.push(self::delete(aws, name).await);
        }
        answers
    }
}
