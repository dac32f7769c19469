//! Series of our own with seeded incidents: what is proposed, what it catches, and where nothing is.

use super::propose::between;
use super::{Advice, Suggestion, ViewKind};
use crate::backtest::history::{MetricHistory, MetricIdentity};
use crate::backtest::incidents::{KnownIncident, score};
use crate::backtest::judge::{BacktestRequest, judge};
use crate::backtest::{EvaluatedAlarm, EvaluationOptions};
use crate::resources::{Alarm, Resource};
use mlops_cloudwatch::evaluation::series::ValueSeries;

/// A Monday.
const START: i64 = 1_767_571_200;
const STEP: i64 = 300;
const DAY: usize = 288;

/// Reproducible noise from 0 to 1.
fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1_u64 << 31) as f64
    }
}

fn alarm(operator: &str) -> Alarm {
    Alarm {
        namespace: Some("T".into()),
        metric_name: Some("m".into()),
        statistic: Some("Average".into()),
        period: Some(300),
        evaluation_periods: Some(1),
        threshold: Some(1e9),
        comparison_operator: Some(operator.into()),
        treat_missing_data: Some("notBreaching".into()),
        ..Alarm::new("a")
    }
}

fn judged(alarm: Alarm, values: Vec<f64>, suggest: Option<f64>, known: Option<&[KnownIncident]>) -> EvaluatedAlarm {
    let until = START + values.len() as i64 * STEP;
    let mut history = MetricHistory::default();
    let metric = MetricIdentity { namespace: "T".into(), name: "m".into(), ..MetricIdentity::default() };
    history.add(metric, "Average", ValueSeries { start: START, step: STEP, values });
    let asking =
        BacktestRequest { from: START, until, options: EvaluationOptions::default(), suggest, is_drawn: true, known };
    let resource = Resource::Alarm(Box::new(alarm));
    judge([&resource].into_iter(), &history, asking).swap_remove(0)
}

fn advice(alarm: Alarm, values: Vec<f64>, a_week: f64, known: Option<&[KnownIncident]>) -> Advice {
    judged(alarm, values, Some(a_week), known).outcome.unwrap().advice.unwrap()
}

fn first(values: Vec<f64>) -> Suggestion {
    advice(alarm("GreaterThanThreshold"), values, 1.0, None).unwrap().suggestions.swap_remove(0)
}

/// The best that looks at the values as they are: its threshold is in their unit.
fn of_values(values: Vec<f64>, operator: &str) -> Suggestion {
    let made = advice(alarm(operator), values, 1.0, None).unwrap().suggestions;
    made.into_iter().find(|one| one.watches == ViewKind::Values).unwrap()
}

fn ordinary(days: usize, seed: u64) -> Vec<f64> {
    let mut noise = noise(seed);
    (0..days * DAY).map(|_| 40.0 + 4.0 * (noise() + noise() + noise())).collect()
}

/// Short and high, longer and lower, long.
const INCIDENTS: [(usize, f64); 3] = [(3, 45.0), (12, 14.0), (60, 18.0)];

/// Two incidents each in the noise of 24 seeds: what is proposed first catches them, and little else.
#[test]
fn seeded_incidents_are_caught_and_little_else() {
    let (mut caught, mut seeded, mut false_firings) = (0, 0, 0);
    for seed in 0..24 {
        let mut values = ordinary(14, seed);
        let kinds = [seed as usize % 3, (seed as usize + 1) % 3].map(|kind| INCIDENTS[kind]);
        let places = [3 * DAY + seed as usize * 7, 10 * DAY + seed as usize * 11];
        let mut incidents = Vec::new();
        for ((length, height), place) in kinds.into_iter().zip(places) {
            values[place..place + length].iter_mut().for_each(|value| *value += height);
            incidents.push((START + place as i64 * STEP, START + (place + length) as i64 * STEP));
        }
        let made = advice(alarm("GreaterThanThreshold"), values.clone(), 1.0, None).unwrap().suggestions;
        let again = judged(made[0].alarm.as_ref().clone(), values, None, None).outcome.unwrap();
        // What it is said to do is what the alarm that is proposed does.
        assert_eq!(again.figures.firings, made[0].firings);
        let found = score(&again.figures.spans, &incidents, START);
        seeded += incidents.len();
        caught += found.caught;
        false_firings += found.false_firings;
    }
    assert!(caught * 10 >= seeded * 9, "{caught} of {seeded}");
    assert!(false_firings <= 3, "{false_firings}");
}

