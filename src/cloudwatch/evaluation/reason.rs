//! Why a state changed, in the words of CloudWatch's `StateReason`.

use super::condition::Condition;
use super::watched::Watched;
use crate::calendar::{date, hour, minute};
use crate::state::AlarmState;

/// The datapoints that an evaluation at `index` rests on, at most N, the newest first: the value and when its period began.
pub fn datapoints(condition: &Condition, watched: &Watched, index: usize) -> Vec<(f64, i64)> {
    watched.window(index, condition.range, |values| {
        let began = |age: usize| watched.grid.end(index) - (age as i64 + 1) * watched.grid.period;
        let slots = values.enumerate().map(|(age, value)| (value, began(age)));
        slots.filter(|(value, _)| !value.is_nan()).take(condition.n).collect()
    })
}

/// The reason of the evaluation at `index` that led to `to`.
pub fn text(condition: &Condition, watched: &Watched, index: usize, to: AlarmState) -> String {
    let real = datapoints(condition, watched, index);
    if to == AlarmState::InsufficientData {
        let unknown = condition.n;
        let were = if unknown == 1 { "datapoint was" } else { "datapoints were" };
        return format!("Insufficient Data: {unknown} {were} unknown.");
    }
    let filled = condition.n - real.len();
    if real.is_empty() {
        let (periods, points) = match filled {
            1 => ("1 period".to_owned(), "1 missing datapoint was".to_owned()),
            n => (format!("{n} periods"), format!("{n} missing datapoints were")),
        };
        let word = condition.missing.filled_as().unwrap_or("Missing");
        return format!(
            "Threshold Crossed: no datapoints were received for {periods} and {points} treated as [{word}]."
        );
    }
    let crossed: Vec<(f64, i64)> =
        real.iter().filter(|(value, _)| condition.breaches(*value) == (to == AlarmState::Alarm)).copied().collect();
    // Filled datapoints may have decided against the ones that are there.
    let shown = if crossed.is_empty() { &real } else { &crossed };
    let values: Vec<String> = shown.iter().map(|(value, at)| format!("{} ({})", number(*value), stamp(*at))).collect();
    let relation = condition.comparison.relation();
    let not = if to == AlarmState::Alarm { "" } else { "not " };
    let verb = if shown.len() == 1 { "was" } else { "were" };
    let (list, threshold) = (values.join(", "), number(condition.threshold));
    if condition.m == condition.n {
        let points = if shown.len() == 1 { "datapoint" } else { "datapoints" };
        return format!(
            "Threshold Crossed: {} {points} [{list}] {verb} {not}{relation} the threshold ({threshold}).",
            shown.len()
        );
    }
    let (least, change) = match to {
        AlarmState::Alarm => (condition.m, "OK -> ALARM"),
        _ => (condition.n - condition.m + 1, "ALARM -> OK"),
    };
    let points = if least == 1 { "datapoint" } else { "datapoints" };
    format!(
        "Threshold Crossed: {} out of the last {} datapoints [{list}] {verb} {not}{relation} the threshold ({threshold}) \
         (minimum {least} {points} for {change} transition).",
        shown.len(),
        condition.n,
    )
}

/// As Java writes a double: `5.0`, `0.25`.
fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.1}") } else { value.to_string() }
}

/// `22/11/26 10:05:00`, UTC.
fn stamp(second: i64) -> String {
    let (year, month, day) = date(second);
    let (year, hour, minute) = (year.rem_euclid(100), hour(second), minute(second));
    format!("{day:02}/{month:02}/{year:02} {hour:02}:{minute:02}:{:02}", second.rem_euclid(60))
}
