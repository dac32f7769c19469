//! The logs of functions: which group a function writes to, reading and following it without losing or doubling a line, and
//! what the lines say.

pub mod follow;
pub mod json;
pub mod level;
pub mod line;
mod parse;
pub mod place;
pub mod read;
pub mod report;
pub mod requests;
#[cfg(test)]
mod sandbox_tests;
mod signs;
pub mod source;
pub mod summary;
pub mod window;

pub use follow::{News, follow};
pub use level::Level;
pub use line::Line;
pub use place::{NoFunction, Place, find};
pub use read::read;
pub use requests::{Entry, Grouping, Requests};
pub use summary::Summary;

/// Which lines are wanted, beyond what CloudWatch filters.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// At least so bad.
    pub level: Option<Level>,
    /// Of this request; a beginning of its id will do.
    pub request_id: Option<String>,
}

impl Wanted {
    pub fn wants(&self, entry: &Entry) -> bool {
        let of_request = |wanted: &String| entry.request_id.as_ref().is_some_and(|id| id.starts_with(wanted.as_str()));
        self.level.is_none_or(|level| entry.line.severity() >= level) && self.request_id.as_ref().is_none_or(of_request)
    }
}
