//! PostgreSQL by `DATABASE_URL`: rows, their sums and their keys in tables of the service's own. Every write is one statement, so
//! that it works behind a pooler as well; two replicas that write the same event wait for each other at its key.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::migrate;
use super::postgres_error::told;
use super::postgres_tls::{self, PostgresAddress};
use super::quarters::{EventRows, first_quarter};
use super::rows::{Analytics, BusinessSums, CountsSnapshot, RecordBatch, WRITER_DAYS, WriteError};
use super::spool::Record;
use crate::clock::{self, MICROS_PER_DAY, MICROS_PER_MINUTE, MICROS_PER_QUARTER};
use crate::config::Migration;
use crate::identity::WINDOW_MICROS;
use crate::log::{self, Field};
use crate::metrics::totals::EventAggregate;

const CONNECT: Duration = Duration::from_secs(3);
const PREPARE: Duration = Duration::from_secs(5);
const READ: Duration = Duration::from_secs(60);
/// How long derived keys are kept: a replica that was without its database for longer may count a retry twice.
const KEY_MICROS: i64 = MICROS_PER_DAY;
/// Keys that one clearing removes.
const KEYS_AT_ONCE: i64 = 5_000;

/// The writer's row is moved on only from where the batch begins, and the rows go in only when it was: a try that an
/// earlier, slower one has overtaken writes nothing. Keys, totals and quarters are each locked in their own order, so that two
/// replicas never wait for each other in a ring.
const ACCEPT: &str = "WITH moved AS (
  INSERT INTO mlops_writers AS w (writer, last_seq, failed) SELECT $1, $3, coalesce($4, 0)
  WHERE $2 = 0 OR EXISTS (SELECT 1 FROM mlops_writers WHERE writer = $1)
  ON CONFLICT (writer) DO UPDATE SET last_seq = $3, failed = coalesce($4, w.failed), updated_at = now() WHERE w.last_seq = $2
  RETURNING 1),
input AS MATERIALIZED (
  SELECT * FROM unnest($5::text[], $6::text[], $7::text[], $8::int[], $9::float8[], $10::int[], $11::int[], $12::int[],
    $13::bigint[], $14::text[], $15::text[], $16::bool[], $17::bool[], $18::bool[], $19::int[], $20::int[],
    $21::text[], $22::bigint[], $23::text[]) WITH ORDINALITY
    AS t (business_id, conversation_id, session_id, response_time_ms, success_rate, tokens_used, prompt_tokens,
      completion_tokens, cost_micros, model_name, intent_detected, requested, handoff, booked, user_length, ai_length,
      response_type, at, key, position)
  WHERE EXISTS (SELECT 1 FROM moved)),
fresh AS (
  INSERT INTO mlops_keys AS k (key, at) SELECT key, at FROM input WHERE key IS NOT NULL ORDER BY key COLLATE \"C\"
  ON CONFLICT (key) DO UPDATE SET at = greatest(k.at, excluded.at)
    WHERE k.key < 'k' AND abs(excluded.at - k.at) >= $24
  RETURNING key),
accepted AS MATERIALIZED (SELECT * FROM input WHERE key IS NULL OR key IN (SELECT key FROM fresh)),
";

/// Puts the rows `accepted` in, and adds them to the totals.
const ADD_ROWS: &str = "rows AS (
  INSERT INTO mlops_events (business_id, conversation_id, session_id, response_time_ms, success_rate, tokens_used,
    prompt_tokens, completion_tokens, api_cost_usd, model_name, intent_detected, appointment_requested,
    human_handoff_requested, appointment_booked, user_message_length, ai_response_length, response_type, created_at)
  SELECT business_id, conversation_id, session_id, response_time_ms, round(success_rate::numeric, 4), tokens_used,
    prompt_tokens, completion_tokens, cost_micros * 0.000001, model_name, intent_detected, requested, handoff, booked,
    user_length, ai_length, response_type, timestamp '1970-01-01' + at * interval '1 microsecond'
  FROM accepted ORDER BY position),
