//! What the dashboard's charts show, asked of either database: the last hour from its rows, longer ranges from the sums that are kept.
//! Failed requests come from what each process has written down.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use anyhow::Context;
use tokio::time::timeout;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::postgres::Postgres;
use super::postgres_error::told;
use super::quarters::{bucket_sql, chart_columns, chart_sums};
use super::rows::MOST_GROUPS;
use super::sqlite::Sqlite;
use crate::clock::{self, MICROS_PER_SECOND};
use crate::metrics::charts::{ChartGroup, ChartRange, ChartSums, Charts, SECONDS_PER_MINUTE};
use crate::metrics::totals::ERROR;

/// How long PostgreSQL may add up.
const READ: Duration = Duration::from_secs(20);
const SECONDS_PER_QUARTER: i64 = 15 * SECONDS_PER_MINUTE;

/// Statements of one database, which is what differs between the two.
struct Statements {
    /// Rows since a moment, by minute, business, model and latency bucket.
    minutes: String,
    /// Kept sums since a quarter, by so many of them.
    bars: String,
    /// The busiest businesses and models of them, and the number of all.
    groups: String,
    /// Failed requests since a minute, by so many of them.
    failures: String,
}

impl Statements {
    /// `mark` is what the database puts before a parameter's number.
    fn new(mark: char, minute: &str, cost_micros: &str, since: &str) -> Self {
        let (bucket, sums) = (bucket_sql(), chart_columns());
        Self {
            minutes: format!(
                "SELECT {minute}, business_id, model_name, {bucket}, count(*),
                   sum(CASE WHEN response_type = '{ERROR}' THEN 1 ELSE 0 END), sum(response_time_ms), sum(tokens_used),
                   {cost_micros}
                 FROM mlops_events WHERE created_at >= {since} GROUP BY 1, 2, 3, 4"
            ),
            bars: format!(
                "SELECT quarter / {mark}2 * {mark}2, {sums} FROM mlops_quarters WHERE quarter >= {mark}1 AND events > 0 GROUP BY 1"
            ),
            groups: format!(
                "SELECT business_id, model_name, count(*) OVER (), {sums} FROM mlops_quarters
                 WHERE quarter >= {mark}1 AND events > 0 GROUP BY 1, 2
                 ORDER BY sum(events) DESC, 1, 2 LIMIT {MOST_GROUPS}"
            ),
            failures: format!(
                "SELECT minute / {mark}2 * {mark}2, CAST(sum(failed) AS BIGINT) FROM mlops_failures
                 WHERE minute >= {mark}1 GROUP BY 1"
            ),
        }
    }
}

static SQLITE: LazyLock<Statements> = LazyLock::new(|| {
    Statements::new(
        '?',
        "CAST(strftime('%s', created_at) AS INTEGER) / 60",
        "CAST(round(total(api_cost_usd) * 1000000) AS INTEGER)",
        "?1",
    )
});
static POSTGRES: LazyLock<Statements> = LazyLock::new(|| {
    Statements::new(
        '$',
        "floor(extract(epoch FROM created_at) / 60)::bigint",
        "coalesce(round(sum(api_cost_usd) * 1000000), 0)::bigint",
        "timestamp '1970-01-01' + $1 * interval '1 microsecond'",
    )
});

/// Rows of one minute, business, model and latency bucket.
struct MinuteRow {
    minute: i64,
    business_id: String,
    model_name: String,
    sums: ChartSums,
}

impl MinuteRow {
    /// From the columns of [`Statements::minutes`].
    fn new<E>(
        business_id: String,
        model_name: String,
        bucket: usize,
        value: impl Fn(usize) -> Result<i64, E>,
    ) -> Result<Self, E> {
        let count = |at: usize| value(at).map(i64::unsigned_abs);
        let mut sums = ChartSums {
            events: count(4)?,
            errors: count(5)?,
            response_ms: count(6)?,
            tokens: count(7)?,
            cost_micros: value(8)?,
            ..ChartSums::default()
        };
        if let Some(within) = sums.latencies.0.get_mut(bucket) {
            *within = sums.events;
        }
        Ok(Self { minute: value(0)?, business_id, model_name, sums })
    }
}

