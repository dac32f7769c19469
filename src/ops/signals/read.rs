//! Reads the signals: one batched GetMetricData for all functions and both periods, the functions' settings, the account's
//! quota, and what REPORT lines say.

use super::from_logs::{self, FromLogs};
use super::{FunctionSignals, GoldenSignals, SignalCurves, SignalWindow};
use crate::aws::{ApiOperation, Aws, AwsError, Repeat};
use crate::backtest::history::MetricIdentity;
use crate::backtest::history::fetch::{Points, QUERIES_A_CALL, get, query_of};
use crate::resources::function::{self, FunctionFacts, default_log_group};
use futures_util::future::{join, join_all, try_join_all};
use std::collections::BTreeMap;

const ACCOUNT: ApiOperation = ApiOperation("lambda", "GetAccountSettings");
/// Steps that a curve can have, and how many a period may have at most.
const STEPS: [i64; 7] = [60, 300, 900, 3_600, 10_800, 21_600, 86_400];
const MOST_STEPS: i64 = 100;

/// What is asked of each function over each step, and over each whole period: metric and statistic.
const CURVES: [(&str, &str); 8] = [
    ("Invocations", "Sum"),
    ("Errors", "Sum"),
    ("Throttles", "Sum"),
    ("Duration", "p95"),
    ("ConcurrentExecutions", "Maximum"),
    ("Duration", "p50"),
    ("Duration", "p99"),
    ("Duration", "Maximum"),
];
const WHOLES: [(&str, &str); 4] =
    [("Duration", "p50"), ("Duration", "p95"), ("Duration", "p99"), ("Duration", "Maximum")];

#[derive(Debug, Clone, Copy)]
pub struct SignalsRequest {
    /// Seconds since 1970.
    pub now: i64,
    /// Seconds that one period is long, at least a minute.
    pub length: i64,
    /// Whether log lines are read as well.
    pub logs: bool,
}

/// The step that fits a period, and the period in whole steps.
pub fn fitting(length: i64) -> (i64, i64) {
    let length = length.max(60);
    let step = STEPS.into_iter().find(|step| length / step <= MOST_STEPS).unwrap_or(86_400);
    (step, (length + step - 1) / step * step)
}

/// Reads all of it in one wave.
///
/// # Errors
/// Where the metrics cannot be read. What else cannot is a note.
pub async fn read(aws: &Aws, names: &[String], asking: SignalsRequest) -> Result<GoldenSignals, AwsError> {
    let (step, length) = fitting(asking.length);
    // The step that is running now is looked at as well.
    let until = (asking.now + step - 1).div_euclid(step) * step;
    let from = until - length;
    let metrics = metrics(aws, names, from - length, until, step, length);
    let others = join(join_all(names.iter().map(|name| function::aws::read(aws, name))), quota(aws));
    let (metrics, (facts, quota)) = join(metrics, others).await;
    let (found, mut notes) = (metrics?, Vec::new());
    let quota = quota.map_err(|error| notes.push(format!("the quota of concurrency is unknown: {error}"))).ok();
    let mut functions = Vec::new();
    for (n, (name, facts)) in names.iter().zip(facts).enumerate() {
        let facts = match facts {
            Ok(None) => {
                notes.push(format!("there is no function {name} in {} now", aws.region()));
                None
            }
            Ok(facts) => facts,
            Err(error) => {
                notes.push(format!("timeout and memory of {name} are unknown: {error}"));
                None
            }
        };
        functions.push(one(name, n, facts, &found, SignalGrid { from: from - length, step, length }));
    }
    if asking.logs {
        read_logs(aws, &mut functions, from, asking.now, &mut notes).await;
    }
    Ok(GoldenSignals { region: aws.region().to_owned(), from, until, step, quota, functions, notes })
}

/// Two periods from `from` on.
#[derive(Clone, Copy)]
struct SignalGrid {
    from: i64,
    step: i64,
    length: i64,
}

async fn metrics(
    aws: &Aws,
    names: &[String],
    start: i64,
    end: i64,
    step: i64,
    length: i64,
) -> Result<BTreeMap<String, Points>, AwsError> {
    let mut queries = Vec::new();
    for (n, name) in names.iter().enumerate() {
        let metric = |metric: &str| MetricIdentity {
            namespace: "AWS/Lambda".into(),
            name: metric.to_owned(),
            dimensions: BTreeMap::from([("FunctionName".into(), name.clone())]),
            ..MetricIdentity::default()
        };
        let query = |id: String, (name, stat): (&str, &str), step| {
            query_of(id, &metric(name), stat, step).return_data(true).build()
        };
        queries.extend(CURVES.into_iter().enumerate().map(|(m, asked)| query(format!("q{n}c{m}"), asked, step)));
        queries.extend(WHOLES.into_iter().enumerate().map(|(m, asked)| query(format!("q{n}w{m}"), asked, length)));
    }
    let batches = queries.chunks(QUERIES_A_CALL).map(|batch| get(aws, batch.to_vec(), start, end));
    let pages = try_join_all(batches).await?;
    Ok(pages.into_iter().flatten().map(|((id, _), points)| (id, points)).collect())
}

async fn quota(aws: &Aws) -> Result<f64, AwsError> {
    let settings = aws.call(ACCOUNT, Repeat::Safe, || aws.lambda.get_account_settings().send()).await?;
    Ok(f64::from(settings.account_limit().map_or(0, |limit| limit.concurrent_executions())))
}

