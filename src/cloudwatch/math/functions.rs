//! The functions of metric math: what each takes, gives, and computes (user guide, "Metric math syntax and functions").

use super::dependence::Dependence;
use super::error::MathError;
use super::math_type::MathType;
use super::parse::Expr;
use super::value::{Band, MathValue, NamedSeries, WindowBatch, known};
use crate::calendar;

/// Each value by itself.
const EACH: [&str; 5] = ["ABS", "CEIL", "FLOOR", "LOG", "LOG10"];
/// One number of a series, one series of an array.
const REDUCING: [&str; 6] = ["SUM", "AVG", "MIN", "MAX", "STDDEV", "DATAPOINT_COUNT"];
/// Each value by the last one before it.
const STEPPING: [&str; 3] = ["RATE", "DIFF", "DIFF_TIME"];
/// Each value by all before it.
const ACCUMULATING: [&str; 1] = ["RUNNING_SUM"];
const CALENDAR: [&str; 7] = ["MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR", "EPOCH"];

const BAND: &str = "ANOMALY_DETECTION_BAND";
/// Deviations around a metric where a band does not say how many.
const WIDTH: f64 = 2.0;

/// What a call gives, and what that follows from; a call that is not known, or wrong, is refused, and a band where nobody makes one.
pub(super) fn check(
    name: &str,
    arguments: &[Expr],
    given: &[(MathType, Dependence)],
    has_band: bool,
) -> Result<(MathType, Dependence), MathError> {
    let inner = given.iter().map(|(_, inner)| *inner).max().unwrap_or(Slot);
    let kinds: Vec<MathType> = given.iter().map(|(kind, _)| *kind).collect();
    use Dependence::{Before, Slot, Window};
    use MathType::{Scalar, Series, SeriesArray, Text};
    match (name, kinds.as_slice()) {
        (name, [kind @ (Series | SeriesArray)]) if EACH.contains(&name) => Ok((*kind, inner)),
        (name, [Scalar]) if EACH.contains(&name) => Ok((Scalar, inner)),
        (name, [SeriesArray]) if REDUCING.contains(&name) => Ok((Series, inner)),
        (name, [Series]) if REDUCING.contains(&name) => Ok((Scalar, Window)),
        (name, [Series]) if STEPPING.contains(&name) && inner == Slot => Ok((Series, Before)),
        (name, [kind @ (Series | SeriesArray)]) if is_stepping(name) || ACCUMULATING.contains(&name) => {
            Ok((*kind, Window))
        }
        (name, [Series]) if CALENDAR.contains(&name) => Ok((Series, Slot)),
        ("METRICS", [] | [Text]) => Ok((SeriesArray, Slot)),
        ("METRIC_COUNT", [SeriesArray]) => Ok((Scalar, inner)),
        ("PERIOD", [Series]) => Ok((Scalar, Slot)),
        ("TIME_SERIES", [Scalar]) => Ok((Series, inner)),
        ("FIRST" | "LAST", [SeriesArray]) => Ok((Series, inner)),
        ("FILL", [kind @ (Series | SeriesArray), Scalar | Series]) => Ok((*kind, inner)),
        ("FILL", [kind @ (Series | SeriesArray), Text]) if text_at(arguments, 1).and_then(filler).is_some() => {
            Ok((*kind, Window))
        }
        ("REMOVE_EMPTY", [SeriesArray]) => Ok((SeriesArray, Window)),
        ("SLICE", [SeriesArray, Scalar] | [SeriesArray, Scalar, Scalar]) => Ok((SeriesArray, inner)),
        ("SORT", [SeriesArray, Text, Text] | [SeriesArray, Text, Text, Scalar])
            if sorting(text_at(arguments, 1), text_at(arguments, 2)).is_some() =>
        {
            Ok((SeriesArray, Window))
        }
        ("IF", [condition @ (Scalar | Series), then @ (Scalar | Series)]) => Ok(((*condition).max(*then), inner)),
        ("IF", [condition @ (Scalar | Series), then @ (Scalar | Series), other @ (Scalar | Series)]) => {
            Ok(((*condition).max(*then).max(*other), inner))
        }
        (BAND, [Series] | [Series, Scalar]) if has_band => Ok((SeriesArray, Window)),
        _ if is_known(name) || name == BAND && has_band => {
            Err(MathError::Arguments { taker: name.to_owned(), given: kinds })
        }
        _ => Err(MathError::UnknownFunction(name.to_owned())),
    }
}

