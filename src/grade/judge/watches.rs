//! What an alarm watches, seen from a metric that is asked for: the metric itself, a share of another one, or something else.
//! Metric math is understood by evaluating it, not by its text.

use crate::grade::rubric::MetricName;
use crate::resources::Alarm;
use mlops_cloudwatch::alarm::{AlarmDefinition, AlarmQuery, DEFAULT_PERIOD, MetricSeries, WatchedSignal};
use mlops_cloudwatch::math::{Frame, Program};
use std::collections::BTreeMap;

/// How an alarm relates to the metric.
#[derive(Debug, Clone, PartialEq)]
pub enum Watches {
    /// The metric, times `scale`.
    Metric {
        statistic: String,
        period: i32,
        scale: f64,
    },
    /// Its share of another metric; a threshold times `percent` is one in percent.
    Share {
        period: i32,
        percent: f64,
    },
    /// The same metric of something else.
    OtherDimensions(BTreeMap<String, String>),
    /// Another metric of the same thing.
    OtherMetric(String),
    /// It has to do with the metric, but what it says of it is not known; a reason in words.
    Unclear(String),
    Nothing,
}

/// What is asked for. `of` is the metric whose share counts as well.
#[derive(Debug, Clone, Copy)]
pub struct RequiredMetric<'a> {
    pub metric: &'a MetricName,
    pub of: Option<&'a str>,
}

/// Test values: so many that a condition on little traffic does not hold, with a share of one percent.
const PART: f64 = 1_000.0;
const WHOLE: f64 = 100_000.0;
/// Slots of a probe: enough for what looks back a little.
const SLOTS: usize = 12;

pub fn watches(alarm: &Alarm, asked: RequiredMetric<'_>) -> Watches {
    let definition = alarm.definition();
    match &definition.signal {
        WatchedSignal::PromQl(_) => Watches::Unclear("it asks in PromQL, which is not judged here".to_owned()),
        WatchedSignal::Metric(series) => one(series, asked),
        WatchedSignal::Band { watched, .. } => match &watched.metric {
            Some(series) => one(series, asked),
            None => math(&definition, asked),
        },
        WatchedSignal::Math(_) => math(&definition, asked),
        WatchedSignal::Unmodelled => Watches::Nothing,
    }
}

fn one(series: &MetricSeries<'_>, asked: RequiredMetric<'_>) -> Watches {
    let MetricSeries { namespace, name, dimensions, stat, .. } = *series;
    let period = series.period.unwrap_or(DEFAULT_PERIOD);
    let MetricName { namespace: wanted_namespace, name: wanted_name, dimensions: wanted } = asked.metric;
    let same_metric = namespace == wanted_namespace && name == wanted_name;
    let same_thing = namespace == wanted_namespace && holds(dimensions, wanted);
    match (same_metric, same_thing) {
        // A metric that is 1 for each failure and 0 for each success: its average is the share of failures.
        (true, true) if stat == "Average" && asked.of.is_some() => Watches::Share { period, percent: 100.0 },
        (true, true) => Watches::Metric { statistic: stat.to_owned(), period, scale: 1.0 },
        (true, false) => Watches::OtherDimensions(dimensions.clone()),
        (false, true) if !wanted.is_empty() => Watches::OtherMetric(name.to_owned()),
        _ => Watches::Nothing,
    }
}

/// Whether the dimensions hold all those that are wanted.
fn holds(dimensions: &BTreeMap<String, String>, wanted: &BTreeMap<String, String>) -> bool {
    wanted.iter().all(|(name, value)| dimensions.get(name) == Some(value))
}

/// Metric math over the metric, by what it does to numbers.
fn math(definition: &AlarmDefinition<'_>, asked: RequiredMetric<'_>) -> Watches {
    // The sum is what a share is made of: an average in math is no share by itself.
    let alone = RequiredMetric { of: None, ..asked };
    let metrics: Vec<MetricSeries<'_>> = definition.metrics().collect();
    let relations: Vec<(Option<&str>, Watches)> =
        metrics.iter().map(|series| (series.id, one(series, alone))).collect();
    let own = relations.iter().find_map(|(id, relation)| match relation {
        Watches::Metric { statistic, period, .. } => Some(((*id)?, statistic.clone(), *period)),
        _ => None,
    });
    let Some((id, statistic, period)) = own else {
        // Nothing of it is the metric: what is nearest to it is what there is to say.
        let near = |wanted: fn(&Watches) -> bool| relations.iter().map(|(_, w)| w).find(|w| wanted(w)).cloned();
        return near(|w| matches!(w, Watches::OtherDimensions(_)))
            .or_else(|| near(|w| matches!(w, Watches::OtherMetric(_))))
            .unwrap_or(Watches::Nothing);
    };
    let whole = asked.of.and_then(|of| {
        let is = |series: &&MetricSeries<'_>| {
            series.namespace == asked.metric.namespace
                && series.name == of
                && holds(series.dimensions, &asked.metric.dimensions)
        };
        metrics.iter().find(is)?.id
    });
    let program = match Program::new(definition.queries.iter().map(AlarmQuery::math)) {
        Ok(program) => program,
        Err(error) => return Watches::Unclear(format!("its metric math is not understood: {error}")),
    };
    let probe = Probe { program: &program, part: id, whole, period: i64::from(period.max(1)) };
    match probe.relation() {
        Some(MetricRelation::Times(scale)) => Watches::Metric { statistic, period, scale },
        Some(MetricRelation::Share(unit)) => Watches::Share { period, percent: 1.0 / unit },
        None => Watches::Unclear("its metric math is neither the metric nor a share of it".to_owned()),
    }
}

enum MetricRelation {
    /// So many times the metric.
    Times(f64),
    /// The value at one percent.
    Share(f64),
}

struct Probe<'a> {
    program: &'a Program,
    part: &'a str,
    whole: Option<&'a str>,
    period: i64,
}

impl Probe<'_> {
    /// Proportional to the metric, and either independent of the other one or inversely proportional to it; of no further metric
    /// at all.
    fn relation(&self) -> Option<MetricRelation> {
        let base = self.value(PART, WHOLE, 5.0)?;
        let is = |found: Option<f64>, wanted: f64| found.is_some_and(|f| (f - wanted).abs() <= 1e-6 * wanted.abs());
        let proportional = base > 0.0 && is(self.value(2.0 * PART, WHOLE, 5.0), 2.0 * base);
        if !proportional || !is(self.value(PART, WHOLE, 11.0), base) {
            return None;
        }
        let halved = self.value(PART, 2.0 * WHOLE, 5.0);
        if is(halved, base) {
            return Some(MetricRelation::Times(base / PART));
        }
        is(halved, base / 2.0).then_some(MetricRelation::Share(base))
    }

    /// The value that is watched, where the metrics are constant.
    fn value(&self, part: f64, whole: f64, others: f64) -> Option<f64> {
        let series: Vec<Vec<f64>> = self
            .program
            .metrics
            .iter()
            .map(|id| match id.as_str() {
                id if id == self.part => part,
                id if Some(id) == self.whole => whole,
                _ => others,
            })
            .map(|value| vec![value; SLOTS])
            .collect();
        let metrics: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
        let frame = Frame { metrics: &metrics, len: SLOTS, start: 0, step: self.period, period: self.period };
        let values = self.program.run(&frame).ok()?;
        values.last().copied().filter(|value| value.is_finite())
    }
}
