//! The functions of metric math. SEARCH, Metrics Insights and the calendar functions are not among them.

use super::super::Values;
use super::evaluate::{Evaluator, Value, map};
use super::parse::Tree;

pub fn call(evaluator: &mut Evaluator, name: &str, arguments: &[Tree]) -> Result<Value, String> {
    let count = |allowed: std::ops::RangeInclusive<usize>| {
        let right = allowed.contains(&arguments.len());
        right.then_some(()).ok_or_else(|| format!("{name} does not take {} arguments", arguments.len()))
    };
    match name {
        "ABS" | "CEIL" | "FLOOR" | "LOG" | "LOG10" => {
            count(1..=1)?;
            let function = match name {
                "ABS" => f64::abs,
                "CEIL" => f64::ceil,
                "FLOOR" => f64::floor,
                "LOG" => f64::ln,
                _ => f64::log10,
            };
            map(evaluator.tree(&arguments[0])?, |value| Some(function(value)).filter(|result| result.is_finite()))
        }
        "SUM" | "AVG" | "MIN" | "MAX" | "STDDEV" => {
            count(1..=1)?;
            let reduce = reducer(name);
            match evaluator.tree(&arguments[0])? {
                // Of one series a number for all its time, of several a series over them.
                Value::Series(values) => {
                    let values: Vec<f64> = values.into_values().collect();
                    if values.is_empty() {
                        Ok(Value::Series(Values::new()))
                    } else {
                        Ok(Value::Number(reduce(&values)))
                    }
                }
                other => Ok(Value::Series(across(other.into_series()?, reduce))),
            }
        }
        "METRICS" => {
            count(0..=1)?;
            let part = match arguments.first() {
                None => String::new(),
                Some(Tree::Text(part)) => part.clone(),
                Some(_) => return Err("METRICS takes a text".to_owned()),
            };
            let metrics = evaluator.scope.metrics.iter().filter(|(id, _)| id.contains(&part));
            Ok(Value::List(metrics.map(|(id, (values, _))| (Some((*id).to_owned()), values.clone())).collect()))
        }
        "FILL" => {
            count(2..=2)?;
            fill(evaluator, arguments)
        }
        "IF" => {
            count(2..=3)?;
            choose(evaluator, arguments)
        }
        "PERIOD" => {
            count(1..=1)?;
            Ok(Value::Number(evaluator.period() as f64))
        }
        "RATE" | "DIFF" | "DIFF_TIME" | "RUNNING_SUM" => {
            count(1..=1)?;
            let step: fn(Values) -> Values = match name {
                "RATE" => |values| steps(&values, |seconds, from, to| (to - from) / seconds),
                "DIFF" => |values| steps(&values, |_, from, to| to - from),
                "DIFF_TIME" => |values| steps(&values, |seconds, _, _| seconds),
                _ => running_sum,
            };
            let series = evaluator.tree(&arguments[0])?.into_series()?;
            one_or_many(series.into_iter().map(|(label, values)| (label, step(values))).collect())
        }
        "TIME_SERIES" => {
            count(1..=1)?;
            match evaluator.tree(&arguments[0])? {
                Value::Number(number) => Ok(Value::Series(slots(evaluator).map(|at| (at, number)).collect())),
                _ => Err("TIME_SERIES takes a number".to_owned()),
            }
        }
        "METRIC_COUNT" | "DATAPOINT_COUNT" => {
            count(1..=1)?;
            let series = evaluator.tree(&arguments[0])?.into_series()?;
            let points = series.iter().map(|(_, values)| values.len()).sum::<usize>();
            Ok(Value::Number(if name == "METRIC_COUNT" { series.len() } else { points } as f64))
        }
        "ANOMALY_DETECTION_BAND" => {
            count(1..=2)?;
            band(evaluator, arguments)
        }
        other => Err(format!("the sandbox does not know the function {other}")),
    }
}

fn reducer(name: &str) -> fn(&[f64]) -> f64 {
    let average = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    match name {
        "SUM" => |values| values.iter().sum(),
        "AVG" => average,
        "MIN" => |values| values.iter().copied().fold(f64::INFINITY, f64::min),
        "MAX" => |values| values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        _ => |values| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
        },
    }
}

/// Reduces several series moment by moment, over those that have a value.
fn across(series: Vec<(Option<String>, Values)>, reduce: fn(&[f64]) -> f64) -> Values {
    let mut moments: std::collections::BTreeMap<i64, Vec<f64>> = std::collections::BTreeMap::new();
    for (at, value) in series.into_iter().flat_map(|(_, values)| values) {
        moments.entry(at).or_default().push(value);
    }
    moments.into_iter().map(|(at, values)| (at, reduce(&values))).collect()
}

