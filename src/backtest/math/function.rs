//! The functions of metric math: what each takes, gives, and computes (user guide, "Metric math syntax and functions").

use super::evaluate::{Frame, MathError, Program, Value, combine, known};
use crate::resources::alarm::math::Expr;
use mlops_cloudwatch::calendar;

/// What a value is; a list is an array of time series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    Text,
    Number,
    Series,
    List,
}

impl Shape {
    pub fn word(self) -> &'static str {
        match self {
            Shape::Text => "a text",
            Shape::Number => "a number",
            Shape::Series => "a time series",
            Shape::List => "an array of time series",
        }
    }

    pub fn numeric(self, of: &str) -> Result<Self, MathError> {
        match self {
            Shape::Text => Err(MathError(format!("{of} takes no text"))),
            other => Ok(other),
        }
    }
}

/// Each value by itself.
const EACH: [&str; 5] = ["ABS", "CEIL", "FLOOR", "LOG", "LOG10"];
/// One number of a series, one series of an array.
const REDUCING: [&str; 5] = ["SUM", "AVG", "MIN", "MAX", "DATAPOINT_COUNT"];
/// Each value by those before it.
const STEPPING: [&str; 4] = ["RATE", "DIFF", "DIFF_TIME", "RUNNING_SUM"];
const CALENDAR: [&str; 7] = ["MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR", "EPOCH"];

