//! Tests of alarms as one tests code: series in, expected states and notifications out. Offline, by the evaluator of `backtest`.

#[cfg(test)]
mod documented_tests;
mod file;
mod run;
#[cfg(test)]
mod tests;

pub use file::read;
pub use run::{CaseOutcome, run};
