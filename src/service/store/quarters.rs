//! The sums kept by business, quarter of an hour and model, table `mlops_quarters`: its columns, and the SQL that both databases share.
//! /analytics and the dashboard's longer ranges add up these, not rows.

use std::collections::HashMap;

use super::spool::Record;
use crate::clock::MICROS_PER_QUARTER;
use crate::metrics::charts::ChartSums;
use crate::metrics::latency::{BOUNDS_MS, LATENCY_BUCKETS, Latencies};
use crate::metrics::totals::{ERROR, is_error};

/// What is summed beside the latency buckets, in the order of the table's columns.
const COUNTS: [&str; 8] =
    ["events", "errors", "response_ms", "tokens", "cost_micros", "requested", "booked", "handoffs"];
/// Columns behind the three of the key.
pub const SUMS: usize = COUNTS.len() + LATENCY_BUCKETS;
pub const KEY: &str = "business_id, quarter, model_name";

/// The columns behind the key: `ms_50` holds the events up to 50 ms that no bucket before it holds.
pub fn columns() -> Vec<String> {
    let bounds = BOUNDS_MS.iter().map(|bound| format!("ms_{bound}"));
    COUNTS.iter().map(|name| (*name).to_owned()).chain(bounds).chain(["ms_over".to_owned()]).collect()
}

/// Rows of events as one of the statements has them: where from, and what it calls their values.
pub struct EventRows {
    pub from: &'static str,
    pub quarter: &'static str,
    /// The sum of their cost in millionths of a dollar.
    pub cost_micros: &'static str,
    pub requested: &'static str,
    pub booked: &'static str,
    pub handoff: &'static str,
}

impl EventRows {
    /// Rows of a SQLite table that has the columns of `mlops_events`.
    pub const fn of_sqlite(from: &'static str) -> Self {
        Self {
            from,
            quarter: "CAST(strftime('%s', created_at) AS INTEGER) / 900",
            cost_micros: "CAST(round(total(api_cost_usd) * 1000000) AS INTEGER)",
            requested: "appointment_requested",
            booked: "appointment_booked",
            handoff: "human_handoff_requested",
        }
    }

    fn sums(&self) -> String {
        let count = |condition: &str| format!("sum(CASE WHEN {condition} THEN 1 ELSE 0 END)");
        let mut values = vec![
            "count(*)".to_owned(),
            count(&format!("response_type = '{ERROR}'")),
            "sum(response_time_ms)".to_owned(),
            "sum(tokens_used)".to_owned(),
            self.cost_micros.to_owned(),
            count(self.requested),
            count(self.booked),
            count(self.handoff),
        ];
        let mut above = String::new();
        for bound in BOUNDS_MS {
            values.push(count(&format!("{above}response_time_ms <= {bound}")));
            above = format!("response_time_ms > {bound} AND ");
        }
        values.push(count(above.trim_end_matches(" AND ")));
        let named = values.iter().zip(columns()).map(|(value, name)| format!("{value} AS {name}"));
        let Self { from, quarter, .. } = self;
        format!(
            "SELECT business_id, {quarter} AS quarter, model_name, {} FROM {from} WHERE true GROUP BY 1, 2, 3",
            named.collect::<Vec<_>>().join(", ")
        )
    }

    /// Adds the rows to the sums, locked in the order of their keys.
    pub fn add(&self) -> String {
        format!("INSERT INTO mlops_quarters AS q {} ORDER BY 1, 2, 3 {}", self.sums(), on_conflict())
    }

    /// Takes the rows out of the sums.
    pub fn remove(&self) -> String {
        let less =
            columns().iter().map(|name| format!("{name} = mlops_quarters.{name} - d.{name}")).collect::<Vec<_>>();
        format!(
            "UPDATE mlops_quarters SET {} FROM ({}) AS d WHERE mlops_quarters.business_id = d.business_id
             AND mlops_quarters.quarter = d.quarter AND mlops_quarters.model_name = d.model_name",
            less.join(", "),
            self.sums()
        )
    }
}

