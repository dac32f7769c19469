//! An alarm as the rules look at it: which metrics it watches, how, and against what. Judges nothing.

use super::catalogue::{CatalogueName, MetricKind, catalogue};
use crate::model::Arn;
use crate::model::duration::format_seconds;
use crate::resources::Alarm;
use mlops_cloudwatch::alarm::{AlarmDefinition, AlarmLimit, DEFAULT_PERIOD, WatchedSignal};
use mlops_cloudwatch::math::{Bounds, Interval, KnownMetric, bounds, is_insights};
use mlops_cloudwatch::missing::MissingData;
use std::collections::BTreeMap;

/// One metric under an alarm.
#[derive(Debug, Clone, Copy)]
pub struct AlarmedMetric<'a> {
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
    pub known: Option<CatalogueName>,
}

impl AlarmedMetric<'_> {
    pub fn kind(&self) -> Option<MetricKind> {
        self.known.map(|known| known.metric.kind)
    }

    pub fn is(&self, kind: MetricKind) -> bool {
        self.kind() == Some(kind)
    }

    /// Whether it counts things, as far as that is known.
    pub fn counts(&self) -> bool {
        self.known.is_some_and(|known| known.metric.unit == "Count")
    }

    /// The Lambda function it belongs to.
    pub fn function(&self) -> Option<&str> {
        (self.namespace == "AWS/Lambda").then(|| self.dimensions.get("FunctionName").map(String::as_str)).flatten()
    }
}

/// An alarm with its series.
#[derive(Debug, Clone)]
pub struct AlarmView<'a> {
    pub alarm: &'a Alarm,
    pub definition: AlarmDefinition<'a>,
    pub series: Vec<AlarmedMetric<'a>>,
}

/// Whether an alarm can be in both states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThresholdReach {
    Never,
    Always,
}

/// The share of failed work at which an alarm fires.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ErrorShare {
    pub percent: f64,
    /// Whether few calls do not count.
    pub has_floor: bool,
    /// Whether it fires on a high share of failures; else it fires where few fail.
    pub on_high: bool,
}

impl<'a> AlarmView<'a> {
    pub fn new(alarm: &'a Alarm) -> Self {
        let definition = alarm.definition();
        let series = definition.metrics().map(|metric| AlarmedMetric {
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
    pub fn single(&self) -> Option<&AlarmedMetric<'a>> {
        let WatchedSignal::Metric(metric) = &self.definition.signal else { return None };
        self.series.iter().find(|series| series.id == metric.id)
    }

    /// The metric math that is watched; a Metrics Insights query is none.
    pub fn expression(&self) -> Option<&'a str> {
        let expression = match &self.definition.signal {
            WatchedSignal::Math(expression) => Some(*expression),
            WatchedSignal::Band { watched, .. } => watched.expression,
            WatchedSignal::Metric(_) | WatchedSignal::PromQl(_) | WatchedSignal::Unmodelled => None,
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

    pub fn limit(&self) -> AlarmLimit<'a> {
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

    /// What the watched value can be, whatever happens; `None` where that is not one value, or cannot be read. Unbounded where a metric
    /// is not known.
    pub fn bounds(&self) -> Option<Bounds> {
        let metrics: Vec<KnownMetric<'_>> = self.series.iter().map(|series| self.known_metric(series)).collect();
        if let Some(single) = self.single() {
            let values = self.known_metric(single).values;
            return Some(Bounds { values, gaps: true, quotient: None });
        }
        self.expression()?;
        let queries: Vec<_> = self.definition.queries.iter().map(|query| query.math()).collect();
        let band = self.alarm.threshold_metric_id.as_deref();
        let watched = queries.iter().find(|query| query.return_data && band != Some(query.id))?;
        bounds(&queries, watched.id, &metrics, self.definition.evaluation.seconds())
    }

    /// A metric as metric math needs to know it. What the catalogue does not have can be anything.
    fn known_metric<'s>(&'s self, series: &AlarmedMetric<'s>) -> KnownMetric<'s> {
        let values = series.known.map_or(Interval::ANY, |known| known.values(series.stat));
        let is_part = |other: &&AlarmedMetric<'_>| {
            let same = other.namespace == series.namespace && other.dimensions == series.dimensions;
            let counts = [other.stat, series.stat].iter().all(|stat| *stat == "Sum") && other.period == series.period;
            let of = other.known.and_then(|known| known.metric.of.as_deref());
            same && counts && other.foreign == series.foreign && of == Some(series.metric)
        };
        let mut parts: Vec<&AlarmedMetric<'_>> = self.series.iter().filter(is_part).collect();
        // The same metric twice is one part.
        parts.sort_by_key(|part| part.metric);
        parts.dedup_by_key(|part| part.metric);
        let parts = parts.into_iter().filter_map(|part| part.id).collect();
        KnownMetric { id: series.id.unwrap_or_default(), values, gaps: true, parts }
    }

    /// Whether the threshold is crossed by no value there can be, or by every one.
    pub fn reach(&self) -> Option<(ThresholdReach, Interval)> {
        let values = self.bounds()?.values;
        let (comparison, threshold) = self.limit().threshold()?;
        let (low, high) = (comparison.breaches(values.low, threshold), comparison.breaches(values.high, threshold));
        match (low, high) {
            (true, true) => Some((ThresholdReach::Always, values)),
            (false, false) => Some((ThresholdReach::Never, values)),
            _ => None,
        }
    }

    /// Of an alarm on the share of failed work, the share at which it fires: errors over traffic in metric math, or the average of a
    /// metric that is 1 for each failure and 0 for each success.
    pub fn error_share(&self) -> Option<ErrorShare> {
        let (comparison, threshold) = self.limit().threshold()?;
        if let Some(series) = self.single() {
            let averaged = series.is(MetricKind::Errors)
                && series.stat == "Average"
                && series.known?.metric.statistics.iter().any(|stat| stat == "Average");
            return averaged.then_some(ErrorShare {
                percent: threshold * 100.0,
                has_floor: false,
                on_high: comparison.is_upward(),
            });
        }
        let quotient = self.bounds()?.quotient?;
        let kind =
            |id: &String| self.series.iter().find(|series| series.id == Some(id)).and_then(|series| series.kind());
        let failed = quotient.numerator.iter().all(|id| kind(id) == Some(MetricKind::Errors));
        let of_all = quotient.denominator.iter().any(|id| kind(id) == Some(MetricKind::Traffic));
        (failed && of_all && quotient.factor != 0.0).then(|| ErrorShare {
            percent: quotient.at(threshold) * 100.0,
            has_floor: quotient.has_floor,
            on_high: comparison.is_upward() == (quotient.factor > 0.0),
        })
    }

    /// Whether something else than a message follows: an instance or a number of them is changed.
    pub fn scales(&self) -> bool {
        let scales = |arn: &String| {
            let service = Arn::parse(arn).map(|arn| arn.service.to_owned());
            matches!(service.as_deref(), Some("autoscaling" | "automate" | "swf"))
        };
        self.alarm.actions.all().any(scales)
    }

    /// Whether every metric under it has no data where nothing happens.
    pub fn is_sparse(&self) -> bool {
        let sparse = |series: &AlarmedMetric<'_>| series.known.is_some_and(|known| known.is_sparse());
        !self.series.is_empty() && self.series.iter().all(sparse)
    }
}