totals AS (
  INSERT INTO mlops_totals AS t
  SELECT business_id, response_type, intent_detected, model_name, count(*),
    count(*) FILTER (WHERE response_time_ms <= 100), count(*) FILTER (WHERE response_time_ms <= 500),
    count(*) FILTER (WHERE response_time_ms <= 1000), count(*) FILTER (WHERE response_time_ms <= 2000),
    count(*) FILTER (WHERE response_time_ms <= 5000), count(*) FILTER (WHERE response_time_ms <= 10000),
    sum(response_time_ms), sum(tokens_used), sum(cost_micros), count(*) FILTER (WHERE requested),
    count(*) FILTER (WHERE booked), count(*) FILTER (WHERE handoff),
    (array_agg(success_rate ORDER BY position DESC) FILTER (WHERE success_rate IS NOT NULL))[1],
    max(at) FILTER (WHERE success_rate IS NOT NULL)
  FROM accepted GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
  ON CONFLICT (business_id, response_type, intent_detected, model_name) DO UPDATE SET
    events = t.events + excluded.events, within_100 = t.within_100 + excluded.within_100,
    within_500 = t.within_500 + excluded.within_500, within_1000 = t.within_1000 + excluded.within_1000,
    within_2000 = t.within_2000 + excluded.within_2000, within_5000 = t.within_5000 + excluded.within_5000,
    within_10000 = t.within_10000 + excluded.within_10000, response_ms = t.response_ms + excluded.response_ms,
    tokens = t.tokens + excluded.tokens,
    cost_micros = CASE WHEN excluded.cost_micros IS NULL THEN t.cost_micros
      ELSE coalesce(t.cost_micros, 0) + excluded.cost_micros END,
    requested = t.requested + excluded.requested, booked = t.booked + excluded.booked,
    handoffs = t.handoffs + excluded.handoffs,
    success_rate = CASE WHEN excluded.success_at >= coalesce(t.success_at, 0) THEN excluded.success_rate
      ELSE t.success_rate END,
    success_at = greatest(t.success_at, excluded.success_at)),
";

/// As [`ACCEPT`] and an import call them.
const ACCEPTED: EventRows = EventRows {
    from: "accepted",
    quarter: "floor(at / 900000000.0)::bigint",
    cost_micros: "coalesce(sum(cost_micros), 0)",
    requested: "requested",
    booked: "booked",
    handoff: "handoff",
};

/// Puts the rows `accepted` in, and their sums.
pub static ADD: LazyLock<String> = LazyLock::new(|| format!("{ADD_ROWS} quarters AS ({})", ACCEPTED.add()));

/// Whether the writer was moved on, and which records were there already.
const ANSWER: &str = " SELECT (SELECT count(*) FROM moved),
  ARRAY(SELECT position FROM input WHERE key IS NOT NULL AND key NOT IN (SELECT key FROM fresh))";

static INSERT: LazyLock<String> = LazyLock::new(|| [ACCEPT, &ADD, ANSWER].concat());

/// One connection, shared by its clones; its driver runs beside it on the store's runtime.
#[derive(Clone)]
pub struct Postgres {
    pub(super) client: Arc<Client>,
    tls: MakeRustlsConnect,
}

impl Postgres {
    /// Connects, and makes the tables that are not there.
    ///
    /// # Errors
    /// When the address is none, the server cannot be reached in three seconds, or refuses.
    pub async fn connect(url: &str, migration: Migration) -> anyhow::Result<Self> {
        let postgres = Self::open(url).await?;
        let preparing = migrate::postgres(&postgres.client, migration);
        timeout(PREPARE, preparing).await.context("PostgreSQL did not answer in time")??;
        Ok(postgres)
    }

