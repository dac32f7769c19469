//! REPORT lines summed up: how long, how cold, how full, what failed. Pure; keeps numbers of every request, texts of a few.

use super::level::LogLevel;
use super::line::LineKind;
use super::report::{InvocationReport, InvocationStatus};
use super::requests::RequestLine;
use std::collections::{BTreeMap, BTreeSet};

/// How many of the slowest and of the failed requests are named.
const NAMED: usize = 5;

#[derive(Debug, Clone, Default)]
pub struct LogSummary {
    /// Milliseconds since 1970, of the first and the last line.
    pub from: Option<i64>,
    pub until: Option<i64>,
    pub lines: usize,
    /// Lines of the function by level, as far as they have one.
    pub levels: BTreeMap<LogLevel, usize>,
    /// Milliseconds of every reported request.
    durations: Vec<f64>,
    billed_ms: f64,
    /// Milliseconds of every cold start.
    inits: Vec<f64>,
    /// Megabytes: what the function has (of the last report), and the most that was used.
    pub memory_size_mb: Option<f64>,
    pub max_memory_mb: Option<f64>,
    pub timeouts: usize,
    pub out_of_memory: usize,
    /// Requests that ended badly, for whatever reason: those above, exits, and errors that the function reported.
    failed: BTreeMap<String, Failed>,
    failed_count: usize,
    pub slowest: Vec<NotableRequest>,
}

/// A request that is worth a look.
#[derive(Debug, Clone, PartialEq)]
pub struct NotableRequest {
    pub request_id: String,
    pub at: i64,
    pub duration_ms: f64,
    pub init_ms: Option<f64>,
}

/// A request that ended badly.
#[derive(Debug, Clone, PartialEq)]
pub struct Failed {
    pub at: i64,
    pub why: String,
}

/// Milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentiles {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
}

impl Percentiles {
    /// By closest rank: the smallest value that so many percent do not exceed. `None` of no values.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.retain(|value| value.is_finite());
        values.sort_by(f64::total_cmp);
        let max = *values.last()?;
        let rank = |share: f64| values[((share * values.len() as f64).ceil() as usize).clamp(1, values.len()) - 1];
        Some(Self { p50: rank(0.5), p95: rank(0.95), p99: rank(0.99), max })
    }
}

impl LogSummary {
    pub fn add(&mut self, entry: &RequestLine) {
        let at = entry.event.at;
        self.lines += 1;
        self.from = Some(self.from.map_or(at, |from| from.min(at)));
        self.until = Some(self.until.map_or(at, |until| until.max(at)));
        if let Some(level) = entry.line.level {
            *self.levels.entry(level).or_default() += 1;
        }
        let why = match &entry.line.kind {
            LineKind::Report(report) => {
                self.report(report, entry);
                return;
            }
            LineKind::TimedOut { .. } => "timed out",
            LineKind::OutOfMemory => "out of memory",
            LineKind::Crashed => "the process ended",
            LineKind::Unhandled => "unhandled exception",
            _ => return,
        };
        self.fail(entry.request_id.as_deref(), at, why);
    }

    fn report(&mut self, report: &InvocationReport, entry: &RequestLine) {
        self.durations.push(report.duration_ms);
        self.billed_ms += report.billed_ms.unwrap_or(report.duration_ms);
        self.inits.extend(report.init_ms);
        self.memory_size_mb = report.memory_size_mb.or(self.memory_size_mb);
        self.max_memory_mb = self.max_memory_mb.into_iter().chain(report.max_memory_mb).reduce(f64::max);
        let id = report.request_id.clone().or_else(|| entry.request_id.clone());
        let (at, shown) = (entry.event.at, id.clone().unwrap_or_else(|| "-".to_owned()));
        let waited = report.duration_ms + report.init_ms.unwrap_or(0.0);
        let place = self.slowest.partition_point(|named| named.duration_ms + named.init_ms.unwrap_or(0.0) >= waited);
        let named = NotableRequest { request_id: shown, at, duration_ms: report.duration_ms, init_ms: report.init_ms };
        self.slowest.insert(place, named);
        self.slowest.truncate(NAMED);
        if report.is_out_of_memory() {
            self.fail(id.as_deref(), at, "out of memory");
        } else if report.status == InvocationStatus::Timeout {
            self.fail(id.as_deref(), at, "timed out");
        } else if report.is_failed() {
            let why = report.error_type.as_deref().unwrap_or("error");
            self.fail(id.as_deref(), at, why);
        }
    }

    /// Of several lines on one request the most telling counts; it is one failure.
    fn fail(&mut self, id: Option<&str>, at: i64, why: &str) {
        let id = id.map_or_else(|| format!("- {at}"), str::to_owned);
        let weight = |why: &str| match why {
            "out of memory" => 3,
            "timed out" => 2,
            "the process ended" => 1,
            _ => 0,
        };
        let before = self.failed.get(&id).map(|failed| failed.why.clone());
        self.failed_count += usize::from(before.is_none());
        if before.as_deref().is_some_and(|before| weight(before) >= weight(why)) {
            return;
        }
        for (reason, count) in [("out of memory", &mut self.out_of_memory), ("timed out", &mut self.timeouts)] {
            *count += usize::from(reason == why);
            *count -= usize::from(before.as_deref() == Some(reason));
        }
        self.failed.insert(id, Failed { at, why: why.to_owned() });
        // A few hundred, of which the last are named; their lines come within a moment of each other.
        while self.failed.len() > 100 * NAMED {
            let oldest = self.failed.iter().min_by_key(|(_, failed)| failed.at).map(|(id, _)| id.clone());
            self.failed.remove(&oldest.unwrap_or_default());
        }
    }

