//! The functions of metric math: what each takes, gives, and computes (user guide, "Metric math syntax and functions").

use super::error::MathError;
use super::evaluate::{Frame, MathValue, Program, combine, known};
use super::parse::Expr;
use super::signature::MathType;
use crate::calendar;

/// Each value by itself.
const EACH: [&str; 5] = ["ABS", "CEIL", "FLOOR", "LOG", "LOG10"];
/// One number of a series, one series of an array.
const REDUCING: [&str; 5] = ["SUM", "AVG", "MIN", "MAX", "DATAPOINT_COUNT"];
/// Each value by those before it.
const STEPPING: [&str; 4] = ["RATE", "DIFF", "DIFF_TIME", "RUNNING_SUM"];
const CALENDAR: [&str; 7] = ["MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR", "EPOCH"];

/// What a call gives, and whether slot by slot; a call that is not known, or wrong, is refused.
pub(super) fn check(name: &str, arguments: &[Expr], given: &[(MathType, bool)]) -> Result<(MathType, bool), MathError> {
    let pointwise = given.iter().all(|(_, pointwise)| *pointwise);
    let kinds: Vec<MathType> = given.iter().map(|(kind, _)| *kind).collect();
    use MathType::{Scalar, Series, SeriesArray, Text};
    match (name, kinds.as_slice()) {
        (name, [kind @ (Series | SeriesArray)]) if EACH.contains(&name) => Ok((*kind, pointwise)),
        (name, [Scalar]) if EACH.contains(&name) => Ok((Scalar, pointwise)),
        (name, [SeriesArray]) if REDUCING.contains(&name) => Ok((Series, pointwise)),
        (name, [Series]) if REDUCING.contains(&name) => Ok((Scalar, false)),
        (name, [kind @ (Series | SeriesArray)]) if STEPPING.contains(&name) => Ok((*kind, false)),
        (name, [Series]) if CALENDAR.contains(&name) => Ok((Series, true)),
        ("METRICS", [] | [Text]) => Ok((SeriesArray, true)),
        ("METRIC_COUNT", [SeriesArray]) => Ok((Scalar, pointwise)),
        ("PERIOD", [Series]) => Ok((Scalar, true)),
        ("TIME_SERIES", [Scalar]) => Ok((Series, pointwise)),
        ("FIRST" | "LAST", [SeriesArray]) => Ok((Series, pointwise)),
        ("FILL", [kind @ (Series | SeriesArray), Scalar | Series]) => Ok((*kind, pointwise)),
        ("FILL", [kind @ (Series | SeriesArray), Text]) if filler(&arguments[1]).is_some() => Ok((*kind, false)),
        ("IF", [condition @ (Scalar | Series), then @ (Scalar | Series)]) => Ok(((*condition).max(*then), pointwise)),
        ("IF", [condition @ (Scalar | Series), then @ (Scalar | Series), other @ (Scalar | Series)]) => {
            Ok(((*condition).max(*then).max(*other), pointwise))
        }
        _ if is_known(name) => Err(MathError::Arguments { taker: name.to_owned(), given: kinds }),
        _ => Err(MathError::UnknownFunction(name.to_owned())),
    }
}

