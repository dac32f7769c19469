//! Alarms of every kind in CloudWatch, which share their names: describe, delete, tag; and what the SDK's types of alarms have in
//! common. What only one of them has is in its own `aws.rs`.

use super::settings::aws::UnknownSettings;
use super::{Actions, TagsPropagation, WarmUp};
use crate::aws::{ApiOperation, Aws, AwsError, Class, Repeat};
use crate::resources::ResourceTags;
use aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsOutput;
use aws_sdk_cloudwatch::types as sdk;
use aws_smithy_types::DateTime;
use std::collections::{BTreeMap, BTreeSet};

pub const DESCRIBE: ApiOperation = ApiOperation("cloudwatch", "DescribeAlarms");
pub const DELETE: ApiOperation = ApiOperation("cloudwatch", "DeleteAlarms");
pub const LIST_TAGS: ApiOperation = ApiOperation("cloudwatch", "ListTagsForResource");
const ENABLE: ApiOperation = ApiOperation("cloudwatch", "EnableAlarmActions");
const TAG: ApiOperation = ApiOperation("cloudwatch", "TagResource");
pub const UNTAG: ApiOperation = ApiOperation("cloudwatch", "UntagResource");

/// Names that DescribeAlarms and DeleteAlarms take in one call.
pub const BATCH: usize = 100;

/// What alarms have that this program does not know, by their names.
type Unknown = BTreeMap<String, BTreeMap<String, String>>;

/// Reads alarms of every type, page by page: those of at most `BATCH` names, where they exist, or all of the target. `keep` takes what
/// is wanted of a page.
pub async fn describe<T: Default>(
    aws: &Aws,
    names: Option<&[String]>,
    keep: impl Fn(&mut T, &DescribeAlarmsOutput),
) -> Result<(T, Unknown), AwsError> {
    of_every_type(async |types| describe_types(aws, names, types, &keep).await).await
}

/// Asks about alarms of every type. An endpoint older than log alarms refuses their type: it is asked about the others.
pub async fn of_every_type<T>(ask: impl AsyncFn(&[sdk::AlarmType]) -> Result<T, AwsError>) -> Result<T, AwsError> {
    let all = [sdk::AlarmType::MetricAlarm, sdk::AlarmType::CompositeAlarm, sdk::AlarmType::LogAlarm];
    match ask(&all).await {
        Err(error) if error.is(Class::Refused) => ask(&all[..2]).await,
        answer => answer,
    }
}

async fn describe_types<T: Default>(
    aws: &Aws,
    names: Option<&[String]>,
    types: &[sdk::AlarmType],
    keep: impl Fn(&mut T, &DescribeAlarmsOutput),
) -> Result<(T, Unknown), AwsError> {
    let asked: Option<BTreeSet<&String>> = names.map(|names| names.iter().collect());
    let (mut kept, mut stranger) = (T::default(), None);
    let unknown = UnknownSettings::default();
    let page = |token| {
        let request = aws.cloudwatch.describe_alarms().set_alarm_names(names.map(<[_]>::to_vec)).max_records(100);
        let request = request.set_alarm_types(Some(types.to_vec())).set_next_token(token);
        request.customize().interceptor(unknown.clone()).send()
    };
    let take = |page: DescribeAlarmsOutput| {
        if let (Some(asked), None) = (&asked, &stranger) {
            let mut names = Vec::new();
            names_of(&mut names, &page);
            stranger = names.into_iter().find(|name| !asked.contains(name));
        }
        keep(&mut kept, &page);
        page.next_token
    };
    aws.pages(DESCRIBE, page, take).await?;
    match stranger {
        Some(name) => Err(AwsError::unexpected(DESCRIBE, &format!("it names {name:?}, which was not asked for"))),
        None => Ok((kept, unknown.take())),
    }
}

fn names_of(names: &mut Vec<String>, page: &DescribeAlarmsOutput) {
    names.extend(page.metric_alarms().iter().map(|alarm| text(alarm.alarm_name())));
    names.extend(page.composite_alarms().iter().map(|alarm| text(alarm.alarm_name())));
    names.extend(page.log_alarms().iter().map(|alarm| text(alarm.alarm_name())));
}

