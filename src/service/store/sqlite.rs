//! The embedded store: one SQLite file in write-ahead mode, synced at every commit. It keeps the rows, their sums (so
//! that a start costs the same with ten rows and ten million), and where each writer stands. Not async: its thread waits.

use std::path::Path;

use anyhow::Context;
use rusqlite::{Connection, OptionalExtension, params};

use super::rows::{Analytics, Batch, BusinessSums, MOST_RECENT, Snapshot, WRITER_DAYS, WriteError};
use super::spool::Record;
use crate::clock::{self, MICROS_PER_DAY};
use crate::metrics::history::Answer;
use crate::metrics::totals::Group;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS ai_metrics (
  id INTEGER PRIMARY KEY,
  business_id TEXT NOT NULL,
  conversation_id TEXT,
  session_id TEXT,
  response_time_ms INTEGER NOT NULL,
  success_rate REAL,
  tokens_used INTEGER NOT NULL,
  prompt_tokens INTEGER,
  completion_tokens INTEGER,
  api_cost_usd REAL,
  model_name TEXT NOT NULL,
  intent_detected TEXT NOT NULL,
  appointment_requested INTEGER NOT NULL DEFAULT 0,
  human_handoff_requested INTEGER NOT NULL DEFAULT 0,
  appointment_booked INTEGER NOT NULL DEFAULT 0,
  user_message_length INTEGER,
  ai_response_length INTEGER,
  response_type TEXT NOT NULL,
  created_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ai_metrics_business_created ON ai_metrics (business_id, created_at);
CREATE TABLE IF NOT EXISTS ai_totals (
  business_id TEXT NOT NULL, response_type TEXT NOT NULL, intent_detected TEXT NOT NULL, model_name TEXT NOT NULL,
  events INTEGER NOT NULL,
  within_100 INTEGER NOT NULL, within_500 INTEGER NOT NULL, within_1000 INTEGER NOT NULL,
  within_2000 INTEGER NOT NULL, within_5000 INTEGER NOT NULL, within_10000 INTEGER NOT NULL,
  response_ms INTEGER NOT NULL, tokens INTEGER NOT NULL, cost_micros INTEGER,
  requested INTEGER NOT NULL, booked INTEGER NOT NULL, handoffs INTEGER NOT NULL,
  success_rate REAL, success_id INTEGER,
  PRIMARY KEY (business_id, response_type, intent_detected, model_name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mlops_writers (
  writer TEXT PRIMARY KEY, last_seq INTEGER NOT NULL, failed INTEGER NOT NULL, updated_at INTEGER NOT NULL
) WITHOUT ROWID;
";

const INSERT: &str = "INSERT INTO ai_metrics (business_id, conversation_id, session_id, response_time_ms, success_rate,
  tokens_used, prompt_tokens, completion_tokens, api_cost_usd, model_name, intent_detected, appointment_requested,
  human_handoff_requested, appointment_booked, user_message_length, ai_response_length, response_type, created_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const ADD_UP: &str = "INSERT INTO ai_totals VALUES
  (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
  ON CONFLICT DO UPDATE SET events = events + ?5, within_100 = within_100 + ?6, within_500 = within_500 + ?7,
  within_1000 = within_1000 + ?8, within_2000 = within_2000 + ?9, within_5000 = within_5000 + ?10,
  within_10000 = within_10000 + ?11, response_ms = response_ms + ?12, tokens = tokens + ?13,
  cost_micros = CASE WHEN ?14 IS NULL THEN cost_micros ELSE coalesce(cost_micros, 0) + ?14 END,
  requested = requested + ?15, booked = booked + ?16, handoffs = handoffs + ?17,
  success_rate = coalesce(?18, success_rate), success_id = coalesce(?19, success_id)";

pub struct Sqlite {
    connection: Connection,
}

impl Sqlite {
    /// Opens or creates the file and its tables.
    ///
    /// # Errors
    /// When the file is no database, cannot be written, or its directory is not there.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let connection = Connection::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        connection.pragma_update(None, "busy_timeout", 3_000)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // FULL syncs the log at every commit: what is acknowledged survives a power cut too.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "wal_autocheckpoint", 1_000)?;
        connection.pragma_update(None, "cache_size", -8_192)?;
        connection.set_prepared_statement_cache_capacity(32);
        connection.execute_batch(SCHEMA).with_context(|| format!("cannot prepare {}", path.display()))?;
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

    /// Commits a batch, rows, sums and writer together.
    pub fn write(&mut self, batch: &Batch<'_>) -> Result<(), WriteError> {
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

    fn try_write(&mut self, batch: &Batch<'_>) -> anyhow::Result<Result<(), WriteError>> {
        if self.last_seq(batch.writer)? != batch.after {
            return Ok(Err(WriteError::Elsewhere));
        }
        let transaction = self.connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached(INSERT)?;
            for record in batch.records {
                insert_row(&mut insert, record)?;
            }
            let first_id = transaction.last_insert_rowid() + 1 - batch.records.len() as i64;
            let mut add_up = transaction.prepare_cached(ADD_UP)?;
            for group in batch.groups {
                add_group(&mut add_up, group, first_id)?;
            }
            transaction
                .prepare_cached(
                    "INSERT INTO mlops_writers VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET last_seq = ?2, failed = ?3, updated_at = ?4",
                )?
                .execute(params![batch.writer, batch.last(), batch.failed, clock::now()])?;
        }
        transaction.commit()?;
        Ok(Ok(()))
    }

    /// All sums and the last hour.
    pub fn snapshot(&mut self, writer: &str, recent_since: i64) -> anyhow::Result<Snapshot> {
        self.forget_old_writers()?;
        let mut statement = self.connection.prepare("SELECT * FROM ai_totals ORDER BY success_id")?;
        let groups = statement.query_map([], group)?.collect::<Result<Vec<_>, _>>()?;
        let failed_elsewhere = self.connection.query_row(
            "SELECT coalesce(sum(failed), 0) FROM mlops_writers WHERE writer <> ?",
            [writer],
            |row| row.get(0),
        )?;
        let last_at = self
            .connection
            .query_row(&format!("SELECT {MICROS} FROM ai_metrics ORDER BY id DESC LIMIT 1"), [], |row| row.get(0))
            .optional()?;
        let mut statement = self.connection.prepare(&format!(
            "SELECT at, response_time_ms, cost FROM (SELECT {MICROS} AS at, response_time_ms,
             CAST(round(coalesce(api_cost_usd, 0) * 1000000) AS INTEGER) AS cost
             FROM ai_metrics ORDER BY id DESC LIMIT {MOST_RECENT}) WHERE at >= ?"
        ))?;
        let recent = statement
            .query_map([recent_since], |row| {
                Ok(Answer { at: row.get(0)?, response_time_ms: row.get(1)?, cost_micros: row.get(2)? })
            })?
            .collect::<Result<Vec<_>, _>>()?;
        let stored = groups.iter().map(|group| group.events).sum();
        Ok(Snapshot { stored, groups, last_seq: self.last_seq(writer)?, failed_elsewhere, last_at, recent })
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
        Ok(transaction.commit()?)
    }

    /// Sums of one business since a moment.
    pub fn analytics(&self, business_id: &str, since: i64) -> anyhow::Result<Analytics> {
        let sums = self.connection.query_row(
            "SELECT count(*), coalesce(sum(response_time_ms), 0), coalesce(sum(tokens_used), 0),
               coalesce(total(api_cost_usd), 0), coalesce(sum(appointment_requested), 0),
               coalesce(sum(appointment_booked), 0), coalesce(sum(human_handoff_requested), 0)
             FROM ai_metrics WHERE business_id = ? AND created_at >= ?",
            params![business_id, clock::sql(since)],
            |row| {
                Ok(BusinessSums {
                    events: row.get(0)?,
                    response_ms: row.get(1)?,
                    tokens: row.get(2)?,
                    cost_usd: row.get(3)?,
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
const MICROS: &str =
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
    ])
}

/// `first_id` is the row of the batch's first record: positions in it become row ids, which grow with time.
fn add_group(add_up: &mut rusqlite::CachedStatement<'_>, group: &Group, first_id: i64) -> rusqlite::Result<usize> {
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
        group.success_rate.map(|(position, _)| first_id + position as i64),
    ])
}

fn group(row: &rusqlite::Row<'_>) -> rusqlite::Result<Group> {
    let text = |index| row.get::<_, String>(index).map(String::into_boxed_str);
    let rate: Option<f64> = row.get(17)?;
    Ok(Group {
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
