//! Follows a log group: a tail where there is one, polls where there is none and wherever the tail may have missed something.
//! Every event once, in order within its stream; in memory only what the window holds.

use super::source::{LogEvent, LogPage, LogQuery, LogSource, LogTail, TailBatch};
use super::window::{LogWindow, MOST, Poll};
use crate::aws::{AwsError, Class, Clock};
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep, sleep_until};

/// Between two polls, while events come and after they have stopped.
const EAGER: Duration = Duration::from_secs(2);
const CALM: Duration = Duration::from_secs(5);
/// Polls beside a tail: what it left out without saying so.
const AUDIT: Duration = Duration::from_secs(30);
/// What was stored shortly before a session began is found only a moment later.
const SETTLE: Duration = Duration::from_secs(2);
const CATCH_UP_POLLS: usize = 5;
const LAST_LOOKS: usize = 3;
/// Before a tail that broke off, or could not be had, is tried again.
const REOPEN: Duration = Duration::from_secs(5);
const LASTED: Duration = Duration::from_secs(30);
const LONGEST_REOPEN: Duration = Duration::from_secs(300);
/// Before a poll that failed is tried again.
const AGAIN: Duration = Duration::from_secs(2);
const LONGEST_AGAIN: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// In the order in which they are to be shown.
    Events(Vec<LogEvent>),
    /// What to know about the following itself.
    Note(String),
}

#[derive(Debug, Clone, Copy)]
pub struct FollowOptions<'a> {
    /// Stands beside everything that is heard: which group it is of, for whoever follows several.
    pub number: usize,
    /// Milliseconds since 1970.
    pub from: i64,
    /// Whether a tail is wanted.
    pub tail: bool,
    /// When to stop; what was found until then is shown.
    pub until: Option<Instant>,
    pub clock: &'a Clock,
}

/// Why following goes no further.
enum FollowStop {
    Failed(AwsError),
    /// Nobody listens any more, or the time is over.
    Done,
}

impl From<AwsError> for FollowStop {
    fn from(error: AwsError) -> Self {
        FollowStop::Failed(error)
    }
}

/// Follows until `options.until`, or until nobody listens.
///
/// # Errors
/// What no waiting mends: a missing permission, credentials that are none, a pattern that CloudWatch refuses.
pub async fn follow<S: LogSource>(
    source: &S,
    ask: &LogQuery,
    options: FollowOptions<'_>,
    news: &Sender<(usize, News)>,
) -> Result<(), AwsError> {
    let mut follower = Follower {
        source,
        ask,
        options,
        news,
        window: LogWindow::new(options.from, MOST),
        newest: options.from,
        changed: Instant::now(),
        session: 0,
        missing: false,
    };
    match follower.run().await {
        FollowStop::Done => Ok(()),
        FollowStop::Failed(error) => Err(error),
    }
}

struct Follower<'a, S> {
    source: &'a S,
    ask: &'a LogQuery,
    options: FollowOptions<'a>,
    news: &'a Sender<(usize, News)>,
    window: LogWindow,
    /// The newest event, and when it was heard of.
    newest: i64,
    changed: Instant,
    session: u32,
    /// Said that the group is not there.
    missing: bool,
}

/// Whether, and when, a tail is tried.
struct Reopen {
    at: Option<Instant>,
    wait: Duration,
}

