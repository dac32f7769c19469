//! The tokens of one quota: how fast calls may be sent, what throttles and their absence say of that. Knows neither calls nor whose
//! they are.

use std::time::Duration;
use tokio::time::Instant;

/// Share of the quota that is used, so that jitter on the way never looks like too fast.
const MARGIN: f64 = 0.985;
/// The refill is thought to begin this much later than it does, for the same reason.
const CUSHION: Duration = Duration::from_millis(15);
/// How much later after a throttle: a call came early, so some room is made for the next ones.
const ROOM: Duration = Duration::from_millis(60);
/// From this quota on the first burst leaves one call in reserve: where calls come close together, the way is never as even.
const RESERVED_FROM: f64 = 5.0;
const PROBE_FACTOR: f64 = 1.5;
/// Calls at a raised rate, in fillings of the bucket, before it is believed and raised again: AWS's own bucket has to run dry
/// first, which takes 1 / (1 - 1 / PROBE_FACTOR) = 3 of them.
const PROBE_FILLINGS: f64 = 4.0;
/// How much rarer probes become after one that AWS answered with a throttle.
const PROBE_PATIENCE: i64 = 6;
/// Throttles this close together are answers to calls sent before the first of them: they slow down once.
const ONE_THROTTLE: Duration = Duration::from_millis(500);
/// The first throttle, and one after so many calls without, is a call that came early. Sooner, somebody else uses the quota too.
const STEADY: i64 = 20;
const EARLY_CUT: f64 = 0.97;
const SHARED_CUT: f64 = 0.7;
/// Share of the ceiling that a call without a throttle wins back.
const RECOVERY: f64 = 0.015;

/// One quota's tokens, as they are thought to be at AWS.
#[derive(Debug)]
pub struct TokenBucket {
    tokens: f64,
    at: Instant,
    /// Calls were taken from the full bucket and none of them is answered. AWS refills its own only from the first arrival on,
    /// and on a busy machine the first calls leave late: what is sent after them must not overtake the refill.
    unseen: bool,
    /// Tokens a second now.
    rate: f64,
    /// The highest rate known to be allowed.
    ceiling: f64,
    capacity: f64,
    /// Calls sent and not answered yet.
    in_flight: i64,
    /// Answers without a throttle to calls sent since the last throttle or raise; below zero while older ones are awaited.
    /// Answers are counted, not calls: on a slow way a raise must not be raised again before AWS had its say.
    content: i64,
    /// Calls before the next raise.
    probe_after: i64,
    /// How patient the first raise after a throttle is.
    patience: i64,
    slowed: Option<Instant>,
}

impl TokenBucket {
    pub fn new(quota: f64, patience: i64) -> Self {
        let capacity = if quota < RESERVED_FROM { quota.max(1.0) } else { quota - 1.0 };
        Self {
            tokens: capacity,
            at: Instant::now(),
            unseen: false,
            rate: quota * MARGIN,
            ceiling: quota * MARGIN,
            capacity,
            in_flight: 0,
            content: 0,
            probe_after: patience,
            patience,
            slowed: None,
        }
    }

    fn tokens_at(&self, now: Instant) -> f64 {
        (self.tokens + now.saturating_duration_since(self.at).as_secs_f64() * self.rate).min(self.capacity)
    }

    /// How long it takes until `calls` more could be sent.
    pub fn time_for(&self, now: Instant, calls: usize) -> Duration {
        Duration::from_secs_f64(((calls as f64 - self.tokens_at(now)) / self.rate).max(0.0))
    }

    /// Takes a token, and says whether it is of a full bucket; or says when there will be one.
    pub fn take(&mut self, now: Instant, way: Duration) -> Result<bool, Instant> {
        if self.unseen {
            // Not answered yet, so it arrived no earlier than this.
            self.opened_at(now.checked_sub(way).unwrap_or(now));
        }
        let tokens = self.tokens_at(now);
        if tokens < 1.0 {
            // Rounded up: a timer that fires a hair early must not spin.
            let wait = Duration::from_secs_f64((1.0 - tokens) / self.rate) + Duration::from_millis(1);
            return Err(self.at.max(now) + wait);
        }
        if tokens >= self.capacity {
            self.unseen = true;
            self.opened_at(now);
        }
        self.tokens = tokens - 1.0;
        self.at = self.at.max(now);
        self.in_flight += 1;
        Ok(self.unseen)
    }

    /// The first arrival is known to be no later than this.
    pub fn opened(&mut self, arrived: Instant) {
        if std::mem::take(&mut self.unseen) {
            self.opened_at(arrived);
        }
    }

    fn opened_at(&mut self, arrived: Instant) {
        self.at = self.at.max(arrived + CUSHION);
    }

    pub fn give_up(&mut self, now: Instant) {
        self.in_flight -= 1;
        if self.in_flight == 0 {
            self.opened(now);
        }
    }

    pub fn go_on(&mut self) {
        self.in_flight -= 1;
        self.content += 1;
        if self.content >= self.probe_after {
            self.rate *= PROBE_FACTOR;
            self.content = -self.in_flight;
            self.probe_after = self.believed_after();
        } else if self.rate < self.ceiling {
            self.rate = (self.rate + self.ceiling * RECOVERY).min(self.ceiling);
        } else if self.rate > self.ceiling && self.content + 1 == self.believed_after() {
            self.ceiling = self.rate;
        }
    }

    /// Calls at a raised rate before it is believed.
    fn believed_after(&self) -> i64 {
        (self.capacity * PROBE_FILLINGS) as i64
    }

    /// After a raise: back to what is known to work, and more patience. Otherwise less, the more the sooner it came.
    pub fn slow_down(&mut self, now: Instant) {
        self.in_flight -= 1;
        self.unseen = false;
        self.tokens = self.tokens_at(now).min(0.0);
        self.at = now + ROOM;
        if self.content < 0 {
            // The answer to a call sent before the rate was last changed says nothing of the rate now.
            self.content += 1;
            return;
        }
        if self.slowed.is_some_and(|at| now - at < ONE_THROTTLE) {
            return;
        }
        let first = self.slowed.replace(now).is_none();
        if self.rate > self.ceiling {
            self.rate = self.ceiling;
            self.patience = self.patience.saturating_mul(PROBE_PATIENCE);
        } else {
            let cut = if first || self.content >= STEADY { EARLY_CUT } else { SHARED_CUT };
            self.rate = (self.rate * cut).max(self.ceiling * 0.1);
        }
        self.content = -self.in_flight;
        self.probe_after = self.patience;
    }
}
