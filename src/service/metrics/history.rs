//! The last hour by minute, for the dashboard's charts: requests, failures, latency, cost. A fixed 60 slots.

use serde::Serialize;

use crate::clock::{self, MICROS_PER_MINUTE};
use crate::event::Event;

/// What of an event the charts draw.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// Microseconds since 1970.
    pub at: i64,
    pub response_time_ms: i32,
    pub cost_micros: i64,
}

impl From<&Event> for Answer {
    fn from(event: &Event) -> Self {
        let cost_micros = event.cost_micros.unwrap_or(0);
        Self { at: event.at, response_time_ms: event.response_time_ms, cost_micros }
    }
}

const MINUTES: usize = 60;
/// Upper bounds in milliseconds for the 95th percentile; finer than Prometheus gets them.
pub const BOUNDS_MS: [i32; 16] =
    [25, 50, 100, 200, 300, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 7_500, 10_000, 20_000, 30_000];

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// Minutes since 1970: a slot of an older minute is empty.
    minute: i64,
    tracked: u64,
    failed: u64,
    response_ms: u64,
    within: [u64; BOUNDS_MS.len() + 1],
    cost_micros: i64,
}

#[derive(Debug)]
pub struct History([Slot; MINUTES]);

/// Answers of one minute and one of the bounds, as a database adds them up.
#[derive(Debug, Clone, Copy, Default)]
pub struct MinuteSums {
    /// Minutes since 1970.
    pub minute: i64,
    /// The first of [`BOUNDS_MS`] that they keep to; their number when they keep to none.
    pub bucket: usize,
    pub events: u64,
    pub response_ms: u64,
    pub cost_micros: i64,
}

/// One minute as the dashboard draws it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Minute {
    pub at: String,
    pub requests: u64,
    pub failed: u64,
    pub error_rate_percent: f64,
    pub avg_response_time_ms: f64,
    pub p95_response_time_ms: u32,
    pub cost_usd: f64,
}

impl Default for History {
    fn default() -> Self {
        Self([Slot::default(); MINUTES])
    }
}

impl History {
    pub fn tracked(&mut self, answer: Answer) {
        if let Some(slot) = self.slot(answer.at) {
            slot.tracked += 1;
            slot.response_ms += u64::from(answer.response_time_ms.unsigned_abs());
            slot.cost_micros += answer.cost_micros;
            let bucket = BOUNDS_MS.partition_point(|bound| *bound < answer.response_time_ms);
            slot.within[bucket] += 1;
        }
    }

    /// Takes these answers in place of those it has; failures stay.
    pub fn replace(&mut self, minutes: &[MinuteSums]) {
        for slot in &mut self.0 {
            *slot = Slot { minute: slot.minute, failed: slot.failed, ..Slot::default() };
        }
        for sums in minutes {
            if let Some(slot) = self.slot(sums.minute * MICROS_PER_MINUTE) {
                slot.tracked += sums.events;
                slot.response_ms += sums.response_ms;
                slot.cost_micros += sums.cost_micros;
                slot.within[sums.bucket.min(BOUNDS_MS.len())] += sums.events;
            }
        }
    }

    pub fn failed(&mut self, at: i64) {
        if let Some(slot) = self.slot(at) {
            slot.failed += 1;
        }
    }

    /// The slot of a moment, emptied when it held an older minute; none for a moment older than what is held.
    fn slot(&mut self, at: i64) -> Option<&mut Slot> {
        let minute = at.div_euclid(MICROS_PER_MINUTE);
        let slot = &mut self.0[minute.rem_euclid(MINUTES as i64) as usize];
        if slot.minute < minute {
            *slot = Slot { minute, ..Slot::default() };
        }
        (slot.minute == minute).then_some(slot)
    }

    /// Sixty minutes up to and with the one of `now`, oldest first.
    pub fn minutes(&self, now: i64) -> Vec<Minute> {
        let last = now.div_euclid(MICROS_PER_MINUTE);
        (last + 1 - MINUTES as i64..=last)
            .map(|minute| {
                let slot = self.0[minute.rem_euclid(MINUTES as i64) as usize];
                let slot = if slot.minute == minute { slot } else { Slot { minute, ..Slot::default() } };
                slot.minute()
            })
            .collect()
    }
}

impl Slot {
    fn minute(&self) -> Minute {
        let requests = self.tracked + self.failed;
        let ratio = |part: f64, whole: u64| if whole == 0 { 0.0 } else { part / whole as f64 };
        let mut seen = 0;
        let p95 = self.within.iter().position(|count| {
            seen += count;
            seen * 20 >= self.tracked * 19
        });
        let p95 = p95
            .filter(|_| self.tracked > 0)
            .map_or(0, |bucket| BOUNDS_MS.get(bucket).or(BOUNDS_MS.last()).map_or(0, |bound| bound.unsigned_abs()));
        Minute {
            at: clock::iso(self.minute * MICROS_PER_MINUTE),
            requests,
            failed: self.failed,
            error_rate_percent: round2(ratio(self.failed as f64 * 100.0, requests)),
            avg_response_time_ms: round2(ratio(self.response_ms as f64, self.tracked)),
            p95_response_time_ms: p95,
            cost_usd: self.cost_micros as f64 / 1e6,
        }
    }
}

/// To two decimals, as the contract rounds.
pub fn round2(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(at: i64, response_time_ms: i32) -> Answer {
        Answer { at, response_time_ms, cost_micros: 500_000 }
    }

    #[test]
    fn an_hour_and_no_more() {
        let mut history = History::default();
        let start = 1_000 * MICROS_PER_MINUTE;
        for minute in 0..90 {
            history.tracked(answer(start + minute * MICROS_PER_MINUTE, 100));
        }
        history.failed(start + 89 * MICROS_PER_MINUTE);
        // Too late to count: its slot holds a newer minute.
        history.tracked(answer(start, 100));
        let minutes = history.minutes(start + 89 * MICROS_PER_MINUTE + 5);
        assert_eq!(minutes.len(), 60);
        assert_eq!(minutes.iter().map(|minute| minute.requests).sum::<u64>(), 61);
        let last = minutes.last().unwrap();
        assert_eq!((last.requests, last.failed, last.error_rate_percent, last.cost_usd), (2, 1, 50.0, 0.5));
        assert!(history.minutes(start + 500 * MICROS_PER_MINUTE).iter().all(|minute| minute.requests == 0));
    }

    #[test]
    fn what_a_database_adds_up_takes_the_place_of_what_was_seen() {
        let mut history = History::default();
        history.tracked(answer(0, 90));
        history.failed(0);
        history.replace(&[MinuteSums { minute: 0, bucket: 2, events: 3, response_ms: 270, cost_micros: 1_500_000 }]);
        history.tracked(answer(1, 90));
        let last = history.minutes(5).pop().unwrap();
        assert_eq!((last.requests, last.failed, last.avg_response_time_ms, last.cost_usd), (5, 1, 90.0, 2.0));
        assert_eq!(last.p95_response_time_ms, 100);
    }

    #[test]
    fn the_percentile_is_the_bound_of_its_bucket() {
        let mut history = History::default();
        for number in 0..100 {
            history.tracked(answer(0, if number < 95 { 90 } else { 4_000 }));
        }
        assert_eq!(history.minutes(0).last().unwrap().p95_response_time_ms, 100);
        for _ in 0..2 {
            history.tracked(answer(0, 90_000));
        }
        assert_eq!(history.minutes(0).last().unwrap().p95_response_time_ms, 5_000);
    }
}