    pub fn requests(&self) -> usize {
        self.durations.len()
    }

    pub fn durations(&self) -> Option<Percentiles> {
        Percentiles::of(self.durations.clone())
    }

    /// What whoever waited for a cold start waited longer.
    pub fn inits(&self) -> Option<Percentiles> {
        Percentiles::of(self.inits.clone())
    }

    pub fn cold_starts(&self) -> usize {
        self.inits.len()
    }

    /// Milliseconds that cold starts added to the average request.
    pub fn cold_cost_ms(&self) -> Option<f64> {
        (!self.durations.is_empty()).then(|| self.inits.iter().sum::<f64>() / self.durations.len() as f64)
    }

    pub fn billed_ms(&self) -> f64 {
        self.billed_ms
    }

    /// Lines of the function at ERROR and above.
    pub fn error_lines(&self) -> usize {
        self.levels.iter().filter(|(level, _)| **level >= LogLevel::Error).map(|(_, count)| count).sum()
    }

    pub fn failed(&self) -> usize {
        self.failed_count
    }

    /// Why requests ended badly, each reason once.
    pub fn reasons(&self) -> BTreeSet<&str> {
        self.failed.values().map(|failed| failed.why.as_str()).collect()
    }

    /// The last ones, latest first.
    pub fn last_failed(&self) -> Vec<(&str, &Failed)> {
        let mut failed: Vec<(&str, &Failed)> = self.failed.iter().map(|(id, failed)| (id.as_str(), failed)).collect();
        failed.sort_by_key(|(_, failed)| std::cmp::Reverse(failed.at));
        failed.truncate(NAMED);
        failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::logs::requests::RequestJoiner;
    use crate::ops::logs::source::LogEvent;

    fn summary(lines: &[&str]) -> LogSummary {
        let (mut requests, mut summary) = (RequestJoiner::default(), LogSummary::default());
        for (n, line) in lines.iter().enumerate() {
            let event = LogEvent { id: n.to_string(), stream: "s".into(), at: n as i64, message: (*line).to_owned() };
            summary.add(&requests.entry(0, event));
        }
        summary
    }

    #[test]
    fn sums_up_what_was_reported() {
        let found = summary(&[
            "START RequestId: a Version: 1",
            "[ERROR]\t2026-11-22T10:05:00.123Z\t79b4f56e-95b1-4643-9700-2807f4e68189\tno",
            "REPORT RequestId: a Duration: 100 ms Billed Duration: 300 ms Memory Size: 512 MB Max Memory Used: 60 MB Init Duration: 200 ms",
            "REPORT RequestId: b Duration: 10 ms Billed Duration: 10 ms Memory Size: 512 MB Max Memory Used: 90 MB",
        ]);
        assert_eq!((found.requests(), found.cold_starts(), found.failed()), (2, 1, 0));
        assert_eq!(found.durations().unwrap(), Percentiles { p50: 10.0, p95: 100.0, p99: 100.0, max: 100.0 });
        assert_eq!((found.cold_cost_ms(), found.billed_ms()), (Some(100.0), 310.0));
        assert_eq!((found.memory_size_mb, found.max_memory_mb), (Some(512.0), Some(90.0)));
        assert_eq!(found.slowest[0].request_id, "a");
        assert_eq!(found.levels[&LogLevel::Error], 1);
    }

    #[test]
    fn several_lines_on_one_failure_are_one() {
        let found = summary(&[
            "START RequestId: a Version: 1",
            "2026-11-22T10:05:03.006Z a Task timed out after 3.00 seconds",
            "Task timed out after 3.00 seconds",
            "REPORT RequestId: a Duration: 3000 ms Status: timeout",
            "RequestId: b Error: Runtime exited with error: signal: killed\nRuntime.ExitError",
            "REPORT RequestId: b Duration: 10 ms Memory Size: 128 MB Max Memory Used: 128 MB Status: error Error Type: Runtime.ExitError",
            "RequestId: c Error: Runtime exited with error: exit status 1\nRuntime.ExitError",
            "REPORT RequestId: c Duration: 10 ms Status: error Error Type: Runtime.ExitError",
        ]);
        assert_eq!((found.failed(), found.timeouts, found.out_of_memory), (3, 1, 1));
        let last: Vec<(&str, &str)> =
            found.last_failed().iter().map(|(id, failed)| (*id, failed.why.as_str())).collect();
        assert_eq!(last, [("c", "the process ended"), ("b", "out of memory"), ("a", "timed out")]);
    }

    #[test]
    fn nothing_is_not_zero() {
        let found = summary(&[]);
        assert_eq!((found.durations(), found.inits(), found.cold_cost_ms()), (None, None, None));
    }
}
