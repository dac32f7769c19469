//! Tests of alarms as one tests code: series in, expected states and notifications out; and what the tests would not notice. Offline, by
//! the evaluator of `backtest`.

#[cfg(test)]
mod documented_tests;
mod file;
mod form;
#[cfg(test)]
mod given_tests;
mod mutation;
mod run;
mod saved;
#[cfg(test)]
mod saved_tests;
mod seen;
#[cfg(test)]
mod shipped_tests;
#[cfg(test)]
mod tests;
mod unwatched;

pub use file::{Expected, GivenResult, InputSeries, UnitTestCase, of_text, read};
pub use form::schema;
pub use mutation::{AlarmMutation, Mutant, mutate};
pub use run::{FileOutcome, run};
pub use saved::{PastAlarm, of_incident};
pub use unwatched::check;
