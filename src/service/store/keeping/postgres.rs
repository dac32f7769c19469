//! Keeping and forgetting in PostgreSQL, one statement a batch.

use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::{AT_ONCE, Imported};
use crate::clock::MICROS_PER_MINUTE;
use crate::identity::WINDOW_MICROS;
use crate::store::migrate::exists;
use crate::store::postgres::{ADD, Postgres};
use crate::store::postgres_error::told;
use crate::store::quarters::EventRows;

/// Tries of a batch that waits in a ring with a service's commit.
const TRIES: usize = 10;

/// Rows of one imported batch.
const ROWS_AT_ONCE: i64 = 4 * AT_ONCE;

/// Takes the rows `gone` out of the totals.
const REMOVE: &str = "totals AS (
  UPDATE mlops_totals t SET events = t.events - d.events, within_100 = t.within_100 - d.w1, within_500 = t.within_500 - d.w2,
    within_1000 = t.within_1000 - d.w3, within_2000 = t.within_2000 - d.w4, within_5000 = t.within_5000 - d.w5,
    within_10000 = t.within_10000 - d.w6, response_ms = t.response_ms - d.response_ms, tokens = t.tokens - d.tokens,
    cost_micros = t.cost_micros - d.cost_micros, requested = t.requested - d.requested, booked = t.booked - d.booked,
    handoffs = t.handoffs - d.handoffs
  FROM (SELECT business_id, response_type, intent_detected, model_name, count(*) AS events,
      count(*) FILTER (WHERE response_time_ms <= 100) AS w1, count(*) FILTER (WHERE response_time_ms <= 500) AS w2,
      count(*) FILTER (WHERE response_time_ms <= 1000) AS w3, count(*) FILTER (WHERE response_time_ms <= 2000) AS w4,
      count(*) FILTER (WHERE response_time_ms <= 5000) AS w5, count(*) FILTER (WHERE response_time_ms <= 10000) AS w6,
      sum(response_time_ms) AS response_ms, sum(tokens_used) AS tokens,
      coalesce(round(sum(api_cost_usd) * 1000000), 0) AS cost_micros,
      count(*) FILTER (WHERE appointment_requested) AS requested, count(*) FILTER (WHERE appointment_booked) AS booked,
      count(*) FILTER (WHERE human_handoff_requested) AS handoffs
    FROM gone GROUP BY 1, 2, 3, 4) d
  WHERE t.business_id = d.business_id AND t.response_type = d.response_type AND t.intent_detected = d.intent_detected
    AND t.model_name = d.model_name),
";

/// Rows of `mlops_events` that are taken out.
const GONE: EventRows = EventRows {
    from: "gone",
    quarter: "floor(extract(epoch FROM created_at) / 900)::bigint",
    cost_micros: "coalesce(round(sum(api_cost_usd) * 1000000), 0)",
    requested: "appointment_requested",
    booked: "appointment_booked",
    handoff: "human_handoff_requested",
};

/// The next rows of ai_metrics; what repeats another within the window counts once, as it would have on arrival. Rows of before
/// the batch are looked at for that, and not copied.
const NEXT: &str = "WITH moved AS (UPDATE mlops_imports SET last_id = $2
  WHERE source = 'ai_metrics' AND last_id = $1 RETURNING since),
found AS MATERIALIZED (SELECT m.id, m.business_id, m.conversation_id, m.session_id, m.response_time_ms,
    m.success_rate::float8 AS success_rate, m.tokens_used, m.prompt_tokens, m.completion_tokens,
    round(m.api_cost_usd * 1000000)::bigint AS cost_micros, m.model_name, m.intent_detected,
    coalesce(m.appointment_requested, false) AS requested, coalesce(m.human_handoff_requested, false) AS handoff,
    coalesce(m.appointment_booked, false) AS booked, m.user_message_length AS user_length,
    m.ai_response_length AS ai_length, m.response_type, (extract(epoch FROM m.created_at) * 1000000)::bigint AS at,
    lag(m.created_at) OVER (PARTITION BY m.business_id, coalesce(m.conversation_id, ''), m.session_id, m.response_time_ms,
      m.tokens_used, m.model_name ORDER BY m.created_at, m.id) AS earlier, m.created_at
  FROM ai_metrics m WHERE m.id > $1 - $3 AND m.id <= $2 AND m.created_at < (SELECT since FROM moved)),
input AS MATERIALIZED (SELECT *, id AS position FROM found WHERE id > $1),
accepted AS MATERIALIZED (SELECT * FROM input WHERE earlier IS NULL
  OR created_at - earlier >= $4 * interval '1 microsecond' OR session_id || coalesce(conversation_id, '') = ''),
";

impl Postgres {
    /// Deletes a batch of events older than a moment; 0 when there is none.
    pub async fn prune(&self, before: i64) -> anyhow::Result<u64> {
        let which = "created_at < timestamp '1970-01-01' + $1 * interval '1 microsecond' ORDER BY created_at";
        let deleted = self.remove(which, &[(&before, Type::INT8)]).await?;
        if deleted == 0 {
            // Whoever brings a key again has lost the row it stands for.
            let keys = "DELETE FROM mlops_keys WHERE at < $1";
            self.client.query_typed(keys, &[(&before, Type::INT8)]).await.map_err(told)?;
            let failures = "DELETE FROM mlops_failures WHERE minute < $1";
            let minute = before / MICROS_PER_MINUTE;
            self.client.query_typed(failures, &[(&minute, Type::INT8)]).await.map_err(told)?;
        }
        Ok(deleted)
    }

