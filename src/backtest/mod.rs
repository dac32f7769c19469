//! What alarms would have done: CloudWatch's evaluation as plain functions over the past of metrics. Only `history::fetch`,
//! `verify` and `for_plan` ask AWS; the rest knows neither clock nor network.
//!
//! alarm ─ condition ─┐
//!       └ watched ───┴─ replay ─ timeline ─ verdict, suggest     (history -> slots -> evaluations -> states -> figures)
//!                                   └─ composite                 (states of others -> states)

pub mod composite;
pub mod condition;
pub mod for_plan;
pub mod history;
pub mod judge;
pub mod notation;
pub mod reason;
pub mod replay;
pub mod series;
pub mod sketch;
pub mod suggest;
#[cfg(test)]
mod tests;
pub mod timeline;
pub mod verdict;
pub mod verify;
pub mod watched;

pub use condition::Options;
pub use history::{History, Past};
pub use judge::{Asking, Judged};
pub use suggest::Suggestion;
pub use verdict::{Figures, Verdict};