/// Three of fourteen days in trouble: no share of time in ALARM hides it.
#[test]
fn a_long_outage_is_proposed_for() {
    let mut values = ordinary(14, 5);
    let mut noise = noise(77);
    (6 * DAY..9 * DAY).for_each(|slot| values[slot] = 95.0 + 5.0 * noise());
    let best = first(values.clone());
    assert_eq!((best.firings, best.in_alarm > 2 * 86_400), (1, true), "{best:?}");
    let best = of_values(values, "GreaterThanThreshold");
    assert_eq!((best.firings, best.in_alarm > 2 * 86_400), (1, true), "{best:?}");
    assert!(best.threshold > 52.0 && best.threshold < 95.0, "{best:?}");
}

/// One error in a thousand calls, twice: a threshold of two digits would be 0 or 0.0010.
#[test]
fn a_small_incident_is_not_rounded_away() {
    let mut values = vec![0.001; 14 * DAY];
    (0..14 * DAY).step_by(3).for_each(|slot| values[slot] = 0.001_02);
    values[2_000..2_006].fill(0.001_2);
    let best = of_values(values, "GreaterThanThreshold");
    assert!(best.threshold > 0.001_02 && best.threshold < 0.001_2, "{best:?}");
    assert_eq!(best.firings, 1);
}

/// By night it is at 10, by day at 60; 45 at night is an incident that no plain threshold tells from day.
#[test]
fn a_daily_pattern_is_taken_off() {
    let mut noise = noise(3);
    let mut values: Vec<f64> = (0..14 * DAY)
        .map(|slot| 3.0 * noise() + if (8 * 12..18 * 12).contains(&(slot % DAY)) { 60.0 } else { 10.0 })
        .collect();
    values[5 * DAY + 24..5 * DAY + 48].fill(45.0);
    let made = advice(alarm("GreaterThanThreshold"), values, 1.0, None).unwrap().suggestions;
    let best = &made[0];
    assert_eq!((best.watches, best.firings), (ViewKind::Daily, 1), "{made:?}");
    let expression = best.alarm.metrics[1].expression.as_deref().unwrap();
    assert!(expression.contains("HOUR(m1) >= 8") && expression.contains("HOUR(m1) >= 18"), "{expression}");
}

#[test]
fn drops_are_found_for_alarms_that_look_down() {
    let mut values = ordinary(14, 9);
    values[1_000..1_030].fill(2.0);
    let best = of_values(values, "LessThanThreshold");
    assert!(best.threshold > 2.0 && best.threshold < 40.0, "{best:?}");
    assert_eq!(best.firings, 1);
}

/// A jump that is over soon and a slow rise: one condition sees both, upward and downward, and does what it is said to do.
#[test]
fn a_jump_and_a_slow_rise_are_seen_by_level_and_change_together() {
    let mut noise = noise(12);
    let mut values: Vec<f64> = (0..14 * DAY).map(|_| 40.0 + 4.0 * noise()).collect();
    values[900..904].fill(95.0);
    (3_000..3_100).for_each(|slot| values[slot] = 45.0 + (slot - 3_000) as f64);
    for (operator, worse) in [("GreaterThanThreshold", "MAX(["), ("LessThanThreshold", "MIN([")] {
        let turned = |value: &f64| if worse == "MIN([" { 100.0 - value } else { *value };
        let values: Vec<f64> = values.iter().map(turned).collect();
        let best = advice(alarm(operator), values.clone(), 1.0, None).unwrap().suggestions.swap_remove(0);
        assert_eq!((best.watches, best.evaluation_periods), (ViewKind::LevelAndChange, 24), "{best:?}");
        assert_eq!(best.threshold > 0.0, worse == "MAX([", "{best:?}");
        assert!(best.alarm.metrics[1].expression.as_deref().unwrap().starts_with(worse), "{best:?}");
        let again = judged(best.alarm.as_ref().clone(), values, None, None).outcome.unwrap().figures;
        assert_eq!((again.firings, again.in_alarm, again.longest), (best.firings, best.in_alarm, best.longest));
        assert!(best.firings > 0, "{best:?}");
    }
}

