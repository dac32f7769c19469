//! The embedded store: one SQLite file in write-ahead mode, synced at every commit. It keeps the rows, their sums (so
//! that a start costs the same with ten rows and ten million), and where each writer stands. Not async: its thread waits.

use std::path::Path;
use std::sync::LazyLock;

use anyhow::Context;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::files;
use super::migrate;
use super::quarters::{self, SUMS, first_quarter};
use super::recent::MOST_LOADED;
use super::rows::{Analytics, BusinessSums, CountsSnapshot, RecordBatch, WRITER_DAYS, WriteError};
use super::spool::Record;
use crate::clock::{self, MICROS_PER_DAY, MICROS_PER_MINUTE, MICROS_PER_QUARTER};
use crate::config::Migration;
use crate::identity::EventKey;
use crate::metrics::totals::EventAggregate;

const INSERT: &str =
    "INSERT INTO mlops_events (business_id, conversation_id, session_id, response_time_ms, success_rate,
  tokens_used, prompt_tokens, completion_tokens, api_cost_usd, model_name, intent_detected, appointment_requested,
  human_handoff_requested, appointment_booked, user_message_length, ai_response_length, response_type, created_at,
  idempotency_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const ADD_UP: &str = "INSERT INTO mlops_totals VALUES
  (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
  ON CONFLICT DO UPDATE SET events = events + ?5, within_100 = within_100 + ?6, within_500 = within_500 + ?7,
  within_1000 = within_1000 + ?8, within_2000 = within_2000 + ?9, within_5000 = within_5000 + ?10,
  within_10000 = within_10000 + ?11, response_ms = response_ms + ?12, tokens = tokens + ?13,
  cost_micros = CASE WHEN ?14 IS NULL THEN cost_micros ELSE coalesce(cost_micros, 0) + ?14 END,
  requested = requested + ?15, booked = booked + ?16, handoffs = handoffs + ?17,
  success_rate = coalesce(?18, success_rate), success_at = coalesce(?19, success_at)";

static ADD_QUARTER: LazyLock<String> = LazyLock::new(|| {
    let values = vec!["?"; 3 + SUMS].join(", ");
    format!("INSERT INTO mlops_quarters AS q VALUES ({values}) {}", quarters::on_conflict())
});

/// How long a commit waits for another program's; an event that has to wait longer goes to the spool.
const BUSY_MS: i64 = 700;

pub struct Sqlite {
    pub(super) connection: Connection,
}

impl Sqlite {
    /// Opens or creates the file and its tables.
    ///
    /// # Errors
    /// When the file is no database, cannot be written, or its directory is not there.
    pub fn open(path: &Path, migration: Migration) -> anyhow::Result<Self> {
        // What SQLite puts beside a file has the file's own mode.
        files::private(path).with_context(|| format!("cannot open {}", path.display()))?;
        let mut connection = Connection::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        connection.pragma_update(None, "busy_timeout", BUSY_MS)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // FULL syncs the log at every commit: what is acknowledged survives a power cut too.
        connection.pragma_update(None, "synchronous", "FULL")?;
        // 16 MB: the log is copied less often, and a page that changed again and again only once.
        connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
        connection.pragma_update(None, "cache_size", -8_192)?;
        connection.set_prepared_statement_cache_capacity(32);
        migrate::sqlite(&mut connection, migration).with_context(|| format!("cannot prepare {}", path.display()))?;
        Ok(Self { connection })
    }

    /// A second connection for questions that must not hold up the writer.
    ///
    /// # Errors
    /// As [`Sqlite::open`].
    pub fn reader(path: &Path) -> anyhow::Result<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "busy_timeout", 1_000)?;
        Ok(Self { connection })
    }

    pub fn ping(&self) -> bool {
        self.connection.query_row("SELECT count(*) FROM mlops_writers", [], |_| Ok(())).is_ok()
    }

    pub fn last_seq(&self, writer: &str) -> anyhow::Result<u64> {
        let mut statement = self.connection.prepare_cached("SELECT last_seq FROM mlops_writers WHERE writer = ?")?;
        Ok(statement.query_row([writer], |row| row.get(0)).optional()?.unwrap_or(0))
    }

    /// Commits a batch, rows, sums and writer together. Returns which of its records were there already.
    pub fn write(&mut self, batch: &RecordBatch<'_>) -> Result<Vec<usize>, WriteError> {
        let result = self.try_write(batch);
        result.map_err(|error| {
            match error.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code) {
                Some(rusqlite::ErrorCode::ConstraintViolation | rusqlite::ErrorCode::TypeMismatch) => {
                    WriteError::Refused(error)
                }
                _ => WriteError::Away(error),
            }
        })?
    }

    fn try_write(&mut self, batch: &RecordBatch<'_>) -> anyhow::Result<Result<Vec<usize>, WriteError>> {
        if self.last_seq(batch.writer)? != batch.after {
            return Ok(Err(WriteError::Elsewhere));
        }
        let duplicates = self.there_already(batch.records)?;
        let fresh: Vec<&Record> = match &duplicates[..] {
            [] => batch.records.iter().collect(),
            some => batch
                .records
                .iter()
                .enumerate()
                .filter(|(at, _)| !some.contains(at))
                .map(|(_, record)| record)
                .collect(),
        };
        let recounted;
        let groups = if duplicates.is_empty() {
            batch.groups
        } else {
            recounted = EventAggregate::collect(fresh.iter().map(|record| &record.event));
            &recounted
        };
        let transaction = self.connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached(INSERT)?;
            for record in &fresh {
                insert_row(&mut insert, record)?;
            }
            let mut add_up = transaction.prepare_cached(ADD_UP)?;
            for group in groups {
                add_group(&mut add_up, group, &fresh)?;
            }
            let mut add_quarter = transaction.prepare_cached(&ADD_QUARTER)?;
            for ((business, quarter, model), sums) in quarters::collect(fresh.iter().copied()) {
                let key = [Value::from(business.to_owned()), quarter.into(), model.to_owned().into()];
                add_quarter.execute(params_from_iter(key.into_iter().chain(sums.map(Value::from))))?;
            }
            transaction
                .prepare_cached(
                    "INSERT INTO mlops_writers VALUES (?1, ?2, coalesce(?3, 0), ?4)
                     ON CONFLICT DO UPDATE SET last_seq = ?2, failed = coalesce(?3, failed), updated_at = ?4",
                )?
                .execute(params![batch.writer, batch.last(), batch.failed, clock::now()])?;
        }
        transaction.commit()?;
        Ok(Ok(duplicates))
    }

    /// Which of these records bring a key of the client's own that a row has. Derived keys are known without asking.
    fn there_already(&self, records: &[Record]) -> anyhow::Result<Vec<usize>> {
        let mut duplicates = Vec::new();
        for (at, record) in records.iter().enumerate() {
            let Some(key) = record.event.key.filter(|key| key.named) else { continue };
            let mut find = self
                .connection
                .prepare_cached("SELECT 1 FROM mlops_events WHERE idempotency_key = ?1 AND idempotency_key >= 'k'")?;
            if find.exists([key.to_string()])? {
                duplicates.push(at);
            }
        }
        Ok(duplicates)
    }

    /// The keys of the events since a moment, with their moments, the newest last.
    pub fn recent_keys(&self, since: i64) -> anyhow::Result<Vec<(EventKey, i64)>> {
        let mut statement = self.connection.prepare(&format!(
            "SELECT idempotency_key, {MICROS} FROM (SELECT id, idempotency_key, created_at FROM mlops_events
             WHERE created_at >= ?1 AND idempotency_key IS NOT NULL ORDER BY id DESC LIMIT {MOST_LOADED}) ORDER BY id"
        ))?;
        let rows = statement.query_map([clock::sql(since)], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        let mut keys = Vec::new();
        for row in rows {
            let (text, at) = row?;
            if let Ok(key) = text.parse() {
                keys.push((key, at));
            }
        }
        Ok(keys)
    }

    /// Writes down how many requests of a writer failed in some minutes.
    pub fn write_failures(&mut self, writer: &str, minutes: &[(i64, u64)]) -> anyhow::Result<()> {
        let transaction = self.connection.transaction()?;
        for (minute, failed) in minutes {
            transaction
                .prepare_cached("INSERT INTO mlops_failures VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET failed = ?3")?
                .execute(params![writer, minute, failed])?;
        }
        Ok(transaction.commit()?)
    }

    /// Writes down which businesses have labels of their own.
    pub fn write_names(&mut self, names: &[&str]) -> anyhow::Result<()> {
        let transaction = self.connection.transaction()?;
        for name in names {
            transaction.prepare_cached("INSERT OR IGNORE INTO mlops_names VALUES (?)")?.execute([name])?;
        }
        Ok(transaction.commit()?)
    }

    /// The businesses that are forgotten, each with the moment up to which.
    pub fn forgotten(&self) -> anyhow::Result<Vec<(String, i64)>> {
        let mut statement = self.connection.prepare_cached("SELECT business_id, before_at FROM mlops_forgotten")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A number that another program's commit changes, and one's own does not.
    pub fn data_version(&self) -> anyhow::Result<i64> {
        Ok(self.connection.query_row("PRAGMA data_version", [], |row| row.get(0))?)
    }

    /// All sums.
    pub fn snapshot(&mut self, writer: &str) -> anyhow::Result<CountsSnapshot> {
        self.forget_old_writers()?;
        let mut statement = self.connection.prepare("SELECT * FROM mlops_totals ORDER BY success_at")?;
        let groups = statement.query_map([], group)?.collect::<Result<Vec<_>, _>>()?;
        let mut statement = self.connection.prepare("SELECT business_id FROM mlops_names")?;
        let names = statement.query_map([], |row| row.get::<_, Box<str>>(0))?.collect::<Result<Vec<_>, _>>()?;
        let failed_elsewhere = self.connection.query_row(
            "SELECT coalesce(sum(failed), 0) FROM mlops_writers WHERE writer <> ?",
            [writer],
            |row| row.get(0),
        )?;
        let last_at = self
            .connection
            .query_row(&format!("SELECT {MICROS} FROM mlops_events ORDER BY id DESC LIMIT 1"), [], |row| row.get(0))
            .optional()?;
        Ok(CountsSnapshot { groups, names, last_seq: self.last_seq(writer)?, failed_elsewhere, last_at })
    }

    /// Keeps their failures, under one name.
    fn forget_old_writers(&mut self) -> anyhow::Result<()> {
        let before = clock::now() - WRITER_DAYS * MICROS_PER_DAY;
        let transaction = self.connection.transaction()?;
        transaction.execute(
            "INSERT INTO mlops_writers SELECT 'earlier', 0, sum(failed), ?2 FROM mlops_writers
             WHERE writer <> 'earlier' AND updated_at < ?1 HAVING count(*) > 0
             ON CONFLICT DO UPDATE SET failed = failed + excluded.failed",
            [before, clock::now()],
        )?;
        transaction.execute("DELETE FROM mlops_writers WHERE writer <> 'earlier' AND updated_at < ?", [before])?;
        transaction.execute("DELETE FROM mlops_failures WHERE minute < ?", [before / MICROS_PER_MINUTE])?;
        Ok(transaction.commit()?)
    }

    /// Sums of one business since a moment: kept ones of whole quarters of an hour, and the rows of the one before them.
    pub fn analytics(&self, business_id: &str, since: i64) -> anyhow::Result<Analytics> {
        let quarter = first_quarter(since);
        let sums = self.connection.query_row(
            "SELECT sum(a), sum(b), sum(c), sum(d), sum(e), sum(f), sum(g) FROM (
               SELECT coalesce(sum(events), 0) AS a, coalesce(sum(response_ms), 0) AS b, coalesce(sum(tokens), 0) AS c,
                 coalesce(sum(cost_micros), 0) AS d, coalesce(sum(requested), 0) AS e, coalesce(sum(booked), 0) AS f,
                 coalesce(sum(handoffs), 0) AS g
               FROM mlops_quarters WHERE business_id = ?1 AND quarter >= ?2
               UNION ALL
               SELECT count(*), coalesce(sum(response_time_ms), 0), coalesce(sum(tokens_used), 0),
                 CAST(round(total(api_cost_usd) * 1000000) AS INTEGER), coalesce(sum(appointment_requested), 0),
                 coalesce(sum(appointment_booked), 0), coalesce(sum(human_handoff_requested), 0)
               FROM mlops_events WHERE business_id = ?1 AND created_at >= ?3 AND created_at < ?4)",
            params![business_id, quarter, clock::sql(since), clock::sql(quarter * MICROS_PER_QUARTER)],
            |row| {
                Ok(BusinessSums {
                    events: row.get(0)?,
                    response_ms: row.get(1)?,
                    tokens: row.get(2)?,
                    cost_micros: row.get(3)?,
                    requested: row.get(4)?,
                    booked: row.get(5)?,
                    handoffs: row.get(6)?,
                })
            },
        )?;
        Ok(sums.into())
    }
}

