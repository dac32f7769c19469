//! What metrics said in the past, and what can be known from it: exact re-aggregation or an honest no.

pub mod fetch;
pub mod file;
pub mod from_logs;
mod samples;

pub use mlops_cloudwatch::evaluation::need::{MetricIdentity, MetricStatistic, RemoteExpression};
pub use mlops_cloudwatch::evaluation::past::Past;

use mlops_cloudwatch::evaluation::series::{Fold, PeriodGrid, ValueSeries};
use mlops_cloudwatch::evaluation::watched::MetricRequirements;
use std::collections::BTreeMap;

/// The past of metrics, by what was asked.
#[derive(Debug, Clone, Default)]
pub struct MetricHistory {
    metrics: BTreeMap<MetricIdentity, Vec<HistoryColumn>>,
    /// What only CloudWatch itself can compute: one series, or two of a band.
    asked: BTreeMap<RemoteExpression, Vec<ValueSeries>>,
    /// What to know about it as a whole, e.g. that a read was denied.
    pub notes: Vec<String>,
    /// Before this moment nothing of it is known, where that is so: a file begins somewhere.
    since: Option<i64>,
    /// The same of sources that CloudWatch keeps for a shorter time than was asked for.
    kept_since: BTreeMap<MetricStatistic, i64>,
    /// Why a metric could not be read, where it could not.
    failed: BTreeMap<MetricIdentity, String>,
    /// Why CloudWatch refuses an expression, where it does.
    refused: BTreeMap<RemoteExpression, String>,
}

/// One statistic of a metric.
#[derive(Debug, Clone)]
pub struct HistoryColumn {
    /// As CloudWatch names it, or `SAMPLES`: each value is one measurement, of which every statistic is known.
    pub stat: String,
    pub series: ValueSeries,
}

/// The name of a column of raw measurements.
pub const SAMPLES: &str = "samples";

impl MetricHistory {
    pub fn add(&mut self, metric: MetricIdentity, stat: impl Into<String>, series: ValueSeries) {
        self.metrics.entry(metric).or_default().push(HistoryColumn { stat: stat.into(), series });
    }

    pub fn add_asked(&mut self, asked: RemoteExpression, series: ValueSeries) {
        self.asked.entry(asked).or_default().push(series);
    }

    /// The first and the last moment of which anything is known.
    pub fn extent(&self) -> Option<(i64, i64)> {
        let columns = self.metrics.values().flatten().map(|column| &column.series);
        let series: Vec<&ValueSeries> =
            columns.chain(self.asked.values().flatten()).filter(|s| !s.values.is_empty()).collect();
        let start = series.iter().map(|series| series.start).min()?;
        Some((start, series.iter().map(|series| series.end()).max()?))
    }

    /// Says that nothing is known of the time before its first moment.
    pub fn begin_with_data(&mut self) {
        self.since = self.extent().map(|(start, _)| start);
    }

    /// Whether a part of the past was asked for and could not be read.
    pub fn is_incomplete(&self) -> bool {
        !self.failed.is_empty() || !self.refused.is_empty()
    }

    /// Whether a part of what an alarm watches was asked for and could not be read.
    pub fn lacks(&self, needs: &MetricRequirements) -> bool {
        needs.sources.iter().any(|source| self.failed.contains_key(&source.metric))
            || needs.asked.as_ref().is_some_and(|asked| self.refused.contains_key(asked))
    }

    /// Of the metric as asked, or of the same metric where the history does not say account or unit.
    fn columns(&self, metric: &MetricIdentity) -> Option<&Vec<HistoryColumn>> {
        self.metrics.get(metric).or_else(|| {
            let plain = MetricIdentity { account: None, unit: None, ..metric.clone() };
            self.metrics.get(&plain)
        })
    }

    pub fn asked(&self, asked: &RemoteExpression) -> &[ValueSeries] {
        self.asked.get(asked).map(Vec::as_slice).unwrap_or_default()
    }

