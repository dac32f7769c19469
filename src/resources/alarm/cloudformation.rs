//! A metric alarm in templates: AWS::CloudWatch::Alarm.

use crate::model::Target;
use crate::resources::any_alarm::cloudformation::{ACTIONS, TAGS, WARM_UP};
use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};
use serde_json::{Value, json};

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "AWS::CloudWatch::Alarm",
    tables: &[&ALARM, &ACTIONS, &WARM_UP, &TAGS],
    part: None,
    split: None,
    names: &[],
    before_parent: false,
}]);

static ALARM: [PropertyMap; 24] = [
    PropertyMap::text("name", "AlarmName"),
    PropertyMap::text("description", "AlarmDescription"),
    PropertyMap::text("namespace", "Namespace"),
    PropertyMap::text("metric_name", "MetricName"),
    PropertyMap::new("dimensions", "Dimensions", PropertyForm::Pairs("Name", "Value")),
    PropertyMap::text("statistic", "Statistic"),
    PropertyMap::text("extended_statistic", "ExtendedStatistic"),
    PropertyMap::text("unit", "Unit"),
    PropertyMap::number("period", "Period"),
    PropertyMap::new("metrics", "Metrics", PropertyForm::Each(&QUERY)),
    PropertyMap::text("threshold_metric_id", "ThresholdMetricId"),
    PropertyMap::text("promql.query", "EvaluationCriteria.PromQLCriteria.Query"),
    PropertyMap::number("promql.pending_period", "EvaluationCriteria.PromQLCriteria.PendingPeriod"),
    PropertyMap::number("promql.recovery_period", "EvaluationCriteria.PromQLCriteria.RecoveryPeriod"),
    PropertyMap::number("evaluation_interval", "EvaluationInterval"),
    PropertyMap::number("evaluation_periods", "EvaluationPeriods"),
    PropertyMap::number("datapoints_to_alarm", "DatapointsToAlarm"),
    PropertyMap::number("threshold", "Threshold"),
    PropertyMap::text("comparison_operator", "ComparisonOperator"),
    PropertyMap::text("treat_missing_data", "TreatMissingData"),
    PropertyMap::text("evaluate_low_sample_count_percentile", "EvaluateLowSampleCountPercentile"),
    PropertyMap::converted("wall_clock_timezone", "EvaluationWindow.WallClockWindow", wall_clock, from_wall_clock),
    // The window that an alarm has anyway.
    PropertyMap::silent("EvaluationWindow.SlidingWindow"),
    // What its `Ref` and `Fn::GetAtt` say is the alarm's to say.
    PropertyMap::silent("Arn"),
];

/// One entry of `Metrics`, of an anomaly detector's, too.
pub static QUERY: [PropertyMap; 12] = [
    PropertyMap::text("id", "Id"),
    PropertyMap::text("expression", "Expression"),
    PropertyMap::text("label", "Label"),
    PropertyMap::number("period", "Period"),
    PropertyMap::text("account_id", "AccountId"),
    PropertyMap::new("return_data", "ReturnData", PropertyForm::Flag { absent: true }).always(),
    PropertyMap::text("metric.namespace", "MetricStat.Metric.Namespace"),
    PropertyMap::text("metric.metric_name", "MetricStat.Metric.MetricName"),
    PropertyMap::new("metric.dimensions", "MetricStat.Metric.Dimensions", PropertyForm::Pairs("Name", "Value")),
    PropertyMap::text("metric.stat", "MetricStat.Stat"),
    PropertyMap::number("metric.period", "MetricStat.Period"),
    PropertyMap::text("metric.unit", "MetricStat.Unit"),
];

/// A window that names no zone is UTC's.
fn wall_clock(zone: &Value, _: &Target) -> Option<Value> {
    Some(json!({ "Timezone": zone }))
}

fn from_wall_clock(window: &Value, _: &Target) -> Option<Value> {
    let members = window.as_object().filter(|members| members.keys().all(|key| key == "Timezone"))?;
    match members.get("Timezone") {
        None => Some("UTC".into()),
        Some(zone) => zone.as_str().map(Value::from),
    }
}
