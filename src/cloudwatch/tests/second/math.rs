//! Random expressions, and their values by the user guide, "Using math expressions with CloudWatch metrics": datapoints in maps, by time.

use super::alarm::IDS;
use super::draw::Draw;
use std::collections::{BTreeMap, BTreeSet};

/// A time series: what is not there is missing.
pub type Points = BTreeMap<i64, f64>;

#[derive(Debug, Clone)]
pub enum Term {
    Metric(usize),
    Number(i64),
    Negative(Box<Term>),
    Infix(&'static str, Box<Term>, Box<Term>),
    Call(&'static str, Vec<Term>),
    List(Vec<Term>),
    Word(&'static str),
    Quoted(&'static str),
}

/// S, TS and TS[] of the guide; a scalar may be none (the average of nothing).
#[derive(Debug, Clone)]
pub enum Value {
    Scalar(Option<f64>),
    Series(Points),
    Array(Vec<Points>),
}

const ARITHMETIC: [&str; 5] = ["+", "-", "*", "/", "^"];
const COMPARISON: [&str; 10] = ["==", "!=", "<", "<=", ">", ">=", "AND", "&&", "OR", "||"];
const EACH: [&str; 5] = ["ABS", "CEIL", "FLOOR", "LOG", "LOG10"];
const FOLD: [&str; 6] = ["SUM", "AVG", "MIN", "MAX", "STDDEV", "DATAPOINT_COUNT"];
const STEP: [&str; 4] = ["RATE", "DIFF", "DIFF_TIME", "RUNNING_SUM"];
const CLOCK: [&str; 7] = ["MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR", "EPOCH"];

impl Term {
    pub fn series(draw: &mut Draw, depth: i64) -> Term {
        if depth == 0 || draw.chance(20) {
            return Term::Metric(draw.number(0, 2) as usize);
        }
        let depth = depth - 1;
        let series = |draw: &mut Draw| Term::series(draw, depth);
        match draw.number(0, 15) {
            0..=2 => Self::infix(&ARITHMETIC, series(draw), series(draw), draw),
            3 | 4 => Self::infix(&COMPARISON, series(draw), series(draw), draw),
            5 => Self::infix(&ARITHMETIC, series(draw), Self::scalar(draw, depth), draw),
            6 => Self::infix(&COMPARISON, series(draw), Self::scalar(draw, depth), draw),
            7 => Self::infix(&ARITHMETIC, Self::scalar(draw, depth), series(draw), draw),
            8 => Term::Negative(Box::new(series(draw))),
            9 | 10 => Self::condition(draw, depth),
            11 => Term::Call("FILL", vec![series(draw), Self::filler(draw, depth)]),
            12 => Term::Call(draw.one(&EACH), vec![series(draw)]),
            13 => Term::Call(draw.one(&STEP), vec![series(draw)]),
            14 => match draw.number(0, 2) {
                0 => Term::Call("TIME_SERIES", vec![Self::scalar(draw, depth)]),
                1 => Term::Call(draw.one(&CLOCK), vec![series(draw)]),
                _ => Term::Call(draw.one(&["FIRST", "LAST"]), vec![Self::array(draw, depth)]),
            },
            _ => Term::Call(draw.one(&FOLD), vec![Self::array(draw, depth)]),
        }
    }

    fn infix(of: &[&'static str], left: Term, right: Term, draw: &mut Draw) -> Term {
        Term::Infix(draw.one(of), Box::new(left), Box::new(right))
    }

    fn filler(draw: &mut Draw, depth: i64) -> Term {
        match draw.number(0, 3) {
            0 => Term::Word("REPEAT"),
            1 => Term::Word("LINEAR"),
            2 => Term::series(draw, depth),
            _ => Self::scalar(draw, depth),
        }
    }

    /// The documented forms: IF(TS, S|TS, S|TS), IF(TS, S|TS), IF(S, TS, TS), IF(S, TS).
    fn condition(draw: &mut Draw, depth: i64) -> Term {
        let either = |draw: &mut Draw| {
            if draw.chance(50) { Term::series(draw, depth) } else { Self::scalar(draw, depth) }
        };
        let mut arguments = match draw.chance(75) {
            true => vec![Term::series(draw, depth), either(draw), either(draw)],
            false => vec![Self::scalar(draw, depth), Term::series(draw, depth), Term::series(draw, depth)],
        };
        if draw.chance(25) {
            arguments.pop();
        }
        Term::Call("IF", arguments)
    }

    fn scalar(draw: &mut Draw, depth: i64) -> Term {
        if depth == 0 || draw.chance(50) {
            return Term::Number(draw.number(0, 5));
        }
        let depth = depth - 1;
        match draw.number(0, 5) {
            0 | 1 => Term::Call(draw.one(&FOLD), vec![Term::series(draw, depth)]),
            2 => Term::Call("PERIOD", vec![Term::Metric(draw.number(0, 2) as usize)]),
            3 => Term::Call("METRIC_COUNT", vec![Self::array(draw, depth)]),
            4 => Self::infix(&COMPARISON, Self::scalar(draw, depth), Self::scalar(draw, depth), draw),
            _ => Self::infix(&ARITHMETIC, Self::scalar(draw, depth), Self::scalar(draw, depth), draw),
        }
    }

    fn array(draw: &mut Draw, depth: i64) -> Term {
        if depth == 0 || draw.chance(30) {
            return match draw.number(0, 2) {
                0 => Term::Call("METRICS", vec![Term::Quoted(draw.one(&["m", "err", "2", "none"]))]),
                _ => Term::Call("METRICS", vec![]),
            };
        }
        let depth = depth - 1;
        let array = |draw: &mut Draw| Self::array(draw, depth);
        match draw.number(0, 9) {
            0..=3 => {
                let item = |draw: &mut Draw| match draw.chance(25) {
                    true => Self::array(draw, depth),
                    false => Term::series(draw, depth),
                };
                Term::List((0..draw.number(1, 3)).map(|_| item(draw)).collect())
            }
            4 => Self::infix(&ARITHMETIC, array(draw), Self::scalar(draw, depth), draw),
            5 => Self::infix(&ARITHMETIC, array(draw), Term::series(draw, depth), draw),
            6 => {
                let by = [Term::Word(draw.one(&["AVG", "MIN", "MAX", "SUM"])), Term::Word(draw.one(&["ASC", "DESC"]))];
                let limit = draw.chance(40).then(|| Term::Number(draw.number(1, 3)));
                Term::Call("SORT", [array(draw)].into_iter().chain(by).chain(limit).collect())
            }
            7 => {
                let end = draw.chance(50).then(|| Term::Number(draw.number(1, 3)));
                Term::Call("SLICE", [array(draw), Term::Number(draw.number(0, 2))].into_iter().chain(end).collect())
            }
            8 => Term::Call("REMOVE_EMPTY", vec![array(draw)]),
            _ => match draw.number(0, 2) {
                0 => Term::Call("FILL", vec![array(draw), Self::filler(draw, depth)]),
                1 => Term::Call(draw.one(&EACH), vec![array(draw)]),
                _ => Term::Negative(Box::new(array(draw))),
            },
        }
    }

    /// As one writes it; all that could be read in two ways in parentheses.
    pub fn text(&self) -> String {
        let list = |terms: &[Term]| terms.iter().map(Term::text).collect::<Vec<_>>().join(", ");
        match self {
            Term::Metric(metric) => IDS[*metric].to_owned(),
            Term::Number(number) => number.to_string(),
            Term::Negative(inner) => format!("(-{})", inner.text()),
            Term::Infix(sign, left, right) => format!("({} {sign} {})", left.text(), right.text()),
            Term::Call(name, arguments) => format!("{name}({})", list(arguments)),
            Term::List(items) => format!("[{}]", list(items)),
            Term::Word(word) => (*word).to_owned(),
            Term::Quoted(text) => format!("\"{text}\""),
        }
    }

    /// Over the datapoints at `times`, oldest first, each of so many seconds.
    pub fn value(&self, metrics: &[Points; 3], times: &[i64], period: i64) -> Value {
        let of = |term: &Term| term.value(metrics, times, period);
        match self {
            Term::Metric(metric) => Value::Series(metrics[*metric].clone()),
            Term::Number(number) => Value::Scalar(Some(*number as f64)),
            Term::Negative(inner) => each_point(of(inner), &|value| -value),
            Term::Infix(sign, left, right) => infix(sign, of(left), of(right)),
            Term::List(items) => Value::Array(items.iter().flat_map(|item| array(of(item))).collect()),
            Term::Word(_) | Term::Quoted(_) => unreachable!("not by itself"),
            Term::Call(name, arguments) => match *name {
                "METRICS" => {
                    let part = if let [Term::Quoted(part)] = arguments[..] { part } else { "" };
                    Value::Array((0..3).filter(|n| IDS[*n].contains(part)).map(|n| metrics[n].clone()).collect())
                }
                "IF" => condition(of(&arguments[0]), of(&arguments[1]), arguments.get(2).map(of)),
                "FILL" => {
                    let with = match &arguments[1] {
                        Term::Word(word) => Err(*word),
                        with => Ok(of(with)),
                    };
                    each_series(of(&arguments[0]), &|points| fill(points, &with, times))
                }
                "SORT" => sort(array(of(&arguments[0])), &arguments[1..]),
                "SLICE" => {
                    let all = array(of(&arguments[0]));
                    let place = |n: usize| match arguments.get(n) {
                        Some(Term::Number(number)) => *number as usize,
                        _ => all.len(),
                    };
                    let (start, end) = (place(1), place(2));
                    let within = |(n, _): &(usize, Points)| *n >= start && *n < end;
                    Value::Array(all.clone().into_iter().enumerate().filter(within).map(|(_, one)| one).collect())
                }
                "PERIOD" => Value::Scalar(Some(period as f64)),
                "TIME_SERIES" => {
                    let number = scalar(&of(&arguments[0]));
                    Value::Series(times.iter().filter_map(|time| Some((*time, number?))).collect())
                }
                name if CLOCK.contains(&name) => {
                    Value::Series(times.iter().map(|time| (*time, clock(name, *time))).collect())
                }
                name => function(name, of(&arguments[0])),
            },
        }
    }
}

fn array(value: Value) -> Vec<Points> {
    match value {
        Value::Series(points) => vec![points],
        Value::Array(list) => list,
        Value::Scalar(_) => unreachable!("a scalar in an array"),
    }
}

fn scalar(value: &Value) -> Option<f64> {
    match value {
        Value::Scalar(number) => *number,
        _ => unreachable!("no scalar"),
    }
}

fn each_series(value: Value, change: &dyn Fn(Points) -> Points) -> Value {
    match value {
        Value::Series(points) => Value::Series(change(points)),
        Value::Array(list) => Value::Array(list.into_iter().map(change).collect()),
        Value::Scalar(_) => unreachable!("a scalar"),
    }
}

/// What is no number is no datapoint.
fn number(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn each_point(value: Value, change: &dyn Fn(f64) -> f64) -> Value {
    match value {
        Value::Scalar(one) => Value::Scalar(one.and_then(|one| number(change(one)))),
        other => each_series(other, &|points| {
            points.into_iter().filter_map(|(time, one)| Some((time, number(change(one))?))).collect()
        }),
    }
}

/// "Missing values in a time series are treated as 0. If the value of a data point causes a function to attempt to divide by zero, the
/// data point is dropped."
fn infix(sign: &str, left: Value, right: Value) -> Value {
    let apply = |a: f64, b: f64| {
        let truth = |holds: bool| Some(if holds { 1.0 } else { 0.0 });
        match sign {
            "+" => number(a + b),
            "-" => number(a - b),
            "*" => number(a * b),
            "/" => number(a / b),
            "^" => number(a.powf(b)),
            "==" => truth(a == b),
            "!=" => truth(a != b),
            "<" => truth(a < b),
            "<=" => truth(a <= b),
            ">" => truth(a > b),
            ">=" => truth(a >= b),
            "AND" | "&&" => truth(a != 0.0 && b != 0.0),
            _ => truth(a != 0.0 || b != 0.0),
        }
    };
    let both = |left: &Points, right: &Points| -> Points {
        let times: BTreeSet<i64> = left.keys().chain(right.keys()).copied().collect();
        let at = |points: &Points, time: i64| points.get(&time).copied().unwrap_or(0.0);
        times.into_iter().filter_map(|time| Some((time, apply(at(left, time), at(right, time))?))).collect()
    };
    match (left, right) {
        (Value::Scalar(a), Value::Scalar(b)) => Value::Scalar(a.zip(b).and_then(|(a, b)| apply(a, b))),
        (all, Value::Scalar(b)) => {
            each_series(all, &|points| points.into_iter().filter_map(|(time, a)| Some((time, apply(a, b?)?))).collect())
        }
        (Value::Scalar(a), all) => {
            each_series(all, &|points| points.into_iter().filter_map(|(time, b)| Some((time, apply(a?, b)?))).collect())
        }
        (all, Value::Series(b)) => each_series(all, &|points| both(&points, &b)),
        (Value::Series(a), all) => each_series(all, &|points| both(&a, &points)),
        _ => unreachable!("an operator between arrays"),
    }
}

/// "Using IF expressions", with its tables.
fn condition(condition: Value, then: Value, other: Option<Value>) -> Value {
    let chosen = match (condition, &then, &other) {
        (Value::Scalar(None), ..) => Points::new(),
        (Value::Scalar(Some(truth)), Value::Series(then), other) => match (truth != 0.0, other) {
            (true, _) => then.clone(),
            (false, Some(Value::Series(other))) => other.clone(),
            (false, _) => Points::new(),
        },
        (Value::Series(condition), then, other) => {
            let point = |(time, truth): (i64, f64)| {
                let value = match (truth != 0.0, then, other) {
                    (true, Value::Series(then), _) => Some(then.get(&time).copied().unwrap_or(0.0)),
                    (true, then, _) => scalar(then),
                    (false, _, Some(Value::Series(other))) => other.get(&time).copied(),
                    (false, _, Some(other)) => scalar(other),
                    (false, _, None) => None,
                };
                Some((time, value?))
            };
            condition.into_iter().filter_map(point).collect()
        }
        _ => unreachable!("a form that is not documented"),
    };
    Value::Series(chosen)
}

fn fill(points: Points, with: &Result<Value, &str>, times: &[i64]) -> Points {
    let filler = |time: &i64| match with {
        Ok(Value::Scalar(number)) => *number,
        Ok(Value::Series(filler)) => filler.get(time).copied(),
        Ok(Value::Array(_)) => unreachable!("an array fills nothing"),
        // "with the most recent actual value of the metric before the missing value"
        Err("REPEAT") => points.range(..time).next_back().map(|(_, value)| *value),
        // "a linear interpolation between the values at the beginning and the end of the gap"
        Err(_) => {
            let (from, first) = points.range(..time).next_back()?;
            let (until, last) = points.range(time..).next()?;
            let steps = (until - from) / (times[1] - times[0]);
            Some(first + (last - first) / steps as f64 * ((time - from) / (times[1] - times[0])) as f64)
        }
    };
    times.iter().filter_map(|time| Some((*time, points.get(time).copied().or_else(|| filler(time))?))).collect()
}

/// SUM, AVG, ... of all the datapoints of one series.
fn fold(name: &str, values: &[f64]) -> Option<f64> {
    let count = values.len() as f64;
    if name == "DATAPOINT_COUNT" {
        return Some(count);
    }
    let sum: f64 = values.iter().sum();
    let result = match (name, values) {
        (_, []) => return None,
        ("SUM", _) => sum,
        ("AVG", _) => sum / count,
        ("MIN", _) => values.iter().copied().fold(f64::INFINITY, f64::min),
        ("MAX", _) => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        _ => {
            let mean = sum / count;
            (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()
        }
    };
    number(result)
}

fn function(name: &str, value: Value) -> Value {
    match (name, value) {
        ("ABS", value) => each_point(value, &f64::abs),
        ("CEIL", value) => each_point(value, &f64::ceil),
        ("FLOOR", value) => each_point(value, &f64::floor),
        ("LOG", value) => each_point(value, &f64::ln),
        ("LOG10", value) => each_point(value, &f64::log10),
        ("METRIC_COUNT", value) => Value::Scalar(Some(array(value).len() as f64)),
        ("REMOVE_EMPTY", value) => Value::Array(array(value).into_iter().filter(|points| !points.is_empty()).collect()),
        ("FIRST", value) => Value::Series(array(value).into_iter().next().unwrap_or_default()),
        ("LAST", value) => Value::Series(array(value).into_iter().next_back().unwrap_or_default()),
        (name, value) if STEP.contains(&name) => each_series(value, &|points| steps(name, &points)),
        (name, Value::Series(points)) => Value::Scalar(fold(name, &points.into_values().collect::<Vec<_>>())),
        (name, Value::Array(list)) => {
            let times: BTreeSet<i64> = list.iter().flat_map(|points| points.keys().copied()).collect();
            let at = |time: i64| {
                let there: Vec<f64> = list.iter().filter_map(|points| points.get(&time).copied()).collect();
                match name {
                    // "Missing values are treated as 0."
                    "AVG" => number(there.iter().sum::<f64>() / list.len() as f64),
                    name => fold(name, &there),
                }
            };
            Value::Series(times.into_iter().filter_map(|time| Some((time, at(time)?))).collect())
        }
        (_, Value::Scalar(_)) => unreachable!("a scalar"),
    }
}

/// From one datapoint to the next that there is.
fn steps(name: &str, points: &Points) -> Points {
    let all: Vec<(i64, f64)> = points.iter().map(|(time, value)| (*time, *value)).collect();
    let mut found = Points::new();
    for (n, (time, value)) in all.iter().enumerate() {
        let before = n.checked_sub(1).map(|n| all[n]);
        let result = match (name, before) {
            ("RUNNING_SUM", _) => Some(all[..=n].iter().map(|(_, value)| value).sum()),
            (_, None) => None,
            ("DIFF", Some((_, from))) => Some(value - from),
            ("RATE", Some((at, from))) => Some((value - from) / (time - at) as f64),
            (_, Some((at, _))) => Some((time - at) as f64),
        };
        found.extend(result.and_then(number).map(|result| (*time, result)));
    }
    found
}

/// By AVG, MIN, MAX or SUM of each; where series without a datapoint stand is not documented: last.
fn sort(list: Vec<Points>, by: &[Term]) -> Value {
    let [Term::Word(by), Term::Word(order), limit @ ..] = by else { unreachable!("SORT by nothing") };
    let mut sorted: Vec<(Option<f64>, Points)> = Vec::new();
    for points in list {
        let key = fold(by, &points.values().copied().collect::<Vec<_>>());
        let comes_before = |other: &Option<f64>| match (other, key) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(other), Some(key)) => {
                if *order == "ASC" {
                    *other <= key
                } else {
                    *other >= key
                }
            }
        };
        let place = sorted.iter().rposition(|(other, _)| comes_before(other)).map_or(0, |at| at + 1);
        sorted.insert(place, (key, points));
    }
    let most = if let [Term::Number(most)] = limit { *most as usize } else { sorted.len() };
    Value::Array(sorted.into_iter().take(most).map(|(_, points)| points).collect())
}

fn clock(name: &str, time: i64) -> f64 {
    let days = time.div_euclid(86_400);
    let (mut year, mut month, mut left) = (1970, 1, days);
    loop {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            2 => 28 + i64::from(leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if left < length {
            break;
        }
        left -= length;
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    }
    let of = match name {
        "MINUTE" => time % 3_600 / 60,
        "HOUR" => time % 86_400 / 3_600,
        // Monday is 1; 1970 began on a Thursday.
        "DAY" => (days + 3) % 7 + 1,
        "DATE" => left + 1,
        "MONTH" => month,
        "YEAR" => year,
        _ => time,
    };
    of as f64
}