    pub fn step(&self, source: &MetricStatistic) -> Result<Option<i64>, String> {
        if let Some(why) = self.failed.get(&source.metric) {
            return Err(format!("the past of {} could not be read: {why}", source.metric));
        }
        let Some(columns) = self.columns(&source.metric) else { return Ok(None) };
        let divides = |step: i64| source.period % step == 0;
        let steps = |stat: &str| -> Vec<i64> {
            columns.iter().filter(|column| column.stat == stat).map(|column| column.series.step).collect()
        };
        let mut usable: Vec<i64> = steps(SAMPLES).into_iter().filter(|step| divides(*step)).collect();
        match source.stat.as_str() {
            "Sum" | "SampleCount" | "Minimum" | "Maximum" => {
                usable.extend(steps(&source.stat).into_iter().filter(|step| divides(*step)));
            }
            stat => {
                usable.extend(steps(stat).into_iter().filter(|step| *step == source.period));
                if stat == "Average" {
                    let counts = steps("SampleCount");
                    usable.extend(steps("Sum").into_iter().filter(|step| divides(*step) && counts.contains(step)));
                }
            }
        }
        match usable.into_iter().min() {
            Some(step) => Ok(Some(step)),
            None => Err(format!(
                "{} of {} over {} s cannot be computed from the history, which has {}",
                source.stat,
                source.metric,
                source.period,
                columns.iter().map(|c| format!("{} every {} s", c.stat, c.series.step)).collect::<Vec<_>>().join(", ")
            )),
        }
    }

    /// What a source's values come of, as [`Self::values`] takes it; none where they are not known.
    pub fn known(&self, source: &MetricStatistic) -> Vec<&HistoryColumn> {
        let (Ok(Some(step)), Some(columns)) = (self.step(source), self.columns(&source.metric)) else {
            return Vec::new();
        };
        let column = |stat: &str| columns.iter().find(|column| column.stat == stat && column.series.step == step);
        match column(SAMPLES).or_else(|| column(&source.stat)) {
            Some(only) => vec![only],
            None => ["Sum", "SampleCount"].into_iter().filter_map(column).collect(),
        }
    }

    pub fn values(&self, source: &MetricStatistic, grid: &PeriodGrid) -> Vec<f64> {
        let missing = || vec![f64::NAN; grid.len];
        let (Ok(Some(step)), Some(columns)) = (self.step(source), self.columns(&source.metric)) else {
            return missing();
        };
        let column = |stat: &str| columns.iter().find(|column| column.stat == stat && column.series.step == step);
        if let Some(samples) = column(SAMPLES) {
            return samples::statistic(&samples.series, &source.stat, grid);
        }
        let fold = match source.stat.as_str() {
            "Sum" | "SampleCount" => Fold::Sum,
            "Minimum" => Fold::Minimum,
            _ => Fold::Maximum,
        };
        if let Some(own) = column(&source.stat) {
            return own.series.folded(fold, grid);
        }
        match (column("Sum"), column("SampleCount")) {
            (Some(sum), Some(count)) => {
                let counts = count.series.folded(Fold::Sum, grid);
                let sums = sum.series.folded(Fold::Sum, grid);
                sums.iter().zip(counts).map(|(sum, count)| if count > 0.0 { sum / count } else { f64::NAN }).collect()
            }
            _ => missing(),
        }
    }
}

impl Past for MetricHistory {
    fn step(&self, source: &MetricStatistic) -> Result<Option<i64>, String> {
        MetricHistory::step(self, source)
    }

    fn values(&self, source: &MetricStatistic, grid: &PeriodGrid) -> Vec<f64> {
        MetricHistory::values(self, source, grid)
    }

    fn since(&self, source: &MetricStatistic) -> Option<i64> {
        self.since.max(self.kept_since.get(source).copied())
    }

    fn asked(&self, asked: &RemoteExpression) -> &[ValueSeries] {
        MetricHistory::asked(self, asked)
    }

    fn refused(&self, asked: &RemoteExpression) -> Option<&str> {
        self.refused.get(asked).map(String::as_str)
    }
}
