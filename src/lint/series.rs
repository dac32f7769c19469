//! An alarm as the rules look at it: which metrics it watches, how, and against what. Judges nothing.

use super::catalogue::{Known, MetricKind, catalogue};
use crate::model::duration::format_seconds;
use crate::resources::Alarm;
use crate::resources::alarm::MetricQuery;
use mlops_cloudwatch::math::is_insights;
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

/// How values are held against the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Above,
    AtOrAbove,
    Below,
    AtOrBelow,
    /// Outside a band that CloudWatch learns.
    Band,
}

/// An alarm with its series.
#[derive(Debug, Clone)]
pub struct Watch<'a> {
    pub alarm: &'a Alarm,
    pub series: Vec<Series<'a>>,
}

impl<'a> Watch<'a> {
    pub fn new(alarm: &'a Alarm) -> Self {
        let own = alarm.metric_name.as_deref().map(|metric| {
            let namespace = alarm.namespace.as_deref().unwrap_or_default();
            Series {
                id: None,
                namespace,
                metric,
                dimensions: &alarm.dimensions,
                stat: alarm.statistic.as_deref().or(alarm.extended_statistic.as_deref()).unwrap_or_default(),
                period: alarm.period.unwrap_or_default(),
                unit: alarm.unit.as_deref(),
                foreign: false,
                known: catalogue().metric(namespace, metric),
            }
        });
        let queried = alarm.metrics.iter().filter_map(|query| {
            let metric = query.metric.as_ref()?;
            Some(Series {
                id: Some(&query.id),
                namespace: &metric.namespace,
                metric: &metric.metric_name,
                dimensions: &metric.dimensions,
                stat: &metric.stat,
                period: metric.period,
                unit: metric.unit.as_deref(),
                foreign: query.account_id.is_some(),
                known: catalogue().metric(&metric.namespace, &metric.metric_name),
            })
        });
        Self { alarm, series: own.into_iter().chain(queried).collect() }
    }

    /// The one metric that is watched as it is, without metric math and without a band.
    pub fn single(&self) -> Option<&Series<'a>> {
        if self.alarm.metrics.is_empty() {
            return self.series.first();
        }
        let query = self.watched().filter(|_| self.alarm.threshold_metric_id.is_none())?;
        self.series.iter().find(|series| series.id == Some(query.id.as_str()))
    }

    /// The query that is compared with the threshold.
    pub fn watched(&self) -> Option<&'a MetricQuery> {
        let band = self.alarm.threshold_metric_id.as_deref();
        self.alarm.metrics.iter().find(|query| query.return_data && band != Some(query.id.as_str()))
    }

    /// The metric math that is watched; a Metrics Insights query is none.
    pub fn expression(&self) -> Option<&'a str> {
        self.watched()?.expression.as_deref().filter(|text| !is_insights(text))
    }

    /// `M` of `N`.
    pub fn points(&self) -> (i32, i32) {
        let periods = self.alarm.evaluation_periods.unwrap_or(1);
        (self.alarm.datapoints_to_alarm.unwrap_or(periods), periods)
    }

    /// Seconds; `None` for PromQL.
    pub fn period(&self) -> Option<i32> {
        let own = self.alarm.period.or_else(|| self.series.first().map(|series| series.period));
        own.or_else(|| self.alarm.metrics.iter().find_map(|query| query.period))
    }

    pub fn side(&self) -> Option<Side> {
        Some(match self.alarm.comparison_operator.as_deref()? {
            "GreaterThanThreshold" => Side::Above,
            "GreaterThanOrEqualToThreshold" => Side::AtOrAbove,
            "LessThanThreshold" => Side::Below,
            "LessThanOrEqualToThreshold" => Side::AtOrBelow,
            _ => Side::Band,
        })
    }

    /// The threshold of an alarm on high values.
    pub fn ceiling(&self) -> Option<f64> {
        self.alarm.threshold.filter(|_| matches!(self.side(), Some(Side::Above | Side::AtOrAbove)))
    }

    /// The threshold of an alarm on low values.
    pub fn floor(&self) -> Option<f64> {
        self.alarm.threshold.filter(|_| matches!(self.side(), Some(Side::Below | Side::AtOrBelow)))
    }

    pub fn treatment(&self) -> &'a str {
        self.alarm.treat_missing_data.as_deref().unwrap_or("missing")
    }

    /// `> 5`, `outside its band`.
    pub fn condition(&self) -> String {
        let sign = match self.side() {
            Some(Side::Above) => ">",
            Some(Side::AtOrAbove) => ">=",
            Some(Side::Below) => "<",
            Some(Side::AtOrBelow) => "<=",
            Some(Side::Band) | None => return "outside its band".to_owned(),
        };
        self.alarm.threshold.map_or_else(|| sign.to_owned(), |threshold| format!("{sign} {threshold}"))
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