/// What a call gives, and whether slot by slot; a call that is not known, or wrong, is refused.
pub fn shape(name: &str, arguments: &[Expr], shapes: &[(Shape, bool)]) -> Result<(Shape, bool), MathError> {
    let pointwise = shapes.iter().all(|(_, pointwise)| *pointwise);
    let kinds: Vec<Shape> = shapes.iter().map(|(shape, _)| *shape).collect();
    let wrong = || {
        let given: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
        let given = if given.is_empty() { "nothing".to_owned() } else { given.join(", ") };
        MathError(format!("{name} does not take {given}"))
    };
    use Shape::{List, Number, Series, Text};
    match (name, kinds.as_slice()) {
        (name, [kind @ (Series | List)]) if EACH.contains(&name) => Ok((*kind, pointwise)),
        (name, [Number]) if EACH.contains(&name) => Ok((Number, pointwise)),
        (name, [List]) if REDUCING.contains(&name) => Ok((Series, pointwise)),
        (name, [Series]) if REDUCING.contains(&name) => Ok((Number, false)),
        (name, [kind @ (Series | List)]) if STEPPING.contains(&name) => Ok((*kind, false)),
        (name, [Series]) if CALENDAR.contains(&name) => Ok((Series, true)),
        ("METRICS", [] | [Text]) => Ok((List, true)),
        ("METRIC_COUNT", [List]) => Ok((Number, pointwise)),
        ("PERIOD", [Series]) => Ok((Number, true)),
        ("TIME_SERIES", [Number]) => Ok((Series, pointwise)),
        ("FIRST" | "LAST", [List]) => Ok((Series, pointwise)),
        ("FILL", [kind @ (Series | List), Number | Series]) => Ok((*kind, pointwise)),
        ("FILL", [kind @ (Series | List), Text]) if filler(&arguments[1]).is_some() => Ok((*kind, false)),
        ("IF", [condition @ (Number | Series), then @ (Number | Series)]) => Ok(((*condition).max(*then), pointwise)),
        ("IF", [condition @ (Number | Series), then @ (Number | Series), other @ (Number | Series)]) => {
            Ok(((*condition).max(*then).max(*other), pointwise))
        }
        _ if is_known(name) => Err(wrong()),
        _ => Err(MathError(format!("the function {name} is not known here, so its value is not made up"))),
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
pub fn call(program: &Program, name: &str, arguments: &[Expr], frame: &Frame<'_>) -> Result<Value, MathError> {
    let wrong = || MathError(format!("{name} does not take these arguments"));
    let first = || program.eval(arguments.first().ok_or_else(wrong)?, frame);
    match name {
        "ABS" => Ok(first()?.map(f64::abs)),
        "CEIL" => Ok(first()?.map(f64::ceil)),
        "FLOOR" => Ok(first()?.map(f64::floor)),
        "LOG" => Ok(first()?.map(f64::ln)),
        "LOG10" => Ok(first()?.map(f64::log10)),
        name if REDUCING.contains(&name) => match first()? {
            Value::Series(values) => Ok(Value::Number(reduce(name, values.iter().copied()))),
            Value::List(list) => Ok(Value::Series(
                (0..frame.len).map(|slot| reduce(name, list.iter().map(|values| values[slot]))).collect(),
            )),
            Value::Number(_) => Err(wrong()),
        },
        name if STEPPING.contains(&name) => match first()? {
            Value::Series(values) => Ok(Value::Series(step(name, &values, frame))),
            Value::List(list) => Ok(Value::List(list.iter().map(|values| step(name, values, frame)).collect())),
            Value::Number(_) => Err(wrong()),
        },
        name if CALENDAR.contains(&name) => {
            let part = |slot: usize| calendar_part(name, frame.start + slot as i64 * frame.step) as f64;
            Ok(Value::Series((0..frame.len).map(part).collect()))
        }
        "METRICS" => {
            let part = match arguments.first() {
                Some(Expr::Text(part)) => part.as_str(),
                _ => "",
            };
            let named = program.metrics.iter().zip(frame.metrics).filter(|(id, _)| id.contains(part));
            Ok(Value::List(named.map(|(_, values)| values.to_vec()).collect()))
        }
        "METRIC_COUNT" => match first()? {
            Value::List(list) => Ok(Value::Number(list.len() as f64)),
            _ => Err(wrong()),
        },
        "PERIOD" => Ok(Value::Number(frame.period as f64)),
        "TIME_SERIES" => match first()? {
            Value::Number(number) => Ok(Value::Series(vec![number; frame.len])),
            _ => Err(wrong()),
        },
        "FIRST" | "LAST" => match first()? {
            Value::List(mut list) => {
                let chosen = if name == "FIRST" { list.drain(..).next() } else { list.pop() };
                Ok(Value::Series(chosen.unwrap_or_else(|| vec![f64::NAN; frame.len])))
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

fn fill(program: &Program, arguments: &[Expr], frame: &Frame<'_>) -> Result<Value, MathError> {
    let [what, with] = arguments else { return Err(MathError("FILL takes two arguments".into())) };
    let value = program.eval(what, frame)?;
    if let Some(filler) = filler(with) {
        return Ok(match value {
            Value::Series(values) => Value::Series(interpolate(filler, values)),
            Value::List(list) => Value::List(list.into_iter().map(|values| interpolate(filler, values)).collect()),
            number => number,
        });
    }
    // Not `combine`: a missing left side is what this is about.
    let with = program.eval(with, frame)?;
    let at = |slot: usize| match &with {
        Value::Number(number) => *number,
        Value::Series(values) => values[slot],
        Value::List(_) => f64::NAN,
    };
    let filled = |values: Vec<f64>| -> Vec<f64> {
        values.into_iter().enumerate().map(|(slot, value)| if value.is_nan() { at(slot) } else { value }).collect()
    };
    Ok(match value {
        Value::Series(values) => Value::Series(filled(values)),
        Value::List(list) => Value::List(list.into_iter().map(filled).collect()),
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
fn choose(program: &Program, arguments: &[Expr], frame: &Frame<'_>) -> Result<Value, MathError> {
    let condition = program.eval(&arguments[0], frame)?;
    let then = program.eval(&arguments[1], frame)?;
    let other = match arguments.get(2) {
        Some(expr) => program.eval(expr, frame)?,
        None => Value::Number(f64::NAN),
    };
    let all_numbers = [&condition, &then, &other].iter().all(|value| matches!(value, Value::Number(_)));
    let at = |value: &Value, slot: usize| match value {
        Value::Number(number) => *number,
        Value::Series(values) => values[slot],
        Value::List(_) => f64::NAN,
    };
    let pick = |slot: usize| match at(&condition, slot) {
        truth if truth.is_nan() => f64::NAN,
        truth if truth != 0.0 => at(&then, slot),
        _ => at(&other, slot),
    };
    if all_numbers {
        return Ok(Value::Number(pick(0)));
    }
    combine(Value::Series((0..frame.len).map(pick).collect()), Value::Number(0.0), |value, _| value)
}
