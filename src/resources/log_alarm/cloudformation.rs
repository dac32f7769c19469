//! A log alarm in templates: AWS::CloudWatch::LogAlarm.

use crate::resources::any_alarm::cloudformation::{ACTIONS, TAGS, WARM_UP};
use crate::resources::mapping::{ForeignForm, PropertyMap, TypeMapping};

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "AWS::CloudWatch::LogAlarm",
    tables: &[&LOG_ALARM, &ACTIONS, &WARM_UP, &TAGS],
    part: None,
    split: None,
    names: &["ScheduledQueryConfiguration.LogGroupIdentifiers"],
    before_parent: false,
}]);

static LOG_ALARM: [PropertyMap; 17] = [
    PropertyMap::text("name", "AlarmName"),
    PropertyMap::text("description", "AlarmDescription"),
    // The schema requires it, empty or not.
    PropertyMap::text("query_string", "ScheduledQueryConfiguration.QueryString").always(),
    PropertyMap::texts("log_group_identifiers", "ScheduledQueryConfiguration.LogGroupIdentifiers"),
    PropertyMap::text("aggregation_expression", "ScheduledQueryConfiguration.AggregationExpression"),
    PropertyMap::text("schedule_expression", "ScheduledQueryConfiguration.ScheduleConfiguration.ScheduleExpression"),
    PropertyMap::number("start_time_offset", "ScheduledQueryConfiguration.ScheduleConfiguration.StartTimeOffset"),
    PropertyMap::number("end_time_offset", "ScheduledQueryConfiguration.ScheduleConfiguration.EndTimeOffset"),
    PropertyMap::text("scheduled_query_role_arn", "ScheduledQueryConfiguration.ScheduledQueryRoleARN"),
    PropertyMap::number("action_log_line_count", "ActionLogLineCount"),
    PropertyMap::text("action_log_line_role_arn", "ActionLogLineRoleArn"),
    PropertyMap::number("query_results_to_evaluate", "QueryResultsToEvaluate"),
    PropertyMap::number("query_results_to_alarm", "QueryResultsToAlarm"),
    PropertyMap::number("threshold", "Threshold"),
    PropertyMap::text("comparison_operator", "ComparisonOperator"),
    PropertyMap::text("treat_missing_data", "TreatMissingData"),
    PropertyMap::silent("Arn"),
];
