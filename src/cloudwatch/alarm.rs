//! What a metric alarm means, whichever form it was written in: what it watches, and when that is bad. Borrows the texts of
//! whoever keeps the alarm; a word of AWS's that is not known here is kept as it is.

use crate::comparison::{BandSide, Comparison};
use crate::math::{MathQuery, is_insights};
use crate::missing::MissingData;
use crate::statistic::Statistic;
use std::collections::BTreeMap;
use std::fmt;

/// Alarms on this namespace ignore missing data, whatever they are told (user guide, "Configuring how CloudWatch alarms treat
/// missing data").
const IGNORES_MISSING: &str = "AWS/DynamoDB";

/// Seconds of an alarm that names no period. AWS asks for one, so only half an alarm comes to this.
pub const DEFAULT_PERIOD: i32 = 300;

#[derive(Debug, Clone, PartialEq)]
pub struct AlarmDefinition<'a> {
    pub signal: WatchedSignal<'a>,
    /// Everything that the signal may be made of; empty in the single-metric form and in PromQL.
    pub queries: Vec<AlarmQuery<'a>>,
    pub evaluation: Evaluation<'a>,
    pub warm_up: Option<WarmUpPeriod>,
}

/// The members of PutMetricAlarm that say what an alarm means, as they are written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WrittenAlarm<'a> {
    /// The single-metric form, its metric with its statistic.
    pub series: Option<MetricSeries<'a>>,
    /// The metric math, Metrics Insights and anomaly form.
    pub queries: Vec<AlarmQuery<'a>>,
    /// Id of the ANOMALY_DETECTION_BAND expression.
    pub threshold_metric_id: Option<&'a str>,
    /// The query of the PromQL form.
    pub promql: Option<&'a str>,
    /// Seconds.
    pub period: Option<i32>,
    pub evaluation_periods: Option<i32>,
    pub datapoints_to_alarm: Option<i32>,
    pub threshold: Option<f64>,
    pub comparison_operator: Option<&'a str>,
    pub treat_missing_data: Option<&'a str>,
    pub evaluate_low_sample_count_percentile: Option<&'a str>,
    /// `None` is the sliding window.
    pub wall_clock_timezone: Option<&'a str>,
    pub warm_up: Option<WarmUpPeriod>,
}

/// What is watched.
#[derive(Debug, Clone, PartialEq)]
pub enum WatchedSignal<'a> {
    /// One metric as it is, in the single-metric form or as the query that returns data.
    Metric(MetricSeries<'a>),
    /// An expression over the queries, or a Metrics Insights query.
    Math(&'a str),
    /// A query against the band that CloudWatch learns of it.
    Band {
        watched: AlarmQuery<'a>,
        band: &'a str,
    },
    PromQl(&'a str),
    /// Nothing that is known here.
    Unmodelled,
}

/// A metric and how its samples become one number a period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricSeries<'a> {
    /// Its id among the queries.
    pub id: Option<&'a str>,
    /// Where it is not the alarm's own account.
    pub account: Option<&'a str>,
    pub namespace: &'a str,
    pub name: &'a str,
    pub dimensions: &'a BTreeMap<String, String>,
    /// As it is written; see [`Self::statistic`].
    pub stat: &'a str,
    /// Seconds.
    pub period: Option<i32>,
    pub unit: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlarmQuery<'a> {
    pub id: &'a str,
    pub metric: Option<MetricSeries<'a>>,
    pub expression: Option<&'a str>,
    /// Seconds; of an expression without a metric under it.
    pub period: Option<i32>,
    pub return_data: bool,
}

/// When the signal is bad: M of N datapoints beyond a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluation<'a> {
    pub n: u32,
    /// At most `n`.
    pub m: u32,
    /// Whether the alarm names `m`; one that does not means `n`, and CloudWatch words its reasons otherwise.
    pub names_m: bool,
    pub limit: AlarmLimit<'a>,
    /// The error is a word that is not known.
    pub missing: Result<MissingData, &'a str>,
    pub low_samples: LowSamples,
    pub window: AlarmWindow<'a>,
    /// Seconds of one datapoint; `None` of PromQL, and where the alarm names none.
    pub period: Option<i32>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AlarmLimit<'a> {
    Threshold {
        comparison: Comparison,
        threshold: f64,
    },
    Band(BandSide),
    /// No operator that fits the form, or no threshold.
    Unmodelled {
        operator: &'a str,
        threshold: Option<f64>,
    },
}

