//! The pace against a server that counts: quotas used whole, hardly ever overrun.

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

/// One call until it is admitted: how often it was throttled before.
async fn answered(
    pace: &Pace,
    op: ApiOperation,
    server: &Mutex<Server>,
    there: &impl Fn() -> Duration,
    back: Duration,
) -> u32 {
    let mut throttled = 0;
    loop {
        let turn = pace.acquire(op).await;
        tokio::time::sleep(there()).await;
        let admitted = server.lock().unwrap().admits(Instant::now());
        tokio::time::sleep(back).await;
        if admitted {
            turn.answered();
            return throttled;
        }
        turn.throttled();
        throttled += 1;
    }
}

/// Seconds and throttles that `calls` calls take against a server of `rate`, all wanted at once. One way takes `half`, and
/// up to `jitter` more on the way there.
async fn run(op: ApiOperation, rate: f64, calls: u32, half: Duration, jitter: Duration) -> (f64, u32) {
    let (pace, server) = (Pace::default(), Mutex::new(Server::new(rate)));
    let way = Mutex::new(fastrand::Rng::with_seed(7));
    let start = Instant::now();
    let there = || half + jitter.mul_f64(way.lock().unwrap().f64());
    let sent = (0..calls).map(|_| answered(&pace, op, &server, &there, half));
    let throttled = futures_util::future::join_all(sent).await.into_iter().sum();
    (start.elapsed().as_secs_f64(), throttled)
}

const HALF: Duration = Duration::from_millis(20);

#[tokio::test(start_paused = true)]
async fn published_quotas_are_used_whole_and_hardly_ever_overrun() {
    let slow = ApiOperation("cloudwatch", "ListTagsForResource");
    for (op, rate, calls) in [(PUT, 3.0, 250), (slow, 10.0, 300), (ApiOperation("logs", "PutRetentionPolicy"), 5.0, 50)]
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

/// Parts of a run on many machines ask one account's STS: together they keep its quota, and use most of it. Whether their raises meet
/// hangs on the way's length, so it is the mean of several.
#[tokio::test(start_paused = true)]
async fn processes_that_share_a_quota_keep_it_together() {
    const HALVES: [u64; 7] = [10, 15, 18, 20, 22, 25, 30];
    let assume = ApiOperation("sts", "AssumeRole");
    for (processes, calls) in [(1, 6_000), (4, 1_500), (40, 150)] {
        let (mut throttled, mut seconds) = (0, 0.0);
        for half in HALVES.map(Duration::from_millis) {
            let start = Instant::now();
            throttled += together(assume, half, NonZeroU32::new(processes).unwrap(), calls).await;
            seconds += start.elapsed().as_secs_f64();
        }
        let ways = HALVES.len() as u32;
        let limit = (6_000.0 - assume.quota()) / assume.quota();
        assert!(throttled <= ways * 6_000 / 100, "{processes}: {throttled} throttled of {ways} x 6,000");
        assert!(seconds < f64::from(ways) * limit * 1.1, "{processes}: {seconds} s, the limit is {ways} x {limit} s");
    }
}

/// How many calls are throttled where so many processes make `calls` each, with one server.
async fn together(op: ApiOperation, half: Duration, processes: NonZeroU32, calls: u32) -> u32 {
    let server = Mutex::new(Server::new(op.quota()));
    let there = || half;
    let one = async |pace: Pace| {
        let sent = (0..calls).map(|_| answered(&pace, op, &server, &there, half));
        futures_util::future::join_all(sent).await.into_iter().sum::<u32>()
    };
    let all = (0..processes.get()).map(|_| one(Pace::default().shared_by(processes)));
    futures_util::future::join_all(all).await.into_iter().sum()
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

/// A roster's first calls are many at once, and each takes as long as all of them: what follows is sent when the crowd is gone.
#[tokio::test(start_paused = true)]
async fn what_a_crowd_takes_is_not_believed_to_be_the_way() {
    let (whole, crowd) = (Pace::default(), Duration::from_millis(200));
    let paces: Vec<Pace> = (0..100).map(|_| whole.beside()).collect();
    let mut servers: Vec<Server> = paces.iter().map(|_| Server::new(3.0)).collect();
    // The first call of all connects, and so is no measure of the way either.
    let first = whole.acquire(ApiOperation("sts", "GetCallerIdentity")).await;
    tokio::time::sleep(Duration::from_millis(130)).await;
    first.answered();
    for op in [ApiOperation("cloudwatch", "DescribeAlarms"), PUT] {
        let mut turns = Vec::new();
        for pace in &paces {
            for _ in 0..3 {
                turns.push(pace.acquire(op).await);
            }
        }
        // They arrive after the crowd's time, and are answered at once.
        tokio::time::sleep(crowd).await;
        if op == PUT {
            assert!(servers.iter_mut().all(|server| (0..3).all(|_| server.admits(Instant::now()))));
        }
        turns.into_iter().for_each(Turn::answered);
    }
    for (pace, server) in paces.iter().zip(&mut servers) {
        let _fourth = pace.acquire(PUT).await;
        assert!(server.admits(Instant::now()), "it comes early");
    }
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