/// The alarms of every type that exist: those of these names, or all of the target.
pub async fn existing(aws: &Aws, names: Option<&[String]>) -> Result<BTreeSet<String>, AwsError> {
    let keep = |found: &mut BTreeSet<String>, page: &DescribeAlarmsOutput| {
        let mut names = Vec::new();
        names_of(&mut names, page);
        found.extend(names);
    };
    let Some(names) = names else { return Ok(describe(aws, None, keep).await?.0) };
    let mut found = BTreeSet::new();
    for names in names.chunks(BATCH) {
        found.extend(describe(aws, Some(names), keep).await?.0);
    }
    Ok(found)
}

/// Switches the actions of alarms of any kind on; one answer for each `BATCH` names.
pub async fn enable_actions(aws: &Aws, names: &[String]) -> Result<(), AwsError> {
    let request = || aws.cloudwatch.enable_alarm_actions().set_alarm_names(Some(names.to_vec())).send();
    aws.call(ENABLE, Repeat::Safe, request).await.map(drop)
}

/// Deletes alarms of any kind, at most `BATCH` names; AWS takes at most one composite alarm a call, and deletes none of
/// them where one is missing (`NotFound`).
async fn delete(aws: &Aws, names: &[String]) -> Result<(), AwsError> {
    let request = || aws.cloudwatch.delete_alarms().set_alarm_names(Some(names.to_vec())).send();
    aws.call(DELETE, Repeat::Safe, request).await.map(drop)
}

