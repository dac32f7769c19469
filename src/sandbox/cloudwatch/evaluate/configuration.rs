//! A stored alarm as the evaluator knows alarms. The only place where the words of the wire become those of `resources`.

use super::Alarm;
use crate::resources;
use crate::resources::alarm::{MetricQuery, MetricStat, PromQl, WarmUp};
use crate::sandbox::cloudwatch::metric::{Dimension, MetricDataQuery};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What matters to an evaluation: not the actions, not the tags.
pub fn of(name: &str, alarm: &Alarm) -> resources::Alarm {
    let members = &alarm.configuration;
    let text = |member: &str| members.get(member).and_then(Json::as_str).map(str::to_owned);
    let number = |member: &str| members.get(member).and_then(integer);
    let window = |path: &str| alarm.configuration.get("EvaluationWindow").and_then(|window| window.pointer(path));
    let warm_up = members.get("WarmUpConfiguration").map(|warm_up| WarmUp {
        minutes: warm_up.get("WarmUpPeriodDurationInMinutes").and_then(integer).unwrap_or_default(),
        only_start_evaluating_after: warm_up["OnlyStartEvaluatingAfterWarmUpPeriodEnds"] == true,
    });
    let clock = window("/WallClockWindow").map(|window| window["Timezone"].as_str().unwrap_or("UTC").to_owned());
    resources::Alarm {
        namespace: text("Namespace"),
        metric_name: text("MetricName"),
        dimensions: dimensions(read(members.get("Dimensions"))),
        statistic: text("Statistic"),
        extended_statistic: text("ExtendedStatistic"),
        unit: text("Unit"),
        period: number("Period"),
        metrics: read::<Vec<MetricDataQuery>>(members.get("Metrics")).into_iter().map(query).collect(),
        threshold_metric_id: text("ThresholdMetricId"),
        promql: members.get("EvaluationCriteria").map(|_| PromQl::default()),
        evaluation_periods: number("EvaluationPeriods"),
        datapoints_to_alarm: number("DatapointsToAlarm"),
        threshold: members.get("Threshold").and_then(Json::as_f64),
        comparison_operator: text("ComparisonOperator"),
        treat_missing_data: text("TreatMissingData"),
        evaluate_low_sample_count_percentile: text("EvaluateLowSampleCountPercentile"),
        wall_clock_timezone: clock,
        warm_up,
        ..resources::Alarm::new(name)
    }
}

fn query(query: MetricDataQuery) -> MetricQuery {
    let small = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
    MetricQuery {
        id: query.id,
        expression: query.expression,
        metric: query.metric_stat.map(|stat| MetricStat {
            namespace: stat.metric.namespace.unwrap_or_default(),
            metric_name: stat.metric.metric_name.unwrap_or_default(),
            dimensions: dimensions(stat.metric.dimensions),
            stat: stat.stat,
            period: small(stat.period),
            unit: stat.unit,
        }),
        label: query.label,
        period: query.period.map(small),
        account_id: query.account_id,
        return_data: query.return_data,
    }
}

fn dimensions(list: Vec<Dimension>) -> BTreeMap<String, String> {
    list.into_iter().map(|Dimension { name, value }| (name, value)).collect()
}

fn integer(value: &Json) -> Option<i32> {
    value.as_i64().and_then(|number| i32::try_from(number).ok())
}

/// A member that was checked when it was put; its default where it is absent.
fn read<T: DeserializeOwned + Default>(member: Option<&Json>) -> T {
    member.and_then(|value| T::deserialize(value).ok()).unwrap_or_default()
}
