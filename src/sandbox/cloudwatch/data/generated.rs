//! Two weeks in the life of a Lambda function, minute by minute, as a function of account, region, name and seed: a daily cycle,
//! idle nights, quiet weekends, an incident a week, a burst of throttles every third day. The same minute is always the same.

use crate::cloudwatch::metric::WireMetric;
use crate::store::Tx;
use crate::weather::fold;
use mlops_cloudwatch::statistic::{Aggregate, Sample};
use std::f64::consts::PI;
use std::iter::empty;

const MINUTES_OF_DAY: i64 = 1440;
const MINUTES_OF_WEEK: i64 = 7 * MINUTES_OF_DAY;
/// People are awake from 11:00 to 5:00 UTC: New York's day.
const MORNING: i64 = 11 * 60;
const AWAKE: i64 = 18 * 60;

/// The metrics of AWS/Lambda that are generated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LambdaMetric {
    Invocations,
    Errors,
    Throttles,
    Duration,
    ConcurrentExecutions,
}

impl LambdaMetric {
    pub const ALL: [(&'static str, LambdaMetric); 5] = [
        ("Invocations", LambdaMetric::Invocations),
        ("Errors", LambdaMetric::Errors),
        ("Throttles", LambdaMetric::Throttles),
        ("Duration", LambdaMetric::Duration),
        ("ConcurrentExecutions", LambdaMetric::ConcurrentExecutions),
    ];

    pub fn parse(metric: &WireMetric) -> Option<Self> {
        let named = metric.metric_name.as_deref().filter(|_| metric.namespace.as_deref() == Some("AWS/Lambda"))?;
        Self::ALL.into_iter().find(|(name, _)| *name == named).map(|(_, name)| name)
    }

    pub fn unit(self) -> &'static str {
        if self == LambdaMetric::Duration { "Milliseconds" } else { "Count" }
    }
}

/// A function's temperament.
#[derive(Clone, Copy, Debug)]
pub struct GeneratedFunction {
    seed: u64,
    /// Invocations a minute at its busiest.
    peak: f64,
    /// Milliseconds of an ordinary call.
    median: f64,
}

/// What a function did in one minute.
#[derive(Clone, Debug, PartialEq)]
pub struct Minute {
    errors: u32,
    throttles: u32,
    /// Milliseconds of each invocation.
    durations: Vec<f64>,
}

impl GeneratedFunction {
    pub fn new(tx: &Tx, name: &str) -> Self {
        let seed = fold(tx.seed(), [tx.account(), tx.region(), name]);
        let mut draw = fastrand::Rng::with_seed(seed);
        GeneratedFunction { seed, peak: 12.0 + draw.f64() * 18.0, median: 140.0 + draw.f64() * 120.0 }
    }

    /// One metric of a minute since 1970; none where Lambda would publish nothing.
    pub fn aggregate(&self, minute: i64, name: LambdaMetric) -> Option<Aggregate> {
        let timed = matches!(name, LambdaMetric::Duration | LambdaMetric::ConcurrentExecutions);
        self.minute(minute, timed).and_then(|done| done.aggregate(name))
    }

    /// What it did in a minute; none where it was not called. How long the calls took is reckoned only where it is wanted: it costs
    /// most of the work.
    fn minute(&self, minute: i64, timed: bool) -> Option<Minute> {
        let mut draw = self.draw(minute.unsigned_abs());
        let incident = self.incident(minute);
        let invocations = poisson(&mut draw, self.rate(minute));
        let throttles = if self.is_throttled(minute) { draw.u32(2..10) } else { 0 };
        if invocations + throttles == 0 {
            return None;
        }
        let failing = incident.unwrap_or(0.002);
        let slow = if incident.is_some() { 2.5 } else { 1.0 };
        // Rare calls find no warm instance.
        let cold = 1.0 / (1.0 + 4.0 * self.rate(minute));
        let (mut errors, mut durations) = (0, Vec::new());
        for n in 0..invocations {
            errors += u32::from(draw.f64() < failing);
            let (a, b) = (draw.f64(), draw.f64());
            let ordinary = if timed { self.median * slow * (0.45 * normal(a, b)).exp() } else { 0.0 };
            let start = if n == 0 && draw.f64() < cold { 700.0 + 600.0 * draw.f64() } else { 0.0 };
            durations.push((((ordinary + start) * 100.0).round() / 100.0).min(29_000.0));
        }
        Some(Minute { errors, throttles, durations })
    }

