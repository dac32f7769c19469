//! Following a source that throttles, breaks off, samples and stores late: no event lost, none twice, in order per stream.

use super::*;
use crate::aws::ApiOperation;
use crate::ops::logs::source::LogPage;
use crate::ops::logs::window::OVERLAP_MS;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use tokio::sync::mpsc;

/// 2026-01-01.
const BEGAN: i64 = 1_767_225_600_000;

/// An event and when it can be found, in milliseconds of the test.
#[derive(Debug, Clone)]
struct Stored {
    event: LogEvent,
    found: i64,
}

#[derive(Debug, Clone, Copy)]
struct Weather {
    /// Shares of calls and of tail batches.
    throttled: f64,
    broken: f64,
    token_refused: f64,
    tail_ends: f64,
    sampled: f64,
    tail: bool,
}

/// A log group whose events are known beforehand.
struct Past {
    /// By time.
    events: Rc<Vec<Stored>>,
    weather: Weather,
    chance: RefCell<fastrand::Rng>,
    start: Instant,
    page: usize,
    /// The most events that were not older than what a poll asked for.
    widest: Cell<usize>,
    calls: RefCell<BTreeMap<&'static str, usize>>,
}

struct Session {
    /// By when they are found.
    events: Rc<Vec<Stored>>,
    at: usize,
    start: Instant,
    chance: fastrand::Rng,
    weather: Weather,
}

fn error(class: Class) -> AwsError {
    AwsError { op: ApiOperation("logs", "FilterLogEvents"), class, code: "x".into(), message: "no".into() }
}

fn elapsed(start: Instant) -> i64 {
    i64::try_from(start.elapsed().as_millis()).unwrap()
}

impl Past {
    fn count(&self, what: &'static str) {
        *self.calls.borrow_mut().entry(what).or_default() += 1;
    }

    fn happens(&self, share: f64) -> bool {
        self.chance.borrow_mut().f64() < share
    }
}

impl LogSource for Past {
    type Tail = Session;

    async fn page(&self, _: &LogQuery, from: i64, _: Option<i64>, token: Option<&str>) -> Result<LogPage, AwsError> {
        sleep(Duration::from_millis(40)).await;
        self.count("pages");
        if self.happens(self.weather.throttled) {
            self.count("throttled");
            return Err(error(Class::Throttled));
        }
        if self.happens(self.weather.broken) {
            self.count("broken");
            return Err(error(Class::Transient));
        }
        if token.is_some() && self.happens(self.weather.token_refused) {
            self.count("refused");
            return Err(error(Class::Refused));
        }
        let now = elapsed(self.start);
        let first = self.events.partition_point(|stored| stored.event.at < from);
        let visible = self.events[first..].iter().take_while(|stored| stored.event.at <= BEGAN + now);
        self.widest.set(self.widest.get().max(visible.count()));
        // A token is a place in the order of time: what is stored before it meanwhile is missed.
        let begin = token.map_or(first, |token| token.parse().unwrap());
        let mut page = LogPage::default();
        for (n, stored) in self.events.iter().enumerate().skip(begin) {
            if stored.event.at > BEGAN + now {
                break;
            }
            if page.events.len() == self.page {
                page.next = Some(n.to_string());
                break;
            }
            if stored.found <= now {
                page.events.push(stored.event.clone());
            }
        }
        Ok(page)
    }

    async fn tail(&self, _: &LogQuery) -> Result<Session, AwsError> {
        sleep(Duration::from_millis(100)).await;
        self.count("sessions");
        if !self.weather.tail {
            return Err(error(Class::Denied));
        }
        if self.happens(self.weather.broken) {
            return Err(error(Class::Transient));
        }
        let mut events = self.events.to_vec();
        events.sort_by_key(|stored| stored.found);
        let at = events.partition_point(|stored| stored.found <= elapsed(self.start));
        let chance = self.chance.borrow_mut().fork();
        Ok(Session { events: Rc::new(events), at, start: self.start, chance, weather: self.weather })
    }
}

impl LogTail for Session {
    async fn next(&mut self) -> Result<Option<TailBatch>, AwsError> {
        sleep(Duration::from_secs(1)).await;
        if self.chance.f64() < self.weather.tail_ends {
            return if self.chance.bool() { Ok(None) } else { Err(error(Class::Transient)) };
        }
        let now = elapsed(self.start);
        let until = self.events.partition_point(|stored| stored.found <= now);
        let came =
            self.events[self.at..until].iter().map(|stored| LogEvent { id: String::new(), ..stored.event.clone() });
        let mut events: Vec<LogEvent> = came.collect();
        self.at = until;
        let sampled = self.chance.f64() < self.weather.sampled;
        if sampled {
            events.retain(|_| self.chance.bool());
        }
        Ok(Some(TailBatch { events, sampled }))
    }
}

/// `count` events over `seconds` in 20 streams, each stored up to ten seconds late but in order within its stream; one in a
/// hundred has a twin: same stream, same millisecond, same text.
fn world(count: usize, seconds: i64, seed: u64) -> Vec<Stored> {
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut last = [0_i64; 20];
    let mut ats: Vec<i64> = (0..count).map(|_| chance.i64(0..seconds * 1000)).collect();
    ats.sort_unstable();
    let mut events: Vec<Stored> = Vec::new();
    for (n, at) in ats.into_iter().enumerate() {
        let twin = n > 0 && chance.u8(0..100) == 0;
        let stored = if twin {
            let before = events[n - 1].clone();
            Stored { event: LogEvent { id: n.to_string(), ..before.event }, ..before }
        } else {
            let stream = chance.usize(0..20);
            let late = if chance.u8(0..50) == 0 { chance.i64(0..10_000) } else { chance.i64(0..1500) };
            last[stream] = last[stream].max(at + late);
            let stream_name = format!("2026/01/01/[$LATEST]{stream}");
            let event =
                LogEvent { id: n.to_string(), stream: stream_name, at: BEGAN + at, message: format!("line {n}") };
            Stored { event, found: last[stream] }
        };
        events.push(stored);
    }
    events
}

