//! A stored alarm as the evaluator knows alarms. The only place where the words of the wire become those of `mlops_cloudwatch`.

use super::StoredAlarm;
use crate::cloudwatch::metric::{MetricDataQuery, MetricDimension};
use mlops_cloudwatch::alarm::{AlarmDefinition, AlarmQuery, MetricSeries, WarmUpPeriod, WrittenAlarm};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// What matters of a stored alarm to an evaluation: not the actions, not the tags.
pub struct Configured<'a> {
    members: &'a Map<String, Json>,
    dimensions: Dimensions,
    queries: Vec<(MetricDataQuery, Dimensions)>,
}

type Dimensions = BTreeMap<String, String>;

impl<'a> Configured<'a> {
    pub fn of(alarm: &'a StoredAlarm) -> Self {
        let members = &alarm.configuration;
        let queries = read::<Vec<MetricDataQuery>>(members.get("Metrics")).into_iter().map(|query| {
            let dimensions = query.metric_stat.as_ref().map(|stat| stat.metric.dimensions.clone());
            (query, by_name(dimensions.unwrap_or_default()))
        });
        Self { members, dimensions: by_name(read(members.get("Dimensions"))), queries: queries.collect() }
    }

    /// Returns what the alarm means.
    pub fn definition(&self) -> AlarmDefinition<'_> {
        let window = self.members.get("EvaluationWindow").and_then(|window| window.get("WallClockWindow"));
        AlarmDefinition::from(WrittenAlarm {
            series: self.series(),
            queries: self.queries.iter().map(query).collect(),
            threshold_metric_id: self.text("ThresholdMetricId"),
            promql: self.members.get("EvaluationCriteria").map(|_| ""),
            period: self.number("Period"),
            evaluation_periods: self.number("EvaluationPeriods"),
            datapoints_to_alarm: self.number("DatapointsToAlarm"),
            threshold: self.members.get("Threshold").and_then(Json::as_f64),
            comparison_operator: self.text("ComparisonOperator"),
            treat_missing_data: self.text("TreatMissingData"),
            evaluate_low_sample_count_percentile: self.text("EvaluateLowSampleCountPercentile"),
            wall_clock_timezone: window.map(|window| window["Timezone"].as_str().unwrap_or("UTC")),
            warm_up: self.members.get("WarmUpConfiguration").map(|warm_up| WarmUpPeriod {
                minutes: warm_up.get("WarmUpPeriodDurationInMinutes").and_then(integer).unwrap_or_default(),
                only_start_evaluating_after: warm_up["OnlyStartEvaluatingAfterWarmUpPeriodEnds"] == true,
            }),
        })
    }

    fn series(&self) -> Option<MetricSeries<'_>> {
        Some(MetricSeries {
            id: None,
            account: None,
            namespace: self.text("Namespace").unwrap_or_default(),
            name: self.text("MetricName")?,
            dimensions: &self.dimensions,
            stat: self.text("Statistic").or(self.text("ExtendedStatistic")).unwrap_or_default(),
            period: self.number("Period"),
            unit: self.text("Unit"),
        })
    }

    fn text(&self, member: &str) -> Option<&str> {
        self.members.get(member).and_then(Json::as_str)
    }

    fn number(&self, member: &str) -> Option<i32> {
        self.members.get(member).and_then(integer)
    }
}

fn query((query, dimensions): &(MetricDataQuery, Dimensions)) -> AlarmQuery<'_> {
    let small = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
    AlarmQuery {
        id: &query.id,
        metric: query.metric_stat.as_ref().map(|stat| MetricSeries {
            id: Some(&query.id),
            account: query.account_id.as_deref(),
            namespace: stat.metric.namespace.as_deref().unwrap_or_default(),
            name: stat.metric.metric_name.as_deref().unwrap_or_default(),
            dimensions,
            stat: &stat.stat,
            period: Some(small(stat.period)),
            unit: stat.unit.as_deref(),
        }),
        expression: query.expression.as_deref(),
        period: query.period.map(small),
        return_data: query.return_data,
    }
}

fn by_name(list: Vec<MetricDimension>) -> Dimensions {
    list.into_iter().map(|MetricDimension { name, value }| (name, value)).collect()
}

fn integer(value: &Json) -> Option<i32> {
    value.as_i64().and_then(|number| i32::try_from(number).ok())
}

/// A member that was checked when it was put; its default where it is absent.
fn read<T: DeserializeOwned + Default>(member: Option<&Json>) -> T {
    member.and_then(|value| T::deserialize(value).ok()).unwrap_or_default()
}
