//! PostgreSQL by `DATABASE_URL`: the contract's table `ai_metrics`, used as it is when it is there, and `mlops_writers`,
//! which says where each writer stands. Every write is one statement, so that it works behind a pooler as well.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use super::postgres_tls::{self, Address};
use super::rows::{Analytics, Batch, BusinessSums, MOST_RECENT, Snapshot, WRITER_DAYS, WriteError};
use super::spool::Record;
use crate::clock::{self, MICROS_PER_DAY};
use crate::log::{self, Field};
use crate::metrics::history::Answer;
use crate::metrics::totals::Group;

const CONNECT: Duration = Duration::from_secs(3);
const WRITE: Duration = Duration::from_secs(5);
const READ: Duration = Duration::from_secs(60);

const TABLE: &str = "CREATE TABLE IF NOT EXISTS ai_metrics (
  id SERIAL PRIMARY KEY,
  business_id VARCHAR(255) NOT NULL,
  conversation_id VARCHAR(255),
  session_id VARCHAR(255) NOT NULL,
  response_time_ms INTEGER NOT NULL,
  success_rate DECIMAL(5,4) NOT NULL,
  tokens_used INTEGER NOT NULL,
  prompt_tokens INTEGER,
  completion_tokens INTEGER,
  api_cost_usd DECIMAL(10,6) NOT NULL,
  model_name VARCHAR(100) NOT NULL,
  intent_detected VARCHAR(50) NOT NULL,
  appointment_requested BOOLEAN DEFAULT FALSE,
  human_handoff_requested BOOLEAN DEFAULT FALSE,
  appointment_booked BOOLEAN DEFAULT FALSE,
  user_message_length INTEGER NOT NULL,
  ai_response_length INTEGER NOT NULL,
  response_type VARCHAR(50) NOT NULL,
  created_at TIMESTAMP DEFAULT now()
);
CREATE INDEX IF NOT EXISTS idx_ai_metrics_business_id ON ai_metrics (business_id);
CREATE INDEX IF NOT EXISTS idx_ai_metrics_created_at ON ai_metrics (created_at);
CREATE INDEX IF NOT EXISTS idx_ai_metrics_conversation_id ON ai_metrics (conversation_id);
CREATE INDEX IF NOT EXISTS idx_ai_metrics_business_created ON ai_metrics (business_id, created_at);";

const WRITERS: &str = "CREATE TABLE IF NOT EXISTS mlops_writers (
  writer TEXT PRIMARY KEY, last_seq BIGINT NOT NULL, failed BIGINT NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now());";

/// The writer's row is moved on only from where the batch begins, and the rows go in only when it was: a try that an
/// earlier, slower one has overtaken writes nothing.
const INSERT: &str = "WITH moved AS (
  INSERT INTO mlops_writers AS w (writer, last_seq, failed) SELECT $1, $3, $4
  WHERE $2 = 0 OR EXISTS (SELECT 1 FROM mlops_writers WHERE writer = $1)
  ON CONFLICT (writer) DO UPDATE SET last_seq = $3, failed = $4, updated_at = now() WHERE w.last_seq = $2
  RETURNING 1),
rows AS (
  INSERT INTO ai_metrics (business_id, conversation_id, session_id, response_time_ms, success_rate, tokens_used,
    prompt_tokens, completion_tokens, api_cost_usd, model_name, intent_detected, appointment_requested,
    human_handoff_requested, appointment_booked, user_message_length, ai_response_length, response_type, created_at)
  SELECT business_id, conversation_id, session_id, response_time_ms, round(success_rate::numeric, 4), tokens_used,
    prompt_tokens, completion_tokens, cost_micros * 0.000001, model_name, intent_detected, requested, handoff, booked,
    user_length, ai_length, response_type, timestamp '1970-01-01' + at * interval '1 microsecond'
  FROM unnest($5::text[], $6::text[], $7::text[], $8::int[], $9::float8[], $10::int[], $11::int[], $12::int[],
    $13::bigint[], $14::text[], $15::text[], $16::bool[], $17::bool[], $18::bool[], $19::int[], $20::int[],
    $21::text[], $22::bigint[]) WITH ORDINALITY
    AS t (business_id, conversation_id, session_id, response_time_ms, success_rate, tokens_used, prompt_tokens,
      completion_tokens, cost_micros, model_name, intent_detected, requested, handoff, booked, user_length, ai_length,
      response_type, at, position)
  WHERE EXISTS (SELECT 1 FROM moved) ORDER BY position)
SELECT count(*) FROM moved";