/// A day and another are not enough to say what is ordinary in both.
#[test]
fn a_short_past_has_no_level_and_change_together() {
    let of = |days: usize| {
        let mut values = ordinary(days, 6);
        values[400..412].fill(90.0);
        let made = advice(alarm("GreaterThanThreshold"), values, 1.0, None).unwrap().suggestions;
        made.iter().any(|one| one.watches == ViewKind::LevelAndChange)
    };
    assert_eq!((of(2), of(7)), (false, true));
}

/// A spike hardly higher than that of every other day is no incident of level and change together: the next may be higher.
#[test]
fn what_comes_again_every_day_makes_a_limit_that_is_beyond_it() {
    let mut values = vec![10.0; 14 * DAY];
    for day in 0..14 {
        values[day * DAY + 100] = if day % 2 == 0 { 180.0 } else { 50.0 };
    }
    values[9 * DAY + 100] = 198.0;
    let best = first(values);
    assert_eq!((best.watches, best.firings), (ViewKind::LevelAndChange, 0), "{best:?}");
}

#[test]
fn the_reason_is_said_where_nothing_is_proposed() {
    let of = |values: Vec<f64>| advice(alarm("GreaterThanThreshold"), values, 1.0, None).unwrap_err();
    assert!(of(vec![7.0; DAY]).contains("always 7"));
    assert!(of(vec![f64::NAN; DAY]).contains("no data"));
}

/// The incident of the next week goes farther than anything has gone.
#[test]
fn where_nothing_stands_out_limits_beyond_it_are_proposed() {
    let mut noise = noise(1);
    let values: Vec<f64> = (0..14 * DAY).map(|_| noise()).collect();
    let most = values.iter().copied().fold(0.0, f64::max);
    let made = advice(alarm("GreaterThanThreshold"), values, 1.0, None).unwrap();
    assert!(made.nothing_stands_out.unwrap().contains("nothing is unusual"));
    assert!(!made.suggestions.is_empty());
    for one in made.suggestions {
        let reachable = most..1.5 * most;
        assert!(one.firings == 0 && (one.evaluation_periods > 1 || reachable.contains(&one.threshold)), "{one:?}");
    }
}

/// What stands out most is not what is known: the known incident decides.
#[test]
fn known_incidents_decide() {
    let mut values = ordinary(14, 4);
    values[500] = 400.0;
    values[2_000..2_020].iter_mut().for_each(|value| *value += 10.0);
    let at = |slot: i64| START + slot * STEP;
    let known = [KnownIncident { from: at(2_000), until: at(2_020), alarm: Some("a".into()) }];
    let made = advice(alarm("GreaterThanThreshold"), values, 1.0, Some(&known)).unwrap().suggestions;
    let score = made[0].known.as_ref().unwrap();
    assert_eq!((score.caught, score.false_firings), (1, 0), "{made:?}");
}

#[test]
fn never_means_a_threshold_that_nothing_reached() {
    let made = advice(alarm("GreaterThanThreshold"), ordinary(14, 2), 0.0, None).unwrap().suggestions;
    assert!(made.iter().all(|one| one.firings == 0 && one.threshold > 45.0), "{made:?}");
}

/// What was made from one half and tried on the other is said, and what held comes first.
#[test]
fn what_the_other_half_did_is_known() {
    let mut values = ordinary(14, 8);
    for place in [600, 3_000] {
        values[place..place + 12].fill(90.0);
    }
    let best = first(values);
    let halves = [best.later_half.unwrap(), best.earlier_half.unwrap()];
    assert!(halves.iter().all(|half| half.held && half.incidents == 1), "{best:?}");
}

#[test]
fn thresholds_are_short_numbers_between() {
    for (below, reached, expected) in [
        (2.0, 6.0, 4.0),
        (0.0, 1.0, 0.5),
        (99.0, 100.0, 99.5),
        (0.001_02, 0.001_2, 0.0011),
        (-10.0, -2.0, -6.0),
        (1_234_567.0, 3_000_000.0, 2_000_000.0),
    ] {
        assert_eq!(between(below, reached), expected, "{below} to {reached}");
    }
}
