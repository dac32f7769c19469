//! What was shown lately, so that nothing is shown twice and nothing is left out: polls overlap, since events are stored late,
//! and a tail brings what polls bring as well. Pure; as large as the events of the overlap, and never larger than its limit.

use super::source::LogEvent;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// How late an event may be stored and still be shown, in milliseconds. Lambda and CloudWatch need seconds.
pub const OVERLAP_MS: i64 = 30_000;
/// The most events that are remembered, at about 100 bytes each.
pub const MOST: usize = 100_000;

/// How far a tail may lag behind polls: it is not listened to while they catch up.
const TAIL_BEHIND_MS: i64 = 60_000;
/// The most events that wait for the next poll, give or take a page.
const HOLD: usize = 10_000;

#[derive(Debug)]
pub struct LogWindow {
    /// Nothing older is asked for; of all that is not older it is known whether it was shown.
    floor: i64,
    newest: i64,
    most: usize,
    /// Stored events that came: time and hash of the id.
    stored: BTreeSet<(i64, u64)>,
    /// Events that look alike: time and hash of stream and text.
    alike: BTreeMap<(i64, u64), LookalikeCount>,
    /// Found beyond the first page of the last poll, and not shown yet.
    held: Vec<LogEvent>,
    /// The limit was reached: events are remembered for less than the overlap.
    narrowed: bool,
}

/// How often what looks alike came, and was shown: what one way brings twice is there twice, what both ways bring may be the
/// same.
#[derive(Debug, Default)]
struct LookalikeCount {
    shown: u32,
    polled: u32,
    tailed: u32,
    /// The tail's session: another session counts anew.
    session: u32,
}

/// What one poll found.
#[derive(Debug, Default)]
pub struct Poll {
    first: Vec<LogEvent>,
    later: Vec<LogEvent>,
    pages: usize,
}

impl Poll {
    pub fn is_found(&self) -> bool {
        !self.first.is_empty() || !self.later.is_empty()
    }
}

impl LogWindow {
    pub fn new(floor: i64, most: usize) -> Self {
        Self {
            floor,
            newest: floor,
            most,
            stored: BTreeSet::new(),
            alike: BTreeMap::new(),
            held: Vec::new(),
            narrowed: false,
        }
    }

    pub fn newest(&self) -> i64 {
        self.newest
    }

    /// From when to ask.
    pub fn floor(&self) -> i64 {
        self.floor
    }

    /// Entries that are kept.
    pub fn len(&self) -> usize {
        self.stored.len().max(self.alike.len()) + self.held.len()
    }

    /// Whether it is worth forgetting something in the middle of a poll.
    pub fn is_full(&self) -> bool {
        self.len() > 2 * HOLD
    }

    pub fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// Whether, since the last time this was asked, the limit made it forget sooner than it should.
    pub fn take_narrowed(&mut self) -> bool {
        std::mem::take(&mut self.narrowed)
    }

    /// A page of a poll. What was shown already, or came before, is left out.
    pub fn page(&mut self, poll: &mut Poll, events: Vec<LogEvent>) {
        for event in events {
            self.newest = self.newest.max(event.at);
            if event.at < self.floor || !self.stored.insert((event.at, hash(&event.id))) {
                continue;
            }
            let count = self.alike.entry(key(&event)).or_default();
            count.polled += 1;
            if count.polled > count.shown {
                count.shown = count.polled;
                let list = if poll.pages == 0 { &mut poll.first } else { &mut poll.later };
                list.push(event);
            }
        }
        poll.pages += 1;
    }

