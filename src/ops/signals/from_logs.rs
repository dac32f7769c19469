//! What only REPORT lines know: memory, cold starts and what they cost. Of many requests a sample is read, and said to be one.

use crate::aws::{Aws, AwsError, Class};
use crate::ops::logs::source::LogQuery;
use crate::ops::logs::summary::Percentiles;
use crate::ops::logs::{LogSummary, RequestJoiner, read as read_events};
use std::ops::ControlFlow;

/// REPORT lines in text and in JSON (user guide, "Filter pattern syntax": `?` is an or). Failures without one are not asked for.
const PATTERN: &str = "?\"REPORT RequestId\" ?\"platform.report\"";
/// About as many requests are looked at.
const SAMPLE: f64 = 5_000.0;
/// A sample is taken in so many parts of the period.
const PARTS: i64 = 10;

/// Of the requests whose REPORT lines were read.
#[derive(Debug, Clone, PartialEq)]
pub struct FromLogs {
    pub requests: usize,
    /// Not of all requests.
    pub is_sample: bool,
    pub cold_starts: usize,
    /// Milliseconds that a cold start took.
    pub init: Option<Percentiles>,
    /// Milliseconds that cold starts added to the average request.
    pub cold_cost_ms: Option<f64>,
    pub memory_size_mb: Option<f64>,
    pub max_memory_mb: Option<f64>,
    pub timeouts: usize,
    pub out_of_memory: usize,
}

impl FromLogs {
    fn of(summary: &LogSummary, is_sample: bool) -> Self {
        Self {
            requests: summary.requests(),
            is_sample,
            cold_starts: summary.cold_starts(),
            init: summary.inits(),
            cold_cost_ms: summary.cold_cost_ms(),
            memory_size_mb: summary.memory_size_mb,
            max_memory_mb: summary.max_memory_mb,
            timeouts: summary.timeouts,
            out_of_memory: summary.out_of_memory,
        }
    }

    /// The share of the memory that was used at most.
    pub fn memory_share(&self) -> Option<f64> {
        Some(self.max_memory_mb? / self.memory_size_mb.filter(|size| *size > 0.0)?)
    }
}

/// Reads the lines between `from` and `until` (seconds), of which about `expected` are there.
///
/// # Errors
/// What AWS says; a log group that is not there holds nothing.
pub async fn read(aws: &Aws, group: &str, from: i64, until: i64, expected: f64) -> Result<FromLogs, AwsError> {
    let ask = LogQuery { group: group.to_owned(), pattern: Some(PATTERN.to_owned()), streams: Vec::new() };
    let (mut summary, mut requests) = (LogSummary::default(), RequestJoiner::default());
    let slices = slices(from, until, expected);
    let is_sample = slices.len() > 1;
    for (from, until) in slices {
        let mut left = SAMPLE as usize;
        let ended = read_events(aws, std::slice::from_ref(&ask), from * 1000, Some(until * 1000 - 1), |_, event| {
            summary.add(&requests.entry(0, event));
            left -= 1;
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        match ended.await {
            Err(error) if error.is(Class::NotFound) => break,
            ended => ended?,
        }
    }
    Ok(FromLogs::of(&summary, is_sample))
}

/// All of the time, or evenly spread parts of it that hold about a sample.
fn slices(from: i64, until: i64, expected: f64) -> Vec<(i64, i64)> {
    if expected <= SAMPLE || until - from < PARTS * 2 {
        return vec![(from, until)];
    }
    let part = (until - from) / PARTS;
    let length = ((part as f64 * SAMPLE / expected) as i64).clamp(1, part);
    // The end of each part: what is newest is in it.
    (1..=PARTS).map(|n| (from + n * part - length, from + n * part)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_requests_a_spread_sample_is_read() {
        assert_eq!(slices(0, 10_800, 4_000.0), [(0, 10_800)]);
        let slices = slices(0, 10_800, 50_000.0);
        assert_eq!((slices.len(), slices[0], slices[9]), (10, (972, 1_080), (10_692, 10_800)));
    }
}
