//! The two databases behind one face: connect, write a batch exactly once, answer a ping.

use anyhow::anyhow;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::postgres::Postgres;
use super::rows::{RecordBatch, WriteError};
use super::spool::Record;
use super::sqlite::Sqlite;
use crate::config::{Database, Migration};
use crate::identity::EventKey;
use crate::metrics::totals::EventAggregate;

pub enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// How far a write came.
#[derive(Debug, Default)]
pub struct WriteProgress {
    /// Records from the first on that need no other try: committed, there already, or refused.
    pub done: usize,
    /// Which of them the database refuses for their values, and why.
    pub refused: Vec<(usize, String)>,
    /// Which of them were there already, by their keys.
    pub duplicates: Vec<usize>,
    /// The last `seq` that the database is known to hold of the writer.
    pub stands: Option<u64>,
    /// Why it ended early.
    pub error: Option<anyhow::Error>,
}

/// Tries of one range before giving up: another process would have to move our own writer each time.
const TRIES: usize = 5;

impl Backend {
    /// Opens the file or connects to the server, and makes the tables.
    ///
    /// # Errors
    /// When that is not possible now, or ever.
    pub async fn connect(database: Database, migration: Migration) -> anyhow::Result<Self> {
        match database {
            Database::Sqlite(path) => Sqlite::open(&path, migration).map(Self::Sqlite),
            Database::Postgres(url) => Postgres::connect(&url, migration).await.map(Self::Postgres),
            Database::Unusable(why) => Err(anyhow!(why)),
        }
    }

    pub fn is_closed(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(postgres) => postgres.is_closed(),
        }
    }

    /// Answers when the database does; a slow one holds up nothing else.
    pub fn ping(&self, done: oneshot::Sender<bool>) {
        match self {
            Self::Sqlite(sqlite) => {
                let _ = done.send(sqlite.ping());
            }
            Self::Postgres(postgres) => {
                let postgres = postgres.clone();
                tokio::spawn(async move { done.send(postgres.ping().await) });
            }
        }
    }

    /// Writes records of one writer, no two of one key, whatever of them is in already left out, what the database refuses
    /// found by halving. `known` is where the writer stands and the records added up, when that is certain; `until` when
    /// whoever waits has waited long enough.
    pub async fn put(
        &mut self,
        records: &[Record],
        known: Option<(u64, &[EventAggregate])>,
        failed: Option<u64>,
        until: Instant,
    ) -> WriteProgress {
        let mut put = WriteProgress::default();
        let Some(writer) = records.first().map(|record| &*record.writer) else {
            return put;
        };
        let mut stands = known.map(|(after, _)| after);
        let mut ranges = Vec::from([std::ops::Range { start: 0, end: records.len() }]);
        let mut tries = 0;
        while let Some(mut range) = ranges.pop() {
            let after = match stands {
                Some(after) => after,
                None => match self.last_seq(writer, until).await {
                    Ok(last) => last,
                    Err(error) => {
                        put.error = Some(error);
                        break;
                    }
                },
            };
            stands = Some(after);
            range.start = range.start.max(records.partition_point(|record| record.seq <= after)).min(range.end);
            put.done = range.start;
            let part = &records[range.clone()];
            if part.is_empty() {
                continue;
            }
            let recounted;
            let groups = match known {
                Some((_, groups)) if part.len() == records.len() => groups,
                _ => {
                    recounted = EventAggregate::collect(part.iter().map(|record| &record.event));
                    &recounted
                }
            };
            let batch = RecordBatch { writer, after, records: part, groups, failed };
            match self.write(&batch, until).await {
                Ok(duplicates) => {
                    put.duplicates.extend(duplicates.into_iter().map(|at| range.start + at));
                    stands = Some(batch.last());
                    put.done = range.end;
                }
                Err(WriteError::Refused(error)) if part.len() == 1 => {
                    put.refused.push((range.start, format!("the database refuses it: {error:#}")));
                    put.done = range.end;
                }
                Err(WriteError::Refused(_)) => {
                    let middle = range.start + part.len() / 2;
                    ranges.push(middle..range.end);
                    ranges.push(range.start..middle);
                }
                Err(WriteError::Elsewhere) if tries < TRIES => {
                    tries += 1;
                    stands = None;
                    ranges.push(range);
                }
                Err(WriteError::Elsewhere) => {
                    put.error = Some(anyhow!("another process writes under this writer's name"));
                    break;
                }
                Err(WriteError::Away(error)) => {
                    put.error = Some(error);
                    break;
                }
            }
        }
        put.stands = stands;
        put
    }

    /// Writes down how many requests failed, with no record.
    pub async fn note_failures(
        &mut self,
        writer: &str,
        after: u64,
        failed: u64,
        until: Instant,
    ) -> Result<(), WriteError> {
        self.write(&RecordBatch { writer, after, records: &[], groups: &[], failed: Some(failed) }, until)
            .await
            .map(drop)
    }

    /// Writes down how many requests of a writer failed in some minutes.
    pub async fn write_failures(&mut self, writer: &str, counts: &[(i64, u64)], until: Instant) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(sqlite) => sqlite.write_failures(writer, counts),
            Self::Postgres(postgres) => postgres.write_failures(writer, counts, until).await,
        }
    }

    /// Writes down which businesses have labels of their own.
    pub async fn write_names(&mut self, names: &[&str], until: Instant) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(sqlite) => sqlite.write_names(names),
            Self::Postgres(postgres) => postgres.write_names(names, until).await,
        }
    }

    /// The businesses that are forgotten, each with the moment up to which.
    pub async fn forgotten(&mut self, until: Instant) -> anyhow::Result<Vec<(String, i64)>> {
        match self {
            Self::Sqlite(sqlite) => sqlite.forgotten(),
            Self::Postgres(postgres) => postgres.forgotten(until).await,
        }
    }

    /// Keys that this process cannot know by itself: those that an earlier one kept. PostgreSQL is asked with each write.
    pub fn recent_keys(&self, since: i64) -> anyhow::Result<Vec<(EventKey, i64)>> {
        match self {
            Self::Sqlite(sqlite) => sqlite.recent_keys(since),
            Self::Postgres(_) => Ok(Vec::new()),
        }
    }

    async fn write(&mut self, batch: &RecordBatch<'_>, until: Instant) -> Result<Vec<usize>, WriteError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.write(batch),
            Self::Postgres(postgres) => postgres.write(batch, until).await,
        }
    }

    async fn last_seq(&mut self, writer: &str, until: Instant) -> anyhow::Result<u64> {
        match self {
            Self::Sqlite(sqlite) => sqlite.last_seq(writer),
            Self::Postgres(postgres) => postgres.last_seq(writer, until).await,
        }
    }
}
