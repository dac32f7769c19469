//! A metric alarm in Terraform configuration: aws_cloudwatch_metric_alarm.

use crate::model::Target;
use crate::resources::any_alarm::terraform::ACTIONS;
use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};
use crate::resources::terraform::COMPUTED;
use serde_json::{Value, json};

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "aws_cloudwatch_metric_alarm",
    tables: &[&ALARM, &ACTIONS, &COMPUTED],
    part: None,
    split: None,
    names: &[],
    before_parent: false,
}]);

static ALARM: [PropertyMap; 24] = [
    PropertyMap::text("name", "alarm_name"),
    PropertyMap::text("description", "alarm_description"),
    PropertyMap::text("namespace", "namespace"),
    PropertyMap::text("metric_name", "metric_name"),
    PropertyMap::new("dimensions", "dimensions", PropertyForm::Map),
    PropertyMap::text("statistic", "statistic"),
    PropertyMap::text("extended_statistic", "extended_statistic"),
    PropertyMap::text("unit", "unit"),
    PropertyMap::number("period", "period"),
    PropertyMap::new("metrics", "metric_query", PropertyForm::Each(&QUERY)),
    PropertyMap::text("threshold_metric_id", "threshold_metric_id"),
    PropertyMap::text("promql.query", "evaluation_criteria.promql_criteria.query"),
    PropertyMap::number("promql.pending_period", "evaluation_criteria.promql_criteria.pending_period"),
    PropertyMap::number("promql.recovery_period", "evaluation_criteria.promql_criteria.recovery_period"),
    PropertyMap::number("evaluation_interval", "evaluation_interval"),
    PropertyMap::number("evaluation_periods", "evaluation_periods"),
    PropertyMap::number("datapoints_to_alarm", "datapoints_to_alarm"),
    PropertyMap::number("threshold", "threshold"),
    PropertyMap::text("comparison_operator", "comparison_operator"),
    PropertyMap::text("treat_missing_data", "treat_missing_data"),
    PropertyMap::text("evaluate_low_sample_count_percentile", "evaluate_low_sample_count_percentiles"),
    PropertyMap::converted("wall_clock_timezone", "evaluation_window.wall_clock_window", wall_clock, from_wall_clock),
    PropertyMap::number("warm_up.minutes", "warm_up_configuration.warm_up_period_duration_in_minutes"),
    PropertyMap::flag(
        "warm_up.only_start_evaluating_after",
        "warm_up_configuration.only_start_evaluating_after_warm_up_period_ends",
    ),
];

/// A query that returns no data is the provider's default, unlike CloudWatch's.
static QUERY: [PropertyMap; 12] = [
    PropertyMap::text("id", "id"),
    PropertyMap::text("expression", "expression"),
    PropertyMap::text("label", "label"),
    PropertyMap::number("period", "period"),
    PropertyMap::text("account_id", "account_id"),
    PropertyMap::flag("return_data", "return_data").always(),
    PropertyMap::text("metric.namespace", "metric.namespace"),
    PropertyMap::text("metric.metric_name", "metric.metric_name"),
    PropertyMap::new("metric.dimensions", "metric.dimensions", PropertyForm::Map),
    PropertyMap::text("metric.stat", "metric.stat"),
    PropertyMap::number("metric.period", "metric.period"),
    PropertyMap::text("metric.unit", "metric.unit"),
];

fn wall_clock(zone: &Value, _: &Target) -> Option<Value> {
    Some(json!({ "timezone": zone }))
}

fn from_wall_clock(window: &Value, _: &Target) -> Option<Value> {
    let members = window.as_object().filter(|members| members.keys().all(|key| key == "timezone"))?;
    match members.get("timezone") {
        None => Some("UTC".into()),
        Some(zone) => zone.as_str().map(Value::from),
    }
}