fn is_known(name: &str) -> bool {
    let others = ["METRICS", "METRIC_COUNT", "PERIOD", "TIME_SERIES", "FILL", "IF"];
    let of_arrays = ["FIRST", "LAST", "REMOVE_EMPTY", "SLICE", "SORT"];
    let named = [&EACH[..], &REDUCING, &STEPPING, &ACCUMULATING, &CALENDAR, &others, &of_arrays];
    named.iter().any(|names| names.contains(&name))
}

/// Whether a value follows from the last one before it.
pub(super) fn is_stepping(name: &str) -> bool {
    STEPPING.contains(&name)
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum FillMethod {
    Repeat,
    Linear,
}

fn filler(word: &str) -> Option<FillMethod> {
    match word {
        "REPEAT" => Some(FillMethod::Repeat),
        "LINEAR" => Some(FillMethod::Linear),
        _ => None,
    }
}

/// The text that an argument is, before it is worked out.
fn text_at(arguments: &[Expr], at: usize) -> Option<&str> {
    match arguments.get(at) {
        Some(Expr::Text(text)) => Some(text),
        _ => None,
    }
}

/// An argument of a call, worked out.
pub(super) enum Argument<'a> {
    Text(&'a str),
    Value(MathValue),
}

impl<'a> Argument<'a> {
    fn value(self) -> Result<MathValue, MathError> {
        match self {
            Argument::Text(text) => Err(MathError::NoValue(text.to_owned())),
            Argument::Value(value) => Ok(value),
        }
    }

    fn text(&self) -> Option<&'a str> {
        match self {
            Argument::Text(text) => Some(text),
            Argument::Value(_) => None,
        }
    }
}

/// What a call's value follows from, beside its arguments.
pub(super) struct CallInputs<'a> {
    /// The metrics' ids, in the order of the frame's.
    pub metrics: &'a [String],
    pub band: Option<Band>,
    pub batch: &'a WindowBatch<'a>,
    /// Whether there is anything before a slot.
    pub begun: bool,
}

/// The value of a call that was checked.
pub(super) fn call(name: &str, arguments: Vec<Argument<'_>>, of: &CallInputs<'_>) -> Result<MathValue, MathError> {
    let wrong = || MathError::ArgumentValue(name.to_owned());
    let (batch, frame, metrics) = (of.batch, of.batch.frame, of.metrics);
    // Of a window; a call for no time at all has none, and `chunks` takes no 0.
    let len = frame.len.max(1);
    let mut arguments = arguments.into_iter();
    let first = arguments.next();
    match name {
        "METRICS" => {
            let part = first.and_then(|part| part.text()).unwrap_or_default();
            let named = metrics.iter().zip(frame.metrics).filter(|(id, _)| id.contains(part));
            let named = named.map(|(id, values)| NamedSeries { name: Some(id.clone()), values: values.to_vec() });
            return Ok(MathValue::List(named.collect()));
        }
        "IF" => return choose(first.into_iter().chain(arguments), batch),
        _ => {}
    }
    let first = first.ok_or_else(wrong)?.value()?;
    let rest: Vec<Argument<'_>> = arguments.collect();
    let number = |at: usize| rest.get(at).map(|argument| place(argument).ok_or_else(wrong)).transpose();
    Ok(match (name, first) {
        ("ABS", value) => value.map(f64::abs),
        ("CEIL", value) => value.map(f64::ceil),
        ("FLOOR", value) => value.map(f64::floor),
        ("LOG", value) => value.map(f64::ln),
        ("LOG10", value) => value.map(f64::log10),
        (name, MathValue::Series(values)) if REDUCING.contains(&name) => {
            let of = |window: &[f64]| reduce(name, window.iter().copied());
            match batch.count {
                1 => MathValue::Number(of(&values)),
                _ => MathValue::Numbers(values.chunks(len).map(of).collect()),
            }
        }
        (name, MathValue::List(list)) if REDUCING.contains(&name) => {
            MathValue::Series((0..batch.slots()).map(|slot| across(name, &list, slot)).collect())
        }
        (name, value) if is_stepping(name) && !of.begun => value.each(|values| vec![f64::NAN; values.len()]),
        (name, value) if is_stepping(name) || ACCUMULATING.contains(&name) => {
            value.each(|values| step(name, &values, batch))
        }
        (name, _) if CALENDAR.contains(&name) => {
            let part = |slot: usize| calendar_part(name, batch.second(slot)) as f64;
            MathValue::Series((0..batch.slots()).map(part).collect())
        }
        ("METRIC_COUNT", MathValue::List(list)) => MathValue::Number(list.len() as f64),
        ("PERIOD", _) => MathValue::Number(frame.period as f64),
        ("TIME_SERIES", MathValue::Number(number)) => MathValue::Series(vec![number; batch.slots()]),
        ("TIME_SERIES", numbers @ MathValue::Numbers(_)) => {
            MathValue::Series((0..batch.slots()).map(|slot| numbers.at(slot, len)).collect())
        }
        ("FIRST" | "LAST", MathValue::List(mut list)) => {
            let chosen = if name == "FIRST" { list.drain(..).next() } else { list.pop() };
            MathValue::Series(chosen.map_or_else(|| vec![f64::NAN; batch.slots()], |chosen| chosen.values))
        }
        ("FILL", value) => fill(value, rest.into_iter().next().ok_or_else(wrong)?, len)?,
        // Which series there are, or in which order, may be another in each window.
        ("REMOVE_EMPTY" | "SORT" | BAND, _) if batch.count > 1 => return Err(wrong()),
        ("REMOVE_EMPTY", MathValue::List(mut list)) => {
            list.retain(|series| series.values.iter().any(|value| !value.is_nan()));
            MathValue::List(list)
        }
        ("SLICE", MathValue::List(mut list)) => {
            let (start, end) = (number(0)?.ok_or_else(wrong)?, number(1)?.unwrap_or(list.len()));
            list.truncate(end);
            MathValue::List(list.split_off(start.min(list.len())))
        }
        ("SORT", MathValue::List(list)) => {
            let text = |at: usize| rest.get(at).and_then(Argument::text);
            let (by, descending) = sorting(text(0), text(1)).ok_or_else(wrong)?;
            let most = number(2)?.unwrap_or(list.len());
            let mut list = sorted(list, by, descending);
            list.truncate(most);
            MathValue::List(list)
        }
        (BAND, MathValue::Series(values)) => {
            let width = rest.into_iter().next().map_or(Ok(MathValue::Number(WIDTH)), Argument::value)?;
            let make = of.band.ok_or_else(|| MathError::UnknownFunction(name.to_owned()))?;
            let [high, low] = make(&values, width.at(0, len));
            let edge = |name: &str, values| NamedSeries { name: Some(name.to_owned()), values };
            MathValue::List(vec![edge("high", high), edge("low", low)])
        }
        _ => return Err(wrong()),
    })
}