/// The beginnings of all periods in range.
fn slots(evaluator: &Evaluator) -> impl Iterator<Item = i64> + use<> {
    let period = evaluator.period();
    let range = &evaluator.scope.range;
    let (first, end) = (range.start.div_euclid(period) * period, range.end);
    (0..).map(move |n| first + n * period).take_while(move |at| *at < end)
}

fn one_or_many(mut series: Vec<(Option<String>, Values)>) -> Result<Value, String> {
    match (series.len(), series.pop()) {
        (1, Some((None, values))) => Ok(Value::Series(values)),
        (_, last) => {
            series.extend(last);
            Ok(Value::List(series))
        }
    }
}

/// What to put at a moment that has no value.
type Filler = Box<dyn Fn(&Values, i64) -> Option<f64>>;

fn fill(evaluator: &mut Evaluator, arguments: &[Tree]) -> Result<Value, String> {
    let series = evaluator.tree(&arguments[0])?.into_series()?;
    let slots: Vec<i64> = slots(evaluator).collect();
    let with: Filler = match &arguments[1] {
        Tree::Text(word) if word == "REPEAT" => {
            Box::new(|values, at| values.range(..at).next_back().map(|(_, value)| *value))
        }
        Tree::Text(word) if word == "LINEAR" => Box::new(|values, at| {
            let (before, after) = (values.range(..at).next_back()?, values.range(at..).next()?);
            let share = (at - before.0) as f64 / (after.0 - before.0) as f64;
            Some(before.1 + share * (after.1 - before.1))
        }),
        other => match evaluator.tree(other)? {
            Value::Number(number) => Box::new(move |_, _| Some(number)),
            Value::Series(filler) => Box::new(move |_, at| filler.get(&at).copied()),
            _ => return Err("FILL takes a number, a time series, REPEAT or LINEAR".to_owned()),
        },
    };
    let filled = |values: Values| {
        let missing = slots.iter().filter(|at| !values.contains_key(at));
        let more: Values = missing.filter_map(|at| Some((*at, with(&values, *at)?))).collect();
        values.into_iter().chain(more).collect()
    };
    one_or_many(series.into_iter().map(|(label, values)| (label, filled(values))).collect())
}

/// `IF(condition, then, else)`; without an else there is nothing where the condition does not hold.
fn choose(evaluator: &mut Evaluator, arguments: &[Tree]) -> Result<Value, String> {
    let condition = evaluator.tree(&arguments[0])?;
    let then = evaluator.tree(&arguments[1])?;
    let other = arguments.get(2).map(|tree| evaluator.tree(tree)).transpose()?;
    let at = |value: &Value, at: i64| match value {
        Value::Number(number) => Some(*number),
        Value::Series(values) => values.get(&at).copied(),
        _ => None,
    };
    if [Some(&condition), Some(&then), other.as_ref()]
        .into_iter()
        .flatten()
        .any(|value| matches!(value, Value::List(_) | Value::Text(_)))
    {
        return Err("IF takes numbers and time series".to_owned());
    }
    match condition {
        Value::Series(condition) => {
            let chosen = condition.into_iter().filter_map(|(moment, holds)| {
                let value =
                    if holds != 0.0 { at(&then, moment) } else { other.as_ref().and_then(|other| at(other, moment)) };
                Some((moment, value?))
            });
            Ok(Value::Series(chosen.collect()))
        }
        Value::Number(number) if number != 0.0 => Ok(then),
        _ => Ok(other.unwrap_or(Value::Series(Values::new()))),
    }
}

fn steps(values: &Values, change: fn(f64, f64, f64) -> f64) -> Values {
    let pairs = values.iter().zip(values.iter().skip(1));
    pairs.map(|((from, a), (to, b))| (*to, change((to - from) as f64, *a, *b))).collect()
}

fn running_sum(values: Values) -> Values {
    let mut sum = 0.0;
    let summed = values.into_iter().map(|(at, value)| {
        sum += value;
        (at, sum)
    });
    summed.collect()
}

/// A band of so many deviations around the mean: AWS's model learns seasons, ours does not.
fn band(evaluator: &mut Evaluator, arguments: &[Tree]) -> Result<Value, String> {
    let Value::Series(values) = evaluator.tree(&arguments[0])? else {
        return Err("a band takes one time series".to_owned());
    };
    let width = match arguments.get(1).map(|tree| evaluator.tree(tree)).transpose()? {
        None => 2.0,
        Some(Value::Number(width)) => width,
        Some(_) => return Err("the width of a band is a number".to_owned()),
    };
    let all: Vec<f64> = values.values().copied().collect();
    let (mean, deviation) = (reducer("AVG")(&all), reducer("STDDEV")(&all));
    let edge = |sign: f64| values.keys().map(|at| (*at, mean + sign * width * deviation)).collect();
    Ok(Value::List(vec![(Some("high".to_owned()), edge(1.0)), (Some("low".to_owned()), edge(-1.0))]))
}
