//! The scheduled query of a log alarm: when it runs, what it finds, and the lines of it that a notification shows. A query that groups
//! gives each group results of its own.

use super::alarm::StoredAlarm;
use crate::fault::Fault;
use crate::logs::insights::{self, LogRow, LogsQuery, QueryAggregate};
use crate::store::Tx;
use mlops_cloudwatch::comparison::Comparison;
use mlops_cloudwatch::evaluation::condition::Condition;
use mlops_cloudwatch::evaluation::results::ResultsRule;
use mlops_cloudwatch::missing::MissingData;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// A scheduled query and what is asked of its results.
pub struct ScheduledLogQuery<'a> {
    query: LogsQuery,
    aggregate: QueryAggregate,
    pub groups: Vec<&'a str>,
    /// Seconds between two runs, and before each at which its lines begin and end.
    pub every: i64,
    pub start: i64,
    end: i64,
    pub condition: Condition,
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
    pub fn of(alarm: &'a StoredAlarm) -> Option<Self> {
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
    pub fn results(&self, rows: &[LogRow], runs: &[i64]) -> BTreeMap<Vec<String>, Vec<f64>> {
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

/// The lines of the last run that a notification shows.
pub fn shown_lines(tx: &Tx, alarm: &StoredAlarm) -> Result<Vec<String>, Fault> {
    let count = alarm.configuration.get("ActionLogLineCount").and_then(Json::as_u64).unwrap_or_default();
    let Some(scheduled) = ScheduledLogQuery::of(alarm).filter(|_| count > 0) else { return Ok(Vec::new()) };
    let at = tx.now().seconds().div_euclid(scheduled.every) * scheduled.every;
    let rows = insights::lines(tx, &scheduled.groups, (at - scheduled.start) * 1000, (at - scheduled.end) * 1000)?;
    let found = scheduled.found(&rows, at);
    Ok(found.into_iter().take(count as usize).map(|row| row.message.clone()).collect())
}
