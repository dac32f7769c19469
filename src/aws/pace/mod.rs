//! Sends calls as fast as the account's quotas allow and no faster. One bucket an operation; it slows down when AWS says
//! so and probes upward when AWS has long been content, since several quotas can be raised.

mod bucket;
#[cfg(test)]
mod tests;

use super::ApiOperation;
use bucket::TokenBucket;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Calls without a throttle before a rate is raised above the published quota: a run with fewer to make has little to win.
const FIRST_PROBE: i64 = 60;

/// With more calls on the way at once, the time that one takes is the others' more than the way's: believed to be the way, it would
/// make calls come early as soon as the crowd is gone.
const CROWD: usize = 16;

/// Calls a second where nobody counts: so many that they do not wait, so few that they are not all on their way at once.
const FREE: f64 = 1_000.0;

/// The buckets of one account and region. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Pace(Arc<PacerState>);

#[derive(Debug, Default)]
struct PacerState {
    lanes: Mutex<HashMap<ApiOperation, Arc<Lane>>>,
    way: Arc<Mutex<RoundTrip>>,
    /// Whether nobody counts the calls.
    is_free: bool,
    /// Processes that use the same quotas at the same time, this one among them; nothing is one.
    processes: Option<NonZeroU32>,
}

/// The way there and back, and who is on it.
#[derive(Debug, Default)]
struct RoundTrip {
    /// The shortest time from sending to an answer: less than that it never takes.
    shortest: Option<Duration>,
    /// Calls without an answer yet.
    calls: usize,
}

/// A call that may be sent now. Given back with what AWS answered; one that is dropped was given up.
#[derive(Debug)]
pub struct Turn {
    pace: Pace,
    lane: Arc<Lane>,
    sent: Instant,
    /// Whether it was sent among few others.
    alone: bool,
    /// Sent before AWS was seen to count: see [`TokenBucket::unseen`].
    opening: bool,
    is_over: bool,
}

/// One quota. Callers queue on `turn`, so that the first come is the first sent and a changed rate counts at once.
#[derive(Debug)]
struct Lane {
    turn: tokio::sync::Mutex<()>,
    bucket: Mutex<TokenBucket>,
}

impl RoundTrip {
    /// What of a call's time is certainly the way's: in a crowd nothing, since the shortest that is known may be of a call that had
    /// to connect first, and this one may have waited for the others anywhere.
    fn known(&self, alone: bool) -> Duration {
        self.shortest.filter(|_| alone).unwrap_or_default()
    }
}

impl Pace {
    /// Buckets of another account or region on the same way: where many begin at once, one alone knows only crowded answers.
    pub fn beside(&self) -> Self {
        Self(Arc::new(PacerState { way: self.0.way.clone(), is_free: self.0.is_free, ..PacerState::default() }))
    }

    /// Where nobody counts the calls: a sandbox without quotas.
    pub fn free() -> Self {
        Self(Arc::new(PacerState { is_free: true, ..PacerState::default() }))
    }

    /// Buckets of another account or region, on a way of its own.
    pub fn afresh(&self) -> Self {
        Self(Arc::new(PacerState { is_free: self.0.is_free, ..PacerState::default() }))
    }

    /// Buckets of quotas that so many processes use at the same time, each an equal part.
    pub fn shared_by(&self, processes: NonZeroU32) -> Self {
        Self(Arc::new(PacerState { is_free: self.0.is_free, processes: Some(processes), ..PacerState::default() }))
    }

    /// Waits for this call's turn.
    pub async fn acquire(&self, op: ApiOperation) -> Turn {
        let lane = self.lane(op);
        let waiting = lane.clone();
        let _first_come = waiting.turn.lock().await;
        loop {
            let now = Instant::now();
            let alone = self.way().calls < CROWD;
            let taken = lane.bucket().take(now, self.way().known(alone));
            match taken {
                Ok(opening) => {
                    self.way().calls += 1;
                    return Turn { pace: self.clone(), lane, sent: now, alone, opening, is_over: false };
                }
                Err(at) => sleep_until(at).await,
            }
        }
    }

    /// How long the quota makes `calls` more calls take.
    pub fn time_for(&self, op: ApiOperation, calls: usize) -> Duration {
        let lane = self.lane(op);
        lane.bucket().time_for(Instant::now(), calls)
    }

    fn lane(&self, op: ApiOperation) -> Arc<Lane> {
        let mut lanes = self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = if self.0.is_free { FREE } else { op.bucket().quota() };
        let processes = self.0.processes.map_or(1, NonZeroU32::get);
        let quota = whole / f64::from(processes);
        let new = || {
            // All together raise their rates as often as one alone.
            let patience = FIRST_PROBE.saturating_mul(processes.into());
            Arc::new(Lane { turn: Default::default(), bucket: Mutex::new(TokenBucket::new(quota, patience)) })
        };
        lanes.entry(op.bucket()).or_insert_with(new).clone()
    }

    fn way(&self) -> MutexGuard<'_, RoundTrip> {
        self.0.way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// AWS answered something else than "slow down", or nothing at all.
    pub fn answered(mut self) {
        self.is_over = true;
        let took = self.sent.elapsed();
        let way = {
            let mut way = self.pace.way();
            let alone = self.alone && way.calls <= CROWD;
            if alone {
                way.shortest = Some(way.shortest.map_or(took, |shortest| shortest.min(took)));
            }
            way.known(alone)
        };
        let mut bucket = self.lane.bucket();
        if self.opening {
            bucket.opened(self.sent + took.saturating_sub(way));
        }
        bucket.go_on();
    }

    /// AWS said "slow down".
    pub fn throttled(mut self) {
        self.is_over = true;
        self.lane.bucket().slow_down(Instant::now());
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.pace.way().calls -= 1;
        if !self.is_over {
            self.lane.bucket().give_up(Instant::now());
        }
    }
}

impl Lane {
    fn bucket(&self) -> MutexGuard<'_, TokenBucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
