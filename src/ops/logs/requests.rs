//! Which request a line belongs to. Lambda runs one request at a time in an execution environment, and writes the log of each
//! environment into a stream of its own: what stands between START and REPORT belongs together. Pure.

use super::line::{LineKind, LogLine};
use super::source::LogEvent;
use std::collections::BTreeMap;

/// The most streams that are remembered; an environment that is gone never says so.
const MOST_STREAMS: usize = 5_000;

/// A line with all that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestLine {
    /// Index of the log group it was asked of.
    pub group: usize,
    pub event: LogEvent,
    pub line: LogLine,
    /// Its own, or that of the request that was running.
    pub request_id: Option<String>,
}

#[derive(Debug, Default)]
pub struct RequestJoiner {
    /// By group and stream: the running request, and when it was last heard of.
    running: BTreeMap<(usize, String), (String, i64)>,
}

impl RequestJoiner {
    /// Takes the event apart and finds its request. Events of a stream have to come in order.
    pub fn entry(&mut self, group: usize, event: LogEvent) -> RequestLine {
        let line = LogLine::parse(&event.message);
        let key = (group, event.stream.clone());
        let running = self.running.get(&key).map(|(id, _)| id.clone());
        let request_id = match (&line.request_id, &line.kind) {
            (Some(own), _) => Some(own.clone()),
            (None, LineKind::InitStart) => None,
            (None, _) => running,
        };
        match (&line.kind, &request_id) {
            (LineKind::Report(_) | LineKind::InitStart, _) => drop(self.running.remove(&key)),
            (_, Some(id)) => drop(self.running.insert(key, (id.clone(), event.at))),
            (_, None) => {}
        }
        if self.running.len() > MOST_STREAMS {
            let mut times: Vec<i64> = self.running.values().map(|(_, at)| *at).collect();
            let (_, middle, _) = times.select_nth_unstable(MOST_STREAMS / 2);
            let middle = *middle;
            self.running.retain(|_, (_, at)| *at > middle);
        }
        RequestLine { group, event, line, request_id }
    }
}

/// Collects the lines of each request, and gives them out when it has ended.
#[derive(Debug, Default)]
pub struct Grouping {
    open: BTreeMap<(usize, String), Vec<RequestLine>>,
    /// Lines that wait.
    waiting: usize,
}

/// The most lines that wait for the end of their requests.
const MOST_WAITING: usize = 50_000;

impl Grouping {
    /// The lines that can be shown now: a whole request, or a line that belongs to none.
    pub fn add(&mut self, entry: RequestLine) -> Vec<RequestLine> {
        let Some(id) = &entry.request_id else { return vec![entry] };
        let (key, ends) = ((entry.group, id.clone()), entry.line.report().is_some());
        let lines = self.open.entry(key.clone()).or_default();
        lines.push(entry);
        self.waiting += 1;
        if ends {
            return self.close(&key);
        }
        if self.waiting > MOST_WAITING {
            // A request whose end was never written, first: the one that began first.
            let first = self.open.iter().min_by_key(|(_, lines)| lines.first().map(|entry| entry.event.at));
            let first = first.map(|(key, _)| key.clone());
            return first.map(|key| self.close(&key)).unwrap_or_default();
        }
        Vec::new()
    }

    /// All that is left, a request after the other.
    pub fn rest(&mut self) -> Vec<Vec<RequestLine>> {
        self.waiting = 0;
        let mut rest: Vec<Vec<RequestLine>> = std::mem::take(&mut self.open).into_values().collect();
        rest.sort_by_key(|lines| lines.first().map(|entry| entry.event.at));
        rest
    }

    fn close(&mut self, key: &(usize, String)) -> Vec<RequestLine> {
        let lines = self.open.remove(key).unwrap_or_default();
        self.waiting -= lines.len();
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(stream: &str, at: i64, message: &str) -> LogEvent {
        LogEvent { id: at.to_string(), stream: stream.into(), at, message: message.into() }
    }

    const LINES: [(&str, &str); 9] = [
        ("a", "INIT_START Runtime Version: provided:al2023.v1"),
        ("a", "loading"),
        ("a", "START RequestId: r1 Version: $LATEST"),
        ("b", "START RequestId: r2 Version: $LATEST"),
        ("a", "INFO hello"),
        ("b", "Traceback (most recent call last):"),
        ("a", "END RequestId: r1"),
        ("a", "REPORT RequestId: r1 Duration: 1 ms"),
        ("a", "after it"),
    ];

    #[test]
    fn lines_belong_to_the_request_of_their_stream() {
        let mut requests = RequestJoiner::default();
        let ids: Vec<Option<String>> = LINES
            .iter()
            .enumerate()
            .map(|(n, (stream, text))| requests.entry(0, event(stream, n as i64, text)).request_id)
            .collect();
        let ids: Vec<&str> = ids.iter().map(|id| id.as_deref().unwrap_or("-")).collect();
        assert_eq!(ids, ["-", "-", "r1", "r2", "r1", "r2", "r1", "r1", "-"]);
    }

    #[test]
    fn a_request_comes_whole_and_what_never_ends_comes_at_the_end() {
        let (mut requests, mut grouping) = (RequestJoiner::default(), Grouping::default());
        let mut shown: Vec<Vec<i64>> = Vec::new();
        for (n, (stream, text)) in LINES.iter().enumerate() {
            let ready = grouping.add(requests.entry(0, event(stream, n as i64, text)));
            if !ready.is_empty() {
                shown.push(ready.iter().map(|entry| entry.event.at).collect());
            }
        }
        assert_eq!(shown, [vec![0], vec![1], vec![2, 4, 6, 7], vec![8]]);
        let rest: Vec<Vec<i64>> =
            grouping.rest().iter().map(|lines| lines.iter().map(|entry| entry.event.at).collect()).collect();
        assert_eq!(rest, [[3, 5]]);
    }

    #[test]
    fn streams_that_are_gone_are_forgotten() {
        let mut requests = RequestJoiner::default();
        for n in 0..20_000_i64 {
            requests.entry(0, event(&n.to_string(), n, "START RequestId: r Version: 1"));
        }
        assert!(requests.running.len() <= MOST_STREAMS);
        assert_eq!(requests.entry(0, event("19999", 20_000, "x")).request_id.as_deref(), Some("r"));
    }
}
