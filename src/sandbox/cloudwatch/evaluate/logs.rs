//! Log alarms: their scheduled queries run when they are due, and the last N results decide. Runs are at full multiples of the rate; the
//! alarm is in ALARM while one of the groups of its query is; what was before the alarm was made has no results (none of it is
//! documented).

use super::{AlarmStateEvent, StoredAlarm};
use crate::cloudwatch::log_query::ScheduledLogQuery;
use crate::fault::Fault;
use crate::logs::insights;
use crate::store::Tx;
use mlops_cloudwatch::evaluation::condition::{Condition, Decision};
use mlops_cloudwatch::evaluation::reason;
use mlops_cloudwatch::evaluation::series::PeriodGrid;
use mlops_cloudwatch::evaluation::watched::EvaluatedSeries;
use mlops_cloudwatch::state::AlarmState;
use serde_json::{Value as Json, json};

/// What the runs after `after` until `until` change.
pub(super) fn events(
    tx: &Tx,
    name: &str,
    alarm: &StoredAlarm,
    after: i64,
    until: i64,
) -> Result<Vec<AlarmStateEvent>, Fault> {
    let Some(scheduled) = ScheduledLogQuery::of(alarm) else { return Ok(Vec::new()) };
    let (every, n) = (scheduled.every, scheduled.condition.n);
    let first = (after.div_euclid(every) + 1) * every;
    if first > until {
        return Ok(Vec::new());
    }
    let created = alarm.created.seconds();
    let earlier = (1..n as i64).map(|back| first - back * every).take_while(|at| *at > created);
    let mut runs: Vec<i64> = earlier.collect();
    runs.reverse();
    let known = runs.len();
    runs.extend((0..).map(|more| first + more * every).take_while(|at| *at <= until));
    let oldest = runs.first().copied().unwrap_or(first);
    let rows = insights::lines(tx, &scheduled.groups, (oldest - scheduled.start) * 1000, until * 1000)?;
    let results = scheduled.results(&rows, &runs);
    let grid = PeriodGrid { first: oldest, step: every, len: runs.len(), period: every };
    let watched: Vec<EvaluatedSeries> =
        results.into_values().map(|values| EvaluatedSeries::of_values(grid, values)).collect();
    let (mut state, mut events) = (alarm.state.value, Vec::new());
    for (index, at) in runs.iter().copied().enumerate().skip(known) {
        if is_warming(alarm, at, watched.iter().any(|series| filled(series, index, n))) {
            continue;
        }
        let Some((to, series)) = decided(&scheduled.condition, &watched, index) else { continue };
        if to != state {
            state = to;
            events.push(AlarmStateEvent {
                at,
                name: name.to_owned(),
                to,
                reason: reason::text(&scheduled.condition, series, index, to),
                reason_data: reason_data(&scheduled, series, index, at),
            });
        }
    }
    Ok(events)
}

/// The worst of what the groups say, and which of them says it.
fn decided<'s>(
    condition: &Condition,
    watched: &'s [EvaluatedSeries],
    index: usize,
) -> Option<(AlarmState, &'s EvaluatedSeries)> {
    let changes = watched.iter().filter_map(|series| {
        match series.window(index, condition.range, |values| condition.evaluate(values)) {
            Decision::Change(to) => Some((to, series)),
            Decision::Retain => None,
        }
    });
    changes.max_by_key(|(to, _)| match to {
        AlarmState::Alarm => 2,
        AlarmState::Ok => 1,
        AlarmState::InsufficientData => 0,
    })
}

fn filled(series: &EvaluatedSeries, index: usize, n: usize) -> bool {
    series.window(index, n, |values| values.filter(|value| !value.is_nan()).count()) == n
}

fn is_warming(alarm: &StoredAlarm, at: i64, filled: bool) -> bool {
    let Some(warm_up) = alarm.configuration.get("WarmUpConfiguration") else { return false };
    let minutes = warm_up.get("WarmUpPeriodDurationInMinutes").and_then(Json::as_i64).unwrap_or_default();
    let only = warm_up["OnlyStartEvaluatingAfterWarmUpPeriodEnds"] == true;
    at <= alarm.created.seconds() + minutes * 60 && (only || !filled)
}

fn reason_data(scheduled: &ScheduledLogQuery<'_>, series: &EvaluatedSeries, index: usize, at: i64) -> String {
    let n = scheduled.condition.n;
    let mut recent: Vec<f64> =
        series.window(index, n, |values| values.filter(|value| !value.is_nan()).collect::<Vec<f64>>());
    recent.reverse();
    let date = crate::wire::Timestamp::from_millis(at * 1000).to_iso();
    json!({ "version": "1.0", "queryDate": date, "threshold": scheduled.condition.threshold, "recentDatapoints": recent })
        .to_string()
}

#[cfg(test)]
mod tests;