/// Sums that are there already grow by the new ones.
pub fn on_conflict() -> String {
    let more = columns().iter().map(|name| format!("{name} = q.{name} + excluded.{name}")).collect::<Vec<_>>();
    format!("ON CONFLICT ({KEY}) DO UPDATE SET {}", more.join(", "))
}

/// What the charts need of a row: the sums of [`chart_sums`], each added up, in this order.
pub fn chart_columns() -> String {
    let wanted = columns().into_iter().filter(|name| !["requested", "booked", "handoffs"].contains(&&**name));
    wanted.map(|name| format!("CAST(sum({name}) AS BIGINT)")).collect::<Vec<_>>().join(", ")
}

/// The values of [`chart_columns`], from a row that begins with `before` others.
pub fn chart_sums<E>(before: usize, value: impl Fn(usize) -> Result<i64, E>) -> Result<ChartSums, E> {
    let count = |at: usize| value(before + at).map(i64::unsigned_abs);
    let mut latencies = Latencies::default();
    for (bucket, events) in latencies.0.iter_mut().enumerate() {
        *events = count(5 + bucket)?;
    }
    Ok(ChartSums {
        events: count(0)?,
        errors: count(1)?,
        failed: 0,
        response_ms: count(2)?,
        tokens: count(3)?,
        cost_micros: value(before + 4)?,
        latencies,
    })
}

/// SQL that gives a response time its bucket.
pub fn bucket_sql() -> String {
    let whens: String = (0..)
        .zip(BOUNDS_MS)
        .map(|(at, bound): (i32, i32)| format!(" WHEN response_time_ms <= {bound} THEN {at}"))
        .collect();
    format!("CASE{whens} ELSE {} END", BOUNDS_MS.len())
}

/// Adds records up as the table has them.
pub fn collect<'a>(records: impl Iterator<Item = &'a Record>) -> HashMap<(&'a str, i64, &'a str), [i64; SUMS]> {
    let mut quarters: HashMap<(&str, i64, &str), [i64; SUMS]> = HashMap::new();
    for Record { event, .. } in records {
        let key = (&*event.business_id, event.at.div_euclid(MICROS_PER_QUARTER), &*event.model_name);
        let sums = quarters.entry(key).or_insert([0; SUMS]);
        let counts: [i64; COUNTS.len()] = [
            1,
            is_error(&event.response_type).into(),
            event.response_time_ms.into(),
            event.tokens_used.into(),
            event.cost_micros.unwrap_or(0),
            event.appointment_requested.into(),
            event.appointment_booked.into(),
            event.human_handoff_requested.into(),
        ];
        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        sums[COUNTS.len() + Latencies::bucket(event.response_time_ms)] += 1;
    }
    quarters
}

/// The first whole quarter at or after a moment: what is before it is added up from rows, the rest from kept sums.
pub fn first_quarter(since: i64) -> i64 {
    since.div_euclid(MICROS_PER_QUARTER) + i64::from(since.rem_euclid(MICROS_PER_QUARTER) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_quarters() {
        let quarters = [0, 1, MICROS_PER_QUARTER, -1].map(first_quarter);
        assert_eq!(quarters, [0, 1, 1, 0]);
    }

    /// The tables' columns are written out in SQL, the statements made from one list: they must be the same.
    #[test]
    fn both_migrations_have_these_columns_in_this_order() {
        for file in [
            include_str!("../migrations/postgres/0002_events.sql"),
            include_str!("../migrations/sqlite/0002_events.sql"),
        ] {
            let (_, table) = file.split_once("CREATE TABLE IF NOT EXISTS mlops_quarters (").unwrap();
            let (table, key) = table.split_once("PRIMARY KEY (").unwrap();
            let written: Vec<&str> = table.split(',').filter_map(|column| column.split_whitespace().next()).collect();
            let mut wanted = vec!["business_id".to_owned(), "quarter".to_owned(), "model_name".to_owned()];
            wanted.extend(columns());
            assert_eq!(written, wanted);
            assert!(key.starts_with(KEY));
        }
    }
}
