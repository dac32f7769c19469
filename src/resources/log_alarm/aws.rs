//! Log alarms in CloudWatch: put, and the conversion from the SDK. They are described, deleted and tagged like metric alarms, with
//! which they share one name space (`any_alarm::aws`).

use super::LogAlarm;
use crate::aws::{ApiOperation, Aws, AwsError, Repeat};
use crate::model::Target;
use crate::resources::any_alarm::aws::{
    DELETE, action_configuration, actions_of, since, some_list, tagged_as_alarms, tags_to_sdk, text, warm_up_from_sdk,
    warm_up_to_sdk,
};
use crate::resources::aws::Client;
use crate::resources::{AlarmFacts, Live, Resource, ResourceTags, any_alarm};
use aws_sdk_cloudwatch::types as sdk;
use aws_smithy_types::DateTime;

const PUT: ApiOperation = ApiOperation("cloudwatch", "PutLogAlarm");

/// Creates or replaces the alarm, and with it the scheduled query that CloudWatch keeps for it. The tags count at creation only.
pub async fn put(aws: &Aws, alarm: &LogAlarm) -> Result<(), AwsError> {
    let request = || {
        let schedule = sdk::ScheduleConfiguration::builder()
            .schedule_expression(&alarm.schedule_expression)
            .start_time_offset(alarm.start_time_offset)
            .end_time_offset(alarm.end_time_offset)
            .build();
        let query = sdk::ScheduledQueryConfiguration::builder()
            .query_string(&alarm.query_string)
            .set_log_group_identifiers(Some(alarm.log_group_identifiers.clone()))
            .scheduled_query_role_arn(&alarm.scheduled_query_role_arn)
            .schedule_configuration(schedule)
            .aggregation_expression(&alarm.aggregation_expression)
            .build();
        aws.cloudwatch
            .put_log_alarm()
            .alarm_name(&alarm.name)
            .set_alarm_description(alarm.description.clone())
            .scheduled_query_configuration(query)
            .set_action_log_line_count(alarm.action_log_line_count)
            .set_action_log_line_role_arn(alarm.action_log_line_role_arn.clone())
            .actions_enabled(alarm.actions.enabled)
            .set_alarm_actions(Some(alarm.actions.alarm.clone()))
            .set_ok_actions(Some(alarm.actions.ok.clone()))
            .set_insufficient_data_actions(Some(alarm.actions.insufficient_data.clone()))
            .set_action_configuration(action_configuration(&alarm.actions))
            .query_results_to_evaluate(alarm.query_results_to_evaluate)
            .query_results_to_alarm(alarm.query_results_to_alarm)
            .threshold(alarm.threshold)
            .comparison_operator(alarm.comparison_operator.as_str().into())
            .set_treat_missing_data(alarm.treat_missing_data.clone())
            .set_warm_up_configuration(warm_up_to_sdk(alarm.warm_up.as_ref()))
            .set_tags(some_list(tags_to_sdk(&alarm.tags)))
            .send()
    };
    aws.call(PUT, Repeat::Safe, request).await.map(drop)
}

pub fn from_sdk(alarm: &sdk::LogAlarm) -> Live {
    let query = alarm.scheduled_query_configuration();
    let schedule = query.and_then(|query| query.schedule_configuration());
    let mut live = Live::new(Resource::LogAlarm(Box::new(LogAlarm {
        name: text(alarm.alarm_name()),
        description: alarm.alarm_description().map(str::to_owned),
        actions: actions_of!(alarm),
        query_string: text(query.and_then(|query| query.query_string())),
        log_group_identifiers: query.map(|query| query.log_group_identifiers().to_vec()).unwrap_or_default(),
        aggregation_expression: text(query.and_then(|query| query.aggregation_expression())),
        schedule_expression: text(schedule.and_then(|schedule| schedule.schedule_expression())),
        start_time_offset: schedule.and_then(|schedule| schedule.start_time_offset()).unwrap_or_default(),
        end_time_offset: schedule.and_then(|schedule| schedule.end_time_offset()).unwrap_or_default(),
        scheduled_query_role_arn: text(query.and_then(|query| query.scheduled_query_role_arn())),
        action_log_line_count: alarm.action_log_line_count(),
        action_log_line_role_arn: alarm.action_log_line_role_arn().map(str::to_owned),
        query_results_to_evaluate: alarm.query_results_to_evaluate().unwrap_or_default(),
        query_results_to_alarm: alarm.query_results_to_alarm().unwrap_or_default(),
        threshold: alarm.threshold().unwrap_or_default(),
        comparison_operator: text(alarm.comparison_operator().map(|operator| operator.as_str())),
        treat_missing_data: alarm.treat_missing_data().map(str::to_owned),
        warm_up: alarm.warm_up_configuration().map(warm_up_from_sdk),
        tags: ResourceTags::new(),
    })));
    live.facts.arn = alarm.alarm_arn().map(str::to_owned);
    live.facts.alarm_state = alarm.state_value().map(|s| s.as_str().to_owned());
    live.facts.alarm = Some(Box::new(AlarmFacts {
        since: since(alarm.state_transitioned_timestamp(), alarm.state_updated_timestamp()),
        reason: text(alarm.state_reason()),
        evaluation: alarm.evaluation_state().map(|state| state.as_str().to_owned()),
        configured: alarm.alarm_configuration_updated_timestamp().map(DateTime::secs),
        ..AlarmFacts::default()
    }));
    live
}

impl Client for LogAlarm {
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