/// A row's moment in microseconds since 1970; SQLite itself counts no finer than milliseconds.
pub(super) const MICROS: &str =
    "(CAST(strftime('%s', created_at) AS INTEGER) * 1000000 + CAST(substr(created_at, 21) AS INTEGER))";

fn insert_row(insert: &mut rusqlite::CachedStatement<'_>, record: &Record) -> rusqlite::Result<usize> {
    let event = &record.event;
    insert.execute(params![
        &*event.business_id,
        event.conversation_id.as_deref(),
        event.session_id.as_deref(),
        event.response_time_ms,
        event.success_rate,
        event.tokens_used,
        event.prompt_tokens,
        event.completion_tokens,
        event.cost_micros.map(|micros| micros as f64 / 1e6),
        &*event.model_name,
        &*event.intent_detected,
        event.appointment_requested,
        event.human_handoff_requested,
        event.appointment_booked,
        event.user_message_length,
        event.ai_response_length,
        &*event.response_type,
        clock::sql(event.at),
        event.key.map(|key| key.to_string()),
    ])
}

/// Positions in the batch become moments, which grow with time.
fn add_group(
    add_up: &mut rusqlite::CachedStatement<'_>,
    group: &EventAggregate,
    batch: &[&Record],
) -> rusqlite::Result<usize> {
    let [within_100, within_500, within_1000, within_2000, within_5000, within_10000] = group.within;
    add_up.execute(params![
        &*group.business_id,
        &*group.response_type,
        &*group.intent,
        &*group.model,
        group.events,
        within_100,
        within_500,
        within_1000,
        within_2000,
        within_5000,
        within_10000,
        group.response_ms,
        group.tokens,
        group.cost_micros,
        group.requested,
        group.booked,
        group.handoffs,
        group.success_rate.map(|(_, rate)| rate),
        group.success_rate.and_then(|(position, _)| Some(batch.get(position as usize)?.event.at)),
    ])
}

fn group(row: &rusqlite::Row<'_>) -> rusqlite::Result<EventAggregate> {
    let text = |index| row.get::<_, String>(index).map(String::into_boxed_str);
    let rate: Option<f64> = row.get(17)?;
    Ok(EventAggregate {
        business_id: text(0)?,
        response_type: text(1)?,
        intent: text(2)?,
        model: text(3)?,
        events: row.get(4)?,
        within: [row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?, row.get(9)?, row.get(10)?],
        response_ms: row.get(11)?,
        tokens: row.get(12)?,
        cost_micros: row.get(13)?,
        requested: row.get(14)?,
        booked: row.get(15)?,
        handoffs: row.get(16)?,
        success_rate: match rate {
            Some(rate) => Some((row.get(18)?, rate)),
            None => None,
        },
    })
}
