//! A CloudWatch metric alarm in every form PutMetricAlarm takes: one metric, metric math, anomaly band, PromQL.

pub mod action_target;
pub mod actions;
pub mod aws;
pub mod cloudformation;
pub mod coverage;
mod definition;
pub mod evaluation;
pub mod expression;
mod insights;
pub mod metric;
pub mod metrics;
pub mod series;
pub mod spec;
pub mod statistic;
pub mod terraform;
mod written;

pub use super::any_alarm::{Actions, TagsPropagation, WarmUp};
use super::kind::{ArnForm, ArnScope, Inherits, KindConfiguration, KindFacts, KindReading, own_tags, topics_of};
use super::written::WritingScope;
use super::{Address, Resource, ResourceTags};
use crate::model::{FieldSet, ResourceFields, SpecMap, Target};
use mlops_cloudwatch::math::MathQuery;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Mirrors PutMetricAlarm of the newest service model, field by field, in snake case: PutMetricAlarm replaces the whole
/// configuration, so a field that is not modelled here would be erased in silence. An absent field is AWS's default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alarm {
    pub name: String,
    pub description: Option<String>,
    pub actions: Actions,

    /// The single-metric form.
    pub namespace: Option<String>,
    pub metric_name: Option<String>,
    pub dimensions: BTreeMap<String, String>,
    pub statistic: Option<String>,
    pub extended_statistic: Option<String>,
    pub unit: Option<String>,
    /// Seconds.
    pub period: Option<i32>,

    /// The metric math, Metrics Insights and anomaly form.
    pub metrics: Vec<MetricQuery>,
    /// Id of the ANOMALY_DETECTION_BAND expression.
    pub threshold_metric_id: Option<String>,

    /// The PromQL form.
    pub promql: Option<PromQl>,
    /// Seconds.
    pub evaluation_interval: Option<i32>,

    pub evaluation_periods: Option<i32>,
    pub datapoints_to_alarm: Option<i32>,
    pub threshold: Option<f64>,
    pub comparison_operator: Option<String>,
    pub treat_missing_data: Option<String>,
    pub evaluate_low_sample_count_percentile: Option<String>,
    /// IANA time zone or UTC offset of a wall-clock window; `None` is the sliding window.
    pub wall_clock_timezone: Option<String>,
    pub warm_up: Option<WarmUp>,
    pub tags: ResourceTags,
}

/// One entry of `Metrics`: a metric with its statistic, or an expression over the others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricQuery {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<MetricStat>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Seconds; of an expression that has no metric under it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Whether this is the series that the alarm watches; AWS's default is true, so it is always sent.
    pub return_data: bool,
}

/// A metric and how its samples become one number a period.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricStat {
    pub namespace: String,
    pub metric_name: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, String>,
    /// A statistic or an extended statistic.
    pub stat: String,
    /// Seconds.
    pub period: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

impl MetricQuery {
    /// The query as metric math sees it.
    pub fn math(&self) -> MathQuery<'_> {
        MathQuery {
            id: &self.id,
            expression: self.expression.as_deref(),
            is_metric: self.metric.is_some(),
            return_data: self.return_data,
        }
    }
}

/// `EvaluationCriteria.PromQLCriteria`; periods in seconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PromQl {
    pub query: String,
    pub pending_period: Option<i32>,
    pub recovery_period: Option<i32>,
}

impl PromQl {
    /// Periods that are not said are zero: a contributor changes state at once.
    fn with_defaults(&self) -> Self {
        let said = |period: Option<i32>| Some(period.unwrap_or(0));
        Self {
            query: self.query.clone(),
            pending_period: said(self.pending_period),
            recovery_period: said(self.recovery_period),
        }
    }
}

impl Alarm {
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Puts what is a set to AWS in one order.
    pub fn sort(&mut self) {
        self.actions.sort();
        self.metrics.sort_by(|a, b| a.id.cmp(&b.id));
    }

