//! What the service knows of its own traffic: counts of this process, sums of what all replicas have stored, requests, the last
//! hour by minute, what the charts show. Values only: nothing here reads a socket or a database.

pub mod charts;
pub mod exposition;
pub mod failures;
pub mod history;
mod labels;
pub mod latency;
pub mod process;
pub mod requests;
mod series;
pub mod totals;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::charts::ChartSums;
use self::exposition::TotalsView;
use self::failures::Failures;
use self::history::MinuteHistory;
use self::requests::RequestCounts;
use self::totals::{EventAggregate, EventTotals, Sums};
use crate::event::TrackEvent;

/// All counts of a running service, shared by whoever answers and whoever stores.
#[derive(Debug)]
pub struct Ledger {
    pub requests: RequestCounts,
    /// From zero, since this process began: Prometheus adds replicas up itself.
    here: Mutex<EventTotals>,
    /// Of all replicas, in the database or on their way there.
    stored: Mutex<EventTotals>,
    history: Mutex<MinuteHistory>,
    failures: Mutex<Failures>,
    businesses: usize,
}

impl Ledger {
    /// An empty one, with room for `businesses` distinct label values.
    pub fn new(businesses: usize) -> Self {
        Self {
            requests: RequestCounts::default(),
            here: Mutex::new(EventTotals::new(businesses)),
            stored: Mutex::new(EventTotals::new(businesses)),
            history: Mutex::default(),
            failures: Mutex::default(),
            businesses,
        }
    }

    /// What this process has counted in the last hour.
    pub fn minutes(&self) -> Vec<(i64, ChartSums)> {
        held(&self.history).bars()
    }

    /// Failed requests that are to be written down.
    pub fn failures(&self) -> MutexGuard<'_, Failures> {
        held(&self.failures)
    }

    /// Counts a request, arrived at a moment, that is answered with an error.
    pub fn failed(&self, at: i64) {
        self.requests.failed();
        held(&self.history).add(at, &ChartSums { failed: 1, ..ChartSums::default() });
        self.failures().failed(at);
    }

    /// Counts of this process, and of all that is stored, as they are now.
    pub fn views(&self) -> (TotalsView, TotalsView) {
        let here = TotalsView::from(&*held(&self.here));
        (here, TotalsView::from(&*held(&self.stored)))
    }

    /// Sums of all that is stored, and the number of its events.
    pub fn stored_sums(&self) -> (Sums, u64) {
        let stored = held(&self.stored);
        (stored.sums(), stored.events)
    }

    /// Counts events that are stored, or will be.
    pub fn count<'a>(&self, groups: &[EventAggregate], events: impl Iterator<Item = &'a TrackEvent>) {
        for totals in [&self.here, &self.stored] {
            let mut totals = held(totals);
            groups.iter().for_each(|group| totals.add(group));
        }
        let mut history = held(&self.history);
        events.for_each(|event| history.add(event.at, &ChartSums::from(event)));
    }

    /// Gives businesses labels of their own, in this order, as far as there is room, and makes the series of groups that are
    /// stored begin at 0 here.
    pub fn name(&self, businesses: &[Box<str>], groups: &[EventAggregate]) {
        let mut here = held(&self.here);
        for business in businesses {
            here.business.id(business, 0);
        }
        groups.iter().for_each(|group| here.announce(group));
    }

    /// The businesses that have labels of their own, after the first `known` of them.
    pub fn named_since(&self, known: usize) -> Vec<Arc<str>> {
        held(&self.here).business.names().get(1 + known..).map_or_else(Vec::new, <[_]>::to_vec)
    }

    /// Replaces the sums of what is stored by what a database added up, and what came since.
    pub fn replace(&self, groups: &[&[EventAggregate]]) {
        let mut totals = EventTotals::new(self.businesses);
        for name in &held(&self.here).business.names()[1..] {
            totals.business.id(name, 0);
        }
        groups.iter().copied().flatten().for_each(|group| totals.add(group));
        *held(&self.stored) = totals;
    }

    /// Takes over what other processes stored and failed, as far as this one has not counted it itself.
    pub fn restore_requests(&self, failed: u64, last: Option<i64>) {
        let here = held(&self.here).events;
        let stored = held(&self.stored).events;
        self.requests.restore(stored.saturating_sub(here), failed, last);
    }
}

fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// To two decimals, as the contract rounds.
pub fn round2(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
