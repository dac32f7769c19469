//! Where events are kept: a handle that answers once an event's fate is certain, and one thread behind it that owns
//! the database and the spool. Nothing here knows HTTP.

mod backend;
mod charts;
mod files;
mod keeping;
mod losses;
mod migrate;
mod postgres;
mod postgres_error;
mod postgres_tls;
mod quarters;
mod reader;
mod recent;
mod reply;
mod rows;
mod spool;
mod sqlite;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use anyhow::Context;
use tokio::sync::{mpsc, oneshot};

pub use self::keeping::{Keeping, keep_house};
pub use self::postgres_tls::is_local;
use self::reply::StoreReply;
pub use self::rows::Analytics;
use super::config::Config;
use super::console;
use super::event::TrackEvent;
use super::metrics::Ledger;
use super::metrics::charts::{ChartRange, Charts};

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreOutcome {
    /// Committed and synced: it survives a crash.
    Stored,
    /// On disk, to be written when the database is back.
    Spooled,
    /// Kept nowhere, and not counted: the database refuses it, or the spool is full or its disk is.
    Dropped,
}

/// How the store is, for whoever asks.
#[derive(Debug, Default)]
pub struct StoreStatus {
    connected: AtomicBool,
    spooled: AtomicU64,
    dropped: AtomicU64,
    duplicates: AtomicU64,
    /// Whether what is stored is counted, or cannot be for now because the database is away.
    settled: AtomicBool,
}

impl StoreStatus {
    pub fn connected(&self) -> bool {
        self.connected.load(Relaxed)
    }

    pub fn spooled(&self) -> u64 {
        self.spooled.load(Relaxed)
    }

    pub fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    pub fn duplicates(&self) -> u64 {
        self.duplicates.load(Relaxed)
    }

    /// False while counts are being restored.
    pub fn settled(&self) -> bool {
        self.settled.load(Relaxed)
    }
}

enum Job {
    Track(Box<TrackEvent>, StoreReply),
    /// Sums anew when they are old, and nobody waits for them: somebody looks at the dashboard.
    Look,
    /// Sums anew from the database; false when that is not possible now.
    Refresh(oneshot::Sender<bool>),
    Analytics(String, oneshot::Sender<Option<Analytics>>),
    Charts(&'static ChartRange, oneshot::Sender<Option<Charts>>),
    /// Asks the database itself whether it is there.
    Ping(oneshot::Sender<bool>),
    Stop(oneshot::Sender<()>),
}

/// A cheap handle; clones share the thread.
#[derive(Clone)]
pub struct EventStore {
    jobs: mpsc::Sender<Job>,
    status: Arc<StoreStatus>,
}

/// Jobs that may wait for the writer before whoever brings more has to wait as well.
const QUEUE: usize = 8_192;

impl EventStore {
    /// Locks the data directory and starts the thread. The database itself is connected to behind this: its absence
    /// is no error.
    ///
    /// # Errors
    /// When the data directory cannot be made or written, or another process uses it.
    pub fn open(config: &Config, ledger: Arc<Ledger>) -> anyhow::Result<Self> {
        let status = Arc::<StoreStatus>::default();
        let writer = writer::StoreWriter::new(config, ledger, Arc::clone(&status))?;
        let (jobs, inbox) = mpsc::channel(QUEUE);
        let console = console::here();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || runtime.block_on(console::scope(console, writer.run(inbox))))
            .context("cannot start the store's thread")?;
        Ok(Self { jobs, status })
    }

    pub fn status(&self) -> &StoreStatus {
        &self.status
    }

    /// Counts and keeps an event.
    pub async fn track(&self, event: TrackEvent) -> StoreOutcome {
        let (reply, fate) = StoreReply::here();
        if self.jobs.send(Job::Track(Box::new(event), reply)).await.is_err() {
            return StoreOutcome::Dropped;
        }
        fate.await.unwrap_or(StoreOutcome::Dropped)
    }

    /// Brings the sums up to what the database holds, other processes' rows included.
    pub async fn refresh(&self) -> bool {
        self.ask(Job::Refresh).await.unwrap_or(false)
    }

    /// Says that somebody looks at what all replicas have stored.
    pub fn look(&self) {
        // With a full queue there is enough to do.
        let _ = self.jobs.try_send(Job::Look);
    }

    /// The last 30 days of a business; none when the database cannot be asked.
    pub async fn analytics(&self, business_id: String) -> Option<Analytics> {
        self.ask(|done| Job::Analytics(business_id, done)).await.flatten()
    }

    /// What the charts of a range show, of all replicas; none when the database cannot be asked.
    pub async fn charts(&self, range: &'static ChartRange) -> Option<Charts> {
        self.ask(|done| Job::Charts(range, done)).await.flatten()
    }

    /// Whether the database answers, within a second.
    pub async fn ping(&self) -> bool {
        let answer = self.ask(Job::Ping);
        tokio::time::timeout(Duration::from_secs(1), answer).await.ok().flatten().unwrap_or(false)
    }

    /// Writes what waits, as far as the database is there, and ends the thread.
    pub async fn stop(&self) {
        self.ask(Job::Stop).await;
    }

    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<T>) -> Job) -> Option<T> {
        let (done, answer) = oneshot::channel();
        self.jobs.send(job(done)).await.ok()?;
        answer.await.ok()
    }
}