    /// Normalised as AWS_FACTS lists: `[]` is absent, missing data absent is `missing`, M absent is N, low-sample
    /// percentiles absent is `evaluate`, window absent is sliding; actions, dimensions and metrics are sets.
    pub fn fields(&self) -> ResourceFields {
        let text = |value: &Option<String>, default: &str| value.clone().unwrap_or_else(|| default.to_owned());
        let mut metrics = self.metrics.clone();
        metrics.sort_by(|a, b| a.id.cmp(&b.id));
        let m_of_n = self.datapoints_to_alarm.filter(|m| Some(*m) != self.evaluation_periods);
        self.actions
            .put_fields(FieldSet::default())
            .put_some("description", &self.description)
            .put_some("namespace", &self.namespace)
            .put_some("metric_name", &self.metric_name)
            .put_some("dimensions", &Some(&self.dimensions))
            .put_some("statistic", &self.statistic)
            .put_some("extended_statistic", &self.extended_statistic)
            .put_some("unit", &self.unit)
            .put_some("period", &self.period)
            .put_some("metrics", &Some(metrics))
            .put_some("threshold_metric_id", &self.threshold_metric_id)
            .put_some("promql", &self.promql.as_ref().map(PromQl::with_defaults))
            .put_some("evaluation_interval", &self.evaluation_interval)
            .put_some("evaluation_periods", &self.evaluation_periods)
            .put_some("datapoints_to_alarm", &m_of_n)
            .put_some("threshold", &self.threshold)
            .put_some("comparison_operator", &self.comparison_operator)
            .put_unless(&"missing".to_owned(), "treat_missing_data", &text(&self.treat_missing_data, "missing"))
            .put_unless(
                &"evaluate".to_owned(),
                "evaluate_low_sample_count_percentile",
                &text(&self.evaluate_low_sample_count_percentile, "evaluate"),
            )
            .put_some("wall_clock_timezone", &self.wall_clock_timezone)
            .put_some("warm_up", &self.warm_up)
            .done()
    }
}

pub static KIND: KindFacts = KindFacts {
    word: "alarm",
    section: &spec::SECTION,
    read: Some(|name, layers, scope| Resource::Alarm(Box::new(spec::read(name, layers, scope)))),
    inherits: Inherits::Everything,
    arn: Some(ArnForm { service: "cloudwatch", prefix: "alarm:", scope: ArnScope::Region }),
    tag_type: Some("cloudwatch"),
    reading: KindReading::AsAlarm,
    registry: None,
    immutable: &[],
    returning: &[],
    // CloudWatch API reference, DeleteAlarms.
    delete_batch: 100,
    cloudformation: &cloudformation::FORM,
    terraform: &terraform::FORM,
};

impl KindConfiguration for Alarm {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn written(&self, scope: &WritingScope<'_>) -> SpecMap {
        written::written(self, scope)
    }

    fn fields(&self) -> ResourceFields {
        self.fields()
    }

    own_tags!();

    fn sort(&mut self) {
        self.sort();
    }

    fn actions(&self) -> Option<&Actions> {
        Some(&self.actions)
    }

    fn actions_mut(&mut self) -> Option<&mut Actions> {
        Some(&mut self.actions)
    }

    fn references(&self, target: &Target) -> Vec<Address> {
        topics_of(&self.actions, target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_said_or_left_out_are_the_same_alarm() {
        let said = Alarm {
            evaluation_periods: Some(3),
            datapoints_to_alarm: Some(3),
            treat_missing_data: Some("missing".into()),
            evaluate_low_sample_count_percentile: Some("evaluate".into()),
            description: Some(String::new()),
            ..Alarm::new("a")
        };
        let left_out = Alarm { evaluation_periods: Some(3), ..Alarm::new("a") };
        assert_eq!(said.fields(), left_out.fields());
    }

    #[test]
    fn the_order_of_actions_and_metrics_means_nothing() {
        let query = |id: &str| MetricQuery { id: id.into(), ..MetricQuery::default() };
        let alarm = |ids: [&str; 2], arns: [&str; 2]| Alarm {
            metrics: ids.map(query).into(),
            actions: Actions { alarm: arns.map(String::from).into(), ..Actions::default() },
            ..Alarm::new("a")
        };
        assert_eq!(alarm(["m1", "m2"], ["x", "y"]).fields(), alarm(["m2", "m1"], ["y", "x"]).fields());
    }
}