    /// Connects for questions only.
    ///
    /// # Errors
    /// As [`Postgres::connect`].
    pub async fn open(url: &str) -> anyhow::Result<Self> {
        let PostgresAddress { mut config, tls } = postgres_tls::address(url)?;
        config.keepalives_idle(Duration::from_secs(15));
        if config.get_application_name().is_none() {
            config.application_name("mlops-service");
        }
        let connecting = timeout(CONNECT, config.connect(tls.clone())).await;
        let (client, connection) = connecting.context("PostgreSQL did not answer in 3 s")?.map_err(told)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                log::debug("database connection ended", &[("error", Field::Text(&error.to_string()))]);
            }
        });
        Ok(Self { client: Arc::new(client), tls })
    }

    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    pub async fn ping(&self) -> bool {
        let asking = self.client.query_typed("SELECT 1 FROM mlops_events LIMIT 1", &[]);
        matches!(timeout(Duration::from_secs(1), asking).await, Ok(Ok(_)))
    }

    pub async fn last_seq(&self, writer: &str, until: Instant) -> anyhow::Result<u64> {
        let asked = [(&writer as &(dyn ToSql + Sync), Type::TEXT)];
        let asking = self.client.query_typed("SELECT last_seq FROM mlops_writers WHERE writer = $1", &asked);
        let rows = timeout_at(until, asking).await.context("PostgreSQL did not answer in time")?.map_err(told)?;
        Ok(rows.first().map_or(0, |row| row.get::<_, i64>(0).unsigned_abs()))
    }

    /// Commits a batch: rows, keys, sums and writer together. Returns which of its records were there already.
    pub async fn write(&self, batch: &RecordBatch<'_>, until: Instant) -> Result<Vec<usize>, WriteError> {
        let columns = Columns::of(batch.records);
        let (after, last, failed) = (batch.after as i64, batch.last() as i64, batch.failed.map(|failed| failed as i64));
        let mut parameters: Vec<(&(dyn ToSql + Sync), Type)> =
            vec![(&batch.writer, Type::TEXT), (&after, Type::INT8), (&last, Type::INT8), (&failed, Type::INT8)];
        parameters.extend(columns.parameters());
        parameters.push((&WINDOW_MICROS, Type::INT8));
        let Ok(written) = timeout_at(until, self.client.query_typed(&INSERT, &parameters)).await else {
            self.cancel();
            return Err(WriteError::Away(anyhow!("PostgreSQL did not commit in time")));
        };
        let rows = written.map_err(|error| {
            // Classes 22 and 23: these values, not this database.
            let refused =
                error.code().map(SqlState::code).is_some_and(|code| code.starts_with("22") || code.starts_with("23"));
            if refused { WriteError::Refused(told(error)) } else { WriteError::Away(told(error)) }
        })?;
        match rows.first().map(|row| (row.get::<_, i64>(0), row.get::<_, Vec<i64>>(1))) {
            Some((1, positions)) => {
                Ok(positions.into_iter().map(|position| position.unsigned_abs() as usize - 1).collect())
            }
            _ => Err(WriteError::Elsewhere),
        }
    }

    /// Asks the server to give up what it works at, so that statements do not pile up behind a lock. Nobody waits for that.
    fn cancel(&self) {
        let (token, tls) = (self.client.cancel_token(), self.tls.clone());
        tokio::spawn(async move { timeout(CONNECT, token.cancel_query(tls)).await });
    }

    /// Removes derived keys that nobody will bring again.
    pub async fn clear_keys(&self) -> anyhow::Result<()> {
        let before = clock::now() - KEY_MICROS;
        let values: [(&(dyn ToSql + Sync), Type); 2] = [(&before, Type::INT8), (&KEYS_AT_ONCE, Type::INT8)];
        let clearing = self.client.query_typed(
            "DELETE FROM mlops_keys WHERE key IN (SELECT key FROM mlops_keys WHERE at < $1 AND key < 'k' ORDER BY at LIMIT $2)",
            &values,
        );
        timeout(PREPARE, clearing).await.context("PostgreSQL did not answer in time")?.map(drop).map_err(told)
    }

    /// Writes down how many requests of a writer failed in some minutes.
    pub async fn write_failures(&self, writer: &str, counts: &[(i64, u64)], until: Instant) -> anyhow::Result<()> {
        let statement = "INSERT INTO mlops_failures SELECT $1, unnest($2::bigint[]), unnest($3::bigint[])
          ON CONFLICT (minute, writer) DO UPDATE SET failed = excluded.failed";
        let (minutes, failed): (Vec<i64>, Vec<i64>) =
            counts.iter().map(|(minute, failed)| (*minute, *failed as i64)).unzip();
        let values: [(&(dyn ToSql + Sync), Type); 3] =
            [(&writer, Type::TEXT), (&minutes, Type::INT8_ARRAY), (&failed, Type::INT8_ARRAY)];
        let writing = self.client.query_typed(statement, &values);
        timeout_at(until, writing).await.context("PostgreSQL did not answer in time")?.map(drop).map_err(told)
    }

    /// Writes down which businesses have labels of their own.
    pub async fn write_names(&self, names: &[&str], until: Instant) -> anyhow::Result<()> {
        let statement = "INSERT INTO mlops_names SELECT unnest($1::text[]) ON CONFLICT DO NOTHING";
        let values: [(&(dyn ToSql + Sync), Type); 1] = [(&names, Type::TEXT_ARRAY)];
        let writing = self.client.query_typed(statement, &values);
        timeout_at(until, writing).await.context("PostgreSQL did not answer in time")?.map(drop).map_err(told)
    }

    /// The businesses that are forgotten, each with the moment up to which.
    pub async fn forgotten(&self, until: Instant) -> anyhow::Result<Vec<(String, i64)>> {
        let asking = self.client.query_typed("SELECT business_id, before_at FROM mlops_forgotten", &[]);
        let rows = timeout_at(until, asking).await.context("PostgreSQL did not answer in time")?.map_err(told)?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// All sums, of one moment.
    pub async fn snapshot(&self, writer: &str) -> anyhow::Result<CountsSnapshot> {
        timeout(READ, self.try_snapshot(writer)).await.context("PostgreSQL did not add up in time")?
    }

    async fn try_snapshot(&self, writer: &str) -> anyhow::Result<CountsSnapshot> {
        self.forget_old_writers().await.map_err(told)?;
        let client = &self.client;
        // Left open by an error, it ends with the connection, which is for this alone.
        client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map_err(told)?;
        let sums = "SELECT * FROM mlops_totals ORDER BY success_at NULLS FIRST";
        let groups: Vec<EventAggregate> =
            client.query_typed(sums, &[]).await.map_err(told)?.iter().map(group).collect();
        let names = client.query_typed("SELECT business_id FROM mlops_names", &[]).await.map_err(told)?;
        let names = names.iter().map(|row| row.get::<_, String>(0).into_boxed_str()).collect();
        let writers = client
            .query_typed(
                "SELECT coalesce(sum(failed) FILTER (WHERE writer <> $1), 0)::bigint,
                   coalesce(max(last_seq) FILTER (WHERE writer = $1), 0) FROM mlops_writers",
                &[(&writer, Type::TEXT)],
            )
            .await
            .map_err(told)?;
        let (failed, last_seq) = writers.first().map_or((0, 0), |row| (row.get::<_, i64>(0), row.get::<_, i64>(1)));
        let newest = "SELECT (extract(epoch FROM max(created_at)) * 1000000)::bigint FROM mlops_events";
        let last_at = client.query_typed(newest, &[]).await.map_err(told)?.first().and_then(|row| row.get(0));
        client.batch_execute("COMMIT").await.map_err(told)?;
        Ok(CountsSnapshot {
            groups,
            names,
            last_seq: last_seq.unsigned_abs(),
            failed_elsewhere: failed.unsigned_abs(),
            last_at,
        })
    }

    /// Keeps their failures, under one name.
    async fn forget_old_writers(&self) -> Result<(), tokio_postgres::Error> {
        let before = clock::now() - WRITER_DAYS * MICROS_PER_DAY;
        let statement = "WITH gone AS (DELETE FROM mlops_writers WHERE writer <> 'earlier'
            AND updated_at < timestamptz '1970-01-01 00:00:00Z' + $1 * interval '1 microsecond' RETURNING failed)
          INSERT INTO mlops_writers AS w (writer, last_seq, failed) SELECT 'earlier', 0, sum(failed)::bigint FROM gone
          HAVING count(*) > 0 ON CONFLICT (writer) DO UPDATE SET failed = w.failed + excluded.failed";
        self.client.query_typed(statement, &[(&before, Type::INT8)]).await?;
        let failures = "DELETE FROM mlops_failures WHERE minute < $1";
        self.client.query_typed(failures, &[(&(before / MICROS_PER_MINUTE), Type::INT8)]).await.map(drop)
    }

    /// Sums of one business since a moment: kept ones of whole quarters of an hour, and the rows of the one before them.
    pub async fn analytics(&self, business_id: &str, since: i64) -> anyhow::Result<Analytics> {
        let quarter = first_quarter(since);
        let edge = quarter * MICROS_PER_QUARTER;
        let asked: [(&(dyn ToSql + Sync), Type); 4] =
            [(&business_id, Type::TEXT), (&quarter, Type::INT8), (&since, Type::INT8), (&edge, Type::INT8)];
        let asking = self.client.query_typed(
            "SELECT sum(a)::bigint, sum(b)::bigint, sum(c)::bigint, sum(d)::bigint, sum(e)::bigint, sum(f)::bigint,
               sum(g)::bigint FROM (
               SELECT coalesce(sum(events), 0) AS a, coalesce(sum(response_ms), 0) AS b, coalesce(sum(tokens), 0) AS c,
                 coalesce(sum(cost_micros), 0) AS d, coalesce(sum(requested), 0) AS e, coalesce(sum(booked), 0) AS f,
                 coalesce(sum(handoffs), 0) AS g
               FROM mlops_quarters WHERE business_id = $1 AND quarter >= $2
               UNION ALL
               SELECT count(*), coalesce(sum(response_time_ms), 0), coalesce(sum(tokens_used), 0),
                 coalesce(round(sum(api_cost_usd) * 1000000), 0), count(*) FILTER (WHERE appointment_requested),
                 count(*) FILTER (WHERE appointment_booked), count(*) FILTER (WHERE human_handoff_requested)
               FROM mlops_events WHERE business_id = $1
                 AND created_at >= timestamp '1970-01-01' + $3 * interval '1 microsecond'
                 AND created_at < timestamp '1970-01-01' + $4 * interval '1 microsecond') sums",
            &asked,
        );
        let rows = timeout(PREPARE, asking).await.context("PostgreSQL did not answer in time")?.map_err(told)?;
        let row = rows.first().ok_or_else(|| anyhow!("PostgreSQL gave no sums"))?;
        let sums = BusinessSums {
            events: row.get(0),
            response_ms: row.get(1),
            tokens: row.get(2),
            cost_micros: row.get(3),
            requested: row.get(4),
            booked: row.get(5),
            handoffs: row.get(6),
        };
        Ok(sums.into())
    }
}

