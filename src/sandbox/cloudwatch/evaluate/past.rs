//! The metrics of the sandbox as the evaluator asks for them: aggregates by the minute, folded into the periods it looks at.

use crate::cloudwatch::data;
use crate::cloudwatch::metric::{MetricDimension, WireMetric};
use crate::fault::Fault;
use crate::store::Tx;
use mlops_cloudwatch::evaluation::need::{MetricStatistic, RemoteExpression};
use mlops_cloudwatch::evaluation::past::Past;
use mlops_cloudwatch::evaluation::series::{PeriodGrid, ValueSeries};
use mlops_cloudwatch::statistic::{Aggregate, Statistic};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// Seconds of the finest aggregates: of alarms of high resolution, and of all others.
const FINE: i64 = 10;
const COARSE: i64 = 60;

/// What is read of a metric: which one, in which unit, in steps of how many seconds, from when until when.
type MetricReadKey = (WireMetric, Option<String>, i64, i64, i64);

/// One look at the metrics; what several alarms ask for is read once.
pub struct MetricReader<'t> {
    tx: &'t Tx<'t>,
    read: RefCell<BTreeMap<MetricReadKey, Rc<data::AggregateSeries>>>,
    /// The evaluator asks and goes on: what could not be read is told at the end.
    fault: RefCell<Option<Fault>>,
}

impl<'t> MetricReader<'t> {
    pub fn new(tx: &'t Tx<'t>) -> Self {
        Self { tx, read: RefCell::default(), fault: RefCell::default() }
    }

    /// Whether all could be read.
    pub fn finish(self) -> Result<(), Fault> {
        self.fault.into_inner().map_or(Ok(()), Err)
    }

    fn series(&self, source: &MetricStatistic, step: i64, range: Range<i64>) -> Rc<data::AggregateSeries> {
        let dimensions = source.metric.dimensions.iter();
        let metric = WireMetric {
            namespace: Some(source.metric.namespace.clone()),
            metric_name: Some(source.metric.name.clone()),
            dimensions: dimensions
                .map(|(name, value)| MetricDimension { name: name.clone(), value: value.clone() })
                .collect(),
        };
        let key = (metric, source.metric.unit.clone(), step, range.start, range.end);
        let mut read = self.read.borrow_mut();
        let (metric, unit, ..) = &key;
        if let Some(series) = read.get(&key) {
            return Rc::clone(series);
        }
        let found = data::series(self.tx, metric, unit.as_deref(), range, step).unwrap_or_else(|fault| {
            *self.fault.borrow_mut() = Some(fault);
            data::AggregateSeries::new()
        });
        let found = Rc::new(found);
        read.insert(key, Rc::clone(&found));
        found
    }
}

impl Past for MetricReader<'_> {
    /// Aggregates are kept whole, so every statistic of every period is known.
    fn step(&self, source: &MetricStatistic) -> Result<Option<i64>, String> {
        Ok(Some(step(source)))
    }

    fn values(&self, source: &MetricStatistic, grid: &PeriodGrid) -> Vec<f64> {
        let wanted = source.stat.parse::<Statistic>().ok();
        // Only the own account has metrics here.
        let own = source.metric.account.as_deref().is_none_or(|account| account == self.tx.account());
        let (Some(wanted), true, Some(last)) = (wanted, own, grid.len.checked_sub(1)) else {
            return vec![f64::NAN; grid.len];
        };
        let range = grid.end(0) - grid.period..grid.end(last);
        let series: Vec<(i64, Aggregate)> = {
            let read = self.series(source, step(source), range);
            read.iter().map(|(at, aggregate)| (*at, slim(wanted, aggregate))).collect()
        };
        let mut from = 0;
        (0..grid.len)
            .map(|index| {
                let end = grid.end(index);
                from += series[from..].iter().take_while(|(at, _)| *at < end - grid.period).count();
                let within = series[from..].iter().take_while(|(at, _)| *at < end);
                let mut all = Aggregate::default();
                within.for_each(|(_, aggregate)| all.merge(aggregate));
                all.statistic(wanted).unwrap_or(f64::NAN)
            })
            .collect()
    }

    /// Bands and queries are CloudWatch's own; the sandbox has none.
    fn asked(&self, _: &RemoteExpression) -> &[ValueSeries] {
        &[]
    }
}

fn step(source: &MetricStatistic) -> i64 {
    if source.period < COARSE { FINE } else { COARSE }
}

/// Without the samples where the statistic needs none of them.
fn slim(wanted: Statistic, aggregate: &Aggregate) -> Aggregate {
    let &Aggregate { count, sum, minimum, maximum, .. } = aggregate;
    let samples = if wanted.is_simple() { Vec::new() } else { aggregate.samples.clone() };
    Aggregate { count, sum, minimum, maximum, samples }
}
