//! What came of the requests. Pure.

use crate::ops::logs::summary::Percentiles;
use std::collections::BTreeMap;
use std::time::Duration;

/// What came of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestOutcome {
    pub answer: TrafficResponse,
    /// It was meant to make the function raise.
    pub raising: bool,
    /// From sending to the whole answer.
    pub took: Duration,
    /// From when it was due to the whole answer.
    pub felt: Duration,
    /// From when it was due until it was sent, where too many were on their way.
    pub waited: Duration,
    /// Milliseconds that a cold start took, where Lambda said so.
    pub init_ms: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrafficResponse {
    /// Of HTTP, whether it came over HTTP or in what the function gave back.
    Status(u16),
    /// The function gave back something that is no HTTP answer.
    Other,
    /// The function raised: kind and message. Lambda counts it under Errors.
    Raised(String),
    /// No answer; why, in words.
    Failed(String),
}

#[derive(Debug, Clone, Default)]
pub struct Tally {
    took_ms: Vec<f64>,
    felt_ms: Vec<f64>,
    /// Sent late, because too many were on their way.
    pub late: usize,
    pub statuses: BTreeMap<u16, usize>,
    pub others: usize,
    /// What was raised, and how often.
    pub raised: BTreeMap<String, usize>,
    pub failed: BTreeMap<String, usize>,
    /// Requests that were meant to raise, and those of them that did.
    pub raising: usize,
    pub raised_as_meant: usize,
    pub cold_starts: usize,
    pub init_ms: Vec<f64>,
    /// On their way when it was interrupted.
    pub unanswered: usize,
    pub unsent: usize,
    pub interrupted: bool,
    pub took: Duration,
}

/// Later than this is late.
const LATE: Duration = Duration::from_millis(20);

impl Tally {
    pub fn add(&mut self, outcome: RequestOutcome) {
        let raised = matches!(outcome.answer, TrafficResponse::Raised(_));
        self.raising += usize::from(outcome.raising);
        self.raised_as_meant += usize::from(outcome.raising && raised);
        self.late += usize::from(outcome.waited > LATE);
        if let Some(milliseconds) = outcome.init_ms {
            self.cold_starts += 1;
            self.init_ms.push(milliseconds as f64);
        }
        match outcome.answer {
            TrafficResponse::Status(status) => *self.statuses.entry(status).or_default() += 1,
            TrafficResponse::Other => self.others += 1,
            TrafficResponse::Raised(what) => *self.raised.entry(what).or_default() += 1,
            // What had no answer has no latency.
            TrafficResponse::Failed(why) => {
                *self.failed.entry(why).or_default() += 1;
                return;
            }
        }
        self.took_ms.push(outcome.took.as_secs_f64() * 1e3);
        self.felt_ms.push(outcome.felt.as_secs_f64() * 1e3);
    }

    /// Requests that are done with, well or not.
    pub fn answered(&self) -> usize {
        self.took_ms.len() + self.failed()
    }

    pub fn failed(&self) -> usize {
        self.failed.values().sum()
    }

    pub fn raised(&self) -> usize {
        self.raised.values().sum()
    }

    /// Milliseconds from sending.
    pub fn took(&self) -> Option<Percentiles> {
        Percentiles::of(self.took_ms.clone())
    }

    /// Milliseconds from when each was due.
    pub fn felt(&self) -> Option<Percentiles> {
        Percentiles::of(self.felt_ms.clone())
    }

    /// Requests that were to raise and did not.
    pub fn not_raised(&self) -> usize {
        self.raising - self.raised_as_meant
    }
}
