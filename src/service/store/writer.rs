//! The one place that writes: takes events in batches, commits each batch once, and only then answers. What the
//! database cannot take waits in the spool, in order. Everything happens on one thread, so nothing here locks.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::backend::{Backend, Put};
use super::reader::Reader;
use super::reply::Reply;
use super::rows::{Snapshot, WriteError};
use super::spool::{Record, Spool};
use super::{Fate, Job, Status};
use crate::clock::{self, MICROS_PER_MINUTE};
use crate::config::{Config, Database};
use crate::event::Event;
use crate::log::{self, Field};
use crate::metrics::Ledger;
use crate::metrics::history::Answer;
use crate::metrics::totals::Group;

/// Events of one commit, and of one drained chunk.
const MOST_AT_ONCE: usize = 1_000;
const TICK: Duration = Duration::from_millis(250);
const FIRST_RETRY: Duration = Duration::from_millis(250);
const LAST_RETRY: Duration = Duration::from_secs(5);
/// A refresh younger than this is fresh enough: clients ask for one after every answer.
const FRESH: Duration = Duration::from_secs(5);
/// Batches that may come while a refresh adds up; more, and it is given up.
const MOST_TAIL: usize = 20_000;

pub struct Writer {
    database: Database,
    /// This process among the writers of the database.
    name: Arc<str>,
    ledger: Arc<Ledger>,
    status: Arc<Status>,
    spool: Spool,
    backend: Option<Backend>,
    connecting: Option<JoinHandle<anyhow::Result<Backend>>>,
    reader: Reader,
    /// The last own event that the database is known to hold.
    committed: u64,
    next_seq: u64,
    retry_at: Instant,
    retry_after: Duration,
    /// Whether the counts include what stood in the database before.
    restored: bool,
    refresh: Option<Refresh>,
    refreshed_at: Option<Instant>,
    failed_written: u64,
    started: i64,
    /// Held as long as the process lives: one process a data directory.
    _lock: File,
}

/// Sums under way, and what came since they were asked for.
struct Refresh {
    sums: JoinHandle<anyhow::Result<Snapshot>>,
    tail: Vec<(u64, Vec<Group>)>,
    waiting: Vec<oneshot::Sender<bool>>,
}

impl Writer {
    /// Takes the data directory for this process.
    ///
    /// # Errors
    /// When it cannot be made or written, or is another process's.
    pub fn new(config: &Config, ledger: Arc<Ledger>, status: Arc<Status>) -> anyhow::Result<Self> {
        let dir = &config.data_dir;
        let shown = dir.display();
        std::fs::create_dir_all(dir).with_context(|| format!("cannot make the data directory {shown}"))?;
        let lock = File::create(dir.join("service.lock"))
            .with_context(|| format!("cannot write to the data directory {shown}"))?;
        if lock.try_lock().is_err() {
            bail!("another service uses the data directory {shown}: stop it, or set MLOPS_DATA_DIR to another one");
        }
        let path = dir.join("spool.jsonl");
        let spool =
            Spool::open(&path, config.limits.spool).with_context(|| format!("cannot use {}", path.display()))?;
        status.spooled.store(spool.waiting(), Relaxed);
        Ok(Self {
            database: config.database.clone(),
            name: format!("{:032x}", fastrand::u128(..)).into(),
            reader: Reader::new(&config.database),
            ledger,
            status,
            spool,
            backend: None,
            connecting: None,
            committed: 0,
            next_seq: 1,
            retry_at: Instant::now(),
            retry_after: FIRST_RETRY,
            restored: false,
            refresh: None,
            refreshed_at: None,
            failed_written: 0,
            started: clock::now(),
            _lock: lock,
        })
    }

    /// Works until it is told to stop or nobody is left to tell it anything.
    pub async fn run(mut self, mut inbox: mpsc::Receiver<Job>) {
        // The first connection is waited for, so that the first events need not be spooled.
        let first = Backend::connect(self.database.clone()).await;
        self.connected(first);
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut jobs = Vec::with_capacity(MOST_AT_ONCE);
        loop {
            tokio::select! {
                biased;
                taken = inbox.recv_many(&mut jobs, MOST_AT_ONCE) => {
                    if taken == 0 || self.work(&mut jobs).await {
                        break;
                    }
                }
                result = finished(&mut self.connecting) => self.connected(result),
                result = finished(self.refresh.as_mut().map(|refresh| &mut refresh.sums)) => self.refreshed(result),
                _ = tick.tick() => self.tick().await,
            }
            self.drain().await;
        }
    }

