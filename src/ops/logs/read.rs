//! Reads what is stored, of one or several log groups, in order of time, page by page.

use super::source::{FILTER, LogEvent, LogPage, LogQuery, LogSource};
use crate::aws::{AwsError, Class};
use futures_util::future::try_join_all;
use std::collections::{BTreeSet, VecDeque};
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::time::Instant;

/// Ids that are remembered, so that pages which overlap show nothing twice.
const REMEMBERED: usize = 20_000;

/// Hands every event between `from` and `until` (milliseconds, both included) on, with the index of its group, until it is told to
/// stop. A page of each group is in memory.
///
/// # Errors
/// What is left after the paced repeats of a call; all that came before it was handed on.
pub async fn read<S: LogSource>(
    source: &S,
    asks: &[LogQuery],
    from: i64,
    until: Option<i64>,
    mut take: impl FnMut(usize, LogEvent) -> ControlFlow<()>,
) -> Result<(), AwsError> {
    let mut readers: Vec<LogReader<'_>> = asks.iter().map(|ask| LogReader::new(ask, from, until)).collect();
    loop {
        try_join_all(readers.iter_mut().map(|reader| reader.fill(source))).await?;
        // As long as every group has something to compare with, the earliest of all is next.
        while readers.iter().all(|reader| reader.is_over || !reader.events.is_empty()) {
            let earliest =
                readers.iter().enumerate().filter_map(|(n, reader)| Some((reader.events.front()?.at, n))).min();
            let Some((_, n)) = earliest else { return Ok(()) };
            if let Some(event) = readers[n].events.pop_front()
                && take(n, event).is_break()
            {
                return Ok(());
            }
        }
    }
}

/// Page after page came, and nothing on any of them.
fn fruitless(group: &str, patience: Duration) -> AwsError {
    let message = format!(
        "nothing was found in {group} in {} s of looking, and there is more: name a shorter time, or wait longer with \
         MLOPSCTL_DEADLINE",
        patience.as_secs()
    );
    AwsError { op: FILTER, class: Class::Transient, code: "Fruitless".into(), message }
}

struct LogReader<'a> {
    ask: &'a LogQuery,
    from: i64,
    until: Option<i64>,
    token: Option<String>,
    is_over: bool,
    events: VecDeque<LogEvent>,
    seen: BTreeSet<(i64, String)>,
}

impl<'a> LogReader<'a> {
    fn new(ask: &'a LogQuery, from: i64, until: Option<i64>) -> Self {
        Self { ask, from, until, token: None, is_over: false, events: VecDeque::new(), seen: BTreeSet::new() }
    }

    /// Fetches until there is an event or nothing more.
    async fn fill(&mut self, source: &impl LogSource) -> Result<(), AwsError> {
        let began = Instant::now();
        while self.events.is_empty() && !self.is_over {
            if began.elapsed() > source.patience() {
                return Err(fruitless(&self.ask.group, source.patience()));
            }
            match source.page(self.ask, self.from, self.until, self.token.as_deref()).await {
                Ok(page) => self.take(page),
                // The token has grown too old: on from the last event, unless that leads nowhere.
                Err(error) if error.is(Class::Refused) && self.token.is_some() => {
                    let last = self.seen.last().map_or(self.from, |(at, _)| *at);
                    if last <= self.from {
                        return Err(error);
                    }
                    (self.from, self.token) = (last, None);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn take(&mut self, page: LogPage) {
        let mut events = page.events;
        // What lies outside of the time asked for is no answer to it: pages of such alone are fruitless, and end.
        events.retain(|event| event.at >= self.from && self.until.is_none_or(|until| event.at <= until));
        events.retain(|event| self.seen.insert((event.at, event.id.clone())));
        events.sort_by_key(|event| event.at);
        self.events.extend(events);
        while self.seen.len() > REMEMBERED {
            self.seen.pop_first();
        }
        // A token that comes again leads nowhere.
        self.is_over = page.next.is_none() || page.next == self.token;
        self.token = page.next;
    }
}