fn group(row: &Row) -> EventAggregate {
    let count = |index: usize| row.get::<_, i64>(index).unsigned_abs();
    let text = |index: usize| row.get::<_, String>(index).into_boxed_str();
    EventAggregate {
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
        success_rate: row
            .get::<_, Option<f64>>(17)
            .map(|rate| (row.get::<_, Option<i64>>(18).unwrap_or(0).unsigned_abs(), rate)),
    }
}

/// A batch by column, as `unnest` takes it.
#[derive(Default)]
struct Columns<'a> {
    business_id: Vec<&'a str>,
    conversation_id: Vec<Option<&'a str>>,
    session_id: Vec<Option<&'a str>>,
    response_time_ms: Vec<i32>,
    success_rate: Vec<Option<f64>>,
    tokens_used: Vec<i32>,
    prompt_tokens: Vec<Option<i32>>,
    completion_tokens: Vec<Option<i32>>,
    cost_micros: Vec<Option<i64>>,
    model_name: Vec<&'a str>,
    intent_detected: Vec<&'a str>,
    requested: Vec<bool>,
    handoff: Vec<bool>,
    booked: Vec<bool>,
    user_length: Vec<Option<i32>>,
    ai_length: Vec<Option<i32>>,
    response_type: Vec<&'a str>,
    at: Vec<i64>,
    key: Vec<Option<String>>,
}