const GROUPS: &str = "WITH sums AS (
  SELECT business_id, response_type, intent_detected, model_name, count(*) AS events,
    count(*) FILTER (WHERE response_time_ms <= 100) AS w1, count(*) FILTER (WHERE response_time_ms <= 500) AS w2,
    count(*) FILTER (WHERE response_time_ms <= 1000) AS w3, count(*) FILTER (WHERE response_time_ms <= 2000) AS w4,
    count(*) FILTER (WHERE response_time_ms <= 5000) AS w5, count(*) FILTER (WHERE response_time_ms <= 10000) AS w6,
    sum(response_time_ms)::bigint AS response_ms, sum(tokens_used)::bigint AS tokens,
    round(sum(api_cost_usd) * 1000000)::bigint AS cost,
    count(*) FILTER (WHERE appointment_requested) AS requested, count(*) FILTER (WHERE appointment_booked) AS booked,
    count(*) FILTER (WHERE human_handoff_requested) AS handoffs, max(id)::bigint AS newest
  FROM ai_metrics GROUP BY 1, 2, 3, 4)
SELECT sums.*, m.success_rate::float8 AS rate FROM sums JOIN ai_metrics m ON m.id = sums.newest ORDER BY newest";

/// One connection, shared by its clones; its driver runs beside it on the store's runtime.
#[derive(Clone)]
pub struct Postgres {
    client: Arc<Client>,
}

impl Postgres {
    /// Connects, and makes the tables that are not there.
    ///
    /// # Errors
    /// When the address is none, the server cannot be reached in three seconds, or refuses.
    pub async fn connect(url: &str) -> anyhow::Result<Self> {
        let postgres = Self::open(url).await?;
        timeout(WRITE, postgres.prepare()).await.context("PostgreSQL did not answer in time")??;
        Ok(postgres)
    }