    /// Events first, all in one commit; then the questions. True when told to stop.
    async fn work(&mut self, jobs: &mut Vec<Job>) -> bool {
        let mut events = Vec::with_capacity(jobs.len());
        let mut stops = Vec::new();
        let mut others = Vec::new();
        for job in jobs.drain(..) {
            match job {
                Job::Track(event, done) => events.push((*event, done)),
                Job::Stop(done) => stops.push(done),
                other => others.push(other),
            }
        }
        if !events.is_empty() {
            self.track(events).await;
        }
        for job in others {
            match job {
                Job::Refresh(done) => self.ask_refresh(done),
                Job::Analytics(business_id, done) => self.ask_analytics(business_id, done),
                Job::Ping(done) => match &self.backend {
                    Some(backend) => backend.ping(done),
                    None => tell(vec![done], false),
                },
                Job::Track(..) | Job::Stop(_) => {}
            }
        }
        if stops.is_empty() {
            return false;
        }
        let mut before = u64::MAX;
        // As long as it gets less: what cannot be read or written now stays on disk.
        while self.backend.is_some() && (1..before).contains(&self.spool.waiting()) {
            before = self.spool.waiting();
            self.drain().await;
        }
        self.write_failures().await;
        for done in stops {
            let _ = done.send(());
        }
        true
    }

    async fn track(&mut self, events: Vec<(Event, Reply)>) {
        let (events, waiting): (Vec<_>, Vec<_>) = events.into_iter().unzip();
        let records: Vec<Record> = events
            .into_iter()
            .zip(self.next_seq..)
            .map(|(event, seq)| Record { writer: Arc::clone(&self.name), seq, event })
            .collect();
        self.next_seq += records.len() as u64;
        let groups = Group::collect(records.iter().map(|record| &record.event));
        let fates = self.keep(&records, &groups).await;
        self.ledger.count(&groups, records.iter().map(|record| Answer::from(&record.event)));
        if let Some(refresh) = &mut self.refresh {
            refresh.tail.push((self.next_seq - 1, groups));
        }
        Reply::send(waiting, fates);
    }

    /// Into the database, or else into the spool.
    async fn keep(&mut self, records: &[Record], groups: &[Group]) -> Vec<Fate> {
        let mut fates = vec![Fate::Stored; records.len()];
        let mut done = 0;
        // What waits in the spool came first.
        if self.spool.waiting() == 0 && self.backend.is_some() {
            let put = self.put(records, Some((self.committed, groups))).await;
            self.refuse(records, &put, &mut fates, 0);
            done = put.done;
            if put.error.is_some() {
                // An idle connection may have died long ago, with nothing wrong now: one more try, on a new one.
                let again = Backend::connect(self.database.clone()).await;
                self.connected(again);
                if self.backend.is_some() {
                    let put = self.put(&records[done..], None).await;
                    self.refuse(&records[done..], &put, &mut fates, done);
                    done += put.done;
                }
            }
        }
        let rest = &records[done..];
        if !rest.is_empty() {
            let taken = self.spool.append(rest).unwrap_or_else(|error| {
                log::error("cannot write to the spool", &[("error", Field::Text(&error.to_string()))]);
                0
            });
            fates[done..done + taken].fill(Fate::Spooled);
            fates[done + taken..].fill(Fate::Dropped);
            let dropped = (rest.len() - taken) as u64;
            if dropped > 0 && self.status.dropped.fetch_add(dropped, Relaxed) == 0 {
                log::error("the spool is full: events are counted and not kept", &[("events", Field::Number(dropped))]);
            }
            self.status.spooled.store(self.spool.waiting(), Relaxed);
        }
        fates
    }

