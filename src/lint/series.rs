//! An alarm as the rules look at it: which metrics it watches, how, and against what. Judges nothing.

use super::catalogue::{Known, MetricKind, catalogue};
use crate::model::duration::format_seconds;
use crate::resources::Alarm;
use mlops_cloudwatch::alarm::{AlarmDefinition, DEFAULT_PERIOD, Limit, Signal};
use mlops_cloudwatch::math::is_insights;
use mlops_cloudwatch::missing::MissingData;
use std::collections::BTreeMap;

/// One metric under an alarm.
#[derive(Debug, Clone, Copy)]
pub struct Series<'a> {
    /// Its id in metric math.
    pub id: Option<&'a str>,
    pub namespace: &'a str,
    pub metric: &'a str,
    pub dimensions: &'a BTreeMap<String, String>,
    /// A statistic or an extended statistic.
    pub stat: &'a str,
    /// Seconds.
    pub period: i32,
    pub unit: Option<&'a str>,
    /// Another account's metric: what this account lists says nothing of it.
    pub foreign: bool,
    /// What the catalogue says of it.
    pub known: Option<Known>,
}

impl Series<'_> {
    pub fn kind(&self) -> Option<MetricKind> {
        self.known.map(|known| known.metric.kind)
    }

    pub fn is(&self, kind: MetricKind) -> bool {
        self.kind() == Some(kind)
    }

    /// The Lambda function it belongs to.
    pub fn function(&self) -> Option<&str> {
        (self.namespace == "AWS/Lambda").then(|| self.dimensions.get("FunctionName").map(String::as_str)).flatten()
    }
}

/// An alarm with its series.
#[derive(Debug, Clone)]
pub struct Watch<'a> {
    pub alarm: &'a Alarm,
    pub definition: AlarmDefinition<'a>,
    pub series: Vec<Series<'a>>,
}

impl<'a> Watch<'a> {
    pub fn new(alarm: &'a Alarm) -> Self {
        let definition = alarm.definition();
        let series = definition.metrics().map(|metric| Series {
            id: metric.id,
            namespace: metric.namespace,
            metric: metric.name,
            dimensions: metric.dimensions,
            stat: metric.stat,
            period: metric.period.unwrap_or(DEFAULT_PERIOD),
            unit: metric.unit,
            foreign: metric.account.is_some(),
            known: catalogue().metric(metric.namespace, metric.name),
        });
        let series = series.collect();
        Self { alarm, definition, series }
    }

    /// The one metric that is watched as it is, without metric math and without a band.
    pub fn single(&self) -> Option<&Series<'a>> {
        let Signal::Metric(metric) = &self.definition.signal else { return None };
        self.series.iter().find(|series| series.id == metric.id)
    }

    /// The metric math that is watched; a Metrics Insights query is none.
    pub fn expression(&self) -> Option<&'a str> {
        let expression = match &self.definition.signal {
            Signal::Math(expression) => Some(*expression),
            Signal::Band { watched, .. } => watched.expression,
            Signal::Metric(_) | Signal::PromQl(_) | Signal::Unmodelled => None,
        };
        expression.filter(|text| !is_insights(text))
    }

    /// `M` of `N`.
    pub fn points(&self) -> (u32, u32) {
        (self.definition.evaluation.m, self.definition.evaluation.n)
    }

    /// Seconds; `None` for PromQL.
    pub fn period(&self) -> Option<i32> {
        self.definition.evaluation.period
    }

    pub fn limit(&self) -> Limit<'a> {
        self.definition.evaluation.limit
    }

    /// The threshold of an alarm on high values.
    pub fn ceiling(&self) -> Option<f64> {
        self.limit().ceiling()
    }

    /// The threshold of an alarm on low values.
    pub fn floor(&self) -> Option<f64> {
        self.limit().floor()
    }

    pub fn treats_missing_as(&self, treatment: MissingData) -> bool {
        self.definition.evaluation.missing == Ok(treatment)
    }

    /// `2 of 3 periods of 5m`.
    pub fn window(&self) -> String {
        let (points, periods) = self.points();
        let period = self.period().map_or_else(|| "a period".to_owned(), |seconds| format_seconds(seconds.into()));
        match (points, periods) {
            (1, 1) => format!("one period of {period}"),
            (m, n) => format!("{m} of {n} periods of {period}"),
        }
    }

    /// Of an alarm on the share of failed work, the share in percent that fires it: errors over traffic in metric math, or
    /// the average of a metric that is 1 for each failure and 0 for each success.
    pub fn error_share(&self) -> Option<f64> {
        let threshold = self.ceiling()?;
        if let Some(series) = self.single() {
            let averaged = series.is(MetricKind::Errors) && series.stat == "Average";
            return averaged.then_some(threshold * 100.0);
        }
        let text = self.expression()?;
        let has = |kind| self.series.iter().any(|series| series.is(kind));
        let is_share = text.contains('/') && has(MetricKind::Errors) && has(MetricKind::Traffic);
        is_share.then_some(if text.contains("100") { threshold } else { threshold * 100.0 })
    }

    /// Whether every metric under it has no data where nothing happens.
    pub fn is_sparse(&self) -> bool {
        let sparse = |series: &Series<'_>| series.known.is_some_and(|known| known.is_sparse());
        !self.series.is_empty() && self.series.iter().all(sparse)
    }
}
