//! Why a state changed, in the words of CloudWatch's `StateReason`: forms read off published notifications and histories. Decides
//! nothing.

use super::condition::Condition;
use super::watched::{Banded, EvaluatedSeries};
use crate::calendar::{date, hour, minute};
use crate::comparison::BandSide;
use crate::state::AlarmState;

/// So many datapoints no longer stand in the sentence: the newest ones follow it. Of 5 and more this is known, of 4 not.
const MANY: usize = 5;

/// The datapoints that an evaluation at `index` rests on, at most N, the newest first: the value and when its period began.
pub fn datapoints(condition: &Condition, watched: &EvaluatedSeries, index: usize) -> Vec<(f64, i64)> {
    slots(condition, watched, index).into_iter().map(|(age, value)| (value, began(watched, index, age))).collect()
}

/// The same by how many periods they are old.
fn slots(condition: &Condition, watched: &EvaluatedSeries, index: usize) -> Vec<(usize, f64)> {
    watched.window(index, condition.range, |values| {
        values.enumerate().filter(|(_, value)| !value.is_nan()).take(condition.n).collect()
    })
}

fn began(watched: &EvaluatedSeries, index: usize, age: usize) -> i64 {
    watched.grid.end(index) - (age as i64 + 1) * watched.grid.period
}

/// The reason of the evaluation at `index` that led to `to`.
pub fn text(condition: &Condition, watched: &EvaluatedSeries, index: usize, to: AlarmState) -> String {
    let real = slots(condition, watched, index);
    if to == AlarmState::InsufficientData {
        return format!("Insufficient Data: {} unknown.", were(condition.n, "datapoint"));
    }
    let head = if watched.band().is_some() { "Thresholds" } else { "Threshold" };
    let filled = match (condition.n - real.len(), condition.missing.filled_as()) {
        (0, _) | (_, None) => None,
        (count, Some(word)) => Some(format!("{} treated as [{word}]", were(count, "missing datapoint"))),
    };
    let is_alarm = to == AlarmState::Alarm;
    let crossed: Vec<(usize, f64)> =
        real.iter().filter(|(_, value)| condition.breaches(*value) == is_alarm).copied().collect();
    if crossed.is_empty() {
        // What was filled decided alone, or against the datapoints that there are.
        let received = if real.is_empty() { "no datapoints were".to_owned() } else { were(real.len(), "datapoint") };
        let periods = many(condition.n, "period");
        let filled = filled.map(|filled| format!(" and {filled}")).unwrap_or_default();
        return format!("{head} Crossed: {received} received for {periods}{filled}.");
    }
    let counted = match condition.names_m {
        true => format!("{} out of the last {} datapoints", crossed.len(), condition.n),
        false => many(crossed.len(), "datapoint"),
    };
    let (least, change) =
        if is_alarm { (condition.m, "OK -> ALARM") } else { (condition.n - condition.m + 1, "ALARM -> OK") };
    let minimum = match condition.names_m {
        true => format!(" (minimum {} for {change} transition)", many(least, "datapoint")),
        false => String::new(),
    };
    let verb = if crossed.len() == 1 { "was" } else { "were" };
    let filled = filled.map(|filled| format!(" and {filled}")).unwrap_or_default();
    let newest = &crossed[..crossed.len().min(MANY)];
    let point = |(age, value): &(usize, f64)| {
        let value = watched.band_at(index, *age).map_or(*value, |banded| banded.value);
        format!("{} ({})", number(value), stamp(began(watched, index, *age)))
    };
    let list: Vec<String> = newest.iter().map(point).collect();
    let list = list.join(", ");
    let not = if is_alarm { "" } else { "not " };
    let Some(side) = watched.band() else {
        let relation =
            format!("{not}{} the threshold ({})", condition.comparison.relation(), number(condition.threshold));
        return match crossed.len() < MANY {
            true => format!("{head} Crossed: {counted} [{list}] {verb} {relation}{filled}{minimum}."),
            false => format!(
                "{head} Crossed: {counted} {verb} {relation}{filled}. The most recent datapoints which crossed the \
                 threshold: [{list}]{minimum}."
            ),
        };
    };
    let edges = |edge: fn(Banded) -> f64| {
        let edges = newest.iter().filter_map(|(age, _)| Some(number(edge(watched.band_at(index, *age)?))));
        format!("[{}]", edges.collect::<Vec<_>>().join(", "))
    };
    let (low, high) = (edges(|banded| banded.low), edges(|banded| banded.high));
    let (below, above) = (("less than", "lower", low), ("greater than", "upper", high));
    let sides = match side {
        BandSide::Below => vec![below],
        BandSide::Above => vec![above],
        BandSide::Outside => vec![below, above],
    };
    let join = |part: &dyn Fn(&(&str, &str, String)) -> String| sides.iter().map(part).collect::<Vec<_>>().join(" or ");
    if crossed.len() < MANY {
        let relation = join(&|(relation, edge, list)| format!("{not}{relation} the {edge} thresholds {list}"));
        return format!("{head} Crossed: {counted} [{list}] {verb} {relation}{filled}{minimum}.");
    }
    let relation = join(&|(relation, edge, _)| format!("{not}{relation} the {edge} thresholds"));
    let edges = join(&|(_, edge, list)| format!("{edge} thresholds {list}"));
    format!(
        "{head} Crossed: {counted} {verb} {relation}{filled}. Recent datapoints [{list}] crossed the {edges}{minimum}."
    )
}

/// `1 period`, `2 periods`
fn many(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// `1 datapoint was`, `2 datapoints were`
fn were(count: usize, noun: &str) -> String {
    format!("{} {}", many(count, noun), if count == 1 { "was" } else { "were" })
}

/// As Java writes a double: `5.0`, `0.25`, `1.0E7`, `5.0E-4`.
fn number(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        return if value.fract() == 0.0 { format!("{value:.1}") } else { value.to_string() };
    }
    let text = format!("{value:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        _ => text,
    }
}

/// `22/11/26 10:05:00`, UTC.
fn stamp(second: i64) -> String {
    let (year, month, day) = date(second);
    let (year, hour, minute) = (year.rem_euclid(100), hour(second), minute(second));
    format!("{day:02}/{month:02}/{year:02} {hour:02}:{minute:02}:{:02}", second.rem_euclid(60))
}
