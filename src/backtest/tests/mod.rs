//! The evaluator against AWS's tables, against cases derived by hand, and against properties that must always hold.

mod cases;
mod first_windows;
mod past;
mod plan_pages;
mod properties;
mod sandbox;
mod tables;
mod together;

use super::history::{MetricHistory, MetricIdentity, SAMPLES};
use super::judge::BacktestRequest;
use super::notation::Notation;
use crate::resources::Alarm;
use mlops_cloudwatch::evaluation::condition::{Condition, EvaluationOptions};
use mlops_cloudwatch::evaluation::replay::{Replay, replay_created};
use mlops_cloudwatch::evaluation::series::ValueSeries;
use mlops_cloudwatch::evaluation::watched::EvaluatedSeries;
use mlops_cloudwatch::state::AlarmState;

/// A Monday, 2026-01-05 00:00 UTC: every period up to a week begins here.
pub const START: i64 = 1_767_571_200;

/// `M/N op threshold treatment period`, of the metric `T m` with this statistic.
pub fn alarm(text: &str, statistic: &str) -> Alarm {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [m_of_n, sign, threshold, missing, period] = words[..] else { panic!("{text}") };
    let (m, n) = m_of_n.split_once('/').unwrap();
    let operator = match sign {
        ">" => "GreaterThanThreshold",
        ">=" => "GreaterThanOrEqualToThreshold",
        "<" => "LessThanThreshold",
        _ => "LessThanOrEqualToThreshold",
    };
    let plain = crate::resources::alarm::statistic::is_plain(statistic);
    Alarm {
        namespace: Some("T".into()),
        metric_name: Some("m".into()),
        statistic: plain.then(|| statistic.to_owned()),
        extended_statistic: (!plain).then(|| statistic.to_owned()),
        period: Some(period.parse().unwrap()),
        evaluation_periods: Some(n.parse().unwrap()),
        datapoints_to_alarm: (m != n).then(|| m.parse().unwrap()),
        threshold: Some(threshold.parse().unwrap()),
        comparison_operator: Some(operator.into()),
        treat_missing_data: Some(missing.into()),
        ..Alarm::new("a")
    }
}

/// Asks for all of so many seconds from `START` on, drawn.
pub fn asking(seconds: i64) -> BacktestRequest<'static> {
    let (from, until, options) = (START, START + seconds, EvaluationOptions::default());
    BacktestRequest { options, is_drawn: true, ..BacktestRequest::of(from, until) }
}

pub fn metric(name: &str) -> MetricIdentity {
    MetricIdentity { namespace: "T".into(), name: name.into(), ..MetricIdentity::default() }
}

/// Measurements of `T m`, one every `step` seconds from `START` on.
pub fn history(values: &str, step: i64) -> MetricHistory {
    let mut history = MetricHistory::default();
    history.add(metric("m"), SAMPLES, ValueSeries { start: START, step, values: Notation::Own.parse(values).unwrap() });
    history
}

/// The alarm is created at `START` and watched for so long.
pub fn run(alarm: &Alarm, options: EvaluationOptions, history: &MetricHistory, seconds: i64) -> Replay {
    let condition = Condition::of(&alarm.definition(), options).unwrap();
    let watched = EvaluatedSeries::new(&alarm.definition(), &condition, history, START, START + seconds).unwrap();
    replay_created(&condition, &watched, START, START + seconds, alarm.definition().warm_up)
}

/// The state after each step of so many seconds: O, A or I.
pub fn letters(replay: &Replay, step: i64) -> String {
    let count = (replay.timeline.until - replay.timeline.from) / step;
    (1..=count).map(|n| letter(replay.timeline.at(START + n * step))).collect()
}

pub fn letter(state: AlarmState) -> char {
    match state {
        AlarmState::Ok => 'O',
        AlarmState::Alarm => 'A',
        AlarmState::InsufficientData => 'I',
    }
}
