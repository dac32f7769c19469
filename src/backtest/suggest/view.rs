//! The series that a proposed alarm can look at: the values as they are, how they change, how far they are from what is usual at the
//! hour, level and change together. Each is something that CloudWatch computes: the metric itself, or metric math over it.

use super::baseline::{Baseline, Timed};
use super::search::SearchBounds;
use super::together::LevelAndChange;
use crate::resources::Alarm;
use crate::resources::alarm::{MetricQuery, MetricStat};
use serde::Serialize;

/// The id of the metric under the metric math.
const METRIC: &str = "m1";
const RESULT: &str = "result";

#[derive(Debug, Clone, PartialEq)]
pub enum View {
    Values,
    /// From one period to the next.
    Change,
    OffBaseline(Box<Baseline>),
    LevelAndChange(LevelAndChange),
}

/// In one word, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ViewKind {
    Values,
    Change,
    Daily,
    Weekly,
    LevelAndChange,
}

impl View {
    /// Returns the views that an alarm on this series can have: metric math needs a metric under it.
    pub fn all(alarm: &Alarm, series: Timed<'_>) -> Vec<Self> {
        let mut views = vec![View::Values];
        if alarm.metric_name.is_some() {
            views.push(View::Change);
            views.extend(Baseline::of(series).map(|baseline| View::OffBaseline(Box::new(baseline))));
        }
        views
    }

    /// Returns level and change together, measured on these views of the series, which are those of `all`.
    pub fn together(alarm: &Alarm, views: &[Vec<f64>], bounds: SearchBounds, upward: bool) -> Option<Self> {
        alarm.metric_name.as_ref()?;
        let [level, change, ..] = views else { return None };
        LevelAndChange::of(level, change, bounds, upward).map(View::LevelAndChange)
    }

    pub fn kind(&self) -> ViewKind {
        match self {
            View::Values => ViewKind::Values,
            View::Change => ViewKind::Change,
            View::OffBaseline(baseline) if baseline.is_weekly() => ViewKind::Weekly,
            View::OffBaseline(_) => ViewKind::Daily,
            View::LevelAndChange(_) => ViewKind::LevelAndChange,
        }
    }

    /// Returns the series as it is seen, larger being worse where `upward`, else turned round. `stride` slots are a period.
    pub fn values(&self, series: Timed<'_>, stride: usize, upward: bool) -> Vec<f64> {
        let sign = if upward { 1.0 } else { -1.0 };
        let values = series.values;
        match self {
            View::Values => values.iter().map(|value| sign * value).collect(),
            View::Change => {
                let before = |slot: usize| slot.checked_sub(stride).map_or(f64::NAN, |before| values[before]);
                (0..values.len()).map(|slot| sign * (values[slot] - before(slot))).collect()
            }
            View::OffBaseline(baseline) => baseline.off(series).into_iter().map(|off| sign * off).collect(),
            View::LevelAndChange(both) => both.values(values, stride),
        }
    }

    /// Returns the alarm on this view of its metric.
    pub fn alarm(&self, alarm: &Alarm) -> Alarm {
        let expression = match self {
            View::Values => return alarm.clone(),
            View::Change => format!("DIFF({METRIC})"),
            View::OffBaseline(baseline) => baseline.expression(METRIC),
            View::LevelAndChange(both) => both.expression(METRIC),
        };
        let stat = MetricStat {
            namespace: alarm.namespace.clone().unwrap_or_default(),
            metric_name: alarm.metric_name.clone().unwrap_or_default(),
            dimensions: alarm.dimensions.clone(),
            stat: alarm.statistic.clone().or(alarm.extended_statistic.clone()).unwrap_or_default(),
            period: alarm.period.unwrap_or(mlops_cloudwatch::alarm::DEFAULT_PERIOD),
            unit: alarm.unit.clone(),
        };
        let metric = MetricQuery { id: METRIC.into(), metric: Some(stat), ..MetricQuery::default() };
        let result = MetricQuery {
            id: RESULT.into(),
            expression: Some(expression),
            return_data: true,
            ..MetricQuery::default()
        };
        Alarm {
            namespace: None,
            metric_name: None,
            dimensions: Default::default(),
            statistic: None,
            extended_statistic: None,
            unit: None,
            period: None,
            evaluate_low_sample_count_percentile: None,
            metrics: vec![metric, result],
            ..alarm.clone()
        }
    }
}
