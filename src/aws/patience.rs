//! How long a run waits for AWS. A call has an end, and so has silence: where a service, or all of them, has answered nothing
//! for so long, no further call of it is begun. Also what is being waited for, for whoever shows that.

use super::ApiOperation;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a run waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitLimits {
    /// For any answer at all, and for a call with all its repeats.
    pub deadline: Duration,
}

impl Default for WaitLimits {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(50) }
    }
}

impl WaitLimits {
    /// For one answer, connecting and signing in included.
    pub fn attempt(self) -> Duration {
        (self.deadline * 3 / 5).min(Duration::from_secs(30))
    }

    /// For a program that gives credentials.
    pub fn credentials(self) -> Duration {
        (self.deadline / 2).min(Duration::from_secs(25))
    }

    /// For one listing of many pages.
    pub fn listing(self) -> Duration {
        self.deadline * 2 / 5
    }

    /// For pages on which nothing is found.
    pub fn search(self) -> Duration {
        self.deadline * 4 / 5
    }
}

/// What is being waited for, of all targets of a run. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct WaitTracker(Arc<Mutex<BTreeMap<u64, Awaited>>>);

/// A call on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited {
    pub op: ApiOperation,
    pub region: String,
    pub since: Instant,
}

impl WaitTracker {
    /// The call that has been on its way longest.
    pub fn longest(&self) -> Option<Awaited> {
        locked(&self.0).values().min_by_key(|awaited| awaited.since).cloned()
    }
}

/// The silence of one target's services, and of all that a session asks.
#[derive(Debug, Clone)]
pub struct Patience {
    pub limits: WaitLimits,
    region: String,
    session: Quiet,
    services: Arc<Mutex<BTreeMap<&'static str, Quiet>>>,
    waiting: WaitTracker,
}

/// Since when nothing was answered.
#[derive(Debug, Clone, Default)]
struct Quiet(Arc<Mutex<Silence>>);

#[derive(Debug, Default)]
struct Silence {
    /// When the first call began that was sent after the last answer.
    since: Option<Instant>,
    in_flight: usize,
    /// When the last call ended.
    ended: Option<Instant>,
    /// A call was repeated until that had no sense any more.
    is_given_up: bool,
}

/// What a session's targets have in common.
#[derive(Debug, Clone, Default)]
pub struct SessionPatience {
    limits: WaitLimits,
    session: Quiet,
    waiting: WaitTracker,
}

/// A call that was sent; dropped, it was not answered.
#[derive(Debug)]
pub struct CallInFlight {
    quiets: [Quiet; 2],
    waiting: WaitTracker,
    id: u64,
}

impl SessionPatience {
    pub fn new(limits: WaitLimits, waiting: WaitTracker) -> Self {
        Self { limits, session: Quiet::default(), waiting }
    }

    pub fn limits(&self) -> WaitLimits {
        self.limits
    }

    /// For one target.
    pub fn of(&self, region: &str) -> Patience {
        Patience {
            limits: self.limits,
            region: region.to_owned(),
            session: self.session.clone(),
            services: Arc::default(),
            waiting: self.waiting.clone(),
        }
    }
}

impl Patience {
    /// Whether a call of the operation would only wait for what does not answer.
    pub fn is_over(&self, op: ApiOperation) -> bool {
        let now = Instant::now();
        self.quiets(op).iter().any(|quiet| locked(&quiet.0).expires(now, self.limits).is_some_and(|at| at <= now))
    }

    /// Whether an earlier call was repeated in vain, and nothing was answered since.
    pub fn is_given_up(&self, op: ApiOperation) -> bool {
        self.quiets(op).iter().any(|quiet| locked(&quiet.0).is_given_up)
    }

    /// Notes that a call was repeated in vain: the next ones are tried once, until something is served again.
    pub fn give_up(&self, op: ApiOperation) {
        for quiet in &self.quiets(op) {
            locked(&quiet.0).is_given_up = true;
        }
    }

    pub fn send(&self, op: ApiOperation) -> CallInFlight {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let now = Instant::now();
        let quiets = self.quiets(op);
        for quiet in &quiets {
            locked(&quiet.0).begin(now, self.limits);
        }
        let id = LAST.fetch_add(1, Ordering::Relaxed);
        let awaited = Awaited { op, region: self.region.clone(), since: now };
        locked(&self.waiting.0).insert(id, awaited);
        CallInFlight { quiets, waiting: self.waiting.clone(), id }
    }

