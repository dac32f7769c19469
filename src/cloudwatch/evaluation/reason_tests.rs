//! Reasons as CloudWatch wrote them (`reasons.txt`): the same alarm over the same datapoints comes to the same state in the same words.

use super::condition::{Condition, Decision};
use super::reason::text;
use super::replay::decide;
use super::series::PeriodGrid;
use super::watched::{Banded, EvaluatedSeries};
use crate::calendar::days_since_1970;
use crate::comparison::{BandSide, Comparison};
use crate::missing::MissingData;
use crate::state::AlarmState;

const REASONS: &str = include_str!("reasons.txt");

/// `=3/5 > 0 missing 60`
fn condition(text: &str) -> (Condition, Option<BandSide>) {
    let words: Vec<&str> = text.split(' ').collect();
    let (m_of_n, rest) = words.split_first().unwrap();
    let (m, n) = m_of_n.trim_start_matches('=').split_once('/').unwrap();
    let side = match rest[0] {
        "outside" => Some(BandSide::Outside),
        "above" => Some(BandSide::Above),
        "below" => Some(BandSide::Below),
        _ => None,
    };
    let limit = &rest[..if side.is_some() { 1 } else { 2 }];
    let sign = |comparison: &Comparison| comparison.symbol() == limit[0];
    let n: usize = n.parse().unwrap();
    let condition = Condition {
        n,
        m: m.parse().unwrap(),
        names_m: m_of_n.starts_with('='),
        comparison: Comparison::ALL.into_iter().find(sign).unwrap_or(Comparison::Greater),
        threshold: limit.get(1).map_or(0.0, |threshold| threshold.parse().unwrap()),
        missing: MissingData::from_word(rest[limit.len()]).unwrap(),
        period: rest[limit.len() + 1].parse().unwrap(),
        range: n,
        least_samples: None,
    };
    (condition, side)
}

/// `21/12/21 06:45`
fn moment(text: &str) -> i64 {
    let numbers: Vec<i64> = text.split(['/', ' ', ':']).map(|number| number.parse().unwrap()).collect();
    let [day, month, year, hour, minute] = numbers[..] else { panic!("{text}") };
    days_since_1970(2000 + year, month, day) * 86_400 + hour * 3_600 + minute * 60
}

fn watched(condition: &Condition, side: Option<BandSide>, newest: i64, values: &str) -> EvaluatedSeries {
    let values: Vec<&str> = values.split(' ').collect();
    let first = newest - (values.len() as i64 - 2) * condition.period;
    let grid = PeriodGrid { first, step: condition.period, len: values.len(), period: condition.period };
    let number = |text: &str| if text == "_" { f64::NAN } else { text.parse().unwrap() };
    let Some(side) = side else { return EvaluatedSeries::of_values(grid, values.into_iter().map(number).collect()) };
    let banded = |text: &str| match text.split('|').map(number).collect::<Vec<f64>>()[..] {
        [value, low, high] => Banded { value, low, high },
        _ => panic!("{text}"),
    };
    EvaluatedSeries::of_band(grid, side, values.into_iter().map(banded).collect())
}

#[test]
fn reasons_are_worded_as_cloudwatch_words_them() {
    let mut count = 0;
    let mut wrong = Vec::new();
    let lines: Vec<&str> = REASONS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    for row in lines.chunks(5) {
        let [alarm, newest, values, state, expected] = row else { panic!("{row:?}") };
        let (condition, side) = condition(alarm);
        let watched = watched(&condition, side, moment(newest), values);
        let last = watched.grid.len - 1;
        let state = AlarmState::ALL.into_iter().find(|one| one.word() == *state).unwrap();
        let decided = decide(&condition, &watched, last);
        let found = text(&condition, &watched, last, state);
        if found != *expected || decided != Decision::Change(state) {
            wrong.push(format!("{alarm}: {decided:?}\n- {expected}\n+ {found}"));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 90, "{count}");
}