    /// Connects for questions only.
    ///
    /// # Errors
    /// As [`Postgres::connect`].
    pub async fn open(url: &str) -> anyhow::Result<Self> {
        let Address { mut config, tls } = postgres_tls::address(url)?;
        config.keepalives_idle(Duration::from_secs(15));
        if config.get_application_name().is_none() {
            config.application_name("mlops-service");
        }
        let connecting = timeout(CONNECT, config.connect(tls)).await;
        let (client, connection) = connecting.context("PostgreSQL did not answer in 3 s")?.map_err(told)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                log::debug("database connection ended", &[("error", Field::Text(&error.to_string()))]);
            }
        });
        Ok(Self { client: Arc::new(client) })
    }

    /// Asks first: creating, even `IF NOT EXISTS`, needs a right that using the course's table does not.
    async fn prepare(&self) -> anyhow::Result<()> {
        for (table, statements) in [("ai_metrics", TABLE), ("mlops_writers", WRITERS)] {
            let asked = [(&table as &(dyn ToSql + Sync), Type::TEXT)];
            let found = self.client.query_typed("SELECT to_regclass($1)::text", &asked).await;
            let there: Option<String> = found.map_err(told)?.first().and_then(|row| row.get(0));
            if there.is_none() {
                // One message is one transaction; the lock lets only one of several starting services create.
                let locked = format!("SELECT pg_advisory_xact_lock(7226573206); {statements}");
                self.client.batch_execute(&locked).await.map_err(told)?;
            }
        }
        Ok(())
    }

    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    pub async fn ping(&self) -> bool {
        let answer = timeout(Duration::from_secs(1), self.client.query_typed("SELECT 1 FROM ai_metrics LIMIT 1", &[]));
        matches!(answer.await, Ok(Ok(_)))
    }

    pub async fn last_seq(&self, writer: &str) -> anyhow::Result<u64> {
        let asked = [(&writer as &(dyn ToSql + Sync), Type::TEXT)];
        let asking = self.client.query_typed("SELECT last_seq FROM mlops_writers WHERE writer = $1", &asked);
        let rows = timeout(WRITE, asking).await.context("PostgreSQL did not answer in time")?.map_err(told)?;
        Ok(rows.first().map_or(0, |row| row.get::<_, i64>(0).unsigned_abs()))
    }

    /// Commits a batch, rows and writer together.
    pub async fn write(&self, batch: &Batch<'_>) -> Result<(), WriteError> {
        let columns = Columns::of(batch.records);
        let (after, last, failed) = (batch.after as i64, batch.last() as i64, batch.failed as i64);
        let mut parameters: Vec<(&(dyn ToSql + Sync), Type)> =
            vec![(&batch.writer, Type::TEXT), (&after, Type::INT8), (&last, Type::INT8), (&failed, Type::INT8)];
        parameters.extend(columns.parameters());
        let writing = self.client.query_typed(INSERT, &parameters);
        let rows = timeout(WRITE, writing).await.context("PostgreSQL did not commit in time")?.map_err(|error| {
            // Classes 22 and 23: these values, not this database.
            let refused =
                error.code().map(SqlState::code).is_some_and(|code| code.starts_with("22") || code.starts_with("23"));
            if refused { WriteError::Refused(told(error)) } else { WriteError::Away(told(error)) }
        })?;
        match rows.first().map(|row| row.get::<_, i64>(0)) {
            Some(1) => Ok(()),
            _ => Err(WriteError::Elsewhere),
        }
    }

    /// All sums and the last hour, of one moment.
    pub async fn snapshot(&self, writer: &str, recent_since: i64) -> anyhow::Result<Snapshot> {
        timeout(READ, self.try_snapshot(writer, recent_since)).await.context("PostgreSQL did not add up in time")?
    }

    async fn try_snapshot(&self, writer: &str, recent_since: i64) -> anyhow::Result<Snapshot> {
        self.forget_old_writers().await.map_err(told)?;
        let client = &self.client;
        // Left open by an error, it ends with the connection, which is for this alone.
        client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map_err(told)?;
        let groups: Vec<Group> = client.query_typed(GROUPS, &[]).await.map_err(told)?.iter().map(group).collect();
        let writers = client
            .query_typed(
                "SELECT coalesce(sum(failed) FILTER (WHERE writer <> $1), 0)::bigint,
                   coalesce(max(last_seq) FILTER (WHERE writer = $1), 0) FROM mlops_writers",
                &[(&writer, Type::TEXT)],
            )
            .await
            .map_err(told)?;
        let (failed, last_seq) = writers.first().map_or((0, 0), |row| (row.get::<_, i64>(0), row.get::<_, i64>(1)));
        const MICROS: &str = "(extract(epoch FROM created_at) * 1000000)::bigint";
        let newest = format!("SELECT {MICROS} FROM ai_metrics WHERE created_at IS NOT NULL ORDER BY id DESC LIMIT 1");
        let last_at = client.query_typed(&newest, &[]).await.map_err(told)?.first().map(|row| row.get(0));
        let rows = client
            .query_typed(
                &format!(
                    "SELECT at, response_time_ms, cost FROM (SELECT {MICROS} AS at, response_time_ms,
                     round(api_cost_usd * 1000000)::bigint AS cost
                     FROM ai_metrics ORDER BY id DESC LIMIT {MOST_RECENT}) newest WHERE at >= $1"
                ),
                &[(&recent_since, Type::INT8)],
            )
            .await
            .map_err(told)?;
        let recent = rows
            .iter()
            .map(|row| Answer { at: row.get(0), response_time_ms: row.get(1), cost_micros: row.get(2) })
            .collect();
        client.batch_execute("COMMIT").await.map_err(told)?;
        Ok(Snapshot {
            stored: groups.iter().map(|group| group.events).sum(),
            groups,
            last_seq: last_seq.unsigned_abs(),
            failed_elsewhere: failed.unsigned_abs(),
            last_at,
            recent,
        })
    }

    /// Keeps their failures, under one name.
    async fn forget_old_writers(&self) -> Result<(), tokio_postgres::Error> {
        let before = clock::now() - WRITER_DAYS * MICROS_PER_DAY;
        let statement = "WITH gone AS (DELETE FROM mlops_writers WHERE writer <> 'earlier'
            AND updated_at < timestamptz '1970-01-01 00:00:00Z' + $1 * interval '1 microsecond' RETURNING failed)
          INSERT INTO mlops_writers AS w (writer, last_seq, failed) SELECT 'earlier', 0, sum(failed)::bigint FROM gone
          HAVING count(*) > 0 ON CONFLICT (writer) DO UPDATE SET failed = w.failed + excluded.failed";
        self.client.query_typed(statement, &[(&before, Type::INT8)]).await.map(drop)
    }

    /// Sums of one business since a moment.
    pub async fn analytics(&self, business_id: &str, since: i64) -> anyhow::Result<Analytics> {
        let asked: [(&(dyn ToSql + Sync), Type); 2] = [(&business_id, Type::TEXT), (&since, Type::INT8)];
        let asking = self.client.query_typed(
            "SELECT count(*), coalesce(sum(response_time_ms), 0)::bigint, coalesce(sum(tokens_used), 0)::bigint,
               coalesce(sum(api_cost_usd), 0)::float8, count(*) FILTER (WHERE appointment_requested),
               count(*) FILTER (WHERE appointment_booked), count(*) FILTER (WHERE human_handoff_requested)
             FROM ai_metrics WHERE business_id = $1
               AND created_at >= timestamp '1970-01-01' + $2 * interval '1 microsecond'",
            &asked,
        );
        let rows = timeout(WRITE, asking).await.context("PostgreSQL did not answer in time")?.map_err(told)?;
        let row = rows.first().ok_or_else(|| anyhow!("PostgreSQL gave no sums"))?;
        let sums = BusinessSums {
            events: row.get(0),
            response_ms: row.get(1),
            tokens: row.get(2),
            cost_usd: row.get(3),
            requested: row.get(4),
            booked: row.get(5),
            handoffs: row.get(6),
        };
        Ok(sums.into())
    }
}