/// Adds rows of minutes up to bars and to groups.
fn fold(rows: impl Iterator<Item = MinuteRow>) -> Charts {
    let mut bars: HashMap<i64, ChartSums> = HashMap::new();
    let mut groups: HashMap<(String, String), ChartSums> = HashMap::new();
    for MinuteRow { minute, business_id, model_name, sums } in rows {
        bars.entry(minute * SECONDS_PER_MINUTE).or_default().add(&sums);
        groups.entry((business_id, model_name)).or_default().add(&sums);
    }
    let mut groups: Vec<ChartGroup> = groups
        .into_iter()
        .map(|((business_id, model_name), sums)| ChartGroup { business_id, model_name, sums })
        .collect();
    let order = |group: &ChartGroup| (Reverse(group.sums.events), group.business_id.clone(), group.model_name.clone());
    groups.sort_by_cached_key(order);
    let groups_left_out = groups.len().saturating_sub(MOST_GROUPS) as u64;
    groups.truncate(MOST_GROUPS);
    Charts { bars: bars.into_iter().collect(), groups, groups_left_out }
}

fn left_out(groups: &[ChartGroup], all: i64) -> u64 {
    all.unsigned_abs().saturating_sub(groups.len() as u64)
}

fn failed(minute: i64, failed: i64) -> (i64, ChartSums) {
    (minute * SECONDS_PER_MINUTE, ChartSums { failed: failed.unsigned_abs(), ..ChartSums::default() })
}

/// Whether a range is finer than the sums that are kept.
fn is_of_rows(range: &ChartRange) -> bool {
    range.step_seconds < SECONDS_PER_QUARTER
}

impl Sqlite {
    /// What the charts of a range show.
    pub fn charts(&self, range: &ChartRange, now: i64) -> anyhow::Result<Charts> {
        let first = range.first_second(now);
        let Statements { minutes, bars, groups, failures } = &*SQLITE;
        let mut charts = if is_of_rows(range) {
            let mut statement = self.connection.prepare_cached(minutes)?;
            let rows = statement.query_map([clock::sql(first * MICROS_PER_SECOND)], |row| {
                MinuteRow::new(row.get(1)?, row.get(2)?, row.get(3)?, |at| row.get(at))
            })?;
            fold(rows.collect::<Result<Vec<_>, _>>()?.into_iter())
        } else {
            let quarter = first / SECONDS_PER_QUARTER;
            let mut statement = self.connection.prepare_cached(bars)?;
            let bars = statement.query_map([quarter, range.step_seconds / SECONDS_PER_QUARTER], |row| {
                Ok((row.get::<_, i64>(0)? * SECONDS_PER_QUARTER, chart_sums(1, |at| row.get(at))?))
            })?;
            let bars = bars.collect::<Result<Vec<_>, _>>()?;
            let mut statement = self.connection.prepare_cached(groups)?;
            let mut all = 0;
            let groups = statement.query_map([quarter], |row| {
                all = row.get(2)?;
                let sums = chart_sums(3, |at| row.get(at))?;
                Ok(ChartGroup { business_id: row.get(0)?, model_name: row.get(1)?, sums })
            })?;
            let groups = groups.collect::<Result<Vec<_>, _>>()?;
            Charts { bars, groups_left_out: left_out(&groups, all), groups }
        };
        let mut statement = self.connection.prepare_cached(failures)?;
        let minutes = [first / SECONDS_PER_MINUTE, range.step_seconds / SECONDS_PER_MINUTE];
        for bar in statement.query_map(minutes, |row| Ok(failed(row.get(0)?, row.get(1)?)))? {
            charts.bars.push(bar?);
        }
        Ok(charts)
    }
}

impl Postgres {
    /// What the charts of a range show.
    pub async fn charts(&self, range: &ChartRange, now: i64) -> anyhow::Result<Charts> {
        timeout(READ, self.try_charts(range, now)).await.context("PostgreSQL did not add up in time")?
    }

