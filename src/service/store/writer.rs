//! The one place that writes: takes events in batches, commits each batch once, and only then answers. What the
//! database cannot take waits in the spool, in order. Everything happens on one thread, so nothing here locks.

mod restore;

use std::collections::HashMap;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

use self::restore::Refresh;
use super::backend::{Backend, WriteProgress};
use super::files;
use super::losses::Losses;
use super::reader::StoreReader;
use super::recent::{Kept, Recent};
use super::reply::StoreReply;
use super::rows::WriteError;
use super::spool::{Record, Spool};
use super::{Job, StoreOutcome, StoreStatus};
use crate::config::{Config, Database, Migration};
use crate::event::TrackEvent;
use crate::log::{self, Field};
use crate::metrics::Ledger;
use crate::metrics::charts::{ChartRange, Charts};
use crate::metrics::totals::EventAggregate;

/// Events of one commit, and of one drained chunk.
const MOST_AT_ONCE: usize = 1_000;
const TICK: Duration = Duration::from_millis(250);
const FIRST_RETRY: Duration = Duration::from_millis(250);
const LAST_RETRY: Duration = Duration::from_secs(5);
/// How long events wait for a database that does not answer before they go to the spool.
const PATIENCE: Duration = Duration::from_millis(800);
/// Less than this is no time to connect anew.
const WORTH_TRYING: Duration = Duration::from_millis(150);
/// How often keys that nobody brings again are removed.
const CLEARING: Duration = Duration::from_secs(60);

pub struct StoreWriter {
    database: Database,
    migration: Migration,
    /// This process among the writers of the database.
    name: Arc<str>,
    ledger: Arc<Ledger>,
    status: Arc<StoreStatus>,
    spool: Spool,
    backend: Option<Backend>,
    connecting: Option<JoinHandle<anyhow::Result<Backend>>>,
    reader: StoreReader,
    /// Apart from the other: a long range must not hold up /analytics.
    charts: StoreReader,
    recent: Recent,
    losses: Losses,
    /// The last own event that the database is known to hold.
    committed: u64,
    next_seq: u64,
    /// Whether what is stored is less than what was counted: a retry or a forgotten business came out of the spool.
    stale: bool,
    retry_at: Instant,
    retry_after: Duration,
    /// Events of one drained chunk: less where the database has not been able to take as many in time.
    chunk: usize,
    /// Whether the counts include what stood in the database before.
    restored: bool,
    refresh: Option<Refresh>,
    refreshed_at: Option<Instant>,
    /// The SQLite file's own number at that time.
    data_version: i64,
    failed_written: u64,
    names_written: usize,
    clear_at: Instant,
    _lock: File,
}

impl StoreWriter {
    /// Takes the data directory for this process.
    ///
    /// # Errors
    /// When it cannot be made or written, or is another process's.
    pub fn new(config: &Config, ledger: Arc<Ledger>, status: Arc<StoreStatus>) -> anyhow::Result<Self> {
        let lock = lock(&config.data_dir)?;
        let path = config.data_dir.join(SPOOL);
        let spool =
            Spool::open(&path, config.limits.spool).with_context(|| format!("cannot use {}", path.display()))?;
        status.spooled.store(spool.waiting(), Relaxed);
        Ok(Self {
            database: config.database.clone(),
            migration: config.migration,
            name: format!("{:032x}", fastrand::u128(..)).into(),
            reader: StoreReader::new(&config.database),
            charts: StoreReader::new(&config.database),
            ledger,
            status,
            spool,
            backend: None,
            connecting: None,
            recent: Recent::default(),
            losses: Losses::default(),
            committed: 0,
            next_seq: 1,
            stale: false,
            retry_at: Instant::now(),
            retry_after: FIRST_RETRY,
            chunk: MOST_AT_ONCE,
            restored: false,
            refresh: None,
            refreshed_at: None,
            data_version: 0,
            failed_written: 0,
            names_written: 0,
            clear_at: Instant::now(),
            _lock: lock,
        })
    }