    /// Deletes a batch of a business's events of up to a moment; 0 when there is none.
    pub async fn forget(&self, business_id: &str, before: i64) -> anyhow::Result<u64> {
        let which = "business_id = $1 AND created_at <= timestamp '1970-01-01' + $2 * interval '1 microsecond'";
        let deleted = self.remove(which, &[(&business_id, Type::TEXT), (&before, Type::INT8)]).await?;
        let names = "DELETE FROM mlops_names WHERE business_id = $1";
        self.client.query_typed(names, &[(&business_id, Type::TEXT)]).await.map_err(told)?;
        Ok(deleted)
    }

    async fn remove(&self, which: &str, values: &[(&(dyn ToSql + Sync), Type)]) -> anyhow::Result<u64> {
        let statement = format!(
            "WITH gone AS (DELETE FROM mlops_events WHERE id IN (SELECT id FROM mlops_events WHERE {which} LIMIT {AT_ONCE})
             RETURNING *), {REMOVE} quarters AS ({}) SELECT count(*) FROM gone",
            GONE.remove()
        );
        let rows = self.patiently(&statement, values).await?;
        let deleted = rows.first().map_or(0, |row| row.get::<_, i64>(0).unsigned_abs());
        self.patiently("DELETE FROM mlops_totals WHERE events <= 0", &[]).await?;
        if deleted == 0 {
            // There may be many: looked through once, not with each batch.
            self.patiently("DELETE FROM mlops_quarters WHERE events <= 0", &[]).await?;
        }
        Ok(deleted)
    }

    /// Notes that a business's events of up to a moment are forgotten, those still on their way included.
    pub async fn note_forgotten(&self, business_id: &str, at: i64) -> anyhow::Result<()> {
        let statement = "INSERT INTO mlops_forgotten VALUES ($1, $2)
          ON CONFLICT (business_id) DO UPDATE SET before_at = excluded.before_at";
        let values: [(&(dyn ToSql + Sync), Type); 2] = [(&business_id, Type::TEXT), (&at, Type::INT8)];
        self.client.query_typed(statement, &values).await.map(drop).map_err(told)
    }

    /// Deletes a business's rows of the client's table, where there is one.
    pub async fn forget_clients_rows(&self, business_id: &str) -> anyhow::Result<u64> {
        if !exists(&self.client, "ai_metrics").await? {
            return Ok(0);
        }
        let statement =
            "WITH gone AS (DELETE FROM ai_metrics WHERE business_id = $1 RETURNING 1) SELECT count(*) FROM gone";
        let rows = self.patiently(statement, &[(&business_id, Type::TEXT)]).await?;
        Ok(rows.first().map_or(0, |row| row.get::<_, i64>(0).unsigned_abs()))
    }

    /// Copies older rows of the client's table, once; none when there is no such table.
    pub async fn import_history(&self) -> anyhow::Result<Option<Imported>> {
        if !exists(&self.client, "ai_metrics").await? {
            return Ok(None);
        }
        let statement = format!("{NEXT}{} SELECT (SELECT count(*) FROM accepted), (SELECT count(*) FROM input)", *ADD);
        let mut imported = Imported::default();
        loop {
            let Some((last, upto)) = self.next_rows().await? else { return Ok(Some(imported)) };
            let values: [(&(dyn ToSql + Sync), Type); 4] =
                [(&last, Type::INT8), (&upto, Type::INT8), (&ROWS_AT_ONCE, Type::INT8), (&WINDOW_MICROS, Type::INT8)];
            let rows = self.patiently(&statement, &values).await?;
            let count = |at: usize| rows.first().map_or(0, |row| row.get::<_, i64>(at).unsigned_abs());
            imported.rows += count(0);
            imported.repeated += count(1) - count(0);
        }
    }

    /// The last row that is copied, and the last one of the next batch; none when there is no more.
    async fn next_rows(&self) -> anyhow::Result<Option<(i64, i64)>> {
        let asked: [(&(dyn ToSql + Sync), Type); 1] = [(&ROWS_AT_ONCE, Type::INT8)];
        let rows = self
            .patiently(
                "SELECT last_id, (SELECT max(id)::bigint FROM (
                   SELECT id FROM ai_metrics WHERE id > i.last_id ORDER BY id LIMIT $1) ids)
                 FROM mlops_imports i WHERE source = 'ai_metrics'",
                &asked,
            )
            .await?;
        Ok(rows.first().and_then(|row| Some((row.get(0), row.get::<_, Option<i64>>(1)?))))
    }

    /// Runs a statement again that the server gave up for another's sake (class 40).
    async fn patiently(&self, statement: &str, values: &[(&(dyn ToSql + Sync), Type)]) -> anyhow::Result<Vec<Row>> {
        let mut tries = 0;
        loop {
            match self.client.query_typed(statement, values).await {
                Ok(rows) => return Ok(rows),
                Err(error) if tries < TRIES && error.code().is_some_and(|code| code.code().starts_with("40")) => {
                    tries += 1
                }
                Err(error) => return Err(told(error)),
            }
        }
    }
}
