//! The last hours of what alarms watch and of how often functions ran: all of it from one batched GetMetricData, which takes 500
//! queries a call.

use super::StackStatus;
use crate::aws::{Aws, AwsError};
use crate::backtest::history::fetch::{self, Detail};
use crate::backtest::history::{MetricIdentity, MetricStatistic};
use crate::backtest::sketch::Sketch;
use crate::resources::Alarm;
use mlops_cloudwatch::comparison::Comparison;
use mlops_cloudwatch::evaluation::condition::{Condition, EvaluationOptions};
use mlops_cloudwatch::evaluation::series::PeriodGrid;
use mlops_cloudwatch::evaluation::watched::{EvaluatedSeries, MetricRequirements};
use mlops_cloudwatch::missing::MissingData;
use std::collections::BTreeMap;

const HOUR: i64 = 3_600;
/// How far back the curves reach. A minute apart, 500 queries of so long a time are one call (100,800 datapoints a call).
pub const REACH: i64 = 3 * HOUR;
/// Alarms with periods of this length or longer are asked for in a call of their own, which reaches farther back.
const LONG: i64 = HOUR;
const LONG_PERIODS: i64 = 24;
/// How far back a function that does not run is looked at, hour by hour.
pub const IDLE_DAYS: i64 = 14;

/// What an alarm watched between two moments, in seconds since 1970: what it compared at each of its evaluations.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    pub from: i64,
    pub until: i64,
    pub sketch: Sketch,
}

/// How often a function ran.
#[derive(Debug, Clone, PartialEq)]
pub struct Invocations {
    /// In the last `REACH` seconds, and each minute of them.
    pub count: f64,
    pub minutes: Vec<Option<f64>>,
    /// Seconds since 1970, to the minute, or to the hour where it is longer ago.
    pub last: Option<i64>,
    /// How far back it was looked for, in seconds.
    pub looked_back: i64,
}

#[derive(Debug, Clone, Default)]
pub struct AlarmCurves {
    /// By alarm name; the error says why there is none.
    pub alarms: BTreeMap<String, Result<Curve, String>>,
    pub functions: BTreeMap<String, Invocations>,
}

impl Curve {
    /// The newest value there is.
    pub fn newest(&self) -> Option<f64> {
        self.sketch.columns.iter().rev().flatten().map(|(_, high)| *high).next()
    }

    pub fn breaches(&self, value: f64) -> bool {
        self.sketch.comparison.breaches(value, self.sketch.threshold)
    }
}

/// One call for all alarms and functions up to about 500 queries. A second one for functions that did not run lately, unless
/// `previous` knows when they last did.
pub async fn read(
    aws: &Aws,
    alarms: &[&Alarm],
    functions: &[&str],
    now: i64,
    previous: Option<&StackStatus>,
) -> Result<AlarmCurves, AwsError> {
    let until = now.div_euclid(60) * 60;
    let mut curves = AlarmCurves::default();
    let (mut near, mut far) = (Vec::new(), Vec::new());
    for alarm in alarms {
        match Condition::of(&alarm.definition(), EvaluationOptions::default()) {
            Ok(condition) if condition.period >= LONG => far.push((*alarm, condition)),
            Ok(condition) => near.push((*alarm, condition)),
            Err(why) => _ = curves.alarms.insert(alarm.name.clone(), Err(why)),
        }
    }
    let longest = far.iter().map(|(_, condition)| condition.period).max().unwrap_or(HOUR);
    let far_from = until - LONG_PERIODS.saturating_mul(longest);
    let counted: Vec<(&str, MetricStatistic)> = functions.iter().map(|name| (*name, invocations(name, 60))).collect();
    let (near, far) =
        futures_util::try_join!(of(aws, &near, &counted, until - REACH, until), of(aws, &far, &[], far_from, until))?;
    for found in [near, far] {
        curves.alarms.extend(found.alarms);
        curves.functions.extend(found.functions);
    }
    for function in previous.iter().flat_map(|previous| &previous.functions) {
        if let (Some(found), Some(known)) = (curves.functions.get_mut(&function.name), &function.invocations)
            && found.last.is_none()
        {
            (found.last, found.looked_back) = (known.last, known.looked_back);
        }
    }
    look_for_idle(aws, &mut curves, until).await?;
    Ok(curves)
}

