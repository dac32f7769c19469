//! A service level objective of a spec, as far as it is measured: its error budget, how its requests are counted, and which alarms
//! watch how fast the budget is spent. It is no resource: AWS has the alarms alone.

use super::{Address, Alarm};
use std::collections::BTreeSet;

/// Seconds: bad and all requests are counted hour by hour.
pub const COUNT_PERIOD: i64 = 3_600;

/// What is promised, and how it is counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Slo {
    pub name: String,
    /// Per cent of requests that have to be good.
    pub objective: f64,
    /// Per cent of requests that may be bad: the error budget.
    pub budget: f64,
    /// Seconds over which the objective holds.
    pub window: i64,
    /// Counts bad requests, each hour. An alarm as far as its queries go; it is in no spec and in no account.
    pub bad: Alarm,
    /// Counts all requests in the same way.
    pub total: Alarm,
    /// Those that are not switched off.
    pub alerts: Vec<BurnAlert>,
}

/// Two windows whose burn rates are both too high.
#[derive(Debug, Clone, PartialEq)]
pub struct BurnAlert {
    /// The composite alarm that notifies.
    pub composite: Address,
    /// How many times faster than it lasts the budget is spent.
    pub burn_rate: f64,
    /// Seconds of the longer window.
    pub long: i64,
    /// The names of the alarms on the two windows.
    pub parts: Vec<String>,
}

impl Slo {
    /// The composite alarms that notify, each once.
    pub fn composites(&self) -> impl Iterator<Item = &Address> {
        self.alerts.iter().map(|alert| &alert.composite).collect::<BTreeSet<_>>().into_iter()
    }

    /// The share of the error budget, 0 to 1, that is spent before an alert notifies, at its burn rate.
    pub fn spent_before(&self, alert: &BurnAlert) -> f64 {
        alert.burn_rate * alert.long as f64 / self.window as f64
    }
}