    async fn try_charts(&self, range: &ChartRange, now: i64) -> anyhow::Result<Charts> {
        let first = range.first_second(now);
        let Statements { minutes, bars, groups, failures } = &*POSTGRES;
        let mut charts = if is_of_rows(range) {
            let rows = self.ask(minutes, &[first * MICROS_PER_SECOND]).await?;
            let row = |row: &Row| {
                let bucket = row.try_get::<_, i32>(3)?.unsigned_abs() as usize;
                MinuteRow::new(row.try_get(1)?, row.try_get(2)?, bucket, |at| row.try_get(at))
            };
            fold(rows.iter().map(row).collect::<Result<Vec<_>, _>>().map_err(told)?.into_iter())
        } else {
            let quarter = first / SECONDS_PER_QUARTER;
            let rows = self.ask(bars, &[quarter, range.step_seconds / SECONDS_PER_QUARTER]).await?;
            let bar =
                |row: &Row| Ok((row.try_get::<_, i64>(0)? * SECONDS_PER_QUARTER, chart_sums(1, |at| row.try_get(at))?));
            let bars = rows.iter().map(bar).collect::<Result<Vec<_>, _>>().map_err(told)?;
            let rows = self.ask(groups, &[quarter]).await?;
            let group = |row: &Row| {
                let sums = chart_sums(3, |at| row.try_get(at))?;
                Ok(ChartGroup { business_id: row.try_get(0)?, model_name: row.try_get(1)?, sums })
            };
            let groups = rows.iter().map(group).collect::<Result<Vec<_>, _>>().map_err(told)?;
            let all = rows.first().map_or(0, |row| row.get(2));
            Charts { bars, groups_left_out: left_out(&groups, all), groups }
        };
        let minutes = [first / SECONDS_PER_MINUTE, range.step_seconds / SECONDS_PER_MINUTE];
        let rows = self.ask(failures, &minutes).await?;
        charts.bars.extend(rows.iter().map(|row| failed(row.get(0), row.get(1))));
        Ok(charts)
    }

    async fn ask(&self, statement: &str, values: &[i64]) -> anyhow::Result<Vec<Row>> {
        let values: Vec<(&(dyn ToSql + Sync), Type)> = values.iter().map(|value| (value as _, Type::INT8)).collect();
        self.client.query_typed(statement, &values).await.map_err(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::MICROS_PER_MINUTE;
    use crate::metrics::charts::CHART_RANGES;

    #[test]
    fn rows_of_minutes_become_bars_and_the_busiest_groups() {
        let row = |minute, business: &str, events| MinuteRow {
            minute,
            business_id: business.to_owned(),
            model_name: "m".to_owned(),
            sums: ChartSums { events, ..ChartSums::default() },
        };
        let many = (0..60).map(|number| row(2, &format!("b{number:02}"), 1));
        let mut charts = fold([row(1, "a", 2), row(1, "b07", 3), row(2, "a", 1)].into_iter().chain(many));
        charts.bars.sort_by_key(|(at, _)| *at);
        assert_eq!(charts.bars.iter().map(|(at, sums)| (*at, sums.events)).collect::<Vec<_>>(), [(60, 5), (120, 61)]);
        let first: Vec<&str> = charts.groups.iter().take(3).map(|group| &*group.business_id).collect();
        assert_eq!((first, charts.groups.len(), charts.groups_left_out), (vec!["b07", "a", "b00"], 50, 11));
    }

    /// A range that is neither of rows nor of whole quarters could not be asked for.
    #[test]
    fn only_the_first_range_is_of_rows() {
        let of_rows: Vec<bool> = CHART_RANGES.iter().map(is_of_rows).collect();
        assert_eq!(of_rows, [true, false, false, false, false]);
        assert_eq!(MICROS_PER_MINUTE, SECONDS_PER_MINUTE * MICROS_PER_SECOND);
    }
}
