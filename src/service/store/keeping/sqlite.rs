//! Keeping and forgetting in the embedded file, one short transaction a batch.

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::{AT_ONCE, Imported};
use crate::clock::{self, MICROS_PER_MINUTE};
use crate::identity::WINDOW_MICROS;
use crate::store::quarters::EventRows;
use crate::store::sqlite::{MICROS, Sqlite};

/// By command, a busy file is waited for.
const BUSY_MS: i64 = 30_000;

/// Takes the rows that the table `batch` names out of the totals.
const REMOVE: &str = "
UPDATE mlops_totals SET events = mlops_totals.events - d.events, within_100 = within_100 - d.w1, within_500 = within_500 - d.w2,
  within_1000 = within_1000 - d.w3, within_2000 = within_2000 - d.w4, within_5000 = within_5000 - d.w5,
  within_10000 = within_10000 - d.w6, response_ms = mlops_totals.response_ms - d.response_ms,
  tokens = mlops_totals.tokens - d.tokens, cost_micros = mlops_totals.cost_micros - d.cost_micros,
  requested = mlops_totals.requested - d.requested, booked = mlops_totals.booked - d.booked,
  handoffs = mlops_totals.handoffs - d.handoffs
FROM (SELECT business_id, response_type, intent_detected, model_name, count(*) AS events, sum(response_time_ms <= 100) AS w1,
    sum(response_time_ms <= 500) AS w2, sum(response_time_ms <= 1000) AS w3, sum(response_time_ms <= 2000) AS w4,
    sum(response_time_ms <= 5000) AS w5, sum(response_time_ms <= 10000) AS w6, sum(response_time_ms) AS response_ms,
    sum(tokens_used) AS tokens, CAST(round(total(api_cost_usd) * 1000000) AS INTEGER) AS cost_micros,
    sum(appointment_requested) AS requested, sum(appointment_booked) AS booked, sum(human_handoff_requested) AS handoffs
  FROM mlops_events WHERE id IN (SELECT id FROM temp.batch) GROUP BY 1, 2, 3, 4) AS d
WHERE mlops_totals.business_id = d.business_id AND mlops_totals.response_type = d.response_type
  AND mlops_totals.intent_detected = d.intent_detected AND mlops_totals.model_name = d.model_name;
DELETE FROM mlops_totals WHERE events <= 0;
";

/// Puts the rows of the table `fresh` in, and adds them to the totals.
const ADD: &str = "
INSERT INTO mlops_events (business_id, conversation_id, session_id, response_time_ms, success_rate, tokens_used, prompt_tokens,
    completion_tokens, api_cost_usd, model_name, intent_detected, appointment_requested, human_handoff_requested,
    appointment_booked, user_message_length, ai_response_length, response_type, created_at)
  SELECT business_id, conversation_id, session_id, response_time_ms, success_rate, tokens_used, prompt_tokens,
    completion_tokens, api_cost_usd, model_name, intent_detected, coalesce(appointment_requested, 0),
    coalesce(human_handoff_requested, 0), coalesce(appointment_booked, 0), user_message_length, ai_response_length,
    response_type, created_at
  FROM temp.fresh ORDER BY id;
INSERT INTO mlops_totals
  SELECT business_id, response_type, intent_detected, model_name, count(*), sum(response_time_ms <= 100),
    sum(response_time_ms <= 500), sum(response_time_ms <= 1000), sum(response_time_ms <= 2000),
    sum(response_time_ms <= 5000), sum(response_time_ms <= 10000), sum(response_time_ms), sum(tokens_used),
    CAST(round(sum(api_cost_usd) * 1000000) AS INTEGER), total(appointment_requested), total(appointment_booked),
    total(human_handoff_requested), NULL, NULL
  FROM temp.fresh WHERE true GROUP BY 1, 2, 3, 4
  ON CONFLICT DO UPDATE SET events = events + excluded.events, within_100 = within_100 + excluded.within_100,
    within_500 = within_500 + excluded.within_500, within_1000 = within_1000 + excluded.within_1000,
    within_2000 = within_2000 + excluded.within_2000, within_5000 = within_5000 + excluded.within_5000,
    within_10000 = within_10000 + excluded.within_10000, response_ms = response_ms + excluded.response_ms,
    tokens = tokens + excluded.tokens,
    cost_micros = CASE WHEN excluded.cost_micros IS NULL THEN cost_micros
      ELSE coalesce(cost_micros, 0) + excluded.cost_micros END,
    requested = requested + excluded.requested, booked = booked + excluded.booked, handoffs = handoffs + excluded.handoffs;";

/// The rows of a batch: what is done to them is done to no other.
const BATCH: &str = "(SELECT * FROM mlops_events WHERE id IN (SELECT id FROM temp.batch))";

impl Sqlite {
    /// Deletes a batch of events older than a moment; 0 when there is none.
    pub fn prune(&mut self, before: i64) -> anyhow::Result<u64> {
        let deleted = self.remove("created_at < ?1 ORDER BY created_at", params![clock::sql(before)])?;
        self.connection.execute("DELETE FROM mlops_failures WHERE minute < ?", [before / MICROS_PER_MINUTE])?;
        Ok(deleted)
    }