impl<S: LogSource> Follower<'_, S> {
    async fn run(&mut self) -> FollowStop {
        match self.go().await {
            Ok(()) => FollowStop::Done,
            Err(FollowStop::Failed(error)) => FollowStop::Failed(error),
            Err(FollowStop::Done) => match self.last_look().await {
                Err(FollowStop::Failed(error)) => FollowStop::Failed(error),
                _ => FollowStop::Done,
            },
        }
    }

    async fn go(&mut self) -> Result<(), FollowStop> {
        let mut reopen = Reopen { at: self.options.tail.then(Instant::now), wait: REOPEN };
        let mut gap = EAGER;
        loop {
            if reopen.at.is_some_and(|at| Instant::now() >= at) && !self.missing {
                match self.source.tail(self.ask).await {
                    Ok(tail) => {
                        let began = Instant::now();
                        self.tailed(tail).await?;
                        // One that lasted is taken up at once.
                        let lasted = began.elapsed() > LASTED;
                        reopen.wait = if lasted { REOPEN } else { (reopen.wait * 2).min(LONGEST_REOPEN) };
                        reopen.at = Some(if lasted { Instant::now() } else { Instant::now() + reopen.wait });
                    }
                    Err(error) => self.without_tail(&error, &mut reopen).await?,
                }
            }
            let found = self.poll().await?;
            gap = if found || self.window.is_holding() { EAGER } else { (gap * 3 / 2).min(CALM) };
            self.wait(gap).await?;
        }
    }

    /// Says once why it polls, and whether it will try again.
    async fn without_tail(&mut self, error: &AwsError, reopen: &mut Reopen) -> Result<(), FollowStop> {
        let first = reopen.wait == REOPEN;
        reopen.wait = (reopen.wait * 2).min(LONGEST_REOPEN);
        // Too many sessions, no network: that passes.
        let passes = matches!(error.class, Class::Throttled | Class::Transient | Class::Conflict | Class::Limit);
        reopen.at = passes.then(|| Instant::now() + reopen.wait);
        if first {
            self.note(format!("no Live Tail ({error}): asking every few seconds instead")).await?;
        }
        Ok(())
    }

    /// One session of a tail, until it ends, however it does.
    async fn tailed(&mut self, mut tail: S::Tail) -> Result<(), FollowStop> {
        self.session += 1;
        // What was stored before the session began, its tail will not bring; shown first, so that order is kept.
        self.poll().await?;
        self.wait(SETTLE).await?;
        let mut level = self.catch_up().await?;
        let mut audit = Instant::now() + AUDIT;
        while level {
            let next = tokio::select! {
                next = tail.next() => Some(next),
                () = sleep_until(audit) => None,
                () = until(self.options.until) => return Err(FollowStop::Done),
            };
            match next {
                Some(Ok(Some(TailBatch { events, sampled: false }))) => {
                    let ready = self.window.tail(self.session, events);
                    self.heard();
                    self.show(ready).await?;
                }
                // Something is missing from it: the store has all of it.
                Some(Ok(Some(TailBatch { sampled: true, .. }))) => {
                    self.wait(EAGER).await?;
                    level = self.catch_up().await?;
                }
                None => {
                    level = self.catch_up().await?;
                    audit = Instant::now() + AUDIT;
                }
                // Over, or broken off: polls find what comes until there is another session.
                Some(Ok(None) | Err(_)) => break,
            }
        }
        Ok(())
    }

    /// Polls until nothing is held back. False where that does not come to be: too much is written for a tail.
    async fn catch_up(&mut self) -> Result<bool, FollowStop> {
        for _ in 0..CATCH_UP_POLLS {
            self.poll().await?;
            if !self.window.is_holding() {
                return Ok(true);
            }
            self.wait(EAGER).await?;
        }
        Ok(false)
    }

    /// At the end nothing that was found stays unsaid.
    async fn last_look(&mut self) -> Result<(), FollowStop> {
        if self.news.is_closed() {
            return Ok(());
        }
        let mut looked = self.poll().await.map(drop);
        for _ in 0..LAST_LOOKS {
            if looked.is_ok() && !self.window.is_holding() {
                break;
            }
            sleep(EAGER).await;
            looked = self.poll().await.map(drop);
        }
        let rest = self.window.end(Poll::default());
        self.show(rest).await?;
        match looked {
            Err(FollowStop::Failed(error)) => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// One page. What passes is waited for and said once, and the page asked for again; what does not is an error.
    async fn page(&mut self, from: i64, token: Option<&str>) -> Result<LogPage, FollowStop> {
        let mut wait = AGAIN;
        loop {
            let error = match self.source.page(self.ask, from, None, token).await {
                Ok(page) => {
                    self.missing = false;
                    return Ok(page);
                }
                Err(error) => error,
            };
            match error.class {
                Class::NotFound if !self.missing => {
                    self.missing = true;
                    let group = &self.ask.group;
                    self.note(format!("there is no log group {group} yet: waiting for its first event")).await?;
                }
                Class::NotFound => {}
                Class::Throttled | Class::Transient | Class::Conflict | Class::Limit => {
                    if wait > AGAIN {
                        self.note(format!("{error}: trying again")).await?;
                    }
                }
                _ => return Err(error.into()),
            }
            self.wait(wait).await?;
            wait = (wait * 2).min(if error.is(Class::NotFound) { CALM } else { LONGEST_AGAIN });
        }
    }

    /// Asks for everything from the window's floor on.
    async fn poll(&mut self) -> Result<bool, FollowStop> {
        let (mut poll, mut found, began) = (Poll::default(), false, Instant::now());
        let from = self.window.floor();
        let mut token: Option<String> = None;
        loop {
            let page = match self.page(from, token.as_deref()).await {
                Ok(page) => page,
                Err(stop) => {
                    self.window.break_off(poll);
                    return match stop {
                        // A token that has grown too old: the next poll begins again.
                        FollowStop::Failed(error) if token.is_some() && error.is(Class::Refused) => Ok(found),
                        stop => Err(stop),
                    };
                }
            };
            let passed = page.events.iter().map(|event| event.at).max();
            self.window.page(&mut poll, page.events);
            self.heard();
            found |= poll.is_found();
            let is_last = page.next.is_none() || page.next == token;
            // In the middle only where there is much of it: that pages come in order is not promised.
            if is_last || passed.is_some() && self.window.is_full() {
                self.forget(if is_last { None } else { passed }, began).await?;
            }
            let ready = self.window.relieve(&mut poll);
            self.show(ready).await?;
            if is_last {
                break;
            }
            token = page.next;
        }
        let ready = self.window.end(poll);
        self.show(ready).await?;
        Ok(found)
    }

    /// Notes when the newest event was heard of.
    fn heard(&mut self) {
        if self.window.newest() > self.newest {
            (self.newest, self.changed) = (self.window.newest(), Instant::now());
        }
    }

    async fn forget(&mut self, passed: Option<i64>, began: Instant) -> Result<(), FollowStop> {
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let ago = millis(self.changed.saturating_duration_since(began))
            - millis(began.saturating_duration_since(self.changed));
        self.window.forget(passed, ago, self.options.clock.now_ms());
        if self.window.take_narrowed() {
            let note = format!("more than {MOST} lines at once: lines that are stored late may be missing");
            return self.note(note).await;
        }
        Ok(())
    }

    async fn show(&mut self, events: Vec<LogEvent>) -> Result<(), FollowStop> {
        if events.is_empty() {
            return Ok(());
        }
        self.news.send((self.options.number, News::Events(events))).await.map_err(|_| FollowStop::Done)
    }

    async fn note(&self, note: String) -> Result<(), FollowStop> {
        self.news.send((self.options.number, News::Note(note))).await.map_err(|_| FollowStop::Done)
    }

    async fn wait(&self, time: Duration) -> Result<(), FollowStop> {
        tokio::select! {
            () = sleep(time) => Ok(()),
            () = self.news.closed() => Err(FollowStop::Done),
            () = until(self.options.until) => Err(FollowStop::Done),
        }
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