    /// Resolves when a call of the operation that was sent now has waited long enough. An answer to another one moves the end of
    /// silence, not that of the call.
    pub async fn end(&self, op: ApiOperation) {
        let own = Instant::now() + self.limits.attempt();
        loop {
            let now = Instant::now();
            let expires = self.quiets(op).into_iter().filter_map(|quiet| locked(&quiet.0).expires(now, self.limits));
            let at = expires.min().map_or(own, |at| at.min(own));
            if at <= now {
                return;
            }
            tokio::time::sleep_until(at).await;
        }
    }

    fn quiets(&self, op: ApiOperation) -> [Quiet; 2] {
        let service = locked(&self.services).entry(op.0).or_default().clone();
        [service, self.session.clone()]
    }
}

impl CallInFlight {
    /// A whole answer came, be it that the service is broken.
    pub fn answered(&self) {
        let now = Instant::now();
        for quiet in &self.quiets {
            let mut silence = locked(&quiet.0);
            silence.since = (silence.in_flight > 1).then_some(now);
        }
    }

    /// An answer came of a service that works.
    pub fn served(&self) {
        self.answered();
        for quiet in &self.quiets {
            locked(&quiet.0).is_given_up = false;
        }
    }
}

impl Drop for CallInFlight {
    fn drop(&mut self) {
        let now = Instant::now();
        for quiet in &self.quiets {
            let mut silence = locked(&quiet.0);
            silence.in_flight = silence.in_flight.saturating_sub(1);
            silence.ended = Some(now);
        }
        locked(&self.waiting.0).remove(&self.id);
    }
}

impl Silence {
    fn begin(&mut self, now: Instant, limits: WaitLimits) {
        if !self.is_lasting(now, limits) {
            *self = Silence { since: None, is_given_up: false, in_flight: self.in_flight, ended: None };
        }
        self.since.get_or_insert(now);
        self.in_flight += 1;
    }

    fn expires(&self, now: Instant, limits: WaitLimits) -> Option<Instant> {
        self.since.filter(|_| self.is_lasting(now, limits)).map(|since| since + limits.deadline)
    }

    /// Silence is of calls that follow each other: after a pause whoever asks again may hope again.
    fn is_lasting(&self, now: Instant, limits: WaitLimits) -> bool {
        self.in_flight > 0 || self.ended.is_some_and(|ended| now - ended < limits.deadline / 2)
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: ApiOperation = ApiOperation("cloudwatch", "DescribeAlarms");
    const OTHER: ApiOperation = ApiOperation("sns", "ListTopics");

    fn patience() -> Patience {
        SessionPatience::new(WaitLimits { deadline: Duration::from_secs(50) }, WaitTracker::default()).of("us-east-1")
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_and_a_later_call_may_hope_again() {
        let patience = patience();
        let began = Instant::now();
        for _ in 0..2 {
            let _sent = patience.send(READ);
            patience.end(READ).await;
        }
        assert_eq!(began.elapsed(), Duration::from_secs(50), "30 for the first, the rest for the second");
        assert!(patience.is_over(READ) && patience.is_over(OTHER), "nothing answers at all");
        tokio::time::sleep(Duration::from_secs(26)).await;
        assert!(!patience.is_over(READ));
    }

    #[tokio::test(start_paused = true)]
    async fn one_service_that_is_silent_is_given_up_alone() {
        let patience = patience();
        for _ in 0..2 {
            let _sent = patience.send(READ);
            patience.end(READ).await;
            patience.send(OTHER).served();
        }
        assert!(patience.is_over(READ) && !patience.is_over(OTHER));
        patience.give_up(READ);
        assert!(patience.is_given_up(READ) && patience.is_given_up(OTHER));
        patience.send(OTHER).served();
        assert!(patience.is_given_up(READ) && !patience.is_given_up(OTHER));
        patience.send(READ).answered();
        assert!(patience.is_given_up(READ), "an error of the service's is no reason to hope");
        patience.send(READ).served();
        assert!(!patience.is_given_up(READ) && !patience.is_over(READ));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_waited_for_longest_is_known() {
        let waiting = WaitTracker::default();
        let patience = SessionPatience::new(WaitLimits::default(), waiting.clone()).of("us-east-1");
        let first = patience.send(READ);
        tokio::time::sleep(Duration::from_secs(3)).await;
        let _second = patience.send(OTHER);
        assert_eq!(waiting.longest().map(|awaited| awaited.op), Some(READ));
        drop(first);
        assert_eq!(waiting.longest().map(|awaited| awaited.op), Some(OTHER));
    }
}