    /// Deletes a batch of a business's events of up to a moment; 0 when there is none.
    pub fn forget(&mut self, business_id: &str, before: i64) -> anyhow::Result<u64> {
        let deleted = self.remove("business_id = ?1 AND created_at <= ?2", params![business_id, clock::sql(before)])?;
        self.connection.execute("DELETE FROM mlops_names WHERE business_id = ?", [business_id])?;
        Ok(deleted)
    }

    fn remove(&mut self, which: &str, values: &[&dyn rusqlite::ToSql]) -> anyhow::Result<u64> {
        let transaction = self.house_work()?;
        transaction
            .execute_batch("CREATE TEMP TABLE IF NOT EXISTS batch (id INTEGER PRIMARY KEY); DELETE FROM temp.batch;")?;
        let found = transaction.execute(
            &format!("INSERT INTO temp.batch SELECT id FROM mlops_events WHERE {which} LIMIT {AT_ONCE}"),
            values,
        )?;
        if found > 0 {
            transaction.execute_batch(REMOVE)?;
            transaction.execute_batch(&EventRows::of_sqlite(BATCH).remove())?;
            transaction.execute("DELETE FROM mlops_events WHERE id IN (SELECT id FROM temp.batch)", [])?;
        } else {
            transaction.execute("DELETE FROM mlops_quarters WHERE events <= 0", [])?;
        }
        transaction.commit()?;
        Ok(found as u64)
    }

    /// Notes that a business's events of up to a moment are forgotten, those still on their way included.
    pub fn note_forgotten(&mut self, business_id: &str, at: i64) -> anyhow::Result<()> {
        let statement = "INSERT INTO mlops_forgotten VALUES (?1, ?2) ON CONFLICT DO UPDATE SET before_at = ?2";
        let transaction = self.house_work()?;
        transaction.execute(statement, params![business_id, at])?;
        Ok(transaction.commit()?)
    }

    /// Deletes a business's rows of another program's table, where there is one.
    pub fn forget_clients_rows(&mut self, business_id: &str) -> anyhow::Result<u64> {
        if !self.has_clients_table()? {
            return Ok(0);
        }
        Ok(self.connection.execute("DELETE FROM ai_metrics WHERE business_id = ?", [business_id])? as u64)
    }

    /// Copies older rows of another program's table, once; none when there is no such table.
    pub fn import_history(&mut self) -> anyhow::Result<Option<Imported>> {
        if !self.has_clients_table()? {
            return Ok(None);
        }
        let mut imported = Imported::default();
        while let Some(batch) = self.import_batch()? {
            imported.rows += batch.rows;
            imported.repeated += batch.repeated;
        }
        Ok(Some(imported))
    }

    fn import_batch(&mut self) -> anyhow::Result<Option<Imported>> {
        let transaction = self.house_work()?;
        let (last, since): (i64, String) = transaction.query_row(
            "SELECT last_id, since FROM mlops_imports WHERE source = 'ai_metrics'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let upto: Option<i64> = transaction.query_row(
            &format!("SELECT max(id) FROM (SELECT id FROM ai_metrics WHERE id > ? ORDER BY id LIMIT {AT_ONCE})"),
            [last],
            |row| row.get(0),
        )?;
        let Some(upto) = upto else { return Ok(None) };
        transaction.execute_batch("DROP TABLE IF EXISTS temp.fresh;")?;
        // What repeats another within the window counts once, as it would have on arrival. Rows of before the batch are looked
        // at for that, and not copied.
        transaction.execute(
            &format!(
                "CREATE TEMP TABLE fresh AS SELECT * FROM (
                   SELECT *, {MICROS} AS at, lag({MICROS}) OVER (PARTITION BY business_id, coalesce(conversation_id, ''),
                     coalesce(session_id, ''), response_time_ms, tokens_used, model_name ORDER BY created_at, id) AS earlier
                   FROM ai_metrics WHERE id > ?1 - {AT_ONCE} AND id <= ?2 AND created_at < ?3)
                 WHERE id > ?1 AND NOT (earlier IS NOT NULL AND at - earlier < {WINDOW_MICROS}
                   AND coalesce(session_id, '') || coalesce(conversation_id, '') <> '')"
            ),
            params![last, upto, since],
        )?;
        transaction.execute_batch(ADD)?;
        transaction.execute_batch(&EventRows::of_sqlite("temp.fresh").add())?;
        let rows: u64 = transaction.query_row("SELECT count(*) FROM temp.fresh", [], |row| row.get(0))?;
        let seen: u64 = transaction.query_row(
            "SELECT count(*) FROM ai_metrics WHERE id > ?1 AND id <= ?2 AND created_at < ?3",
            params![last, upto, since],
            |row| row.get(0),
        )?;
        transaction.execute("UPDATE mlops_imports SET last_id = ? WHERE source = 'ai_metrics'", [upto])?;
        transaction.commit()?;
        Ok(Some(Imported { rows, repeated: seen - rows }))
    }

    fn has_clients_table(&self) -> anyhow::Result<bool> {
        let found = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'ai_metrics'";
        Ok(self.connection.query_row(found, [], |_| Ok(())).optional()?.is_some())
    }

    fn house_work(&mut self) -> anyhow::Result<Transaction<'_>> {
        self.connection.pragma_update(None, "busy_timeout", BUSY_MS)?;
        Ok(self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }
}
