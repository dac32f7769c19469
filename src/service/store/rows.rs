//! What both databases take and give: batches of records in, sums and recent answers out.

use serde::Serialize;

use super::spool::Record;
use crate::metrics::history::Answer;
use crate::metrics::totals::Group;

/// Records of one writer, to be committed together or not at all.
#[derive(Debug)]
pub struct Batch<'a> {
    pub writer: &'a str,
    /// The last `seq` of the writer that the database must hold, or nothing is written: so no record goes in twice,
    /// whatever became of an earlier try.
    pub after: u64,
    pub records: &'a [Record],
    /// The same records added up.
    pub groups: &'a [Group],
    /// Requests that this process has answered with an error.
    pub failed: u64,
}

impl Batch<'_> {
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
pub struct Snapshot {
    pub groups: Vec<Group>,
    /// Where the asking writer stood at that moment.
    pub last_seq: u64,
    /// Rows in the table.
    pub stored: u64,
    /// Failed requests that other writers wrote down.
    pub failed_elsewhere: u64,
    /// When the newest row was tracked.
    pub last_at: Option<i64>,
    /// The newest answers of the last hour.
    pub recent: Vec<Answer>,
}

/// Rows that the charts are rebuilt from, at most.
pub const MOST_RECENT: i64 = 20_000;
/// Writers that wrote nothing for so long are added up into one.
pub const WRITER_DAYS: i64 = 30;

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
    /// Percent of the requests that were booked.
    pub appointment_conversion_rate: f64,
}

/// What a database adds up of one business.
#[derive(Debug, Clone, Copy)]
pub struct BusinessSums {
    pub events: i64,
    pub response_ms: i64,
    pub tokens: i64,
    pub cost_usd: f64,
    pub requested: i64,
    pub booked: i64,
    pub handoffs: i64,
}

impl From<BusinessSums> for Analytics {
    fn from(sums: BusinessSums) -> Self {
        let ratio = |part: i64, whole: i64| {
            if whole == 0 { 0.0 } else { crate::metrics::history::round2(part as f64 / whole as f64) }
        };
        Self {
            total_conversations: sums.events,
            avg_response_time_ms: ratio(sums.response_ms, sums.events),
            avg_tokens_used: ratio(sums.tokens, sums.events),
            total_api_cost_usd: (sums.cost_usd * 1e6).round() / 1e6,
            appointment_requests: sums.requested,
            appointments_booked: sums.booked,
            human_handoffs: sums.handoffs,
            appointment_conversion_rate: ratio(sums.booked * 100, sums.requested),
        }
    }
}
