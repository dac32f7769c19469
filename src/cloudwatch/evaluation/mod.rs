//! CloudWatch's evaluation of alarms as plain functions over the past of metrics: no clock, no network.
//!
//! definition ─ condition ─┐
//!           └─ watched ───┴─ replay ─ timeline     (what is known of the past -> slots -> evaluations -> states)
//!                             └─ reason  └─ composite ─ suppression  (the words of a change; states of others -> states -> actions)

mod breach_counts;
pub mod composite;
pub mod condition;
pub mod need;
pub mod past;
pub mod promql;
pub mod reason;
#[cfg(test)]
mod reason_tests;
pub mod replay;
pub mod results;
pub mod series;
pub mod suppression;
pub mod timeline;
pub mod watched;
mod windows;