    /// Works until it is told to stop or nobody is left to tell it anything.
    pub async fn run(mut self, mut inbox: mpsc::Receiver<Job>) {
        // The first connection is waited for, so that the first events need not be spooled; not for long.
        let mut first = tokio::spawn(Backend::connect(self.database.clone(), self.migration));
        match tokio::time::timeout(PATIENCE, &mut first).await {
            Ok(result) => self.connected(result.map_err(anyhow::Error::from).and_then(|result| result)),
            Err(_) => self.connecting = Some(first),
        }
        self.drain().await;
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
                result = finished(self.refresh.as_mut().map(Refresh::sums)) => self.refreshed(result),
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
                Job::Look => self.look(),
                Job::Analytics(business_id, done) => self.ask_analytics(business_id, done),
                Job::Charts(range, done) => self.ask_charts(range, done),
                Job::Ping(done) => match &self.backend {
                    Some(backend) => backend.ping(done),
                    None => drop(done.send(false)),
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
        self.write_notes().await;
        for done in stops {
            let _ = done.send(());
        }
        true
    }

    /// Keeps each event once: one that repeats another is answered as that one was, and counted nowhere.
    async fn track(&mut self, events: Vec<(TrackEvent, StoreReply)>) {
        let mut records = Vec::with_capacity(events.len());
        let mut waiting = Vec::with_capacity(events.len());
        let mut answered = (Vec::new(), Vec::new());
        // Those that repeat one of this batch, by its place.
        let mut repeats = Vec::new();
        let mut places = HashMap::new();
        for (event, reply) in events {
            if let Some(key) = event.key {
                if let Some(kept) = self.recent.find(&key, event.at) {
                    answered.0.push(reply);
                    answered.1.push(kept.fate);
                    continue;
                }
                if let Some(place) = places.get(&key) {
                    repeats.push((*place, reply));
                    continue;
                }
                places.insert(key, records.len());
            }
            records.push(Record { writer: Arc::clone(&self.name), seq: self.next_seq, event });
            waiting.push(reply);
            self.next_seq += 1;
        }
        let repeated = (answered.0.len() + repeats.len()) as u64;
        StoreReply::send(answered.0, answered.1);
        let groups = EventAggregate::collect(records.iter().map(|record| &record.event));
        let (fates, duplicates) = self.keep(&records, &groups).await;
        self.status.duplicates.fetch_add(repeated + duplicates.len() as u64, Relaxed);
        self.count(&records, groups, &fates, &duplicates);
        let mut fates = fates;
        for (place, reply) in repeats {
            fates.push(fates.get(place).copied().unwrap_or(StoreOutcome::Dropped));
            waiting.push(reply);
        }
        StoreReply::send(waiting, fates);
    }

    /// Counts what is kept now, and remembers it.
    fn count(&mut self, records: &[Record], groups: Vec<EventAggregate>, fates: &[StoreOutcome], duplicates: &[usize]) {
        let kept = |at: usize| fates.get(at).is_some_and(|fate| *fate != StoreOutcome::Dropped);
        let mut counted = vec![true; records.len()];
        duplicates.iter().for_each(|at| counted[*at] = false);
        (0..records.len()).filter(|at| !kept(*at)).for_each(|at| counted[at] = false);
        let events = || records.iter().zip(&counted).filter(|(_, counted)| **counted).map(|(record, _)| &record.event);
        let groups = if counted.iter().all(|counted| *counted) { groups } else { EventAggregate::collect(events()) };
        self.ledger.count(&groups, events());
        if let Some(refresh) = &mut self.refresh {
            refresh.note(self.next_seq - 1, groups);
        }
        for (at, (record, fate)) in records.iter().zip(fates).enumerate() {
            if let Some(key) = record.event.key.filter(|_| kept(at)) {
                self.recent.note(key, Kept { at: record.event.at, seq: record.seq, fate: *fate });
            }
        }
    }

    /// Into the database, or else into the spool. Returns also which were there already.
    async fn keep(&mut self, records: &[Record], groups: &[EventAggregate]) -> (Vec<StoreOutcome>, Vec<usize>) {
        let mut fates = vec![StoreOutcome::Stored; records.len()];
        let mut duplicates = Vec::new();
        let mut done = 0;
        let until = Instant::now() + PATIENCE;
        // What waits in the spool came first.
        if !records.is_empty() && self.spool.waiting() == 0 && self.backend.is_some() {
            let put = self.put(records, Some((self.committed, groups)), until).await;
            self.refuse(&put, &mut fates);
            let failed = put.error.is_some();
            done = put.done;
            duplicates = put.duplicates;
            if failed && until > Instant::now() + WORTH_TRYING {
                // An idle connection may have died long ago, with nothing wrong now: one more try, on a new one.
                let again = Backend::connect(self.database.clone(), self.migration);
                if let Ok(again) = tokio::time::timeout_at(until, again).await {
                    self.connected(again);
                }
                if self.backend.is_some() {
                    let put = self.put(&records[done..], None, until).await;
                    self.refuse(&put, &mut fates[done..]);
                    duplicates.extend(put.duplicates.iter().map(|at| done + at));
                    done += put.done;
                }
            }
        }
        let rest = &records[done..];
        if !rest.is_empty() {
            let (taken, why) = match self.spool.append(rest) {
                Ok(taken) => (taken, "the database is away and the spool is full".to_owned()),
                Err(error) => (0, format!("the database is away and the spool cannot be written: {error}")),
            };
            fates[done..done + taken].fill(StoreOutcome::Spooled);
            fates[done + taken..].fill(StoreOutcome::Dropped);
            if rest.len() > taken {
                self.lose((rest.len() - taken) as u64, why);
            }
            self.status.spooled.store(self.spool.waiting(), Relaxed);
        }
        (fates, duplicates)
    }

    /// Writes records of one writer to the database; drops the connection when that fails.
    async fn put(
        &mut self,
        records: &[Record],
        known: Option<(u64, &[EventAggregate])>,
        until: Instant,
    ) -> WriteProgress {
        let Some(mut backend) = self.backend.take() else { return WriteProgress::default() };
        let failed = self.ledger.requests.failed_here();
        let own = records.first().is_none_or(|record| record.writer == self.name);
        let put = backend.put(records, known, Some(failed).filter(|_| own), until).await;
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

    fn refuse(&mut self, put: &WriteProgress, fates: &mut [StoreOutcome]) {
        for (at, why) in &put.refused {
            if let Some(fate) = fates.get_mut(*at) {
                *fate = StoreOutcome::Dropped;
            }
            self.lose(1, why.clone());
        }
    }

    fn lose(&mut self, events: u64, why: String) {
        self.status.dropped.fetch_add(events, Relaxed);
        self.losses.note(events, why);
    }

    /// Moves a chunk of what waits into the database, then brings the counts up to it.
    async fn drain(&mut self) {
        if self.backend.is_some() && self.spool.waiting() > 0 {
            if let Err(error) = self.drain_chunk(self.chunk).await {
                log::error("cannot read the spool", &[("error", Field::Text(&error.to_string()))]);
            }
            self.status.spooled.store(self.spool.waiting(), Relaxed);
            if self.backend.is_some() && self.spool.waiting() == 0 {
                log::info("the spool is written", &[]);
            }
            // What a database cannot take in time it may take in parts.
            self.chunk =
                if self.backend.is_none() { (self.chunk / 4).max(20) } else { (self.chunk * 2).min(MOST_AT_ONCE) };
        }
        let ready = self.backend.is_some() && self.spool.waiting() == 0;
        if ready && !self.restored && self.refresh.is_none() {
            self.start_refresh(Vec::new());
        }
    }

    fn connected(&mut self, result: anyhow::Result<Backend>) {
        self.connecting = None;
        match result {
            Ok(backend) => {
                if !self.restored {
                    self.recall(&backend);
                    self.status.settled.store(false, Relaxed);
                }
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
        // Events wait on disk; nothing is being restored until the database is back.
        self.status.settled.store(true, Relaxed);
        self.retry_at = Instant::now() + self.retry_after;
        self.retry_after = (self.retry_after * 2).min(LAST_RETRY);
        log::error("database connection failed", &[("error", Field::Text(&format!("{error:#}")))]);
    }

    async fn tick(&mut self) {
        self.losses.tick();
        if self.backend.as_ref().is_some_and(Backend::is_closed) {
            self.lost(&anyhow::anyhow!("the server closed the connection"));
        }
        let retryable = !matches!(self.database, Database::Unusable(_));
        if self.backend.is_none() && self.connecting.is_none() && retryable && Instant::now() >= self.retry_at {
            self.connecting = Some(tokio::spawn(Backend::connect(self.database.clone(), self.migration)));
        }
        self.write_notes().await;
        if let Some(Backend::Postgres(postgres)) = self.backend.as_ref().filter(|_| Instant::now() >= self.clear_at) {
            self.clear_at = Instant::now() + CLEARING;
            let postgres = postgres.clone();
            tokio::spawn(async move {
                if let Err(error) = postgres.clear_keys().await {
                    log::warning("cannot clear old keys", &[("error", Field::Text(&format!("{error:#}")))]);
                }
            });
        }
        self.notice_changes();
    }

    /// Failed requests and labels are no rows: they are written down beside the rows, when no batch has done it.
    async fn write_notes(&mut self) {
        let failed = self.ledger.requests.failed_here();
        let names = if self.restored { self.ledger.named_since(self.names_written) } else { Vec::new() };
        let minutes = self.ledger.failures().unwritten();
        let nothing = failed == self.failed_written && minutes.is_empty() && names.is_empty();
        if nothing || self.spool.waiting() > 0 {
            return;
        }
        let Some(mut backend) = self.backend.take() else { return };
        let until = Instant::now() + PATIENCE;
        if failed != self.failed_written {
            match backend.note_failures(&self.name, self.committed, failed, until).await {
                Ok(()) => self.failed_written = failed,
                Err(WriteError::Away(error) | WriteError::Refused(error)) => return self.lost(&error),
                Err(WriteError::Elsewhere) => {
                    return self.lost(&anyhow::anyhow!("another process writes under this name"));
                }
            }
        }
        if !minutes.is_empty() {
            match backend.write_failures(&self.name, &minutes, until).await {
                Ok(()) => self.ledger.failures().wrote(&minutes),
                Err(error) => return self.lost(&error),
            }
        }
        if !names.is_empty() {
            let texts: Vec<&str> = names.iter().map(|name| &**name).collect();
            match backend.write_names(&texts, until).await {
                Ok(()) => self.names_written += names.len(),
                Err(error) => return self.lost(&error),
            }
        }
        self.backend = Some(backend);
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

    /// Nothing while the database is away: whoever looks is not to wait for what cannot come.
    fn ask_charts(&self, range: &'static ChartRange, done: oneshot::Sender<Option<Charts>>) {
        if self.backend.is_none() {
            let _ = done.send(None);
            return;
        }
        let reader = self.charts.clone();
        tokio::spawn(async move {
            let answer = reader.charts(range).await;
            if let Err(error) = &answer {
                log::error("charts failed", &[("error", Field::Text(&format!("{error:#}")))]);
            }
            let _ = done.send(answer.ok());
        });
    }
}

/// The spool's name in the data directory.
pub(super) const SPOOL: &str = "spool.jsonl";

/// Takes the data directory for this process, as long as the file is held.
///
/// # Errors
/// When it cannot be made or written, or is another process's.
pub(super) fn lock(dir: &std::path::Path) -> anyhow::Result<File> {
    let shown = dir.display();
    files::private_dir(dir).with_context(|| format!("cannot make the data directory {shown}"))?;
    let lock = files::private(&dir.join("service.lock"))
        .with_context(|| format!("cannot write to the data directory {shown}"))?;
    if lock.try_lock().is_err() {
        bail!("another service uses the data directory {shown}: stop it, or set MLOPS_DATA_DIR to another one");
    }
    Ok(lock)
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
