//! The tables, as SQL files that ship with the program (`src/service/migrations`), and which of them a database still lacks.
//! Nothing here changes a row of the course's table.

use anyhow::{Context, bail};
use rusqlite::Connection;
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use super::postgres_error::told;
use super::quarters::EventRows;
use crate::config::Migration;

/// The version that the program reads and writes.
const VERSION: i32 = 2;
const POSTGRES: [&str; 2] = [
    include_str!("../migrations/postgres/0001_ai_metrics.sql"),
    include_str!("../migrations/postgres/0002_events.sql"),
];
const SQLITE_RENAME: &str = include_str!("../migrations/sqlite/0001_rename.sql");
const SQLITE: &str = include_str!("../migrations/sqlite/0002_events.sql");
const REMEDY: &str = "run `mlops-service migrate`, or apply src/service/migrations, with a role that may make tables";

/// Makes what a PostgreSQL database lacks. Asks first: creating, even `IF NOT EXISTS`, needs a right that writing does not.
pub async fn postgres(client: &Client, migration: Migration) -> anyhow::Result<()> {
    match (version(client).await?, migration) {
        (Some(version), _) if version > VERSION => {
            bail!("the database is of a newer mlops-service (tables of version {version}, known {VERSION})")
        }
        (Some(VERSION), _) => Ok(()),
        (_, Migration::Expect) => bail!("the service's tables are missing: {REMEDY}"),
        (_, Migration::Apply) => {
            for (place, file) in POSTGRES.iter().enumerate() {
                if place == 0 && exists(client, "ai_metrics").await? {
                    continue;
                }
                // One message is one transaction; the lock lets only one of several starting services create.
                let locked = format!("SELECT pg_advisory_xact_lock(7226573206); {file}");
                client
                    .batch_execute(&locked)
                    .await
                    .map_err(told)
                    .with_context(|| format!("cannot make the tables: {REMEDY}"))?;
            }
            Ok(())
        }
    }
}

async fn version(client: &Client) -> anyhow::Result<Option<i32>> {
    if !exists(client, "mlops_migrations").await? {
        return Ok(None);
    }
    let rows = client.query_typed("SELECT max(version) FROM mlops_migrations", &[]).await.map_err(told)?;
    Ok(rows.first().and_then(|row| row.get(0)))
}

/// Whether a table is on the search path.
pub async fn exists(client: &Client, table: &str) -> anyhow::Result<bool> {
    let asked = [(&table as &(dyn ToSql + Sync), Type::TEXT)];
    let found = client.query_typed("SELECT to_regclass($1) IS NOT NULL", &asked).await.map_err(told)?;
    Ok(found.first().is_some_and(|row| row.get(0)))
}

/// Makes what a SQLite file lacks; one of before the service's own names is taken over.
pub fn sqlite(connection: &mut Connection, migration: Migration) -> anyhow::Result<()> {
    let version: i32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match (version, migration) {
        (VERSION, _) => Ok(()),
        (version, _) if version > VERSION => {
            bail!("the file is of a newer mlops-service (tables of version {version}, known {VERSION})")
        }
        (_, Migration::Expect) => bail!("the service's tables are missing: {REMEDY}"),
        (_, Migration::Apply) => {
            let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let there = |table: &str| -> rusqlite::Result<bool> {
                transaction.query_row("SELECT count(*) FROM sqlite_schema WHERE name = ?", [table], |row| row.get(0))
            };
            // Its sums tell a table of ours from a client's.
            if there("ai_metrics")? && there("ai_totals")? && !there("mlops_events")? {
                transaction.execute_batch(SQLITE_RENAME)?;
            }
            let summed = there("mlops_quarters")?;
            transaction.execute_batch(SQLITE)?;
            if !summed {
                transaction.execute_batch(&EventRows::of_sqlite("mlops_events").add())?;
            }
            Ok(transaction.commit()?)
        }
    }
}
