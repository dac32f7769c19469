//! Sends calls as fast as the account's quotas allow and no faster. One bucket an operation; it slows down when AWS says
//! so and probes upward when AWS has long been content, since several quotas can be raised.

use super::ApiOperation;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Share of the quota that is used, so that jitter on the way never looks like too fast.
const MARGIN: f64 = 0.985;
/// The refill is thought to begin this much later than it does, for the same reason.
const CUSHION: Duration = Duration::from_millis(15);
/// How much later after a throttle: a call came early, so some room is made for the next ones.
const ROOM: Duration = Duration::from_millis(60);
/// From this quota on the first burst leaves one call in reserve: where calls come close together, the way is never as even.
const RESERVED_FROM: f64 = 5.0;
/// Calls without a throttle before the rate is raised above the published quota: a run with fewer to make has little to win.
const FIRST_PROBE: i64 = 60;
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

/// Calls a second where nobody counts: so many that they do not wait, so few that they are not all on their way at once.
const FREE: f64 = 1_000.0;

/// The buckets of one account and region. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Pace(Arc<PacerState>);

#[derive(Debug, Default)]
struct PacerState {
    lanes: Mutex<HashMap<ApiOperation, Arc<Lane>>>,
    way: Arc<RoundTrip>,
    /// Whether nobody counts the calls.
    is_free: bool,
    /// Processes that use the same quotas at the same time, this one among them; nothing is one.
    processes: Option<NonZeroU32>,
}

/// The shortest time from sending to an answer: less than that the way there and back never takes.
type RoundTrip = Mutex<Option<Duration>>;