fn one(
    name: &str,
    n: usize,
    facts: Option<FunctionFacts>,
    found: &BTreeMap<String, Points>,
    grid: SignalGrid,
) -> FunctionSignals {
    let points = |id: String| found.get(&id).map(Vec::as_slice).unwrap_or_default();
    let curves: Vec<Vec<f64>> = (0..CURVES.len()).map(|m| curve(points(format!("q{n}c{m}")), grid)).collect();
    let window = |half: usize| {
        let steps = usize::try_from(grid.length / grid.step).unwrap_or(0);
        let part = |m: usize| &curves[m][half * steps..(half + 1) * steps];
        // The sum of nothing is -0.0 of an iterator, and would be written so.
        let sum = |m: usize| part(m).iter().filter(|value| value.is_finite()).fold(0.0, |sum, value| sum + value);
        let most = |values: &[f64]| values.iter().copied().filter(|value| value.is_finite()).reduce(f64::max);
        let whole = |m: usize| {
            let begin = grid.from + grid.length * i64::try_from(half).unwrap_or(0);
            whole(points(format!("q{n}w{m}")), begin)
        };
        // Where CloudWatch lays the whole period elsewhere, the parts have to do, each as heavy as its requests.
        let weighted = |m: usize| weighted(part(m), part(0));
        SignalWindow {
            invocations: sum(0),
            errors: sum(1),
            throttles: sum(2),
            p50: whole(0).or_else(|| weighted(5)),
            p95: whole(1).or_else(|| weighted(3)),
            p99: whole(2).or_else(|| weighted(6)),
            max: whole(3).or_else(|| most(part(7))),
            concurrency: most(part(4)),
        }
    };
    let (before, now) = (window(0), window(1));
    let mut curves = curves.into_iter();
    let mut next = || curves.next().unwrap_or_default();
    let curves =
        SignalCurves { invocations: next(), errors: next(), throttles: next(), p95: next(), concurrency: next() };
    FunctionSignals { name: name.to_owned(), facts, now, before, curves, logs: None }
}

/// One value a step, from the beginning of the period before on.
fn curve(points: &[(i64, f64)], grid: SignalGrid) -> Vec<f64> {
    let len = usize::try_from(2 * grid.length / grid.step).unwrap_or(0);
    let mut values = vec![f64::NAN; len];
    for (time, value) in points {
        let at = (time - grid.from).div_euclid(grid.step);
        if let Some(slot) = usize::try_from(at).ok().and_then(|at| values.get_mut(at)) {
            *slot = *value;
        }
    }
    values
}

/// The value of the period that begins then.
fn whole(points: &[(i64, f64)], begin: i64) -> Option<f64> {
    points.iter().find(|(time, value)| *time == begin && value.is_finite()).map(|(_, value)| *value)
}

/// The mean of values, each as heavy as its invocations.
fn weighted(values: &[f64], weights: &[f64]) -> Option<f64> {
    let pairs = || values.iter().zip(weights).filter(|(value, weight)| value.is_finite() && **weight > 0.0);
    let weight: f64 = pairs().map(|(_, weight)| weight).sum();
    (weight > 0.0).then(|| pairs().map(|(value, weight)| value * weight).sum::<f64>() / weight)
}

async fn read_logs(aws: &Aws, functions: &mut [FunctionSignals], from: i64, now: i64, notes: &mut Vec<String>) {
    let asked = functions.iter().map(|function| {
        let group = function.facts.as_ref().map_or_else(|| default_log_group(&function.name), |f| f.log_group.clone());
        let expected = function.now.invocations;
        async move {
            // Nothing ran: nothing is written.
            if expected > 0.0 { from_logs::read(aws, &group, from, now, expected).await.map(Some) } else { Ok(None) }
        }
    });
    let answers: Vec<Result<Option<FromLogs>, AwsError>> = join_all(asked).await;
    for (function, answer) in functions.iter_mut().zip(answers) {
        match answer {
            Ok(found) => function.logs = found,
            Err(error) => notes.push(format!("memory and cold starts of {} are unknown: {error}", function.name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_fit_the_period() {
        for (length, step, whole) in [
            (60, 60, 60),
            (3_600, 60, 3_600),
            (10_800, 300, 10_800),
            (86_400, 900, 86_400),
            (14 * 86_400, 21_600, 14 * 86_400),
            (10_000, 300, 10_200),
            (0, 60, 60),
        ] {
            assert_eq!(fitting(length), (step, whole), "{length}");
        }
        // Data is kept so fine for as long as both periods go back.
        assert!(fitting(15 * 86_400 / 2).0 >= 300 && fitting(63 * 86_400 / 2).0 >= 3_600);
    }

    #[test]
    fn points_become_two_periods() {
        let grid = SignalGrid { from: 1_200, step: 300, length: 600 };
        let found = BTreeMap::from([
            ("q0c0".to_owned(), vec![(1_200, 10.0), (1_500, 30.0), (2_100, 5.0)]),
            ("q0c1".to_owned(), vec![(2_100, 1.0)]),
            ("q0c3".to_owned(), vec![(1_200, 100.0), (1_500, 200.0)]),
            ("q0w2".to_owned(), vec![(1_200, 250.0), (1_800, 90.0)]),
        ]);
        let found = one("svc", 0, None, &found, grid);
        assert_eq!((found.before.invocations, found.now.invocations, found.now.errors), (40.0, 5.0, 1.0));
        assert_eq!((found.before.p95, found.now.p95), (Some(175.0), None));
        assert_eq!((found.before.p99, found.now.p99), (Some(250.0), Some(90.0)));
        assert_eq!(found.now.error_rate(), Some(0.2));
        assert_eq!(found.curves.invocations.len(), 4);
        assert!(found.curves.invocations[2].is_nan());
        // No requests are 0, not the -0 that a sum of nothing is.
        let none = one("svc", 0, None, &BTreeMap::new(), grid).now;
        assert!([none.invocations, none.errors, none.throttles].iter().all(|sum| sum.is_sign_positive()), "{none:?}");
    }
}