/// For so long after it was put the alarm stays in INSUFFICIENT_DATA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WarmUpPeriod {
    pub minutes: i32,
    pub only_start_evaluating_after: bool,
}

/// `EvaluateLowSampleCountPercentile`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LowSamples {
    /// AWS's default.
    #[default]
    Evaluate,
    /// A percentile of few samples leaves the state as it is.
    Ignore,
}

/// How the window of data moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmWindow<'a> {
    Sliding,
    /// Aligned to the clock of this time zone.
    WallClock(&'a str),
}

impl<'a> From<WrittenAlarm<'a>> for AlarmDefinition<'a> {
    fn from(written: WrittenAlarm<'a>) -> Self {
        let WrittenAlarm { queries, threshold_metric_id: band, warm_up, .. } = written;
        let signal = match (written.promql, written.series) {
            (Some(query), _) => WatchedSignal::PromQl(query),
            (None, Some(series)) => WatchedSignal::Metric(series),
            (None, None) => WatchedSignal::of_queries(&queries, band),
        };
        let count = |value: Option<i32>| value.and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
        let n = count(written.evaluation_periods).unwrap_or(1);
        let missing = written.treat_missing_data;
        let ignores_few = written.evaluate_low_sample_count_percentile == Some("ignore");
        let evaluation = Evaluation {
            n,
            m: count(written.datapoints_to_alarm).unwrap_or(n).min(n),
            names_m: written.datapoints_to_alarm.is_some(),
            limit: AlarmLimit::of(written.comparison_operator, written.threshold, band.is_some()),
            missing: missing.map_or(Ok(MissingData::default()), |word| MissingData::from_word(word).ok_or(word)),
            low_samples: if ignores_few { LowSamples::Ignore } else { LowSamples::Evaluate },
            window: written.wall_clock_timezone.map_or(AlarmWindow::Sliding, AlarmWindow::WallClock),
            period: written.period.or_else(|| queries.iter().find_map(AlarmQuery::seconds)),
        };
        AlarmDefinition { signal, queries, evaluation, warm_up }
    }
}

impl<'a> AlarmDefinition<'a> {
    /// Every metric under the alarm.
    pub fn metrics(&self) -> impl Iterator<Item = MetricSeries<'a>> {
        let own = match &self.signal {
            WatchedSignal::Metric(series) if series.id.is_none() => Some(*series),
            _ => None,
        };
        own.into_iter().chain(self.queries.iter().filter_map(|query| query.metric))
    }

    /// The first Metrics Insights query under the alarm, watched or not.
    pub fn insights(&self) -> Option<&AlarmQuery<'a>> {
        self.queries.iter().find(|query| query.expression.is_some_and(is_insights))
    }

    /// The query that the alarm watches: that which returns data and is no band.
    pub fn watched_query(&self) -> Option<&AlarmQuery<'a>> {
        match &self.signal {
            WatchedSignal::Band { watched, .. } => self.queries.iter().find(|query| query.id == watched.id),
            WatchedSignal::Metric(_) | WatchedSignal::Math(_) => self.queries.iter().find(|query| query.return_data),
            WatchedSignal::PromQl(_) | WatchedSignal::Unmodelled => None,
        }
    }

    /// The treatment of missing data that counts; the error is a word that is not known.
    pub fn treatment(&self) -> Result<MissingData, &'a str> {
        let ignores = self.metrics().any(|series| series.namespace == IGNORES_MISSING);
        if ignores { Ok(MissingData::Ignore) } else { self.evaluation.missing }
    }

    /// The samples under which the state is kept: of a percentile alarm that ignores low sample counts.
    pub fn least_samples(&self) -> Option<f64> {
        match (&self.signal, self.evaluation.low_samples) {
            (WatchedSignal::Metric(series), LowSamples::Ignore) => series.statistic()?.least_samples(),
            _ => None,
        }
    }
}

