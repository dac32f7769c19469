//! What one line of a function's log says, taken apart. Reads no text: `parse` and `json` do.

use super::level::LogLevel;
use super::report::{InvocationReport, InvocationStatus};

/// A line, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLine {
    pub kind: LineKind,
    /// As written; what Lambda writes itself has none unless something is wrong.
    pub level: Option<LogLevel>,
    /// The request that the line itself names.
    pub request_id: Option<String>,
    /// What is left to read: without the time, the request and the level, which are said beside it.
    pub text: String,
}

#[derive(Debug, Clone, PartialEq)]
pub enum LineKind {
    /// An execution environment begins.
    InitStart,
    /// How long its beginning took; written where that failed or took long.
    InitReport {
        init_ms: Option<f64>,
        status: InvocationStatus,
    },
    Start,
    End,
    Report(InvocationReport),
    /// Lambda ended the request.
    TimedOut {
        seconds: Option<f64>,
    },
    /// The process was killed, or the runtime said that it had no memory left.
    OutOfMemory,
    /// The process ended before it answered.
    Crashed,
    /// An exception that the function did not catch: the request failed, whatever its report says.
    Unhandled,
    /// Lambda's other lines: X-Ray, extensions, telemetry.
    Platform,
    /// Metrics in the embedded format, which nobody reads.
    Metrics,
    /// Of the function.
    Function,
}

impl LogLine {
    /// How bad it is, where it does not say so itself: what failed is an error, the rest is ordinary.
    pub fn severity(&self) -> LogLevel {
        self.level.unwrap_or(match &self.kind {
            LineKind::TimedOut { .. } | LineKind::OutOfMemory | LineKind::Crashed | LineKind::Unhandled => {
                LogLevel::Error
            }
            LineKind::Report(report) if report.is_failed() => LogLevel::Error,
            LineKind::InitReport { status: InvocationStatus::Error | InvocationStatus::Timeout, .. } => LogLevel::Error,
            LineKind::Metrics => LogLevel::Debug,
            _ => LogLevel::Info,
        })
    }

    pub fn report(&self) -> Option<&InvocationReport> {
        match &self.kind {
            LineKind::Report(report) => Some(report),
            _ => None,
        }
    }
}
