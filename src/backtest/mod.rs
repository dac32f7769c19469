//! What alarms would have done: CloudWatch's evaluation, which is `cloudwatch`'s, over the past of metrics. Only `history::fetch`,
//! `verify` and `for_plan` ask AWS; the rest knows neither clock nor network.
//!
//! history ─ (evaluation of the member) ─ verdict, suggest, incidents, pages, budget, sketch     (what metrics said -> states -> figures)

pub mod budget;
pub mod for_plan;
pub mod history;
pub mod incidents;
pub mod judge;
mod muted;
pub mod notation;
pub mod pages;
#[cfg(test)]
mod promtool_tests;
pub mod sketch;
pub mod suggest;
#[cfg(test)]
mod tests;
pub mod verdict;
pub mod verify;

pub use history::MetricHistory;
pub use judge::{BacktestRequest, EvaluatedAlarm};
pub use mlops_cloudwatch::evaluation::condition::EvaluationOptions;
pub use suggest::{HalfTried, Suggestion};
pub use verdict::{BacktestVerdict, Figures};
