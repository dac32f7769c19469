//! The past of a metric that a metric filter makes, out of the log lines that are still there: CloudWatch counts none that came before
//! the filter was made. Reads nothing itself.

use super::{HistoryColumn, MetricHistory};
use crate::resources::MetricFilter;
use mlops_cloudwatch::evaluation::need::MetricIdentity;
use mlops_cloudwatch::evaluation::series::ValueSeries;
use mlops_cloudwatch::evaluation::watched::MetricRequirements;
use mlops_cloudwatch::statistic::Aggregate;
use std::collections::{BTreeMap, BTreeSet};

const MINUTE: i64 = 60;

/// What a filter counted of the lines it was shown.
#[derive(Debug, Default)]
pub struct ReplayedLines {
    /// By dimensions and minute.
    counted: BTreeMap<BTreeMap<String, String>, BTreeMap<i64, Aggregate>>,
    /// Minutes in which lines came.
    minutes: BTreeSet<i64>,
}

impl ReplayedLines {
    /// Takes a line of a time in seconds since 1970.
    pub fn take(&mut self, rule: &crate::model::log_pattern::MetricRule, at: i64, line: &str) {
        let minute = at.div_euclid(MINUTE) * MINUTE;
        self.minutes.insert(minute);
        if let Some((number, dimensions)) = rule.of(line) {
            let slot = self.counted.entry(dimensions).or_default().entry(minute).or_default();
            slot.merge(&Aggregate::of(vec![(number, 1.0)]));
        }
    }
}

impl MetricHistory {
    /// The filters that make a metric which is needed and of which CloudWatch has no data.
    pub fn to_replay<'f, C>(
        &self,
        needs: &[(MetricRequirements, C)],
        filters: impl Iterator<Item = &'f MetricFilter>,
    ) -> Vec<(&'f MetricFilter, Vec<MetricIdentity>)> {
        let sources = needs.iter().flat_map(|(need, _)| &need.sources).map(|source| &source.metric);
        let wanted: BTreeSet<&MetricIdentity> = sources.filter(|metric| self.has_no_data(metric)).collect();
        let of = |filter: &'f MetricFilter| {
            let made = wanted.iter().filter(|metric| {
                metric.account.is_none() && filter.makes(&metric.namespace, &metric.name, &metric.dimensions)
            });
            (filter, made.map(|metric| (*metric).clone()).collect::<Vec<_>>())
        };
        filters.map(of).filter(|(_, metrics)| !metrics.is_empty()).collect()
    }

    fn has_no_data(&self, metric: &MetricIdentity) -> bool {
        let columns = self.metrics.get(metric).map(Vec::as_slice).unwrap_or_default();
        columns.iter().all(|column| column.series.values.iter().all(|value| value.is_nan()))
    }

    /// Adds what a filter counted of one of its metrics. In minutes in which lines came and none counted, it is the filter's default.
    pub fn add_replayed(&mut self, metric: MetricIdentity, filter: &MetricFilter, lines: &ReplayedLines) {
        let mut minutes = lines.counted.get(&metric.dimensions).cloned().unwrap_or_default();
        for minute in lines.minutes.iter().filter(|_| filter.default_value.is_some()) {
            let default = || Aggregate::of(vec![(filter.default_value.unwrap_or_default(), 1.0)]);
            minutes.entry(*minute).or_insert_with(default);
        }
        let column = |stat: &str, value: fn(&Aggregate) -> f64| {
            let points: Vec<(i64, f64)> = minutes.iter().map(|(at, one)| (*at, value(one))).collect();
            HistoryColumn { stat: stat.to_owned(), series: ValueSeries::from_points(MINUTE, points) }
        };
        let columns = vec![
            column("Sum", |one| one.sum),
            column("SampleCount", |one| one.count),
            column("Minimum", |one| one.minimum),
            column("Maximum", |one| one.maximum),
        ];
        self.metrics.insert(metric, columns);
    }
}