impl<'a> Columns<'a> {
    fn of(records: &'a [Record]) -> Self {
        let mut columns = Self::default();
        for Record { event, .. } in records {
            columns.business_id.push(&event.business_id);
            columns.conversation_id.push(event.conversation_id.as_deref());
            columns.session_id.push(event.session_id.as_deref());
            columns.response_time_ms.push(event.response_time_ms);
            columns.success_rate.push(event.success_rate);
            columns.tokens_used.push(event.tokens_used);
            columns.prompt_tokens.push(event.prompt_tokens);
            columns.completion_tokens.push(event.completion_tokens);
            columns.cost_micros.push(event.cost_micros);
            columns.model_name.push(&event.model_name);
            columns.intent_detected.push(&event.intent_detected);
            columns.requested.push(event.appointment_requested);
            columns.handoff.push(event.human_handoff_requested);
            columns.booked.push(event.appointment_booked);
            columns.user_length.push(event.user_message_length);
            columns.ai_length.push(event.ai_response_length);
            columns.response_type.push(&event.response_type);
            columns.at.push(event.at);
            columns.key.push(event.key.map(|key| key.to_string()));
        }
        columns
    }

    /// In the order of `INSERT`'s parameters from $5 on.
    fn parameters(&self) -> [(&(dyn ToSql + Sync), Type); 19] {
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
            (&self.key, Type::TEXT_ARRAY),
        ]
    }
}
