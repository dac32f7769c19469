//! Traffic to a service, over HTTP or by Invoke: so many requests, at a rate, so many at once at most. Repeats nothing, and stops by
//! itself.

pub mod request;
pub mod tally;
pub mod target;

pub use request::TrafficRequest;
pub use tally::{RequestOutcome, Tally};
pub use target::TrafficTarget;

use crate::aws::Interrupt;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// What is sent.
#[derive(Debug, Clone)]
pub struct TrafficPlan {
    /// In this order, each as often as it stands here.
    pub asks: Vec<TrafficRequest>,
    /// Requests a second; each is due at its own time, whether or not those before it have been answered.
    pub rate: f64,
    /// How many may be on their way at once; what is due beyond that waits.
    pub concurrency: usize,
    /// After this nothing more is sent.
    pub longest: Duration,
}

impl TrafficPlan {
    /// `good` requests of the usual kind, and `raising` ones spread among them.
    pub fn mixed(good: usize, raising: usize, raise: &str) -> Vec<TrafficRequest> {
        let all = good + raising;
        let (mut asks, mut usual) = (Vec::with_capacity(all), 0);
        for n in 0..all {
            let raises = (n + 1) * raising / all > n * raising / all;
            asks.push(if raises { TrafficRequest::Raise(raise.to_owned()) } else { TrafficRequest::usual(usual) });
            usual += usize::from(!raises);
        }
        asks
    }
}

/// Sends all of it, or as much as there is time for. `told` hears after each answer how many there are.
pub async fn send(
    target: &TrafficTarget,
    plan: &TrafficPlan,
    interrupt: &Interrupt,
    mut told: impl FnMut(usize),
) -> Tally {
    let mut tally = Tally::default();
    let began = Instant::now();
    let due = |n: usize| began + Duration::from_secs_f64(n as f64 / plan.rate.max(0.001));
    let over = began + plan.longest;
    let (mut flying, mut next) = (FuturesUnordered::new(), 0);
    let (mut stopping, mut full) = (false, false);
    loop {
        full |= flying.len() >= plan.concurrency.max(1);
        let more = next < plan.asks.len() && !stopping;
        if !more && flying.is_empty() {
            break;
        }
        tokio::select! {
            biased;
            () = interrupt.wait() => {
                tally.interrupted = true;
                break;
            }
            Some(outcome) = flying.next(), if !flying.is_empty() => {
                tally.add(outcome);
                told(tally.answered());
            }
            () = sleep_until(due(next).min(over)), if more && flying.len() < plan.concurrency.max(1) => {
                if due(next) > over || Instant::now() >= over {
                    stopping = true;
                    continue;
                }
                let (ask, due, held) = (&plan.asks[next], due(next), std::mem::take(&mut full));
                flying.push(async move {
                    let sent = Instant::now();
                    let outcome = target.ask(ask).await;
                    // From when it was due: whoever would have asked then has waited since then.
                    let waited = if held { sent.saturating_duration_since(due) } else { Duration::ZERO };
                    RequestOutcome { felt: due.elapsed(), waited, ..outcome }
                });
                next += 1;
            }
        }
    }
    tally.unanswered = flying.len();
    tally.unsent = plan.asks.len() - next;
    tally.took = began.elapsed();
    tally
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
