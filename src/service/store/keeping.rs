//! Keeping and forgetting, by command and beside a running service: older rows of the course's table come in once, old events
//! go, a business goes. In batches, each with its sums, so that /track waits for none of it.

mod postgres;
mod sqlite;

use anyhow::{Context, bail};

use super::postgres::Postgres;
use super::spool::Spool;
use super::sqlite::Sqlite;
use super::writer::{SPOOL, lock};
use crate::clock;
use crate::config::{Config, Database, Migration};

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeping {
    /// Makes the tables that are missing.
    Migrate,
    /// Copies rows of `ai_metrics` from before the service had a table of its own, once.
    ImportHistory,
    /// Deletes events older than so many microseconds.
    Prune { older_than: i64 },
    /// Deletes everything of a business.
    Forget { business_id: String },
}

/// Rows of one batch.
const AT_ONCE: i64 = 5_000;

/// Does it, and says what was done.
///
/// # Errors
/// When the database cannot be reached, lacks the tables or refuses.
pub async fn keep_house(config: &Config, keeping: &Keeping) -> anyhow::Result<String> {
    let migration = if *keeping == Keeping::Migrate { Migration::Apply } else { config.migration };
    let mut house = match &config.database {
        Database::Sqlite(path) => {
            if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
                super::files::private_dir(dir).with_context(|| format!("cannot make {}", dir.display()))?;
            }
            House::Sqlite(Box::new(Sqlite::open(path, migration)?))
        }
        Database::Postgres(url) => House::Postgres(Postgres::connect(url, migration).await?),
        Database::Unusable(why) => bail!("{why}"),
    };
    match keeping {
        Keeping::Migrate => Ok("the tables are there".to_owned()),
        Keeping::ImportHistory => {
            let imported = match &mut house {
                House::Sqlite(sqlite) => sqlite.import_history()?,
                House::Postgres(postgres) => postgres.import_history().await?,
            };
            Ok(match imported {
                Some(Imported { rows, repeated }) => {
                    format!("imported {rows} rows of ai_metrics ({repeated} more repeat another: left out)")
                }
                None => "there is no table ai_metrics: nothing to import".to_owned(),
            })
        }
        Keeping::Prune { older_than } => {
            let before = clock::now() - older_than;
            let mut deleted = 0;
            loop {
                let batch = match &mut house {
                    House::Sqlite(sqlite) => sqlite.prune(before)?,
                    House::Postgres(postgres) => postgres.prune(before).await?,
                };
                deleted += batch;
                if batch == 0 {
                    break;
                }
                house.breathe().await;
            }
            Ok(format!("deleted {deleted} events of before {}", clock::iso(before)))
        }
        Keeping::Forget { business_id } => {
            let now = clock::now();
            match &mut house {
                House::Sqlite(sqlite) => sqlite.note_forgotten(business_id, now)?,
                House::Postgres(postgres) => postgres.note_forgotten(business_id, now).await?,
            }
            let waiting = forget_waiting(config, business_id)?;
            let mut deleted = 0;
            loop {
                let batch = match &mut house {
                    House::Sqlite(sqlite) => sqlite.forget(business_id, now)?,
                    House::Postgres(postgres) => postgres.forget(business_id, now).await?,
                };
                deleted += batch;
                if batch == 0 {
                    break;
                }
                house.breathe().await;
            }
            let clients = match &mut house {
                House::Sqlite(sqlite) => sqlite.forget_clients_rows(business_id)?,
                House::Postgres(postgres) => postgres.forget_clients_rows(business_id).await?,
            };
            Ok(format!("forgot {deleted} events, {clients} rows of ai_metrics, {waiting}"))
        }
    }
}

/// Events on disk: rewritten where no service holds the directory; else that service leaves them out when it writes them.
fn forget_waiting(config: &Config, business_id: &str) -> anyhow::Result<String> {
    let path = config.data_dir.join(SPOOL);
    if !path.is_file() {
        return Ok("0 events that waited on disk".to_owned());
    }
    let Ok(_lock) = lock(&config.data_dir) else {
        return Ok("and what waits on disk is left out when the running service writes it".to_owned());
    };
    let mut spool = Spool::open(&path, u64::MAX).with_context(|| format!("cannot use {}", path.display()))?;
    let removed = spool.retain(|record| *record.event.business_id != *business_id)?;
    Ok(format!("{removed} events that waited on disk"))
}

enum House {
    Sqlite(Box<Sqlite>),
    Postgres(Postgres),
}

impl House {
    /// Lets a running service commit between two batches.
    async fn breathe(&self) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// What an import did.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    pub rows: u64,
    pub repeated: u64,
}
