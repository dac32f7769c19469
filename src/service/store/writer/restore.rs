//! The writer's way from what waits on disk to counts that are whole: drains the spool, reads back what is stored, and again
//! when others have changed it. Decides nothing about new events.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::{PATIENCE, StoreWriter};
use crate::clock;
use crate::identity::{EventKey, WINDOW_MICROS};
use crate::log::{self, Field};
use crate::metrics::totals::EventAggregate;
use crate::store::StoreOutcome;
use crate::store::backend::Backend;
use crate::store::recent::Kept;
use crate::store::rows::CountsSnapshot;
use crate::store::spool::Record;

/// A refresh younger than this is fresh enough: clients ask for one after every answer.
const FRESH: Duration = Duration::from_secs(5);
/// Batches that may come while a refresh adds up; more, and it is given up.
const MOST_TAIL: usize = 20_000;

/// Sums under way, and what came since they were asked for.
pub struct Refresh {
    sums: JoinHandle<anyhow::Result<CountsSnapshot>>,
    tail: Vec<HistoryTail>,
    waiting: Vec<oneshot::Sender<bool>>,
}

struct HistoryTail {
    last_seq: u64,
    groups: Vec<EventAggregate>,
}

impl Refresh {
    pub fn sums(&mut self) -> &mut JoinHandle<anyhow::Result<CountsSnapshot>> {
        &mut self.sums
    }

    /// Notes what was counted up to an event.
    pub fn note(&mut self, last_seq: u64, groups: Vec<EventAggregate>) {
        if self.tail.len() <= MOST_TAIL {
            self.tail.push(HistoryTail { last_seq, groups });
        }
    }
}

impl StoreWriter {
    /// Moves the oldest of what waits into the database.
    pub(super) async fn drain_chunk(&mut self, most: usize) -> io::Result<()> {
        let chunk = self.spool.oldest(most)?;
        let until = Instant::now() + PATIENCE;
        let forgotten = match &mut self.backend {
            Some(backend) => backend.forgotten(until).await,
            None => return Ok(()),
        };
        let forgotten: HashMap<String, i64> = match forgotten {
            Ok(forgotten) => forgotten.into_iter().collect(),
            Err(error) => {
                self.lost(&error);
                return Ok(());
            }
        };
        let is_forgotten =
            |record: &Record| forgotten.get(&*record.event.business_id).is_some_and(|at| record.event.at <= *at);
        let (gone, records): (Vec<_>, Vec<_>) = chunk.records.iter().cloned().partition(is_forgotten);
        self.stale |= !gone.is_empty();
        for batch in self.batches(records) {
            let put = self.put(&batch, None, until).await;
            self.refuse(&put, &mut vec![StoreOutcome::Spooled; batch.len()]);
            if put.error.is_some() {
                return Ok(());
            }
            self.repeated(put.duplicates.len());
            for record in &batch {
                if let Some(key) = record.event.key {
                    let seq = if record.writer == self.name { record.seq } else { 0 };
                    self.recent.note(key, Kept { at: record.event.at, seq, fate: StoreOutcome::Stored });
                }
            }
        }
        if chunk.damaged > 0 {
            self.lose(chunk.damaged, "lines of the spool are damaged".to_owned());
        }
        self.spool.forget(&chunk)
    }

    /// Records as they are to be committed: of one writer, no two of one key, and without what repeats another.
    fn batches(&mut self, records: Vec<Record>) -> Vec<Vec<Record>> {
        let mut batches: Vec<Vec<Record>> = Vec::new();
        let mut seen: HashMap<EventKey, i64> = HashMap::new();
        let mut repeated = 0;
        for record in records {
            let at = record.event.at;
            let mut apart =
                batches.last().and_then(|batch| batch.last()).is_none_or(|last| last.writer != record.writer);
            if let Some(key) = record.event.key {
                let itself = |kept: &Kept| record.writer == self.name && kept.seq == record.seq;
                if self.recent.find(&key, at).is_some_and(|kept| !itself(&kept)) {
                    repeated += 1;
                    continue;
                }
                match seen.get(&key) {
                    Some(other) if key.is_one(*other, at) => {
                        repeated += 1;
                        continue;
                    }
                    Some(_) => apart = true,
                    None => {}
                }
                seen.insert(key, at);
            }
            if apart {
                batches.push(Vec::new());
            }
            if let Some(batch) = batches.last_mut() {
                batch.push(record);
            }
        }
        self.repeated(repeated);
        batches
    }

