//! The logs of functions: which group a function writes to, reading and following it without losing or doubling a line, and
//! what the lines say.

pub mod follow;
pub mod json;
pub mod level;
pub mod line;
mod parse;
pub mod place;
pub mod read;
pub mod replay;
pub mod report;
pub mod requests;
#[cfg(test)]
mod sandbox_tests;
mod signs;
pub mod source;
mod sum;
pub mod summary;
pub mod window;

pub use follow::{News, follow};
pub use level::LogLevel;
pub use line::LogLine;
pub use place::{LogLocation, NoFunction, find};
pub use read::read;
pub use requests::{Grouping, RequestJoiner, RequestLine};
pub use sum::sum_up;
pub use summary::LogSummary;

/// Which lines are wanted, beyond what CloudWatch filters.
#[derive(Debug, Clone, Default)]
pub struct LineFilter {
    /// At least so bad.
    pub level: Option<LogLevel>,
    /// Of this request; a beginning of its id will do.
    pub request_id: Option<String>,
}

impl LineFilter {
    pub fn wants(&self, entry: &RequestLine) -> bool {
        let of_request = |wanted: &String| entry.request_id.as_ref().is_some_and(|id| id.starts_with(wanted.as_str()));
        self.level.is_none_or(|level| entry.line.severity() >= level) && self.request_id.as_ref().is_none_or(of_request)
    }
}
