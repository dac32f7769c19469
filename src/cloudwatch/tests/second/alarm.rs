//! A random metric alarm, and its states by the user guide: "Evaluating an alarm", "Configuring how CloudWatch alarms treat missing data"
//! (with its tables), PutMetricAlarm. Looks at raw measurements anew for every evaluation.

use super::draw::Draw;
use super::math::{Points, Term, Value};
use mlops_cloudwatch::alarm::{
    AlarmDefinition, AlarmLimit, AlarmQuery, AlarmWindow, Evaluation, LowSamples, MetricSeries, WatchedSignal,
};
use mlops_cloudwatch::evaluation::condition::EvaluationOptions;
use mlops_cloudwatch::evaluation::need::{MetricStatistic, RemoteExpression};
use mlops_cloudwatch::evaluation::past::Past;
use mlops_cloudwatch::evaluation::series::{PeriodGrid, ValueSeries};
use mlops_cloudwatch::missing::MissingData;
use mlops_cloudwatch::state::AlarmState;
use std::collections::BTreeMap;
use std::fmt;

/// Monday 2026-01-05, 00:00 UTC.
const START: i64 = 1_767_571_200;
pub const IDS: [&str; 3] = ["m1", "m2", "errors"];

/// An alarm and what its metrics measured.
pub struct Drawn {
    pub n: usize,
    pub m: usize,
    pub names_m: bool,
    pub operator: &'static str,
    pub threshold: f64,
    pub treatment: &'static str,
    pub namespace: &'static str,
    pub statistic: &'static str,
    pub period: i64,
    /// How many datapoints more than N are retrieved, where it is told.
    pub more: Option<usize>,
    /// Seconds east of UTC, where windows follow a clock.
    pub clock: Option<(&'static str, i64)>,
    /// How many evaluations are looked at.
    pub length: i64,
    pub expression: Option<(Term, String)>,
    /// Of each metric when something was measured, and what; several at one time are several samples.
    pub samples: [Vec<(i64, f64)>; 3],
    pub none: BTreeMap<String, String>,
}

/// Without what was measured: that follows from the seed.
impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { n, m, operator, threshold, treatment, namespace, statistic, period, clock, more, .. } = self;
        let expression = self.expression.as_ref().map_or("m1", |(_, text)| text);
        write!(
            f,
            "{m}/{n} {operator} {threshold} {treatment} {namespace} {statistic} {period} s {clock:?} {more:?}: {expression}"
        )
    }
}

/// One evaluation.
pub struct EvaluationStep {
    pub at: i64,
    /// The datapoints that were retrieved, newest first.
    pub values: Vec<Option<f64>>,
    pub state: AlarmState,
}

pub struct Evaluated {
    pub steps: Vec<EvaluationStep>,
}

impl Evaluated {
    pub fn changes(&self) -> Vec<i64> {
        let mut state = AlarmState::InsufficientData;
        let mut changes = Vec::new();
        for step in &self.steps {
            if step.state != state {
                state = step.state;
                changes.push(step.at);
            }
        }
        changes
    }
}

