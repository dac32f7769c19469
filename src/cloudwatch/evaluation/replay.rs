//! One metric alarm through the past: every evaluation CloudWatch would have made, and the states that follow.

use super::breach_counts::BreachCounts;
use super::condition::{Condition, Decision};
use super::timeline::Timeline;
use super::watched::EvaluatedSeries;
use crate::alarm::WarmUpPeriod;
use crate::state::AlarmState;

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    pub timeline: Timeline,
    pub evaluations: usize,
}

/// Evaluates from the beginning of the slots on and tells the states from `from` until `until`.
pub fn replay(condition: &Condition, watched: &EvaluatedSeries, from: i64, until: i64) -> Replay {
    run(condition, watched, from, until, None)
}

/// The same of an alarm that was created at `from`: it begins in INSUFFICIENT_DATA, and warms up if it is told to.
pub fn replay_created(
    condition: &Condition,
    watched: &EvaluatedSeries,
    from: i64,
    until: i64,
    warm_up: Option<WarmUpPeriod>,
) -> Replay {
    run(condition, watched, from, until, Some(CreationState { at: from, warm_up }))
}

#[derive(Clone, Copy)]
struct CreationState {
    at: i64,
    warm_up: Option<WarmUpPeriod>,
}

fn run(
    condition: &Condition,
    watched: &EvaluatedSeries,
    from: i64,
    until: i64,
    created: Option<CreationState>,
) -> Replay {
    let (mut state, mut timeline, mut evaluations) = (AlarmState::InsufficientData, None::<Timeline>, 0);
    for (index, decision) in decisions(condition, watched, i64::MIN, until, created) {
        let end = watched.grid.end(index);
        if end > from {
            timeline.get_or_insert_with(|| Timeline::new(from, until, state));
        }
        evaluations += usize::from(end > from);
        if let Decision::Change(to) = decision {
            state = to;
            if let Some(timeline) = &mut timeline {
                timeline.put(end, to);
            }
        }
    }
    Replay { timeline: timeline.unwrap_or_else(|| Timeline::new(from, until, state)), evaluations }
}

/// What an alarm that is in `state` does after `after` until `until`: each change, with the index of its evaluation. `put` says when
/// it was created and how it warms up.
pub fn resume(
    condition: &Condition,
    watched: &EvaluatedSeries,
    (after, until): (i64, i64),
    mut state: AlarmState,
    put: (i64, Option<WarmUpPeriod>),
) -> Vec<(usize, AlarmState)> {
    let created = CreationState { at: put.0, warm_up: put.1 };
    let mut changes = Vec::new();
    for (index, decision) in decisions(condition, watched, after, until, Some(created)) {
        if let Decision::Change(to) = decision
            && to != state
        {
            state = to;
            changes.push((index, to));
        }
    }
    changes
}

/// Every evaluation after `after` until `until`, in order of time.
fn decisions<'a>(
    condition: &'a Condition,
    watched: &'a EvaluatedSeries,
    after: i64,
    until: i64,
    created: Option<CreationState>,
) -> impl Iterator<Item = (usize, Decision)> + 'a {
    let grid = &watched.grid;
    // Wall-clock periods end where their zone's clock says, and are looked at then.
    let cadence = if grid.step >= condition.cadence() { 1 } else { condition.cadence() };
    let within = (watched.first()..grid.len).take_while(move |index| grid.end(*index) <= until);
    let due = within.filter(move |index| grid.end(*index) > after && grid.end(*index) % cadence == 0);
    let warm = due.filter(move |index| !created.is_some_and(|created| is_warming(created, condition, watched, *index)));
    let counts = BreachCounts::new(condition, watched);
    warm.map(move |index| {
        let kept = kept_for_few_samples(condition, watched, index);
        let told = counts.as_ref().and_then(|counts| counts.breaching(index, condition.range));
        let told = told.map(|breaching| condition.evaluate_all(breaching));
        (index, kept.or(told).unwrap_or_else(|| looked_at(condition, watched, index)))
    })
}

/// One evaluation, of the periods up to `index`.
pub fn decide(condition: &Condition, watched: &EvaluatedSeries, index: usize) -> Decision {
    kept_for_few_samples(condition, watched, index).unwrap_or_else(|| looked_at(condition, watched, index))
}

/// The state stays what it was where a percentile is of too few samples.
fn kept_for_few_samples(condition: &Condition, watched: &EvaluatedSeries, index: usize) -> Option<Decision> {
    let (least, samples) = (condition.least_samples?, watched.samples(index, condition.n)?);
    (samples < least && samples > 0.0).then_some(Decision::Retain)
}

fn looked_at(condition: &Condition, watched: &EvaluatedSeries, index: usize) -> Decision {
    if let Some(values) = watched.values() {
        let stride = watched.grid.stride();
        // The slots of this alarm alone, newest first, without a call through a pointer.
        let back = (0..condition.range).map(|n| match index.checked_sub(n * stride) {
            Some(at) => values[at],
            None => f64::NAN,
        });
        return condition.evaluate(back);
    }
    if let Some(series) = watched.stepped() {
        return condition.evaluate(watched.stepped_back(series, index, condition.range));
    }
    match watched.computed(index, condition.range) {
        Some(window) => condition.evaluate(window.iter().rev().copied()),
        None => watched.window(index, condition.range, |slots| condition.evaluate(slots)),
    }
}

/// Before its creation an alarm is not evaluated; in its warm-up only where that ends early: as soon as there is data for a whole
/// window (WarmUpConfiguration).
fn is_warming(created: CreationState, condition: &Condition, watched: &EvaluatedSeries, index: usize) -> bool {
    let end = watched.grid.end(index);
    if end <= created.at {
        return true;
    }
    let Some(warm_up) = created.warm_up else { return false };
    if end > created.at + i64::from(warm_up.minutes) * 60 {
        return false;
    }
    let filled = || watched.window(index, condition.n, |slots| slots.filter(|v| !v.is_nan()).count()) == condition.n;
    warm_up.only_start_evaluating_after || !filled()
}
