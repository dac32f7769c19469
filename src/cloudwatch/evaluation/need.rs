//! What an alarm has to know of the past: metrics with a statistic, or an expression that only CloudWatch can evaluate.

use crate::alarm::{AlarmDefinition, AlarmQuery, DEFAULT_PERIOD, MetricSeries, WatchedSignal};
use crate::math::is_insights;
use std::collections::BTreeMap;
use std::fmt;

#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricIdentity {
    /// Where it is not the account itself.
    pub account: Option<String>,
    pub namespace: String,
    pub name: String,
    pub dimensions: BTreeMap<String, String>,
    pub unit: Option<String>,
}

/// A statistic of a metric over a period (seconds).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricStatistic {
    pub metric: MetricIdentity,
    pub stat: String,
    pub period: i64,
}

/// An expression that is left to CloudWatch: an anomaly band over one metric, or a Metrics Insights query.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RemoteExpression {
    pub expression: String,
    /// The metrics that the expression names, by id.
    pub sources: Vec<(String, MetricStatistic)>,
    pub period: i64,
}

impl fmt::Display for MetricIdentity {
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

impl MetricStatistic {
    pub fn of(series: &MetricSeries<'_>) -> Self {
        let metric = MetricIdentity {
            account: series.account.map(str::to_owned),
            namespace: series.namespace.to_owned(),
            name: series.name.to_owned(),
            dimensions: series.dimensions.clone(),
            unit: series.unit.map(str::to_owned),
        };
        let period = i64::from(series.period.unwrap_or(DEFAULT_PERIOD)).max(1);
        Self { metric, stat: series.stat.to_owned(), period }
    }

    /// How many samples the same periods have.
    pub fn sample_count(&self) -> Self {
        Self { stat: "SampleCount".into(), ..self.clone() }
    }
}

impl RemoteExpression {
    /// The part of the alarm's queries that is left to CloudWatch, if any. A Metrics Insights query is asked for where it is what the alarm
    /// watches, not where metric math makes something of it.
    pub fn of(definition: &AlarmDefinition<'_>) -> Option<Self> {
        let (expression, sources) = match &definition.signal {
            WatchedSignal::Band { band, .. } => {
                let named =
                    |query: &AlarmQuery<'_>| Some((query.id.to_owned(), MetricStatistic::of(query.metric.as_ref()?)));
                (*band, definition.queries.iter().filter_map(named).collect())
            }
            WatchedSignal::Math(query) if is_insights(query) => (*query, Vec::new()),
            _ => return None,
        };
        Some(Self { expression: expression.to_owned(), sources, period: definition.evaluation.seconds() })
    }
}