    /// Writes own records to the database; drops the connection when that fails.
    async fn put(&mut self, records: &[Record], known: Option<(u64, &[Group])>) -> Put {
        let Some(mut backend) = self.backend.take() else { return Put::default() };
        let failed = self.ledger.requests.failed_here();
        let put = backend.put(records, known, failed).await;
        let own = records.first().is_none_or(|record| record.writer == self.name);
        if own {
            self.committed = put.stands.unwrap_or(self.committed);
        }
        match &put.error {
            None => {
                if own {
                    self.failed_written = failed;
                }
                self.backend = Some(backend);
            }
            Some(error) => self.lost(error),
        }
        put
    }

    fn refuse(&self, records: &[Record], put: &Put, fates: &mut [Fate], offset: usize) {
        for index in &put.refused {
            if let (Some(fate), Some(record)) = (fates.get_mut(offset + index), records.get(*index)) {
                *fate = Fate::Dropped;
                self.status.dropped.fetch_add(1, Relaxed);
                log::error("the database refused an event", &[("seq", Field::Number(record.seq))]);
            }
        }
    }

    /// Moves a chunk of what waits into the database, then brings the counts up to it.
    async fn drain(&mut self) {
        if self.backend.is_some() && self.spool.waiting() > 0 {
            if let Err(error) = self.drain_chunk().await {
                log::error("cannot read the spool", &[("error", Field::Text(&error.to_string()))]);
            }
            self.status.spooled.store(self.spool.waiting(), Relaxed);
            if self.backend.is_some() && self.spool.waiting() == 0 {
                log::info("the spool is written", &[]);
            }
        }
        let ready = self.backend.is_some() && self.spool.waiting() == 0;
        if ready && !self.restored && self.refresh.is_none() {
            self.start_refresh(Vec::new());
        }
    }

    async fn drain_chunk(&mut self) -> std::io::Result<()> {
        let chunk = self.spool.oldest(MOST_AT_ONCE)?;
        let mut rest = &chunk.records[..];
        while let Some(first) = rest.first() {
            let same = rest.iter().take_while(|record| record.writer == first.writer).count();
            let put = self.put(&rest[..same], None).await;
            self.refuse(rest, &put, &mut vec![Fate::Spooled; same], 0);
            if put.error.is_some() {
                return Ok(());
            }
            rest = &rest[same..];
        }
        if chunk.damaged > 0 {
            self.status.dropped.fetch_add(chunk.damaged, Relaxed);
            log::error("the spool has damaged lines", &[("lines", Field::Number(chunk.damaged))]);
        }
        self.spool.forget(&chunk)
    }

    fn connected(&mut self, result: anyhow::Result<Backend>) {
        self.connecting = None;
        match result {
            Ok(backend) => {
                self.backend = Some(backend);
                self.retry_after = FIRST_RETRY;
                log::info("database connected", &[("waiting", Field::Number(self.spool.waiting()))]);
            }
            Err(error) => self.lost(&error),
        }
        self.status.connected.store(self.backend.is_some(), Relaxed);
    }

    fn lost(&mut self, error: &anyhow::Error) {
        self.backend = None;
        self.status.connected.store(false, Relaxed);
        self.retry_at = Instant::now() + self.retry_after;
        self.retry_after = (self.retry_after * 2).min(LAST_RETRY);
        log::error("database connection failed", &[("error", Field::Text(&format!("{error:#}")))]);
    }

    async fn tick(&mut self) {
        if self.backend.as_ref().is_some_and(Backend::is_closed) {
            self.lost(&anyhow::anyhow!("the server closed the connection"));
        }
        let retryable = !matches!(self.database, Database::Unusable(_));
        if self.backend.is_none() && self.connecting.is_none() && retryable && Instant::now() >= self.retry_at {
            self.connecting = Some(tokio::spawn(Backend::connect(self.database.clone())));
        }
        self.write_failures().await;
    }

    /// Failed requests are no rows: their count is written down beside the rows, when no batch has done it.
    async fn write_failures(&mut self) {
        let failed = self.ledger.requests.failed_here();
        if failed == self.failed_written || self.spool.waiting() > 0 {
            return;
        }
        let Some(mut backend) = self.backend.take() else { return };
        match backend.note_failures(&self.name, self.committed, failed).await {
            Ok(()) => {
                self.failed_written = failed;
                self.backend = Some(backend);
            }
            Err(WriteError::Away(error) | WriteError::Refused(error)) => self.lost(&error),
            Err(WriteError::Elsewhere) => self.lost(&anyhow::anyhow!("another process writes under this name")),
        }
    }

