//! The four golden signals of functions: latency, traffic, errors, saturation, now and in the period before. `read` asks AWS; what
//! the numbers mean is decided in `judge`, which is pure.

pub mod from_logs;
pub mod judge;
pub mod read;

pub use from_logs::FromLogs;
pub use judge::{SignalFinding, findings};
pub use read::{SignalsRequest, read};

use crate::resources::function::FunctionFacts;

/// Of all functions that were asked for. Times are seconds since 1970.
#[derive(Debug, Clone)]
pub struct GoldenSignals {
    pub region: String,
    /// The period before begins as long before `from` as `until` is after it.
    pub from: i64,
    pub until: i64,
    /// Seconds of one value of a curve.
    pub step: i64,
    /// Requests that the account may run at once in this region; absent where that could not be read.
    pub quota: Option<f64>,
    pub functions: Vec<FunctionSignals>,
    pub notes: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct FunctionSignals {
    pub name: String,
    pub facts: Option<FunctionFacts>,
    pub now: SignalWindow,
    pub before: SignalWindow,
    pub curves: SignalCurves,
    /// What REPORT lines say: memory and cold starts; absent where they could not be read, or were not asked for.
    pub logs: Option<FromLogs>,
}

/// One period. Durations in milliseconds; absent where nothing ran.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SignalWindow {
    pub invocations: f64,
    pub errors: f64,
    pub throttles: f64,
    pub p50: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    pub max: Option<f64>,
    /// The most requests at once.
    pub concurrency: Option<f64>,
}

/// Values of consecutive steps, the oldest first; NaN where there is none. Both periods: the first half is the one before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SignalCurves {
    pub invocations: Vec<f64>,
    pub errors: Vec<f64>,
    pub throttles: Vec<f64>,
    pub p95: Vec<f64>,
    pub concurrency: Vec<f64>,
}

impl SignalWindow {
    /// Errors of all invocations; absent where there were none.
    pub fn error_rate(&self) -> Option<f64> {
        (self.invocations > 0.0).then(|| self.errors / self.invocations)
    }
}

/// The half of a curve that is now.
pub fn current(curve: &[f64]) -> &[f64] {
    &curve[curve.len() / 2..]
}