impl Drawn {
    pub fn new(draw: &mut Draw) -> Self {
        let n = draw.number(1, 5) as usize;
        let names_m = draw.chance(60);
        let m = if names_m { draw.number(1, n as i64) as usize } else { n };
        let (mut period, mut length) = (draw.one(&[10, 30, 60, 60, 60, 120, 300, 300, 900, 3600]), draw.number(4, 14));
        let mut clock = None;
        if period >= 60 && draw.chance(10) {
            period = draw.one(&[60, 300, 3600]);
            clock = Some(draw.one(&[("UTC", 0), ("+05:30", 19_800), ("-03:00", -10_800)]));
        }
        let mut n = n;
        if period == 3600 && clock.is_none() && draw.chance(30) {
            // More than a day.
            (n, length) = (25, 3);
        }
        let more = draw.chance(20).then(|| draw.number(0, 3) as usize);
        let m = m.min(n);
        let names_m = names_m || m != n;
        let expression = draw.chance(60).then(|| {
            let term = Term::series(draw, 4);
            let text = term.text();
            (term, text)
        });
        let mut drawn = Self {
            n,
            m,
            names_m,
            operator: draw.one(&[
                "GreaterThanThreshold",
                "GreaterThanOrEqualToThreshold",
                "LessThanThreshold",
                "LessThanOrEqualToThreshold",
            ]),
            threshold: draw.number(-4, 12) as f64 / 2.0,
            treatment: draw.one(&["missing", "ignore", "breaching", "notBreaching"]),
            namespace: draw.one(&["App", "App", "App", "AWS/DynamoDB"]),
            statistic: draw.one(&["Sum", "Sum", "Average", "Minimum", "Maximum", "SampleCount"]),
            period,
            more,
            clock,
            length,
            expression,
            samples: Default::default(),
            none: BTreeMap::new(),
        };
        let step = drawn.resolution();
        // From long before the first evaluation on, so that the ranges that are looked at are full.
        let (from, until) = drawn.span();
        let first = from - drawn.period * (drawn.range() as i64 + 2);
        for samples in &mut drawn.samples {
            // A metric that is always there, one that comes and goes, one that is silent for long, one that says nothing.
            let (mut there, change) =
                draw.one(&[(true, 0), (true, 30), (false, 30), (true, 8), (false, 8), (false, 0)]);
            let spacing = step * draw.one(&[1, 1, (drawn.period / step).max(1)]);
            let mut at = first;
            while at < until {
                if draw.chance(change) {
                    there = !there;
                }
                if there {
                    (0..draw.one(&[1, 1, 1, 2])).for_each(|_| samples.push((at, draw.number(-3, 6) as f64)));
                }
                at += spacing;
            }
        }
        drawn
    }

    pub fn is_math(&self) -> bool {
        self.expression.is_some()
    }

    /// Of the measurements, in seconds.
    fn resolution(&self) -> i64 {
        if self.period < 60 { 10 } else { 60 }
    }

    /// Every minute; of high resolution every ten seconds; of more than a day every hour; by a clock when a period is over.
    fn moments(&self) -> Vec<i64> {
        let every = match (self.clock, self.period) {
            (Some(_), period) => period,
            (None, period) if period < 60 => 10,
            (None, period) if period * self.n as i64 > 86_400 => 3_600,
            _ => 60,
        };
        let east = self.clock.map_or(0, |(_, east)| east);
        let first = START + every - (START + east) % every;
        (0..self.length).map(|n| first + n * every).collect()
    }

    pub fn span(&self) -> (i64, i64) {
        (START, *self.moments().last().unwrap())
    }

    /// "CloudWatch attempts to retrieve a higher number of data points than the number specified": how many is not documented.
    fn range(&self) -> usize {
        self.n + self.more.unwrap_or(if self.period >= 300 { 2 } else { 5 })
    }

    pub fn options(&self) -> EvaluationOptions {
        EvaluationOptions { evaluation_range: self.more.map(|more| self.n + more) }
    }

    /// The statistic of a metric from one moment until before another.
    fn statistic(&self, metric: usize, from: i64, until: i64) -> Option<f64> {
        let within = self.samples[metric].iter().filter(|(at, _)| (from..until).contains(at));
        let values: Vec<f64> = within.map(|(_, value)| *value).collect();
        if values.is_empty() {
            return None;
        }
        let sum: f64 = values.iter().sum();
        Some(match self.statistic {
            "Sum" => sum,
            "Average" => sum / values.len() as f64,
            "Minimum" => values.iter().copied().fold(f64::INFINITY, f64::min),
            "Maximum" => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            _ => values.len() as f64,
        })
    }

    /// The datapoints of the evaluation range that ends at a moment, newest first.
    fn retrieve(&self, at: i64) -> Vec<Option<f64>> {
        let times: Vec<i64> = (1..=self.range() as i64).rev().map(|back| at - back * self.period).collect();
        let series = |metric: usize| -> Points {
            times.iter().filter_map(|from| Some((*from, self.statistic(metric, *from, from + self.period)?))).collect()
        };
        let points = match &self.expression {
            None => series(0),
            Some((term, _)) => {
                let metrics = [series(0), series(1), series(2)];
                match term.value(&metrics, &times, self.period) {
                    Value::Series(points) => points,
                    _ => unreachable!("a series was drawn"),
                }
            }
        };
        times.iter().rev().map(|time| points.get(time).copied()).collect()
    }

    pub fn evaluate(&self) -> Evaluated {
        let mut state = AlarmState::InsufficientData;
        let step = |at: i64| {
            let values = self.retrieve(at);
            state = self.next(state, &values);
            EvaluationStep { at, values, state }
        };
        Evaluated { steps: self.moments().into_iter().map(step).collect() }
    }