    fn ask_analytics(&self, business_id: String, done: oneshot::Sender<Option<super::Analytics>>) {
        let reader = self.reader.clone();
        tokio::spawn(async move {
            let answer = reader.analytics(business_id).await;
            if let Err(error) = &answer {
                log::error("analytics failed", &[("error", Field::Text(&format!("{error:#}")))]);
            }
            let _ = done.send(answer.ok());
        });
    }

    fn ask_refresh(&mut self, done: oneshot::Sender<bool>) {
        let fresh = self.refreshed_at.is_some_and(|at| at.elapsed() < FRESH);
        if self.backend.is_none() || self.spool.waiting() > 0 {
            let _ = done.send(false);
        } else if let Some(refresh) = &mut self.refresh {
            refresh.waiting.push(done);
        } else if fresh {
            let _ = done.send(true);
        } else {
            self.start_refresh(vec![done]);
        }
    }

    fn start_refresh(&mut self, waiting: Vec<oneshot::Sender<bool>>) {
        // An hour back, and before this process: what it tracked itself is in the charts already.
        let recent_since = clock::now() - 60 * MICROS_PER_MINUTE;
        let sums = match &mut self.backend {
            // The only writer of an embedded database knows its sums; it needs them once.
            Some(Backend::Sqlite(_)) if self.restored => {
                self.refreshed_at = Some(Instant::now());
                tell(waiting, true);
                return;
            }
            Some(Backend::Sqlite(sqlite)) => {
                let sums = sqlite.snapshot(&self.name, recent_since);
                tokio::spawn(std::future::ready(sums))
            }
            _ => tokio::spawn(self.reader.clone().snapshot(Arc::clone(&self.name), recent_since)),
        };
        self.refresh = Some(Refresh { sums, tail: Vec::new(), waiting });
    }

    fn refreshed(&mut self, result: anyhow::Result<Snapshot>) {
        let Some(Refresh { tail, waiting, .. }) = self.refresh.take() else { return };
        let good = match result {
            Ok(_) if tail.len() > MOST_TAIL => false,
            Ok(sums) => {
                self.take_over(&sums, &tail);
                true
            }
            Err(error) => {
                log::error("cannot read the sums", &[("error", Field::Text(&format!("{error:#}")))]);
                // A connection that cannot be read from is no use; reconnecting paces the next try.
                if !self.restored {
                    self.lost(&error);
                }
                false
            }
        };
        tell(waiting, good);
    }

    fn take_over(&mut self, sums: &Snapshot, tail: &[(u64, Vec<Group>)]) {
        let since = tail.iter().filter(|(last, _)| *last > sums.last_seq).map(|(_, groups)| &groups[..]);
        let groups: Vec<&[Group]> = std::iter::once(&sums.groups[..]).chain(since).collect();
        self.ledger.replace(&groups);
        let elsewhere = sums.stored.saturating_sub(sums.last_seq);
        self.ledger.requests.restore(elsewhere, sums.failed_elsewhere, sums.last_at);
        if !self.restored {
            let mut history = self.ledger.history();
            sums.recent.iter().filter(|answer| answer.at < self.started).for_each(|answer| history.tracked(*answer));
        }
        self.restored = true;
        self.refreshed_at = Some(Instant::now());
    }
}

/// Answers whoever still waits.
fn tell(waiting: Vec<oneshot::Sender<bool>>, answer: bool) {
    for done in waiting {
        let _ = done.send(answer);
    }
}

/// The result of a task, when there is one; for ever otherwise.
async fn finished<'a, T>(task: impl Into<Option<&'a mut JoinHandle<anyhow::Result<T>>>>) -> anyhow::Result<T>
where
    T: 'a,
{
    match task.into() {
        Some(task) => task.await.map_err(anyhow::Error::from).and_then(|result| result),
        None => std::future::pending().await,
    }
}
