//! A threshold and an M out of N for a wished rate of firings, by trying many on the past. A proposal, with what each would have done.

use super::verdict::Figures;
use mlops_cloudwatch::evaluation::condition::Condition;
use mlops_cloudwatch::evaluation::replay::replay;
use mlops_cloudwatch::evaluation::watched::Watched;
use serde::Serialize;

/// One condition that was tried.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    pub threshold: f64,
    pub datapoints_to_alarm: usize,
    pub evaluation_periods: usize,
    pub firings: usize,
    pub in_alarm: i64,
    pub longest: i64,
    pub time_to_detect: Option<i64>,
}

/// How many thresholds are tried.
const CANDIDATES: usize = 60;

/// For each M out of N the most sensitive threshold whose firings, and those of every less sensitive one, stay within `a_week`.
/// Of these the quickest come first. Empty where the series says nothing.
pub fn suggest(condition: &Condition, watched: &Watched, from: i64, until: i64, a_week: f64) -> Vec<Suggestion> {
    let Some(values) = watched.values() else { return Vec::new() };
    let first = watched.grid.index_from(from).min(values.len());
    let mut real: Vec<f64> = values[first..].iter().copied().filter(|value| !value.is_nan()).collect();
    real.sort_by(f64::total_cmp);
    let thresholds = thresholds(&real, condition);
    let mut shapes = vec![(condition.m, condition.n), (1, 1), (2, 3), (3, 3), (3, 5)];
    shapes.sort_unstable();
    shapes.dedup();
    // The slots before the first evaluation were made for the alarm's own range.
    shapes.retain(|(_, n)| *n as i64 * condition.period <= 86_400);
    let mut suggestions: Vec<Suggestion> = Vec::new();
    for (m, n) in shapes {
        // Of a past that is too short for one firing at this rate, one is still allowed.
        let most = (a_week * ((until - from) as f64 / 604_800.0)).max(if a_week > 0.0 { 1.0 } else { 0.0 });
        let mut best = None;
        for threshold in &thresholds {
            let tried = Condition {
                m,
                n,
                range: n + condition.range - condition.n,
                threshold: *threshold,
                ..condition.clone()
            };
            let timeline = replay(&tried, watched, from, until).timeline;
            let figures = Figures::new(&timeline, &tried, watched);
            if figures.firings as f64 > most || figures.in_alarm * 20 > until - from {
                break;
            }
            best = Some(Suggestion {
                threshold: *threshold,
                datapoints_to_alarm: m,
                evaluation_periods: n,
                firings: figures.firings,
                in_alarm: figures.in_alarm,
                longest: figures.longest,
                time_to_detect: figures.time_to_detect,
            });
        }
        // A threshold that is never reached is nothing to wait for.
        suggestions.extend(best.filter(|found| found.firings > 0 || a_week == 0.0));
    }
    suggestions.sort_by(|a, b| {
        let quickness = |s: &Suggestion| (s.firings == 0, s.time_to_detect.unwrap_or(i64::MAX), s.evaluation_periods);
        quickness(a).cmp(&quickness(b))
    });
    suggestions
}

/// From the least to the most sensitive, round numbers between the extreme of the series and its median.
fn thresholds(sorted: &[f64], condition: &Condition) -> Vec<f64> {
    let (Some(low), Some(high)) = (sorted.first(), sorted.last()) else { return Vec::new() };
    let upward = condition.comparison.is_upward();
    let mut thresholds: Vec<f64> = (0..=CANDIDATES)
        .map(|n| {
            // Denser toward the extreme, where alarms live.
            let share = 0.5 + 0.5 * (1.0 - (1.0 - n as f64 / CANDIDATES as f64).powi(3));
            let share = if upward { share } else { 1.0 - share };
            round(sorted[((sorted.len() - 1) as f64 * share) as usize])
        })
        .chain([round(if upward { high * 1.1 } else { low * 0.9 })])
        .collect();
    thresholds.sort_by(f64::total_cmp);
    thresholds.dedup();
    if upward {
        thresholds.reverse();
    }
    thresholds
}

/// Two digits are what people remember.
fn round(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let scale = 10f64.powi(value.abs().log10().floor() as i32 - 1);
    let rounded = (value / scale).round() * scale;
    // 0.30000000000000004 -> 0.3
    format!("{rounded:.12}").parse().unwrap_or(rounded)
}