/// Follows all of it, and checks that what is shown is what there is. Returns how often what was called.
async fn follows(count: usize, seconds: i64, page: usize, weather: Weather) -> BTreeMap<&'static str, usize> {
    let events = Rc::new(world(count, seconds, 7));
    let source = Past {
        events: Rc::clone(&events),
        weather,
        chance: RefCell::new(fastrand::Rng::with_seed(11)),
        start: Instant::now(),
        page,
        widest: Cell::new(0),
        calls: RefCell::default(),
    };
    let until = Instant::now() + Duration::from_secs(seconds.unsigned_abs() + 40);
    let options = FollowOptions {
        number: 3,
        from: BEGAN,
        tail: weather.tail,
        until: Some(until),
        clock: &Clock::told(|| Some(i64::MAX)),
    };
    let (news, mut heard) = mpsc::channel(4);
    let ask = LogQuery { group: "/aws/lambda/svc".into(), ..LogQuery::default() };
    let mut follower = Follower {
        source: &source,
        ask: &ask,
        options,
        news: &news,
        window: LogWindow::new(options.from, MOST),
        newest: options.from,
        changed: Instant::now(),
        session: 0,
        missing: false,
    };
    let mut shown: Vec<LogEvent> = Vec::new();
    let stopped = {
        let mut run = std::pin::pin!(follower.run());
        loop {
            tokio::select! {
                biased;
                Some((3, news)) = heard.recv() => if let News::Events(events) = news { shown.extend(events) },
                stopped = &mut run => break stopped,
            }
        }
    };
    assert!(matches!(stopped, FollowStop::Done));
    while let Ok((3, News::Events(events))) = heard.try_recv() {
        shown.extend(events);
    }
    assert_eq!(shown.len(), events.len(), "events shown, of those there are");
    let by_stream = |events: &mut dyn Iterator<Item = &LogEvent>| {
        let mut streams: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
        events
            .for_each(|event| streams.entry(event.stream.clone()).or_default().push((event.at, event.message.clone())));
        streams
    };
    let there = by_stream(&mut events.iter().map(|stored| &stored.event));
    let seen = by_stream(&mut shown.iter());
    for (stream, there) in &there {
        let wrong = there.iter().zip(&seen[stream]).find(|(there, seen)| there != seen);
        assert_eq!(wrong, None, "{stream}: the first that is shown in another order");
    }
    // Flat: what came within the overlap and the time that a tail may lag, however long it is followed.
    let (rate, widest) = (count / usize::try_from(seconds).unwrap(), source.widest.get());
    let overlap = usize::try_from(OVERLAP_MS / 1000).unwrap();
    let flat = (rate + 1) * (overlap + 60) * 2;
    assert!(widest < flat, "{widest} events were in the window, at {rate} a second");
    assert!(follower.window.len() < flat && follower.window.len() < MOST, "{} are left", follower.window.len());
    source.calls.take()
}

const FINE: Weather =
    Weather { throttled: 0.0, broken: 0.0, token_refused: 0.0, tail_ends: 0.0, sampled: 0.0, tail: true };

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_events_by_tail_with_reconnects_throttles_and_samples() {
    let weather =
        Weather { throttled: 0.1, broken: 0.05, token_refused: 0.1, tail_ends: 0.02, sampled: 0.02, tail: true };
    let calls = follows(100_000, 1500, 1000, weather).await;
    assert!(calls["sessions"] > 10 && calls["throttled"] > 20, "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_events_by_polls_with_throttles_and_lost_tokens() {
    let weather = Weather { throttled: 0.1, broken: 0.05, token_refused: 0.05, tail: false, ..FINE };
    let calls = follows(100_000, 1500, 700, weather).await;
    assert!(calls["throttled"] > 100 && calls["refused"] > 20 && !calls.contains_key("sessions"), "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn a_quiet_tail_is_asked_rarely() {
    let calls = follows(60, 600, 1000, FINE).await;
    assert!(calls["sessions"] == 1 && calls["pages"] < 40, "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn what_no_waiting_mends_ends_it_and_a_missing_group_is_waited_for() {
    struct Refusing(Cell<u32>, Class);
    impl LogSource for Refusing {
        type Tail = Session;
        async fn page(&self, _: &LogQuery, _: i64, _: Option<i64>, _: Option<&str>) -> Result<LogPage, AwsError> {
            self.0.set(self.0.get() + 1);
            if self.0.get() < 4 { Err(error(self.1)) } else { Ok(LogPage::default()) }
        }
        async fn tail(&self, _: &LogQuery) -> Result<Session, AwsError> {
            Err(error(Class::Denied))
        }
    }
    let options = FollowOptions {
        number: 3,
        from: 0,
        tail: false,
        until: Some(Instant::now() + Duration::from_secs(60)),
        clock: &Clock::told(|| Some(i64::MAX)),
    };
    let ask = LogQuery { group: "g".into(), ..LogQuery::default() };
    let (news, mut heard) = mpsc::channel(100);
    let refused = follow(&Refusing(Cell::new(0), Class::Denied), &ask, options, &news).await;
    assert_eq!(refused.map_err(|error| error.class), Err(Class::Denied));
    follow(&Refusing(Cell::new(0), Class::NotFound), &ask, options, &news).await.unwrap();
    let said = heard.try_recv().unwrap();
    assert_eq!(said, (3, News::Note("there is no log group g yet: waiting for its first event".into())));
    assert!(heard.try_recv().is_err(), "said once");
}
