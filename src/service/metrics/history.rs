//! What this process has counted in the last hour, by minute: what the charts show while the database is away. A fixed 60 slots.

use super::charts::{ChartSums, SECONDS_PER_MINUTE};
use super::latency::Latencies;
use super::totals::is_error;
use crate::clock::MICROS_PER_MINUTE;
use crate::event::TrackEvent;

const MINUTES: usize = 60;

#[derive(Debug, Clone, Copy, Default)]
struct MinuteSlot {
    /// Minutes since 1970: a slot of an older minute is empty.
    minute: i64,
    sums: ChartSums,
}

#[derive(Debug)]
pub struct MinuteHistory([MinuteSlot; MINUTES]);

impl Default for MinuteHistory {
    fn default() -> Self {
        Self([MinuteSlot::default(); MINUTES])
    }
}

impl From<&TrackEvent> for ChartSums {
    fn from(event: &TrackEvent) -> Self {
        let mut latencies = Latencies::default();
        latencies.0[Latencies::bucket(event.response_time_ms)] = 1;
        Self {
            events: 1,
            errors: u64::from(is_error(&event.response_type)),
            failed: 0,
            response_ms: u64::from(event.response_time_ms.unsigned_abs()),
            tokens: u64::from(event.tokens_used.unsigned_abs()),
            cost_micros: event.cost_micros.unwrap_or(0),
            latencies,
        }
    }
}

impl MinuteHistory {
    /// Adds to the minute of a moment; nothing when that is older than what is held.
    pub fn add(&mut self, at: i64, sums: &ChartSums) {
        let minute = at.div_euclid(MICROS_PER_MINUTE);
        let slot = &mut self.0[minute.rem_euclid(MINUTES as i64) as usize];
        if slot.minute < minute {
            *slot = MinuteSlot { minute, ..MinuteSlot::default() };
        }
        if slot.minute == minute {
            slot.sums.add(sums);
        }
    }

    /// The minutes that something was counted in, each by the second at which it begins; older ones than an hour may be among them.
    pub fn bars(&self) -> Vec<(i64, ChartSums)> {
        self.0.iter().filter(|slot| slot.minute > 0).map(|slot| (slot.minute * SECONDS_PER_MINUTE, slot.sums)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_and_no_more() {
        let mut history = MinuteHistory::default();
        let start = 1_000 * MICROS_PER_MINUTE;
        let one = ChartSums { events: 1, cost_micros: 500_000, ..ChartSums::default() };
        for minute in 0..90 {
            history.add(start + minute * MICROS_PER_MINUTE, &one);
        }
        let last = start + 89 * MICROS_PER_MINUTE;
        history.add(last, &ChartSums { failed: 1, ..ChartSums::default() });
        // Too late to count: its slot holds a newer minute.
        history.add(start, &one);
        let bars = history.bars();
        assert_eq!((bars.len(), bars.iter().map(|(_, sums)| sums.events).sum::<u64>()), (60, 60));
        let (_, sums) = bars.iter().find(|(at, _)| *at == 1_089 * 60).unwrap();
        assert_eq!((sums.events, sums.failed, sums.cost_micros), (1, 1, 500_000));
    }

    #[test]
    fn an_event_as_sums() {
        let body =
            br#"{"business_id":"b","response_time_ms":800,"tokens_used":3,"api_cost_usd":0.1,"response_type":"error"}"#;
        let sums = ChartSums::from(&TrackEvent::parse(body, 0).unwrap());
        assert_eq!(
            (sums.events, sums.errors, sums.response_ms, sums.tokens, sums.cost_micros),
            (1, 1, 800, 3, 100_000)
        );
        assert_eq!(sums.latencies.0.iter().sum::<u64>(), 1);
        assert_eq!(sums.latencies.p95_ms(), 988);
    }
}
