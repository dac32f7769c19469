//! Tests of alarms as one tests code: series in, expected states and notifications out. Offline, by the evaluator of `backtest`.

mod file;
mod run;
#[cfg(test)]
mod tests;

pub use file::{Case, File, read};
pub use run::{Outcome, run};