/// The client's errors print as "db error": say what the server said, or what broke the connection.
fn told(error: tokio_postgres::Error) -> anyhow::Error {
    match error.as_db_error() {
        Some(said) => anyhow!("PostgreSQL says: {} ({})", said.message(), said.code().code()),
        None => anyhow::Error::new(error).context("PostgreSQL connection"),
    }
}

fn group(row: &Row) -> Group {
    let count = |index: usize| row.get::<_, i64>(index).unsigned_abs();
    let text = |index: usize| row.get::<_, String>(index).into_boxed_str();
    Group {
        business_id: text(0),
        response_type: text(1),
        intent: text(2),
        model: text(3),
        events: count(4),
        within: [count(5), count(6), count(7), count(8), count(9), count(10)],
        response_ms: count(11),
        tokens: count(12),
        cost_micros: row.get(13),
        requested: count(14),
        booked: count(15),
        handoffs: count(16),
        success_rate: row.get::<_, Option<f64>>(18).map(|rate| (count(17), rate)),
    }
}

/// A batch by column, as `unnest` takes it. The contract's table allows no gaps where a client may leave one: a missing
/// cost or length is 0, a missing session empty, a missing success rate what the response type says.
#[derive(Default)]
struct Columns<'a> {
    business_id: Vec<&'a str>,
    conversation_id: Vec<Option<&'a str>>,
    session_id: Vec<&'a str>,
    response_time_ms: Vec<i32>,
    success_rate: Vec<f64>,
    tokens_used: Vec<i32>,
    prompt_tokens: Vec<Option<i32>>,
    completion_tokens: Vec<Option<i32>>,
    cost_micros: Vec<i64>,
    model_name: Vec<&'a str>,
    intent_detected: Vec<&'a str>,
    requested: Vec<bool>,
    handoff: Vec<bool>,
    booked: Vec<bool>,
    user_length: Vec<i32>,
    ai_length: Vec<i32>,
    response_type: Vec<&'a str>,
    at: Vec<i64>,
}

impl<'a> Columns<'a> {
    fn of(records: &'a [Record]) -> Self {
        let mut columns = Self::default();
        for Record { event, .. } in records {
            columns.business_id.push(&event.business_id);
            columns.conversation_id.push(event.conversation_id.as_deref());
            columns.session_id.push(event.session_id.as_deref().unwrap_or(""));
            columns.response_time_ms.push(event.response_time_ms);
            let by_type = if &*event.response_type == "error" { 0.0 } else { 1.0 };
            columns.success_rate.push(event.success_rate.unwrap_or(by_type));
            columns.tokens_used.push(event.tokens_used);
            columns.prompt_tokens.push(event.prompt_tokens);
            columns.completion_tokens.push(event.completion_tokens);
            columns.cost_micros.push(event.cost_micros.unwrap_or(0));
            columns.model_name.push(&event.model_name);
            columns.intent_detected.push(&event.intent_detected);
            columns.requested.push(event.appointment_requested);
            columns.handoff.push(event.human_handoff_requested);
            columns.booked.push(event.appointment_booked);
            columns.user_length.push(event.user_message_length.unwrap_or(0));
            columns.ai_length.push(event.ai_response_length.unwrap_or(0));
            columns.response_type.push(&event.response_type);
            columns.at.push(event.at);
        }
        columns
    }

    /// In the order of `INSERT`'s parameters from $5 on.
    fn parameters(&self) -> [(&(dyn ToSql + Sync), Type); 18] {
        [
            (&self.business_id, Type::TEXT_ARRAY),
            (&self.conversation_id, Type::TEXT_ARRAY),
            (&self.session_id, Type::TEXT_ARRAY),
            (&self.response_time_ms, Type::INT4_ARRAY),
            (&self.success_rate, Type::FLOAT8_ARRAY),
            (&self.tokens_used, Type::INT4_ARRAY),
            (&self.prompt_tokens, Type::INT4_ARRAY),
            (&self.completion_tokens, Type::INT4_ARRAY),
            (&self.cost_micros, Type::INT8_ARRAY),
            (&self.model_name, Type::TEXT_ARRAY),
            (&self.intent_detected, Type::TEXT_ARRAY),
            (&self.requested, Type::BOOL_ARRAY),
            (&self.handoff, Type::BOOL_ARRAY),
            (&self.booked, Type::BOOL_ARRAY),
            (&self.user_length, Type::INT4_ARRAY),
            (&self.ai_length, Type::INT4_ARRAY),
            (&self.response_type, Type::TEXT_ARRAY),
            (&self.at, Type::INT8_ARRAY),
        ]
    }
}