    fn repeated(&mut self, events: usize) {
        self.stale |= events > 0;
        self.status.duplicates.fetch_add(events as u64, Relaxed);
    }

    /// Remembers what an earlier process kept lately, so that a retry after a restart is known.
    pub(super) fn recall(&mut self, backend: &Backend) {
        match backend.recent_keys(clock::now() - WINDOW_MICROS) {
            Ok(keys) => {
                for (key, at) in keys {
                    self.recent.note(key, Kept { at, seq: 0, fate: StoreOutcome::Stored });
                }
            }
            Err(error) => log::error("cannot read the latest keys", &[("error", Field::Text(&format!("{error:#}")))]),
        }
    }

    /// Brings the counts up to what is stored, when others may have changed it and somebody looks.
    pub(super) fn look(&mut self) {
        let fresh = self.refreshed_at.is_some_and(|at| at.elapsed() < FRESH);
        let shared = matches!(self.backend, Some(Backend::Postgres(_)));
        if shared && !fresh && self.restored && self.refresh.is_none() && self.spool.waiting() == 0 {
            self.start_refresh(Vec::new());
        }
    }

    /// Brings the counts up to what is stored, when it is known to be something else.
    pub(super) fn notice_changes(&mut self) {
        if !self.restored || self.refresh.is_some() || self.spool.waiting() > 0 {
            return;
        }
        let changed = match &self.backend {
            Some(Backend::Sqlite(sqlite)) => sqlite.data_version().map(|version| version != self.data_version),
            Some(Backend::Postgres(_)) => Ok(false),
            None => return,
        };
        match changed {
            Ok(changed) if changed || self.stale => self.start_refresh(Vec::new()),
            Ok(_) => {}
            Err(error) => self.lost(&error),
        }
    }

    pub(super) fn ask_refresh(&mut self, done: oneshot::Sender<bool>) {
        let fresh = self.refreshed_at.is_some_and(|at| at.elapsed() < FRESH);
        if self.backend.is_none() || self.spool.waiting() > 0 {
            let _ = done.send(false);
        } else if let Some(refresh) = &mut self.refresh {
            refresh.waiting.push(done);
        } else if fresh || (self.restored && matches!(self.backend, Some(Backend::Sqlite(_)))) {
            // The only writer of an embedded database knows its sums.
            let _ = done.send(true);
        } else {
            self.start_refresh(vec![done]);
        }
    }

    pub(super) fn start_refresh(&mut self, waiting: Vec<oneshot::Sender<bool>>) {
        self.stale = false;
        let sums = match &mut self.backend {
            Some(Backend::Sqlite(sqlite)) => {
                let sums = sqlite.snapshot(&self.name);
                match sqlite.data_version() {
                    Ok(version) => self.data_version = version,
                    Err(error) => {
                        log::error("cannot read the file's version", &[("error", Field::Text(&error.to_string()))])
                    }
                }
                tokio::spawn(std::future::ready(sums))
            }
            _ => tokio::spawn(self.reader.clone().snapshot(Arc::clone(&self.name))),
        };
        self.refresh = Some(Refresh { sums, tail: Vec::new(), waiting });
    }

    pub(super) fn refreshed(&mut self, result: anyhow::Result<CountsSnapshot>) {
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
        for done in waiting {
            let _ = done.send(good);
        }
    }

    fn take_over(&mut self, sums: &CountsSnapshot, tail: &[HistoryTail]) {
        let since = || tail.iter().filter(|part| part.last_seq > sums.last_seq);
        if !self.restored {
            self.ledger.name(&sums.businesses(), &sums.groups);
        }
        let groups: Vec<&[EventAggregate]> =
            std::iter::once(&sums.groups[..]).chain(since().map(|part| &part.groups[..])).collect();
        self.ledger.replace(&groups);
        self.ledger.restore_requests(sums.failed_elsewhere, sums.last_at);
        self.restored = true;
        self.status.settled.store(true, Relaxed);
        self.refreshed_at = Some(Instant::now());
    }
}