type Watching<'a> = (&'a Alarm, Condition);

async fn of(
    aws: &Aws,
    alarms: &[Watching<'_>],
    functions: &[(&str, MetricStatistic)],
    from: i64,
    until: i64,
) -> Result<AlarmCurves, AwsError> {
    let mut needs: Vec<(MetricRequirements, Condition)> = alarms
        .iter()
        .map(|(alarm, condition)| (MetricRequirements::of(&alarm.definition(), condition), condition.clone()))
        .collect();
    needs.extend(functions.iter().map(|(_, source)| need(source)));
    if needs.iter().all(|(need, _)| need.sources.is_empty() && need.asked.is_none()) {
        return Ok(AlarmCurves::default());
    }
    let history = fetch::fetch(aws, &needs, from, until, Detail::Finest).await?;
    let mut curves = AlarmCurves::default();
    for (alarm, condition) in alarms {
        let curve = EvaluatedSeries::new(&alarm.definition(), condition, &history, from, until).map(|watched| Curve {
            from,
            until,
            sketch: Sketch::values(&watched, condition, from),
        });
        curves.alarms.insert(alarm.name.clone(), curve);
    }
    let len = usize::try_from((until - from) / 60).unwrap_or(0);
    for (name, source) in functions {
        let grid = PeriodGrid { first: from + 60, step: 60, len, period: 60 };
        let values = history.values(source, &grid);
        let ran = |value: &f64| *value > 0.0;
        let last = values.iter().rposition(ran).map(|at| grid.end(at) - 60);
        let invocations = Invocations {
            count: values.iter().filter(|value| ran(value)).sum(),
            minutes: values.iter().map(|value| (!value.is_nan()).then_some(*value)).collect(),
            last,
            looked_back: until - from,
        };
        curves.functions.insert((*name).to_owned(), invocations);
    }
    Ok(curves)
}

/// When the functions that did not run lately last did, to the hour.
async fn look_for_idle(aws: &Aws, curves: &mut AlarmCurves, until: i64) -> Result<(), AwsError> {
    let is_idle = |found: &Invocations| found.last.is_none() && found.looked_back == REACH;
    let idle = curves.functions.iter_mut().filter(|(_, found)| is_idle(found));
    let idle: Vec<(&mut Invocations, MetricStatistic)> =
        idle.map(|(name, found)| (found, invocations(name, HOUR))).collect();
    if idle.is_empty() {
        return Ok(());
    }
    let needs: Vec<(MetricRequirements, Condition)> = idle.iter().map(|(_, source)| need(source)).collect();
    let until = until.div_euclid(HOUR) * HOUR + HOUR;
    let from = until - IDLE_DAYS * 24 * HOUR;
    let history = fetch::fetch(aws, &needs, from, until, Detail::Period).await?;
    let grid = PeriodGrid { first: from + HOUR, step: HOUR, len: IDLE_DAYS as usize * 24, period: HOUR };
    for (found, source) in idle {
        let values = history.values(&source, &grid);
        found.last = values.iter().rposition(|value| *value > 0.0).map(|at| grid.end(at) - HOUR);
        found.looked_back = IDLE_DAYS * 24 * HOUR;
    }
    Ok(())
}

fn invocations(function: &str, period: i64) -> MetricStatistic {
    let metric = MetricIdentity {
        namespace: "AWS/Lambda".into(),
        name: "Invocations".into(),
        dimensions: BTreeMap::from([("FunctionName".to_owned(), function.to_owned())]),
        ..MetricIdentity::default()
    };
    MetricStatistic { metric, stat: "Sum".into(), period }
}

/// A source alone; of its condition only period and range matter to a fetch.
fn need(source: &MetricStatistic) -> (MetricRequirements, Condition) {
    let condition = Condition {
        n: 1,
        m: 1,
        names_m: false,
        comparison: Comparison::Greater,
        threshold: 0.0,
        missing: MissingData::Missing,
        period: source.period,
        range: 1,
        least_samples: None,
    };
    (MetricRequirements { sources: vec![source.clone()], asked: None }, condition)
}