impl<'a> WatchedSignal<'a> {
    /// Of the queries of an alarm; `band` is its `ThresholdMetricId`. The band returns data, too, and is not what is watched.
    pub fn of_queries(queries: &[AlarmQuery<'a>], band: Option<&str>) -> Self {
        let watched = queries.iter().find(|query| query.return_data && band != Some(query.id));
        let Some(watched) = watched else { return WatchedSignal::Unmodelled };
        if let Some(id) = band {
            let band = queries.iter().find(|query| query.id == id).and_then(|query| query.expression);
            return band.map_or(WatchedSignal::Unmodelled, |band| WatchedSignal::Band { watched: *watched, band });
        }
        match (watched.metric, watched.expression) {
            (Some(series), _) => WatchedSignal::Metric(series),
            (None, Some(expression)) => WatchedSignal::Math(expression),
            (None, None) => WatchedSignal::Unmodelled,
        }
    }
}

impl MetricSeries<'_> {
    /// `None` of a name that is not known.
    pub fn statistic(&self) -> Option<Statistic> {
        self.stat.parse().ok()
    }
}

/// `Errors Sum`
impl fmt::Display for MetricSeries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.stat)
    }
}

/// The expression as it is written, or the metric.
impl fmt::Display for AlarmQuery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.expression, &self.metric) {
            (Some(expression), _) => f.write_str(expression),
            (None, Some(metric)) => metric.fmt(f),
            (None, None) => f.write_str(self.id),
        }
    }
}

impl<'a> AlarmQuery<'a> {
    /// The query as metric math sees it.
    pub fn math(&self) -> MathQuery<'a> {
        MathQuery {
            id: self.id,
            expression: self.expression,
            is_metric: self.metric.is_some(),
            return_data: self.return_data,
        }
    }

    /// Seconds: the metric's, else its own.
    pub fn seconds(&self) -> Option<i32> {
        self.metric.and_then(|metric| metric.period).or(self.period)
    }
}

impl<'a> Evaluation<'a> {
    /// Seconds of one datapoint, at least one.
    pub fn seconds(&self) -> i64 {
        i64::from(self.period.unwrap_or(DEFAULT_PERIOD)).max(1)
    }

    /// The treatment of missing data as AWS writes it.
    pub fn missing_word(&self) -> &'a str {
        match self.missing {
            Ok(treatment) => treatment.word(),
            Err(word) => word,
        }
    }
}

impl<'a> AlarmLimit<'a> {
    /// Of `ComparisonOperator` and `Threshold`; an alarm on a band has the first alone.
    pub fn of(operator: Option<&'a str>, threshold: Option<f64>, on_band: bool) -> Self {
        let operator = operator.unwrap_or_default();
        let limit = match (threshold, on_band) {
            (_, true) => BandSide::from_word(operator).map(AlarmLimit::Band),
            (Some(threshold), false) => {
                Comparison::from_word(operator).map(|comparison| AlarmLimit::Threshold { comparison, threshold })
            }
            (None, false) => None,
        };
        limit.unwrap_or(AlarmLimit::Unmodelled { operator, threshold })
    }

    /// The comparison with a number, and that number.
    pub fn threshold(self) -> Option<(Comparison, f64)> {
        match self {
            AlarmLimit::Threshold { comparison, threshold } => Some((comparison, threshold)),
            AlarmLimit::Band(_) | AlarmLimit::Unmodelled { .. } => None,
        }
    }

