//! What an alarm has to know of the past: metrics with a statistic, or an expression that only CloudWatch can evaluate.

use crate::resources::alarm::{Alarm, MetricQuery};
use mlops_cloudwatch::math::{is_band, is_insights};
use std::collections::BTreeMap;
use std::fmt;

#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric {
    /// Where it is not the account itself.
    pub account: Option<String>,
    pub namespace: String,
    pub name: String,
    pub dimensions: BTreeMap<String, String>,
    pub unit: Option<String>,
}

/// A statistic of a metric over a period (seconds).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    pub metric: Metric,
    pub stat: String,
    pub period: i64,
}

/// An expression that is left to CloudWatch: an anomaly band over one metric, or a Metrics Insights query.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    pub expression: String,
    /// The metrics that the expression names, by id.
    pub sources: Vec<(String, Source)>,
    pub period: i64,
}

impl fmt::Display for Metric {
    /// `AWS/Lambda Errors {FunctionName=x}`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.namespace, self.name)?;
        if self.dimensions.is_empty() {
            return Ok(());
        }
        let dimensions: Vec<String> = self.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
        write!(f, " {{{}}}", dimensions.join(", "))
    }
}

impl Source {
    /// Of the single-metric form; `None` of any other.
    pub fn of_alarm(alarm: &Alarm) -> Option<Self> {
        let metric = Metric {
            account: None,
            namespace: alarm.namespace.clone()?,
            name: alarm.metric_name.clone()?,
            dimensions: alarm.dimensions.clone(),
            unit: alarm.unit.clone(),
        };
        let stat = alarm.statistic.clone().or_else(|| alarm.extended_statistic.clone())?;
        Some(Self { metric, stat, period: super::super::condition::period(alarm) })
    }

    pub fn of_query(query: &MetricQuery) -> Option<Self> {
        let of = query.metric.as_ref()?;
        let metric = Metric {
            account: query.account_id.clone(),
            namespace: of.namespace.clone(),
            name: of.metric_name.clone(),
            dimensions: of.dimensions.clone(),
            unit: of.unit.clone(),
        };
        Some(Self { metric, stat: of.stat.clone(), period: i64::from(of.period).max(1) })
    }

    /// How many samples the same periods have.
    pub fn sample_count(&self) -> Self {
        Self { stat: "SampleCount".into(), ..self.clone() }
    }
}

impl Asked {
    /// The part of the alarm's queries that is left to CloudWatch, if any. A Metrics Insights query is asked for where it is what the alarm
    /// watches, not where metric math makes something of it.
    pub fn of(alarm: &Alarm) -> Option<Self> {
        let left_to_aws = |query: &&MetricQuery| {
            query.expression.as_deref().is_some_and(|e| is_band(e) || (is_insights(e) && query.return_data))
        };
        let query = alarm.metrics.iter().find(left_to_aws)?;
        let sources = alarm.metrics.iter().filter_map(|q| Some((q.id.clone(), Source::of_query(q)?)));
        let expression = query.expression.clone()?;
        let sources = if is_insights(&expression) { Vec::new() } else { sources.collect() };
        Some(Self { expression, sources, period: super::super::condition::period(alarm) })
    }
}