/// The tags of an alarm of any kind; `None` where it does not exist.
pub async fn tags(aws: &Aws, arn: &str) -> Result<Option<ResourceTags>, AwsError> {
    let request = || aws.cloudwatch.list_tags_for_resource().resource_arn(arn).send();
    match aws.call(LIST_TAGS, Repeat::Safe, request).await {
        Ok(answer) => Ok(Some(answer.tags().iter().filter_map(|t| pair(t.key(), t.value())).collect())),
        Err(error) if error.is(Class::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Of a kind that CloudWatch tags as it does alarms.
macro_rules! tagged_as_alarms {
    () => {
        const TAGS: ApiOperation = $crate::resources::any_alarm::aws::LIST_TAGS;
        const UNTAG: ApiOperation = $crate::resources::any_alarm::aws::UNTAG;

        async fn tags(aws: &Aws, arn: &str) -> Result<Option<ResourceTags>, AwsError> {
            $crate::resources::any_alarm::aws::tags(aws, arn).await
        }

        async fn tag(aws: &Aws, arn: &str, tags: &ResourceTags) -> Result<(), AwsError> {
            $crate::resources::any_alarm::aws::tag(aws, arn, tags).await
        }

        async fn untag(aws: &Aws, arn: &str, keys: &[String]) -> Result<(), AwsError> {
            $crate::resources::any_alarm::aws::untag(aws, arn, keys).await
        }
    };
}
pub(in crate::resources) use tagged_as_alarms;

/// Adds or replaces tags of an alarm of any kind.
pub async fn tag(aws: &Aws, arn: &str, tags: &ResourceTags) -> Result<(), AwsError> {
    let request = || aws.cloudwatch.tag_resource().resource_arn(arn).set_tags(Some(tags_to_sdk(tags))).send();
    aws.call(TAG, Repeat::Safe, request).await.map(drop)
}

/// Takes tags of an alarm of any kind away; keys that are not there are no error (UntagResource).
pub async fn untag(aws: &Aws, arn: &str, keys: &[String]) -> Result<(), AwsError> {
    let request = || aws.cloudwatch.untag_resource().resource_arn(arn).set_tag_keys(Some(keys.to_vec())).send();
    aws.call(UNTAG, Repeat::Safe, request).await.map(drop)
}

/// How often a batch of deletes is cut down to what is left, while others delete too.
const DELETE_ROUNDS: u32 = 3;

/// Deletes alarms by name in one call; returns how it went, one answer a name. AWS deletes none where one is missing: then
/// those that are left; and where it refuses the batch, one by one, so that the good ones go.
pub async fn delete_all(aws: &Aws, names: &[String]) -> Vec<Result<(), AwsError>> {
    let of_all = |answer: Result<(), AwsError>| names.iter().map(|_| answer.clone()).collect();
    let mut left = names.to_vec();
    for _ in 0..DELETE_ROUNDS {
        match delete(aws, &left).await {
            Err(error) if error.is(Class::NotFound) => match describe(aws, Some(&left), names_of).await {
                Ok((standing, _)) => left = standing,
                Err(error) => return of_all(Err(error)),
            },
            Err(error) if left.len() > 1 && error.is(Class::Refused) => break,
            answer => return of_all(answer),
        }
        if left.is_empty() {
            return of_all(Ok(()));
        }
    }
    let mut answers = Vec::with_capacity(names.len());
    for name in names {
        answers.push(match delete(aws, std::slice::from_ref(name)).await {
            Err(error) if error.is(Class::NotFound) => Ok(()),
            answer => answer,
        });
    }
    answers
}

/// Endpoints older than the time of the change of state tell that of its last update.
pub(in crate::resources) fn since(transitioned: Option<&DateTime>, updated: Option<&DateTime>) -> Option<i64> {
    transitioned.or(updated).map(DateTime::secs)
}

/// The action lists and settings that the SDK's types of alarms have under the same names.
macro_rules! actions_of {
    ($alarm:expr) => {
        $crate::resources::any_alarm::Actions {
            enabled: $alarm.actions_enabled().unwrap_or(true),
            alarm: $alarm.alarm_actions().to_vec(),
            ok: $alarm.ok_actions().to_vec(),
            insufficient_data: $alarm.insufficient_data_actions().to_vec(),
            tags_propagation: $alarm
                .action_configuration()
                .and_then($crate::resources::any_alarm::aws::propagation_from_sdk),
        }
    };
}
pub(in crate::resources) use actions_of;

pub(in crate::resources) fn action_configuration(actions: &Actions) -> Option<sdk::ActionConfiguration> {
    let propagation = actions.tags_propagation.as_ref()?;
    let sdk = sdk::AlarmTagsPropagation::builder()
        .enabled(true)
        .set_included_tag_keys(some_list(propagation.included_tag_keys.clone()))
        .set_excluded_tag_keys(some_list(propagation.excluded_tag_keys.clone()))
        .build();
    Some(sdk::ActionConfiguration::builder().alarm_tags_propagation(sdk).build())
}

pub(in crate::resources) fn propagation_from_sdk(configuration: &sdk::ActionConfiguration) -> Option<TagsPropagation> {
    let propagation = configuration.alarm_tags_propagation()?;
    propagation.enabled().unwrap_or_default().then(|| TagsPropagation {
        included_tag_keys: propagation.included_tag_keys().to_vec(),
        excluded_tag_keys: propagation.excluded_tag_keys().to_vec(),
    })
}

pub(in crate::resources) fn warm_up_to_sdk(warm_up: Option<&WarmUp>) -> Option<sdk::WarmUpConfiguration> {
    let warm_up = warm_up?;
    let sdk = sdk::WarmUpConfiguration::builder()
        .warm_up_period_duration_in_minutes(warm_up.minutes)
        .only_start_evaluating_after_warm_up_period_ends(warm_up.only_start_evaluating_after);
    Some(sdk.build())
}

pub(in crate::resources) fn warm_up_from_sdk(warm_up: &sdk::WarmUpConfiguration) -> WarmUp {
    WarmUp {
        minutes: warm_up.warm_up_period_duration_in_minutes().unwrap_or_default(),
        only_start_evaluating_after: warm_up.only_start_evaluating_after_warm_up_period_ends().unwrap_or_default(),
    }
}

pub(in crate::resources) fn tags_to_sdk(tags: &ResourceTags) -> Vec<sdk::Tag> {
    tags.iter().map(|(key, value)| sdk::Tag::builder().key(key).value(value).build()).collect()
}

/// AWS wants a list left out rather than empty.
pub(in crate::resources) fn some_list<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

pub(in crate::resources) fn text(value: Option<&str>) -> String {
    value.unwrap_or_default().to_owned()
}

pub(in crate::resources) fn pair(key: Option<&str>, value: Option<&str>) -> Option<(String, String)> {
    Some((key?.to_owned(), value.unwrap_or_default().to_owned()))
}