    /// The threshold of an alarm on high values.
    pub fn ceiling(self) -> Option<f64> {
        self.threshold().filter(|(comparison, _)| comparison.is_upward()).map(|(_, threshold)| threshold)
    }

    /// The threshold of an alarm on low values.
    pub fn floor(self) -> Option<f64> {
        self.threshold().filter(|(comparison, _)| !comparison.is_upward()).map(|(_, threshold)| threshold)
    }
}

/// `> 5`, `outside its band`
impl fmt::Display for AlarmLimit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AlarmLimit::Threshold { comparison, threshold } => write!(f, "{} {threshold}", comparison.symbol()),
            AlarmLimit::Band(side) => f.write_str(side.phrase()),
            AlarmLimit::Unmodelled { operator, threshold: Some(threshold) } => write!(f, "{operator} {threshold}"),
            AlarmLimit::Unmodelled { operator, threshold: None } => f.write_str(operator),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query<'a>(id: &'a str, expression: Option<&'a str>, none: &'a BTreeMap<String, String>) -> AlarmQuery<'a> {
        let metric = MetricSeries {
            id: Some(id),
            account: None,
            namespace: "AWS/Lambda",
            name: "Errors",
            dimensions: none,
            stat: "p90",
            period: Some(60),
            unit: None,
        };
        let metric = expression.is_none().then_some(metric);
        AlarmQuery { id, metric, expression, period: None, return_data: true }
    }

    #[test]
    fn what_is_watched_does_not_depend_on_the_ids() {
        let none = BTreeMap::new();
        for (metric, band) in [("a", "b"), ("z", "b")] {
            let text = format!("ANOMALY_DETECTION_BAND({metric}, 2)");
            let mut queries = [query(metric, None, &none), query(band, Some(&text), &none)];
            queries.sort_by_key(|query| query.id);
            match WatchedSignal::of_queries(&queries, Some(band)) {
                WatchedSignal::Band { watched, band } => assert_eq!((watched.id, band), (metric, text.as_str())),
                other => panic!("{other:?}"),
            }
        }
        let math = [AlarmQuery { return_data: false, ..query("a", None, &none) }, query("b", Some("a * 2"), &none)];
        assert_eq!(WatchedSignal::of_queries(&math, None), WatchedSignal::Math("a * 2"));
        assert!(matches!(WatchedSignal::of_queries(&math[..1], None), WatchedSignal::Unmodelled));
        assert!(matches!(WatchedSignal::of_queries(&[query("a", None, &none)], None), WatchedSignal::Metric(_)));
        assert!(
            matches!(WatchedSignal::of_queries(&math, Some("c")), WatchedSignal::Unmodelled),
            "a band that is not there"
        );
    }

    #[test]
    fn an_operator_has_to_fit_the_form() {
        let limit = |operator, threshold, band| AlarmLimit::of(Some(operator), threshold, band).to_string();
        assert_eq!(limit("GreaterThanOrEqualToThreshold", Some(5.0), false), ">= 5");
        assert_eq!(limit("GreaterThanUpperThreshold", None, true), "above its band");
        let unmodelled = |operator, threshold, band| {
            matches!(AlarmLimit::of(operator, threshold, band), AlarmLimit::Unmodelled { .. })
        };
        assert!(unmodelled(Some("GreaterThanUpperThreshold"), Some(1.0), false));
        assert!(unmodelled(Some("GreaterThanThreshold"), None, true));
        assert!(unmodelled(Some("GreaterThanThreshold"), None, false) && unmodelled(None, Some(1.0), false));
        assert_eq!(limit("Sideways", Some(5.0), false), "Sideways 5");
        let low = AlarmLimit::of(Some("LessThanThreshold"), Some(2.0), false);
        assert_eq!((low.floor(), low.ceiling()), (Some(2.0), None));
    }
}
