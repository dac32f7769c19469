//! Composite alarms in CloudWatch: put, and the conversion from the SDK. They are described, deleted and tagged like
//! metric alarms, with which they share one name space (`any_alarm::aws`).

use super::{CompositeAlarm, Suppressor};
use crate::aws::{ApiOperation, Aws, AwsError, Repeat};
use crate::model::Target;
use crate::resources::any_alarm::aws::{
    DELETE, action_configuration, actions_of, since, some_list, tagged_as_alarms, tags_to_sdk,
};
use crate::resources::aws::Client;
use crate::resources::{AlarmFacts, Live, Resource, ResourceTags, any_alarm};
use aws_sdk_cloudwatch::types as sdk;

const PUT: ApiOperation = ApiOperation("cloudwatch", "PutCompositeAlarm");

/// Creates or replaces the alarm. The tags count at creation only.
pub async fn put(aws: &Aws, alarm: &CompositeAlarm) -> Result<(), AwsError> {
    let request = || {
        let suppressor = alarm.suppressor.as_ref();
        aws.cloudwatch
            .put_composite_alarm()
            .alarm_name(&alarm.name)
            .set_alarm_description(alarm.description.clone())
            .actions_enabled(alarm.actions.enabled)
            .set_alarm_actions(Some(alarm.actions.alarm.clone()))
            .set_ok_actions(Some(alarm.actions.ok.clone()))
            .set_insufficient_data_actions(Some(alarm.actions.insufficient_data.clone()))
            .set_action_configuration(action_configuration(&alarm.actions))
            .alarm_rule(&alarm.alarm_rule)
            .set_actions_suppressor(suppressor.map(|s| s.alarm.clone()))
            .set_actions_suppressor_wait_period(suppressor.map(|s| s.wait_period))
            .set_actions_suppressor_extension_period(suppressor.map(|s| s.extension_period))
            .set_tags(some_list(tags_to_sdk(&alarm.tags)))
            .send()
    };
    aws.call(PUT, Repeat::Safe, request).await.map(drop)
}

pub fn from_sdk(alarm: &sdk::CompositeAlarm) -> Live {
    let suppressor = alarm.actions_suppressor().filter(|s| !s.is_empty()).map(|suppressor| Suppressor {
        alarm: suppressor.to_owned(),
        wait_period: alarm.actions_suppressor_wait_period().unwrap_or_default(),
        extension_period: alarm.actions_suppressor_extension_period().unwrap_or_default(),
    });
    let mut live = Live::new(Resource::CompositeAlarm(CompositeAlarm {
        name: alarm.alarm_name().unwrap_or_default().to_owned(),
        description: alarm.alarm_description().map(str::to_owned),
        actions: actions_of!(alarm),
        alarm_rule: alarm.alarm_rule().unwrap_or_default().to_owned(),
        suppressor,
        tags: ResourceTags::new(),
    }));
    live.facts.arn = alarm.alarm_arn().map(str::to_owned);
    live.facts.alarm_state = alarm.state_value().map(|s| s.as_str().to_owned());
    live.facts.alarm = Some(Box::new(AlarmFacts {
        configured: alarm.alarm_configuration_updated_timestamp().map(aws_smithy_types::DateTime::secs),
        since: since(alarm.state_transitioned_timestamp(), alarm.state_updated_timestamp()),
        reason: alarm.state_reason().unwrap_or_default().to_owned(),
        evaluation: None,
        suppressed_by: alarm.actions_suppressed_by().map(|by| by.as_str().to_owned()),
        suppressed_reason: alarm.actions_suppressed_reason().map(str::to_owned),
    }));
    live
}

impl Client for CompositeAlarm {
    tagged_as_alarms!();

    const PUT: ApiOperation = PUT;
    const DELETE: ApiOperation = DELETE;

    async fn put(&self, aws: &Aws) -> Result<(), AwsError> {
        put(aws, self).await
    }

    async fn delete(aws: &Aws, _: &Target, names: &[String]) -> Vec<Result<(), AwsError>> {
        any_alarm::aws::delete_all(aws, names).await
    }
}