/// A call that may be sent now. Given back with what AWS answered; one that is dropped was given up.
#[derive(Debug)]
pub struct Turn {
    pace: Pace,
    lane: Arc<Lane>,
    sent: Instant,
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

#[derive(Debug)]
struct TokenBucket {
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
            let taken = lane.bucket().take(now, self.way());
            match taken {
                Ok(opening) => return Turn { pace: self.clone(), lane, sent: now, opening, is_over: false },
                Err(at) => sleep_until(at).await,
            }
        }
    }

    /// How long the quota makes `calls` more calls take.
    pub fn time_for(&self, op: ApiOperation, calls: usize) -> Duration {
        let lane = self.lane(op);
        let bucket = lane.bucket();
        Duration::from_secs_f64(((calls as f64 - bucket.tokens_at(Instant::now())) / bucket.rate).max(0.0))
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

    fn way(&self) -> Option<Duration> {
        *self.0.way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a call took from sending to its answer; the shortest so far.
    fn took(&self, time: Duration) -> Duration {
        let mut way = self.0.way.lock().unwrap_or_else(PoisonError::into_inner);
        let shortest = way.map_or(time, |way| way.min(time));
        *way.insert(shortest)
    }
}

impl Turn {
    /// AWS answered something else than "slow down", or nothing at all.
    pub fn answered(mut self) {
        self.is_over = true;
        let took = self.sent.elapsed();
        let late = took - self.pace.took(took);
        let mut bucket = self.lane.bucket();
        if self.opening {
            bucket.opened(self.sent + late);
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
        if !self.is_over {
            self.lane.bucket().give_up(Instant::now());
        }
    }
}

impl Lane {
    fn bucket(&self) -> std::sync::MutexGuard<'_, TokenBucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenBucket {
    fn new(quota: f64, patience: i64) -> Self {
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

    /// Takes a token, and says whether it is of a full bucket; or says when there will be one.
    fn take(&mut self, now: Instant, way: Option<Duration>) -> Result<bool, Instant> {
        if let Some(way) = way.filter(|_| self.unseen) {
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
    fn opened(&mut self, arrived: Instant) {
        if std::mem::take(&mut self.unseen) {
            self.opened_at(arrived);
        }
    }

    fn opened_at(&mut self, arrived: Instant) {
        self.at = self.at.max(arrived + CUSHION);
    }

    fn give_up(&mut self, now: Instant) {
        self.in_flight -= 1;
        if self.in_flight == 0 {
            self.opened(now);
        }
    }

    fn go_on(&mut self) {
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
    fn slow_down(&mut self, now: Instant) {
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

#[cfg(test)]
mod tests {
    use super::*;

    const PUT: ApiOperation = ApiOperation("cloudwatch", "PutMetricAlarm");

    /// AWS's side: a bucket of `rate` tokens a second, one second deep.
    struct Server {
        tokens: f64,
        at: Instant,
        rate: f64,
    }

    impl Server {
        fn new(rate: f64) -> Self {
            Self { tokens: rate, at: Instant::now(), rate }
        }

        fn admits(&mut self, arrival: Instant) -> bool {
            let now = arrival.max(self.at);
            self.tokens = (self.tokens + (now - self.at).as_secs_f64() * self.rate).min(self.rate);
            self.at = now;
            let admits = self.tokens >= 1.0;
            self.tokens -= f64::from(u8::from(admits));
            admits
        }
    }

    /// Seconds and throttles that `calls` calls take against a server of `rate`, all wanted at once. One way takes `half`, and
    /// up to `jitter` more on the way there.
    async fn run(op: ApiOperation, rate: f64, calls: u32, half: Duration, jitter: Duration) -> (f64, u32) {
        let (pace, server) = (Pace::default(), Mutex::new(Server::new(rate)));
        let way = Mutex::new(fastrand::Rng::with_seed(7));
        let start = Instant::now();
        let sent = (0..calls).map(|_| async {
            let mut throttled = 0;
            loop {
                let turn = pace.acquire(op).await;
                let delay = half + jitter.mul_f64(way.lock().unwrap().f64());
                tokio::time::sleep(delay).await;
                let admitted = server.lock().unwrap().admits(Instant::now());
                tokio::time::sleep(half).await;
                if admitted {
                    turn.answered();
                    return throttled;
                }
                turn.throttled();
                throttled += 1;
            }
        });
        let throttled = futures_util::future::join_all(sent).await.into_iter().sum();
        (start.elapsed().as_secs_f64(), throttled)
    }

    const HALF: Duration = Duration::from_millis(20);

    #[tokio::test(start_paused = true)]
    async fn published_quotas_are_used_whole_and_hardly_ever_overrun() {
        let slow = ApiOperation("cloudwatch", "ListTagsForResource");
        for (op, rate, calls) in
            [(PUT, 3.0, 250), (slow, 10.0, 300), (ApiOperation("logs", "PutRetentionPolicy"), 5.0, 50)]
        {
            for jitter in [0, 20, 60].map(Duration::from_millis) {
                let (seconds, throttled) = run(op, rate, calls, HALF, jitter).await;
                let limit = (f64::from(calls) - rate) / rate + 2.0 * HALF.as_secs_f64();
                assert!(seconds < limit * 1.05, "{op}, {jitter:?}: {seconds} s, the limit is {limit} s");
                assert!(throttled <= 1 + calls / 150, "{op}, {jitter:?}: {throttled} throttled of {calls}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_raised_quota_is_found() {
        let (seconds, _) = run(PUT, 30.0, 250, HALF, Duration::ZERO).await;
        assert!(seconds < 45.0, "{seconds} s; the published quota would take 82 s");
    }

    #[tokio::test(start_paused = true)]
    async fn a_quota_shared_with_others_is_respected() {
        let (seconds, throttled) = run(PUT, 1.0, 60, HALF, Duration::ZERO).await;
        assert!(seconds < 90.0 && throttled < 20, "{seconds} s, {throttled} throttled");
    }

    /// Parts of a run on many machines ask one account's STS: together they keep its quota, and use most of it.
    #[tokio::test(start_paused = true)]
    async fn processes_that_share_a_quota_keep_it_together() {
        let assume = ApiOperation("sts", "AssumeRole");
        for (processes, calls) in [(1, 6_000), (4, 1_500), (40, 150)] {
            let parts = NonZeroU32::new(processes).unwrap();
            let server = Mutex::new(Server::new(assume.quota()));
            let start = Instant::now();
            let one = async |pace: Pace| {
                let sent = (0..calls).map(|_| async {
                    let mut throttled = 0;
                    loop {
                        let turn = pace.acquire(assume).await;
                        tokio::time::sleep(HALF).await;
                        let admitted = server.lock().unwrap().admits(Instant::now());
                        tokio::time::sleep(HALF).await;
                        if admitted {
                            turn.answered();
                            return throttled;
                        }
                        turn.throttled();
                        throttled += 1;
                    }
                });
                futures_util::future::join_all(sent).await.into_iter().sum::<u32>()
            };
            let all = (0..processes).map(|_| one(Pace::default().shared_by(parts)));
            let throttled: u32 = futures_util::future::join_all(all).await.into_iter().sum();
            let limit = (6_000.0 - assume.quota()) / assume.quota();
            let seconds = start.elapsed().as_secs_f64();
            assert!(throttled <= 6_000 / 100, "{processes}: {throttled} throttled of 6,000");
            assert!(seconds < limit * 1.15, "{processes}: {seconds} s, the limit is {limit} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn operations_do_not_wait_for_each_other() {
        let pace = Pace::default();
        for _ in 0..3 {
            pace.acquire(PUT).await.answered();
        }
        let start = Instant::now();
        pace.acquire(ApiOperation("cloudwatch", "DescribeAlarms")).await.answered();
        assert_eq!(start.elapsed(), Duration::ZERO);
        pace.acquire(PUT).await.answered();
        assert!(start.elapsed() > Duration::from_millis(300));
    }

    #[tokio::test(start_paused = true)]
    async fn on_a_slow_way_a_raise_waits_for_its_answers() {
        let (_, throttled) = run(PUT, 3.0, 250, Duration::from_secs(4), Duration::ZERO).await;
        assert!(throttled <= 30, "{throttled} throttled of 250");
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_that_leaves_late_is_not_overtaken() {
        let (pace, mut server) = (Pace::default(), Server::new(3.0));
        let read = pace.acquire(ApiOperation("cloudwatch", "DescribeAlarms")).await;
        tokio::time::sleep(2 * HALF).await;
        read.answered();
        let start = Instant::now();
        let mut burst = Vec::new();
        for _ in 0..3 {
            burst.push(pace.acquire(PUT).await);
        }
        let late = Duration::from_millis(150);
        tokio::time::sleep(late + HALF).await;
        assert!((0..3).all(|_| server.admits(Instant::now())));
        tokio::time::sleep(HALF).await;
        burst.into_iter().for_each(Turn::answered);
        let _fourth = pace.acquire(PUT).await;
        assert!(server.admits(Instant::now() + HALF));
        let limit = late + Duration::from_millis(334);
        let waited = start.elapsed();
        assert!(waited >= limit && waited < limit + Duration::from_millis(40), "{waited:?}, the limit is {limit:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_were_given_up_hold_nobody_back() {
        let pace = Pace::default();
        pace.acquire(ApiOperation("cloudwatch", "DescribeAlarms")).await.answered();
        for _ in 0..3 {
            drop(pace.acquire(PUT).await);
        }
        let start = Instant::now();
        drop(pace.acquire(PUT).await);
        assert!(start.elapsed() < Duration::from_millis(400), "{:?}", start.elapsed());
    }
}
