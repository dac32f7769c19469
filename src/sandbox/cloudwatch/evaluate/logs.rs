//! Log alarms: their scheduled queries run when they are due, and the last N results decide. Runs are at full multiples of the rate; a
//! query that groups gives each group results of its own, and the alarm is in ALARM while one of them is; what was before the alarm
//! was made has no results (none of it is documented).

use super::{AlarmStateEvent, StoredAlarm};
use crate::fault::Fault;
use crate::logs::insights::{self, LogRow, LogsQuery, QueryAggregate};
use crate::store::Tx;
use mlops_cloudwatch::comparison::Comparison;
use mlops_cloudwatch::evaluation::condition::{Condition, Decision};
use mlops_cloudwatch::evaluation::reason;
use mlops_cloudwatch::evaluation::results::ResultsRule;
use mlops_cloudwatch::evaluation::series::PeriodGrid;
use mlops_cloudwatch::evaluation::watched::EvaluatedSeries;
use mlops_cloudwatch::missing::MissingData;
use mlops_cloudwatch::state::AlarmState;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// A scheduled query and what is asked of its results.
struct ScheduledLogQuery<'a> {
    query: LogsQuery,
    aggregate: QueryAggregate,
    groups: Vec<&'a str>,
    /// Seconds between two runs, and before each at which its lines begin and end.
    every: i64,
    start: i64,
    end: i64,
    condition: Condition,
}

/// Seconds between two runs of `rate(5 minutes)`; `None` of another expression.
pub fn rate(expression: &str) -> Option<i64> {
    let inner = expression.trim().strip_prefix("rate(")?.strip_suffix(')')?;
    let (count, unit) = inner.trim().split_once(' ')?;
    let count: i64 = count.parse().ok().filter(|count| *count > 0)?;
    let (one, many, length) = [("minute", "minutes", 60), ("hour", "hours", 3_600), ("day", "days", 86_400)]
        .into_iter()
        .find(|(one, many, _)| [*one, *many].contains(&unit.trim()))?;
    let fits = if count == 1 { unit.trim() == one } else { unit.trim() == many };
    fits.then(|| count.checked_mul(length)).flatten()
}

impl<'a> ScheduledLogQuery<'a> {
    /// `None` of a query that was kept by an older version and is not understood.
    fn of(alarm: &'a StoredAlarm) -> Option<Self> {
        let query = alarm.configuration.get("ScheduledQueryConfiguration")?;
        let schedule = query.get("ScheduleConfiguration")?;
        let text = |of: &'a Json, member: &str| of.get(member).and_then(Json::as_str);
        let number = |member: &str| alarm.configuration.get(member).and_then(Json::as_u64);
        let groups = query.get("LogGroupIdentifiers").and_then(Json::as_array)?;
        let missing = alarm.text("TreatMissingData");
        let rule = ResultsRule {
            n: usize::try_from(number("QueryResultsToEvaluate")?).ok()?,
            m: usize::try_from(number("QueryResultsToAlarm")?).ok()?,
            comparison: Comparison::from_word(alarm.text("ComparisonOperator"))?,
            threshold: alarm.configuration.get("Threshold").and_then(Json::as_f64)?,
            missing: if missing.is_empty() { MissingData::default() } else { MissingData::from_word(missing)? },
        };
        Some(Self {
            query: text(query, "QueryString")?.parse().ok()?,
            aggregate: text(query, "AggregationExpression")?.parse().ok()?,
            groups: groups.iter().filter_map(Json::as_str).collect(),
            every: rate(text(schedule, "ScheduleExpression")?)?,
            start: schedule.get("StartTimeOffset").and_then(Json::as_i64)?,
            end: schedule.get("EndTimeOffset").and_then(Json::as_i64).unwrap_or_default(),
            condition: rule.condition(),
        })
    }

    /// The lines that the run at `at` finds, in the order of the query.
    fn found<'r>(&self, rows: &'r [LogRow], at: i64) -> Vec<&'r LogRow> {
        let (start, end) = ((at - self.start) * 1000, (at - self.end) * 1000);
        let from = rows.partition_point(|row| row.time < start);
        let until = rows.partition_point(|row| row.time < end);
        self.query.run(rows[from..until.max(from)].iter())
    }

    /// What the runs give, by group, one value a run.
    fn results(&self, rows: &[LogRow], runs: &[i64]) -> BTreeMap<Vec<String>, Vec<f64>> {
        let numbers: Vec<_> = runs.iter().map(|at| self.aggregate.of(&self.found(rows, *at))).collect();
        let groups: BTreeSet<&Vec<String>> = numbers.iter().flat_map(BTreeMap::keys).collect();
        let of = |group: &Vec<String>| numbers.iter().map(|run| run.get(group).copied().unwrap_or(f64::NAN)).collect();
        let results: BTreeMap<_, Vec<f64>> = groups.into_iter().map(|group| (group.clone(), of(group))).collect();
        match results.is_empty() {
            true => BTreeMap::from([(Vec::new(), vec![f64::NAN; runs.len()])]),
            false => results,
        }
    }
}

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

/// The lines of the last run that a notification shows.
pub fn shown_lines(tx: &Tx, alarm: &StoredAlarm) -> Result<Vec<String>, Fault> {
    let count = alarm.configuration.get("ActionLogLineCount").and_then(Json::as_u64).unwrap_or_default();
    let Some(scheduled) = ScheduledLogQuery::of(alarm).filter(|_| count > 0) else { return Ok(Vec::new()) };
    let at = tx.now().seconds().div_euclid(scheduled.every) * scheduled.every;
    let rows = insights::lines(tx, &scheduled.groups, (at - scheduled.start) * 1000, (at - scheduled.end) * 1000)?;
    let found = scheduled.found(&rows, at);
    Ok(found.into_iter().take(count as usize).map(|row| row.message.clone()).collect())
}

#[cfg(test)]
mod tests;
