//! Questions beside the writer: analytics and the sums of a refresh, on connections of their own, so that a slow
//! answer holds up no event.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use anyhow::anyhow;

use super::postgres::Postgres;
use super::rows::{Analytics, CountsSnapshot};
use super::sqlite::Sqlite;
use crate::clock::{self, MICROS_PER_DAY};
use crate::config::Database;
use crate::metrics::charts::{ChartRange, Charts};

/// Connected at the first question, and anew after a failed one; clones share the connection.
#[derive(Clone)]
pub enum StoreReader {
    Sqlite(PathBuf, Arc<std::sync::Mutex<Option<Sqlite>>>),
    Postgres(String, Arc<tokio::sync::Mutex<Option<Postgres>>>),
    Nothing,
}

/// The contract's `30_days`.
const PERIOD_DAYS: i64 = 30;

impl StoreReader {
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
                asking(path, connection, move |sqlite| sqlite.analytics(&business_id, since)).await
            }
            Self::Postgres(url, connection) => {
                let mut held = connection.lock().await;
                let postgres = connected(held.take(), &url).await?;
                let sums = postgres.analytics(&business_id, since).await?;
                *held = Some(postgres);
                Ok(sums)
            }
            Self::Nothing => Err(anyhow!("no database")),
        }
    }

    /// What the charts of a range show.
    ///
    /// # Errors
    /// As [`StoreReader::analytics`].
    pub async fn charts(self, range: &'static ChartRange) -> anyhow::Result<Charts> {
        let now = clock::now();
        match self {
            Self::Sqlite(path, connection) => asking(path, connection, move |sqlite| sqlite.charts(range, now)).await,
            Self::Postgres(url, connection) => {
                let mut held = connection.lock().await;
                let postgres = connected(held.take(), &url).await?;
                let charts = postgres.charts(range, now).await?;
                *held = Some(postgres);
                Ok(charts)
            }
            Self::Nothing => Err(anyhow!("no database")),
        }
    }

    /// The sums of PostgreSQL, on a connection for this alone.
    ///
    /// # Errors
    /// As [`StoreReader::analytics`]; always with the embedded store, whose writer knows them.
    pub async fn snapshot(self, writer: Arc<str>) -> anyhow::Result<CountsSnapshot> {
        match self {
            Self::Postgres(url, _) => Postgres::open(&url).await?.snapshot(&writer).await,
            _ => Err(anyhow!("only PostgreSQL is shared")),
        }
    }
}

/// Asks the file on a thread that may wait.
async fn asking<T: Send + 'static>(
    path: PathBuf,
    connection: Arc<std::sync::Mutex<Option<Sqlite>>>,
    question: impl FnOnce(&Sqlite) -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let asking = tokio::task::spawn_blocking(move || {
        let mut held = connection.lock().unwrap_or_else(PoisonError::into_inner);
        let sqlite = match held.take() {
            Some(sqlite) => sqlite,
            None => Sqlite::reader(&path)?,
        };
        let answer = question(&sqlite)?;
        *held = Some(sqlite);
        Ok(answer)
    });
    asking.await?
}

async fn connected(held: Option<Postgres>, url: &str) -> anyhow::Result<Postgres> {
    match held.filter(|postgres| !postgres.is_closed()) {
        Some(postgres) => Ok(postgres),
        None => Postgres::open(url).await,
    }
}
