//! Questions beside the writer: analytics and the sums of a refresh, on connections of their own, so that a slow
//! answer holds up no event.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use anyhow::anyhow;

use super::postgres::Postgres;
use super::rows::{Analytics, Snapshot};
use super::sqlite::Sqlite;
use crate::clock::{self, MICROS_PER_DAY};
use crate::config::Database;

/// Connected at the first question, and anew after a failed one; clones share the connection.
#[derive(Clone)]
pub enum Reader {
    Sqlite(PathBuf, Arc<std::sync::Mutex<Option<Sqlite>>>),
    Postgres(String, Arc<tokio::sync::Mutex<Option<Postgres>>>),
    Nothing,
}

/// The contract's `30_days`.
const PERIOD_DAYS: i64 = 30;

impl Reader {
    pub fn new(database: &Database) -> Self {
        match database {
            Database::Sqlite(path) => Self::Sqlite(path.clone(), Arc::default()),
            Database::Postgres(url) => Self::Postgres(url.clone(), Arc::default()),
            Database::Unusable(_) => Self::Nothing,
        }
    }

    /// The last 30 days of a business.
    ///
    /// # Errors
    /// When the database cannot be reached or asked.
    pub async fn analytics(self, business_id: String) -> anyhow::Result<Analytics> {
        let since = clock::now() - PERIOD_DAYS * MICROS_PER_DAY;
        match self {
            Self::Sqlite(path, connection) => {
                let asking = tokio::task::spawn_blocking(move || {
                    let mut held = connection.lock().unwrap_or_else(PoisonError::into_inner);
                    let sqlite = match held.take() {
                        Some(sqlite) => sqlite,
                        None => Sqlite::reader(&path)?,
                    };
                    let sums = sqlite.analytics(&business_id, since)?;
                    *held = Some(sqlite);
                    Ok(sums)
                });
                asking.await?
            }
            Self::Postgres(url, connection) => {
                let mut held = connection.lock().await;
                let postgres = match held.take().filter(|postgres| !postgres.is_closed()) {
                    Some(postgres) => postgres,
                    None => Postgres::open(&url).await?,
                };
                let sums = postgres.analytics(&business_id, since).await?;
                *held = Some(postgres);
                Ok(sums)
            }
            Self::Nothing => Err(anyhow!("no database")),
        }
    }

    /// The sums of PostgreSQL, on a connection for this alone.
    ///
    /// # Errors
    /// As [`Reader::analytics`]; always with the embedded store, whose writer knows them.
    pub async fn snapshot(self, writer: Arc<str>, recent_since: i64) -> anyhow::Result<Snapshot> {
        match self {
            Self::Postgres(url, _) => Postgres::open(&url).await?.snapshot(&writer, recent_since).await,
            _ => Err(anyhow!("only PostgreSQL is shared")),
        }
    }
}