fn is_known(name: &str) -> bool {
    let others = ["METRICS", "METRIC_COUNT", "PERIOD", "TIME_SERIES", "FIRST", "LAST", "FILL", "IF"];
    [&EACH[..], &REDUCING, &STEPPING, &CALENDAR, &others].iter().any(|names| names.contains(&name))
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Filler {
    Repeat,
    Linear,
}

fn filler(expr: &Expr) -> Option<Filler> {
    match expr {
        Expr::Text(word) if word == "REPEAT" => Some(Filler::Repeat),
        Expr::Text(word) if word == "LINEAR" => Some(Filler::Linear),
        _ => None,
    }
}

/// The value of a call whose shape was checked.
pub(super) fn call(
    program: &Program,
    name: &str,
    arguments: &[Expr],
    frame: &Frame<'_>,
) -> Result<MathValue, MathError> {
    let wrong = || MathError::Arguments { taker: name.to_owned(), given: Vec::new() };
    let first = || program.eval(arguments.first().ok_or_else(wrong)?, frame);
    match name {
        "ABS" => Ok(first()?.map(f64::abs)),
        "CEIL" => Ok(first()?.map(f64::ceil)),
        "FLOOR" => Ok(first()?.map(f64::floor)),
        "LOG" => Ok(first()?.map(f64::ln)),
        "LOG10" => Ok(first()?.map(f64::log10)),
        name if REDUCING.contains(&name) => match first()? {
            MathValue::Series(values) => Ok(MathValue::Number(reduce(name, values.iter().copied()))),
            MathValue::List(list) => Ok(MathValue::Series(
                (0..frame.len).map(|slot| reduce(name, list.iter().map(|values| values[slot]))).collect(),
            )),
            MathValue::Number(_) => Err(wrong()),
        },
        name if STEPPING.contains(&name) => match first()? {
            MathValue::Series(values) => Ok(MathValue::Series(step(name, &values, frame))),
            MathValue::List(list) => Ok(MathValue::List(list.iter().map(|values| step(name, values, frame)).collect())),
            MathValue::Number(_) => Err(wrong()),
        },
        name if CALENDAR.contains(&name) => {
            let part = |slot: usize| calendar_part(name, frame.start + slot as i64 * frame.step) as f64;
            Ok(MathValue::Series((0..frame.len).map(part).collect()))
        }
        "METRICS" => {
            let part = match arguments.first() {
                Some(Expr::Text(part)) => part.as_str(),
                _ => "",
            };
            let named = program.metrics.iter().zip(frame.metrics).filter(|(id, _)| id.contains(part));
            Ok(MathValue::List(named.map(|(_, values)| values.to_vec()).collect()))
        }
        "METRIC_COUNT" => match first()? {
            MathValue::List(list) => Ok(MathValue::Number(list.len() as f64)),
            _ => Err(wrong()),
        },
        "PERIOD" => Ok(MathValue::Number(frame.period as f64)),
        "TIME_SERIES" => match first()? {
            MathValue::Number(number) => Ok(MathValue::Series(vec![number; frame.len])),
            _ => Err(wrong()),
        },
        "FIRST" | "LAST" => match first()? {
            MathValue::List(mut list) => {
                let chosen = if name == "FIRST" { list.drain(..).next() } else { list.pop() };
                Ok(MathValue::Series(chosen.unwrap_or_else(|| vec![f64::NAN; frame.len])))
            }
            _ => Err(wrong()),
        },
        "FILL" => fill(program, arguments, frame),
        "IF" => choose(program, arguments, frame),
        _ => Err(wrong()),
    }
}

/// Over the values there are; of none there is none (but their count is 0).
fn reduce(name: &str, values: impl Iterator<Item = f64>) -> f64 {
    let (mut count, mut sum, mut low, mut high) = (0.0, 0.0, f64::NAN, f64::NAN);
    for value in values.filter(|value| !value.is_nan()) {
        count += 1.0;
        sum += value;
        low = value.min(low);
        high = value.max(high);
    }
    match name {
        "DATAPOINT_COUNT" => count,
        _ if count == 0.0 => f64::NAN,
        "SUM" => known(sum),
        "AVG" => known(sum / count),
        "MIN" => low,
        _ => high,
    }
}

/// From one value to the next that is there.
fn step(name: &str, values: &[f64], frame: &Frame<'_>) -> Vec<f64> {
    let mut last: Option<(usize, f64)> = None;
    let mut total = 0.0;
    let next = |(slot, value): (usize, &f64)| {
        if value.is_nan() {
            return f64::NAN;
        }
        total += value;
        let before = last.replace((slot, *value));
        let change = before.map(|(at, from)| ((slot - at) as f64 * frame.step as f64, value - from));
        match (name, change) {
            ("RUNNING_SUM", _) => known(total),
            (_, None) => f64::NAN,
            ("RATE", Some((seconds, change))) => known(change / seconds),
            ("DIFF", Some((_, change))) => known(change),
            (_, Some((seconds, _))) => seconds,
        }
    };
    values.iter().enumerate().map(next).collect()
}

fn calendar_part(name: &str, second: i64) -> i64 {
    match name {
        "MINUTE" => calendar::minute(second),
        "HOUR" => calendar::hour(second),
        "DAY" => calendar::weekday(second),
        "DATE" => calendar::date(second).2,
        "MONTH" => calendar::date(second).1,
        "YEAR" => calendar::date(second).0,
        _ => second,
    }
}

fn fill(program: &Program, arguments: &[Expr], frame: &Frame<'_>) -> Result<MathValue, MathError> {
    let [what, with] = arguments else { return Err(MathError::Arguments { taker: "FILL".into(), given: Vec::new() }) };
    let value = program.eval(what, frame)?;
    if let Some(filler) = filler(with) {
        return Ok(match value {
            MathValue::Series(values) => MathValue::Series(interpolate(filler, values)),
            MathValue::List(list) => {
                MathValue::List(list.into_iter().map(|values| interpolate(filler, values)).collect())
            }
            number => number,
        });
    }
    // Not `combine`: a missing left side is what this is about.
    let with = program.eval(with, frame)?;
    let at = |slot: usize| match &with {
        MathValue::Number(number) => *number,
        MathValue::Series(values) => values[slot],
        MathValue::List(_) => f64::NAN,
    };
    let filled = |values: Vec<f64>| -> Vec<f64> {
        values.into_iter().enumerate().map(|(slot, value)| if value.is_nan() { at(slot) } else { value }).collect()
    };
    Ok(match value {
        MathValue::Series(values) => MathValue::Series(filled(values)),
        MathValue::List(list) => MathValue::List(list.into_iter().map(filled).collect()),
        number => number,
    })
}

fn interpolate(filler: Filler, mut values: Vec<f64>) -> Vec<f64> {
    let mut last: Option<usize> = None;
    for slot in 0..values.len() {
        if !values[slot].is_nan() {
            if let (Filler::Linear, Some(from)) = (filler, last) {
                let slope = (values[slot] - values[from]) / (slot - from) as f64;
                for between in from + 1..slot {
                    values[between] = values[from] + slope * (between - from) as f64;
                }
            }
            last = Some(slot);
        } else if let (Filler::Repeat, Some(from)) = (filler, last) {
            values[slot] = values[from];
        }
    }
    values
}

/// `IF(condition, then, else)`; without an else there is nothing where the condition does not hold, nor where it is missing.
fn choose(program: &Program, arguments: &[Expr], frame: &Frame<'_>) -> Result<MathValue, MathError> {
    let condition = program.eval(&arguments[0], frame)?;
    let then = program.eval(&arguments[1], frame)?;
    let other = match arguments.get(2) {
        Some(expr) => program.eval(expr, frame)?,
        None => MathValue::Number(f64::NAN),
    };
    let all_numbers = [&condition, &then, &other].iter().all(|value| matches!(value, MathValue::Number(_)));
    let at = |value: &MathValue, slot: usize| match value {
        MathValue::Number(number) => *number,
        MathValue::Series(values) => values[slot],
        MathValue::List(_) => f64::NAN,
    };
    let pick = |slot: usize| match at(&condition, slot) {
        truth if truth.is_nan() => f64::NAN,
        truth if truth != 0.0 => at(&then, slot),
        _ => at(&other, slot),
    };
    if all_numbers {
        return Ok(MathValue::Number(pick(0)));
    }
    combine(MathValue::Series((0..frame.len).map(pick).collect()), MathValue::Number(0.0), |value, _| value)
}
