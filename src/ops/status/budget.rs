//! The error budgets of SLOs over their whole windows: one batched GetMetricData of hourly counts, and none where the spec has no SLO.

use super::StackStatus;
use crate::aws::Aws;
use crate::backtest::budget::{ErrorBudget, error_budget, needs};
use crate::backtest::history::fetch::{self, Detail};
use crate::resources::{COUNT_PERIOD, Slo};

/// An SLO and what is left of its error budget.
#[derive(Debug, Clone, PartialEq)]
pub struct SloStatus {
    pub slo: Slo,
    /// The error says why it is not known.
    pub budget: Result<ErrorBudget, String>,
    /// Whether AWS answered: what could not be read is asked for again, what nobody counted is not.
    pub is_read: bool,
}

/// Never fails: what could not be read is unknown. A `previous` status of the same hour knows the same.
pub async fn read(aws: &Aws, slos: Vec<Slo>, now: i64, previous: Option<&StackStatus>) -> Vec<SloStatus> {
    let Some(longest) = slos.iter().map(|slo| slo.window).max() else { return Vec::new() };
    let hour = |second: i64| second.div_euclid(COUNT_PERIOD);
    let known = previous.filter(|previous| hour(previous.at) == hour(now)).map(|previous| &previous.slos);
    if let Some(known) =
        known.filter(|known| known.iter().all(|one| one.is_read) && known.iter().map(|one| &one.slo).eq(&slos))
    {
        return known.clone();
    }
    // The hour that is not over is counted as far as it is.
    let until = (hour(now) + 1) * COUNT_PERIOD;
    let read = fetch::fetch(aws, &needs(slos.iter()), until - longest, until, Detail::Period).await;
    let budget = |slo: Slo| {
        let budget = match &read {
            Ok(history) => error_budget(&slo, history, until - slo.window, until),
            Err(error) => Err(error.to_string()),
        };
        SloStatus { slo, budget, is_read: read.is_ok() }
    };
    slos.into_iter().map(budget).collect()
}
