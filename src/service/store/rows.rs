//! What both databases take and give: batches of records in, sums out.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::spool::Record;
use crate::metrics::round2;
use crate::metrics::totals::EventAggregate;

/// Records of one writer, to be committed together or not at all. No two of them have the same key.
#[derive(Debug)]
pub struct RecordBatch<'a> {
    pub writer: &'a str,
    /// The last `seq` of the writer that the database must hold, or nothing is written: so no record goes in twice,
    /// whatever became of an earlier try.
    pub after: u64,
    pub records: &'a [Record],
    /// The same records added up.
    pub groups: &'a [EventAggregate],
    /// Requests that the writer has answered with an error; none leaves what is written down: another process knows.
    pub failed: Option<u64>,
}

impl RecordBatch<'_> {
    pub fn last(&self) -> u64 {
        self.records.last().map_or(self.after, |record| record.seq)
    }
}

/// Why a batch is not in.
#[derive(Debug)]
pub enum WriteError {
    /// `after` is not where the writer stands: ask, leave out what is in, and try again.
    Elsewhere,
    /// The database refuses these values; others would pass.
    Refused(anyhow::Error),
    /// It cannot be reached or used now.
    Away(anyhow::Error),
}

impl From<anyhow::Error> for WriteError {
    fn from(error: anyhow::Error) -> Self {
        Self::Away(error)
    }
}

/// Everything that the counts of a starting process need.
#[derive(Debug, Default)]
pub struct CountsSnapshot {
    pub groups: Vec<EventAggregate>,
    /// Businesses that had labels of their own.
    pub names: Vec<Box<str>>,
    /// Where the asking writer stood at that moment.
    pub last_seq: u64,
    /// Failed requests that other writers wrote down.
    pub failed_elsewhere: u64,
    /// When the newest row was tracked.
    pub last_at: Option<i64>,
}

impl CountsSnapshot {
    /// All businesses: those first that had labels of their own, the busiest first among each.
    pub fn businesses(&self) -> Vec<Box<str>> {
        let mut events: HashMap<&str, u64> = HashMap::new();
        for group in &self.groups {
            *events.entry(&group.business_id).or_default() += group.events;
        }
        let named: HashSet<&str> = self.names.iter().map(|name| &**name).collect();
        let mut all: Vec<&str> =
            named.iter().copied().chain(events.keys().copied().filter(|b| !named.contains(b))).collect();
        all.sort_by_key(|business| {
            let count = events.get(business).copied().unwrap_or(0);
            (!named.contains(business), std::cmp::Reverse(count), *business)
        });
        all.into_iter().map(Into::into).collect()
    }
}

/// Writers that wrote nothing for so long are added up into one.
pub const WRITER_DAYS: i64 = 30;

/// Businesses and models that the dashboard names, at most.
pub const MOST_GROUPS: usize = 50;

/// The contract's `metrics` object of /analytics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Analytics {
    pub total_conversations: i64,
    pub avg_response_time_ms: f64,
    pub avg_tokens_used: f64,
    pub total_api_cost_usd: f64,
    pub appointment_requests: i64,
    pub appointments_booked: i64,
    pub human_handoffs: i64,
    /// The share of the requests that were booked, 0 to 1.
    pub appointment_conversion_rate: f64,
}

/// Sums of one business.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BusinessSums {
    pub events: i64,
    pub response_ms: i64,
    pub tokens: i64,
    pub cost_micros: i64,
    pub requested: i64,
    pub booked: i64,
    pub handoffs: i64,
}

impl From<BusinessSums> for Analytics {
    fn from(sums: BusinessSums) -> Self {
        let ratio = |part: i64, whole: i64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        Self {
            total_conversations: sums.events,
            avg_response_time_ms: round2(ratio(sums.response_ms, sums.events)),
            avg_tokens_used: round2(ratio(sums.tokens, sums.events)),
            total_api_cost_usd: sums.cost_micros as f64 / 1e6,
            appointment_requests: sums.requested,
            appointments_booked: sums.booked,
            human_handoffs: sums.handoffs,
            appointment_conversion_rate: (ratio(sums.booked, sums.requested) * 1e4).round() / 1e4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversion_rate_is_a_share() {
        let sums = BusinessSums { requested: 25, booked: 18, ..BusinessSums::default() };
        assert_eq!(Analytics::from(sums).appointment_conversion_rate, 0.72);
        assert_eq!(Analytics::from(BusinessSums::default()).appointment_conversion_rate, 0.0);
    }

    #[test]
    fn what_had_a_name_comes_first_then_the_busiest() {
        let group = |business: &str, events| EventAggregate {
            business_id: business.into(),
            events,
            ..EventAggregate::default()
        };
        let snapshot = CountsSnapshot {
            groups: vec![group("a", 5), group("b", 1), group("c", 900), group("d", 7), group("a", 4)],
            names: vec!["b".into(), "gone".into(), "a".into()],
            ..CountsSnapshot::default()
        };
        let order: Vec<String> = snapshot.businesses().iter().map(|business| business.to_string()).collect();
        assert_eq!(order, ["a", "b", "gone", "c", "d"]);
    }
}