    /// What is to be shown at the end of a poll that came to its end, in order.
    ///
    /// The first page is one look at everything. While further pages are fetched, events are stored whose place was passed
    /// already; their successors in the same stream, on a later page, must not be shown before them. So what later pages bring
    /// waits for the next poll, which finds those.
    pub fn end(&mut self, poll: Poll) -> Vec<LogEvent> {
        let mut ready = std::mem::take(&mut self.held);
        let mut last: BTreeMap<String, i64> = BTreeMap::new();
        for event in &ready {
            let slot = last.entry(event.stream.clone()).or_insert(event.at);
            *slot = (*slot).max(event.at);
        }
        ready.extend(poll.first);
        for event in poll.later {
            let passed = last.get(&event.stream).is_some_and(|last| event.at <= *last);
            if passed { ready.push(event) } else { self.held.push(event) }
        }
        ready.sort_by_key(|event| event.at);
        ready
    }

    /// Of a poll that broke off: what it found waits for one that does not, since it counts as shown.
    pub fn break_off(&mut self, poll: Poll) {
        self.held.extend(poll.first.into_iter().chain(poll.later));
    }

    /// What of a long poll is to be shown already, so that it does not fill the memory: its oldest part. That is history, of
    /// which nothing is being stored any more.
    pub fn relieve(&mut self, poll: &mut Poll) -> Vec<LogEvent> {
        if poll.later.len() <= 2 * HOLD {
            return Vec::new();
        }
        poll.later.sort_by_key(|event| event.at);
        let rest = poll.later.split_off(poll.later.len() - HOLD);
        let mut ready = std::mem::replace(&mut poll.later, rest);
        ready.append(&mut poll.first);
        let reached = ready.iter().map(|event| event.at).max().unwrap_or(i64::MIN);
        ready.extend(self.held.extract_if(.., |event| event.at <= reached));
        ready.sort_by_key(|event| event.at);
        ready
    }

    /// What is to be shown of a tail's batch, in order.
    pub fn tail(&mut self, session: u32, events: Vec<LogEvent>) -> Vec<LogEvent> {
        let mut ready = Vec::new();
        for event in events {
            self.newest = self.newest.max(event.at);
            if event.at < self.floor - TAIL_BEHIND_MS {
                // So late that no poll asks for it.
                ready.push(event);
                continue;
            }
            let count = self.alike.entry(key(&event)).or_default();
            if count.session != session {
                (count.session, count.tailed) = (session, 0);
            }
            count.tailed += 1;
            if count.tailed > count.shown {
                count.shown = count.tailed;
                ready.push(event);
            }
        }
        ready.sort_by_key(|event| event.at);
        ready
    }

    /// Forgets what a poll has made certain. It asked for everything up to `passed` (a time; `None`: for all there is), and began
    /// `ago` milliseconds before the newest event was heard of (negative: after it). At that moment it was later than the newest
    /// event is, so what is older by `ago` and the overlap was stored already, and was found. `now` only bounds events from the
    /// future: no clock has to be right.
    pub fn forget(&mut self, passed: Option<i64>, ago: i64, now: i64) {
        let newest = self.newest.min(now);
        let certain = newest.saturating_sub(ago).saturating_sub(OVERLAP_MS).min(newest);
        self.raise(certain.min(passed.unwrap_or(i64::MAX)));
        let beyond = self.stored.len().saturating_sub(self.most);
        if let Some((at, _)) = beyond.checked_sub(1).and_then(|last| self.stored.iter().nth(last)) {
            self.narrowed = true;
            self.raise(at.saturating_add(1));
        }
        let beyond = self.alike.len().saturating_sub(self.most);
        if let Some((at, _)) = beyond.checked_sub(1).and_then(|last| self.alike.keys().nth(last)) {
            self.alike = self.alike.split_off(&(at.saturating_add(1), 0));
        }
    }

    fn raise(&mut self, floor: i64) {
        if floor > self.floor {
            self.floor = floor;
            self.stored = self.stored.split_off(&(floor, 0));
            self.alike = self.alike.split_off(&(floor - TAIL_BEHIND_MS, 0));
        }
    }
}