    fn breaches(&self, value: f64) -> bool {
        match self.operator {
            "GreaterThanThreshold" => value > self.threshold,
            "GreaterThanOrEqualToThreshold" => value >= self.threshold,
            "LessThanThreshold" => value < self.threshold,
            _ => value <= self.threshold,
        }
    }

    /// "If fewer than the value of Datapoints to Alarm are breaching, the alarm state is set to OK. Otherwise, ALARM", with missing
    /// data points used "as few times as possible".
    fn next(&self, before: AlarmState, newest_first: &[Option<f64>]) -> AlarmState {
        let state = |breaching: usize| if breaching >= self.m { AlarmState::Alarm } else { AlarmState::Ok };
        let existing: Vec<bool> = newest_first.iter().flatten().map(|value| self.breaches(*value)).collect();
        if existing.len() >= self.n {
            return state(existing[..self.n].iter().filter(|breaching| **breaching).count());
        }
        let shortfall = self.n - existing.len();
        let breaching = existing.iter().filter(|breaching| **breaching).count();
        // "Alarms that evaluate metrics in the AWS/DynamoDB namespace always ignore missing data."
        let treatment = if self.namespace == "AWS/DynamoDB" { "ignore" } else { self.treatment };
        match treatment {
            "breaching" => return state(breaching + shortfall),
            "notBreaching" => return state(breaching),
            "missing" if existing.is_empty() => return AlarmState::InsufficientData,
            "ignore" if existing.is_empty() => return before,
            _ => {}
        }
        if breaching < existing.len() || breaching >= self.m {
            return state(breaching);
        }
        // "... when the oldest available breaching datapoint ... is at least as old as the value of Datapoints to Alarm, and all other
        // more recent data points are breaching or missing"; the tables: not with `ignore`.
        let age = newest_first.iter().rposition(Option::is_some).map_or(0, |at| at + 1);
        if treatment == "missing" && age >= self.m { AlarmState::Alarm } else { before }
    }

    fn metric(&self, id: Option<&'static str>, name: &'static str) -> MetricSeries<'_> {
        MetricSeries {
            id,
            account: None,
            namespace: self.namespace,
            name,
            dimensions: &self.none,
            stat: self.statistic,
            period: Some(self.period as i32),
            unit: None,
        }
    }

    /// The alarm as the crate knows alarms.
    pub fn definition(&self) -> AlarmDefinition<'_> {
        let query = |id: &'static str| AlarmQuery {
            id,
            metric: Some(self.metric(Some(id), id)),
            expression: None,
            period: None,
            return_data: false,
        };
        let mut queries = Vec::new();
        let signal = match &self.expression {
            None => WatchedSignal::Metric(self.metric(None, IDS[0])),
            Some((_, text)) => {
                queries.extend(IDS.map(query));
                let result =
                    AlarmQuery { id: "result", metric: None, expression: Some(text), period: None, return_data: true };
                queries.push(result);
                WatchedSignal::Math(text)
            }
        };
        let evaluation = Evaluation {
            n: self.n as u32,
            m: self.m as u32,
            names_m: self.names_m,
            limit: AlarmLimit::of(Some(self.operator), Some(self.threshold), false),
            missing: MissingData::from_word(self.treatment).ok_or(self.treatment),
            low_samples: LowSamples::Evaluate,
            window: self.clock.map_or(AlarmWindow::Sliding, |(zone, _)| AlarmWindow::WallClock(zone)),
            period: Some(self.period as i32),
        };
        AlarmDefinition { signal, queries, evaluation, warm_up: None }
    }
}

/// What the metrics said, as the crate asks for it.
impl Past for Drawn {
    fn step(&self, _: &MetricStatistic) -> Result<Option<i64>, String> {
        Ok(Some(self.resolution()))
    }

    fn values(&self, source: &MetricStatistic, grid: &PeriodGrid) -> Vec<f64> {
        let metric = IDS.iter().position(|id| *id == source.metric.name).unwrap();
        let value = |end: i64| self.statistic(metric, end - source.period, end).unwrap_or(f64::NAN);
        (0..grid.len).map(|index| value(grid.end(index))).collect()
    }

    fn asked(&self, _: &RemoteExpression) -> &[ValueSeries] {
        &[]
    }
}