    fn draw(&self, number: u64) -> fastrand::Rng {
        fastrand::Rng::with_seed(fold(self.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15), empty()))
    }

    /// Invocations to expect in a minute.
    fn rate(&self, minute: i64) -> f64 {
        let awake = (minute - MORNING).rem_euclid(MINUTES_OF_DAY);
        if awake >= AWAKE {
            return 0.01;
        }
        // 1970 began on a Thursday.
        let weekend = [2, 3].contains(&(minute - MORNING).div_euclid(MINUTES_OF_DAY).rem_euclid(7));
        let share = (PI * awake as f64 / AWAKE as f64).sin().powf(1.5);
        self.peak * share * if weekend { 0.35 } else { 1.0 }
    }

    /// The share of calls that fail in the week's incident, while it lasts.
    fn incident(&self, minute: i64) -> Option<f64> {
        let week = minute.div_euclid(MINUTES_OF_WEEK);
        let mut draw = self.draw(week.unsigned_abs() ^ (1 << 62));
        let weekday = [0, 1, 4, 5, 6][draw.usize(..5)];
        let start = week * MINUTES_OF_WEEK + weekday * MINUTES_OF_DAY + MORNING + 180 + draw.i64(0..480);
        let length = draw.i64(25..70);
        (start..start + length).contains(&minute).then(|| 0.25 + draw.f64() * 0.3)
    }

    /// Three minutes every third noon.
    fn is_throttled(&self, minute: i64) -> bool {
        let day = (minute - MORNING).div_euclid(MINUTES_OF_DAY);
        let mut draw = self.draw(day.unsigned_abs() ^ (1 << 61));
        let start = day * MINUTES_OF_DAY + MORNING + draw.i64(360..600);
        day.unsigned_abs() % 3 == self.seed % 3 && (start..start + 3).contains(&minute)
    }
}

impl Minute {
    fn aggregate(&self, name: LambdaMetric) -> Option<Aggregate> {
        let invocations = self.durations.len() as f64;
        let flags = |set: u32, of: f64| vec![(0.0, of - f64::from(set)), (1.0, f64::from(set))];
        let samples: Vec<Sample> = match name {
            LambdaMetric::Throttles => flags(self.throttles, invocations + f64::from(self.throttles)),
            _ if self.durations.is_empty() => return None,
            LambdaMetric::Invocations => vec![(1.0, invocations)],
            LambdaMetric::Errors => flags(self.errors, invocations),
            LambdaMetric::Duration => self.durations.iter().map(|duration| (*duration, 1.0)).collect(),
            LambdaMetric::ConcurrentExecutions => {
                let busy = self.durations.iter().sum::<f64>() / 60_000.0;
                vec![((busy * 3.0).ceil().max(1.0), 1.0)]
            }
        };
        Some(Aggregate::of(samples.into_iter().filter(|(_, count)| *count > 0.0).collect()))
    }
}

/// A count with this mean (Knuth); the mean is small here.
fn poisson(draw: &mut fastrand::Rng, mean: f64) -> u32 {
    let limit = (-mean).exp();
    let (mut count, mut product) = (0, draw.f64());
    while product > limit {
        count += 1;
        product *= draw.f64();
    }
    count
}

/// A standard normal deviate of two even ones (Box and Muller).
fn normal(a: f64, b: f64) -> f64 {
    (-2.0 * (1.0 - a).ln()).sqrt() * (2.0 * PI * b).cos()
}