/// By which function SORT sorts, and whether the higher come first.
fn sorting<'a>(by: Option<&'a str>, order: Option<&str>) -> Option<(&'a str, bool)> {
    let by = by.filter(|by| ["AVG", "MIN", "MAX", "SUM"].contains(by))?;
    match order? {
        "DESC" => Some((by, true)),
        "ASC" => Some((by, false)),
        _ => None,
    }
}

/// By one number of each series; those of the same number stay as they were, and those without data come last.
fn sorted(list: Vec<NamedSeries>, by: &str, descending: bool) -> Vec<NamedSeries> {
    let number = |series: &NamedSeries| reduce(by, series.values.iter().copied());
    let (mut there, mut empty): (Vec<_>, Vec<_>) =
        list.into_iter().map(|series| (number(&series), series)).partition(|(number, _)| !number.is_nan());
    there.sort_by(|(a, _), (b, _)| if descending { b.total_cmp(a) } else { a.total_cmp(b) });
    there.append(&mut empty);
    there.into_iter().map(|(_, series)| series).collect()
}

/// A place in an array, counted from 0; `None` of what is none.
fn place(argument: &Argument<'_>) -> Option<usize> {
    let Argument::Value(MathValue::Number(number)) = *argument else { return None };
    (number >= 0.0 && number.fract() == 0.0).then_some(number as usize)
}

/// One slot of the series of an array. An average counts a series that has no value there as 0 ("Missing values are treated as 0", of
/// AVG); the others reckon with the values there are, and where there are none there is no datapoint to count, either.
fn across(name: &str, list: &[NamedSeries], slot: usize) -> f64 {
    let values = list.iter().map(|series| series.values[slot]);
    match name {
        "AVG" => known(reduce("SUM", values) / list.len() as f64),
        "DATAPOINT_COUNT" => Some(reduce(name, values)).filter(|count| *count > 0.0).unwrap_or(f64::NAN),
        name => reduce(name, values),
    }
}