fn key(event: &LogEvent) -> (i64, u64) {
    (event.at, hash(&(&event.stream, event.message.trim_end())))
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, stream: &str, at: i64) -> LogEvent {
        LogEvent { id: id.into(), stream: stream.into(), at, message: format!("{stream} {at}") }
    }

    fn poll(window: &mut LogWindow, pages: &[&[LogEvent]]) -> Vec<String> {
        let mut poll = Poll::default();
        pages.iter().for_each(|page| window.page(&mut poll, page.to_vec()));
        window.end(poll).into_iter().map(|event| event.id).collect()
    }

    #[test]
    fn polls_overlap_and_show_once() {
        let mut window = LogWindow::new(0, MOST);
        assert_eq!(poll(&mut window, &[&[event("1", "a", 10), event("2", "b", 20)]]), ["1", "2"]);
        assert_eq!(poll(&mut window, &[&[event("1", "a", 10), event("3", "c", 15), event("2", "b", 20)]]), ["3"]);
    }

    #[test]
    fn what_lies_behind_the_first_page_waits_for_what_it_may_have_overtaken() {
        let mut window = LogWindow::new(0, MOST);
        // a2 was stored after a1, and page one was read before a1 was.
        assert_eq!(poll(&mut window, &[&[event("b1", "b", 5)], &[event("a2", "a", 20), event("b2", "b", 30)]]), ["b1"]);
        let all = [event("b1", "b", 5), event("a1", "a", 10), event("a2", "a", 20), event("b2", "b", 30)];
        assert_eq!(poll(&mut window, &[&all[..1], &all[1..]]), ["a1", "a2", "b2"]);
        assert!(!window.is_holding());
    }

    #[test]
    fn tail_and_poll_bring_the_same_and_it_is_shown_once_or_as_often_as_it_is_there() {
        let mut window = LogWindow::new(0, MOST);
        let tailed = |at| LogEvent { id: String::new(), ..event("", "a", at) };
        assert_eq!(window.tail(1, vec![tailed(10), tailed(10), tailed(20)]).len(), 3);
        // The same three by polling, and two that the tail missed.
        let stored =
            [event("1", "a", 10), event("2", "a", 10), event("3", "a", 10), event("4", "a", 20), event("5", "a", 25)];
        assert_eq!(poll(&mut window, &[&stored]), ["3", "5"]);
        // Another session brings one of them again, and one that nobody had.
        assert_eq!(window.tail(2, vec![tailed(25), tailed(30)]).len(), 1);
        assert_eq!(poll(&mut window, &[&[event("6", "a", 30)]]), Vec::<String>::new());
    }

    #[test]
    fn the_floor_follows_the_newest_event_and_the_quiet_and_no_clock() {
        let mut window = LogWindow::new(0, MOST);
        poll(&mut window, &[&[event("1", "a", 1_000_000)]]);
        window.forget(None, 50, i64::MAX);
        assert_eq!(window.floor(), 1_000_000 - OVERLAP_MS - 50);
        window.forget(None, -OVERLAP_MS / 2, i64::MAX);
        assert_eq!(window.floor(), 1_000_000 - OVERLAP_MS / 2);
        window.forget(None, -OVERLAP_MS * 9, i64::MAX);
        assert_eq!(window.floor(), 1_000_000);
        assert_eq!(poll(&mut window, &[&[event("1", "a", 1_000_000)]]), Vec::<String>::new());
        // An event from the future does not carry the floor away, nor does a poll that has not come so far.
        poll(&mut window, &[&[event("2", "a", 9_000_000)]]);
        window.forget(None, 0, 1_000_100);
        assert_eq!(window.floor(), 1_000_000);
        window.forget(Some(2_000_000), 0, i64::MAX);
        assert_eq!(window.floor(), 2_000_000);
    }

    #[test]
    fn it_stays_small() {
        let mut window = LogWindow::new(0, 100);
        for n in 0..10_000 {
            poll(&mut window, &[&[event(&n.to_string(), "a", n / 7)]]);
            window.forget(None, 0, i64::MAX);
            assert!(window.len() <= 100, "{}", window.len());
        }
        assert!(window.take_narrowed() && !window.take_narrowed());
    }
}