/// Over the values there are; of none there is none (but their count is 0).
fn reduce(name: &str, values: impl Iterator<Item = f64> + Clone) -> f64 {
    let (mut count, mut sum, mut low, mut high) = (0.0, 0.0, f64::NAN, f64::NAN);
    for value in values.clone().filter(|value| !value.is_nan()) {
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
        "STDDEV" => known(mean_and_deviation(values).1),
        "MIN" => low,
        _ => high,
    }
}

/// The mean of the values there are and their standard deviation, taken as the whole population: AWS does not say which.
pub fn mean_and_deviation(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let there = values.filter(|value| !value.is_nan());
    let count = there.clone().count() as f64;
    let mean = there.clone().sum::<f64>() / count;
    (mean, (there.map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt())
}

/// From one value to the next that is there, in each window.
fn step(name: &str, values: &[f64], batch: &WindowBatch<'_>) -> Vec<f64> {
    let mut stepped = Vec::with_capacity(values.len());
    for window in values.chunks(batch.frame.len.max(1)) {
        step_window(name, window, batch.frame.step, &mut stepped);
    }
    stepped
}

fn step_window(name: &str, values: &[f64], seconds_a_slot: i64, stepped: &mut Vec<f64>) {
    let mut last: Option<(usize, f64)> = None;
    let mut total = 0.0;
    let next = |(slot, value): (usize, &f64)| {
        if value.is_nan() {
            return f64::NAN;
        }
        total += value;
        let before = last.replace((slot, *value));
        let change = before.map(|(at, from)| ((slot - at) as f64 * seconds_a_slot as f64, value - from));
        match (name, change) {
            ("RUNNING_SUM", _) => known(total),
            (_, None) => f64::NAN,
            ("RATE", Some((seconds, change))) => known(change / seconds),
            ("DIFF", Some((_, change))) => known(change),
            (_, Some((seconds, _))) => seconds,
        }
    };
    stepped.extend(values.iter().enumerate().map(next));
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

fn fill(value: MathValue, with: Argument<'_>, len: usize) -> Result<MathValue, MathError> {
    if let Some(filler) = with.text().and_then(filler) {
        return Ok(value.each(|mut values| {
            values.chunks_mut(len).for_each(|window| interpolate(filler, window));
            values
        }));
    }
    let with = with.value()?;
    let filled = |(slot, value): (usize, f64)| if value.is_nan() { with.at(slot, len) } else { value };
    Ok(value.each(|values| values.into_iter().enumerate().map(filled).collect()))
}

fn interpolate(filler: FillMethod, values: &mut [f64]) {
    let mut last: Option<usize> = None;
    for slot in 0..values.len() {
        if !values[slot].is_nan() {
            if let (FillMethod::Linear, Some(from)) = (filler, last) {
                let slope = (values[slot] - values[from]) / (slot - from) as f64;
                for between in from + 1..slot {
                    values[between] = values[from] + slope * (between - from) as f64;
                }
            }
            last = Some(slot);
        } else if let (FillMethod::Repeat, Some(from)) = (filler, last) {
            values[slot] = values[from];
        }
    }
}

/// `IF(condition, then, else)`. Without an else there is nothing where the condition does not hold, nor where it is missing. Where a
/// condition that is a series holds, a series that has no value there counts as 0 (user guide, the tables of "Using IF expressions").
fn choose<'a>(
    mut arguments: impl Iterator<Item = Argument<'a>>,
    batch: &WindowBatch<'_>,
) -> Result<MathValue, MathError> {
    let mut next = || arguments.next().ok_or_else(|| MathError::ArgumentValue("IF".into()))?.value();
    let (condition, then) = (next()?, next()?);
    let other = arguments.next().map_or(Ok(MathValue::Number(f64::NAN)), Argument::value)?;
    let is_series = |value: &MathValue| matches!(value, MathValue::Series(_));
    let counts_as_zero = is_series(&condition) && is_series(&then);
    let len = batch.frame.len;
    let pick = |slot: usize| match condition.at(slot, len) {
        truth if truth.is_nan() => f64::NAN,
        truth if truth != 0.0 && counts_as_zero && then.at(slot, len).is_nan() => 0.0,
        truth if truth != 0.0 => then.at(slot, len),
        _ => other.at(slot, len),
    };
    if [&condition, &then, &other].into_iter().any(is_series) {
        return Ok(MathValue::Series((0..batch.slots()).map(pick).collect()));
    }
    if [&condition, &then, &other].into_iter().any(|value| matches!(value, MathValue::Numbers(_))) {
        return Ok(MathValue::Numbers((0..batch.count).map(|window| pick(window * len)).collect()));
    }
    Ok(MathValue::Number(pick(0)))
}
