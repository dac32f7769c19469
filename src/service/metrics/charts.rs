//! The dashboard's charts: which ranges there are, the sums of a bar, and how both are answered.

use serde::Serialize;

use super::latency::Latencies;
use super::requests::percent;
use crate::clock::{self, MICROS_PER_SECOND};

pub const SECONDS_PER_MINUTE: i64 = 60;

/// A range that the charts show: bars of equal length, the last one with the present moment.
#[derive(Debug, PartialEq, Eq)]
pub struct ChartRange {
    pub name: &'static str,
    pub step_seconds: i64,
    pub bars: usize,
}

/// All of them, the default first. The first is added up from rows, by minute; the others from sums that are kept by quarter of an hour,
/// so their steps are multiples of one.
pub const CHART_RANGES: [ChartRange; 5] = [
    ChartRange { name: "1h", step_seconds: SECONDS_PER_MINUTE, bars: 60 },
    ChartRange { name: "6h", step_seconds: 900, bars: 24 },
    ChartRange { name: "24h", step_seconds: 900, bars: 96 },
    ChartRange { name: "7d", step_seconds: 7_200, bars: 84 },
    ChartRange { name: "30d", step_seconds: 28_800, bars: 90 },
];

impl ChartRange {
    /// The place of the range of this name among all of them.
    pub fn place(name: &str) -> Option<usize> {
        CHART_RANGES.iter().position(|range| range.name == name)
    }

    /// When the first bar begins, in seconds since 1970.
    pub fn first_second(&self, now: i64) -> i64 {
        let last = now.div_euclid(MICROS_PER_SECOND).div_euclid(self.step_seconds);
        (last + 1 - self.bars as i64) * self.step_seconds
    }
}

/// Sums of a bar, or of a business and model.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ChartSums {
    pub events: u64,
    /// Events whose answer is of the type "error".
    pub errors: u64,
    /// Requests to /track that were answered with an error.
    pub failed: u64,
    pub response_ms: u64,
    pub tokens: u64,
    pub cost_micros: i64,
    pub latencies: Latencies,
}

impl ChartSums {
    pub fn add(&mut self, more: &Self) {
        self.events += more.events;
        self.errors += more.errors;
        self.failed += more.failed;
        self.response_ms += more.response_ms;
        self.tokens += more.tokens;
        self.cost_micros += more.cost_micros;
        self.latencies.add(&more.latencies);
    }
}

/// Sums by the second at which they begin, and by business and model.
#[derive(Debug, Default)]
pub struct Charts {
    pub bars: Vec<(i64, ChartSums)>,
    pub groups: Vec<ChartGroup>,
    pub groups_left_out: u64,
}

/// Sums of a business and a model.
#[derive(Debug)]
pub struct ChartGroup {
    pub business_id: String,
    pub model_name: String,
    pub sums: ChartSums,
}

/// A bar as it is answered.
#[derive(Debug, Serialize)]
pub struct BarAnswer {
    at: String,
    conversations: u64,
    failed: u64,
    errors: u64,
    error_rate_percent: f64,
    avg_response_time_ms: f64,
    p95_response_time_ms: u32,
    tokens: u64,
    cost_usd: f64,
}

/// A business and model as they are answered.
#[derive(Debug, Serialize)]
pub struct GroupAnswer<'a> {
    business_id: &'a str,
    model_name: &'a str,
    conversations: u64,
    errors: u64,
    p95_response_time_ms: u32,
    tokens: u64,
    cost_usd: f64,
}

impl Charts {
    /// Every bar of a range, the empty ones included, oldest first.
    pub fn bars(&self, range: &ChartRange, now: i64) -> Vec<BarAnswer> {
        let first = range.first_second(now);
        let mut bars = vec![ChartSums::default(); range.bars];
        for (at, sums) in &self.bars {
            let place = usize::try_from((at - first).div_euclid(range.step_seconds)).ok();
            if let Some(bar) = place.and_then(|place| bars.get_mut(place)) {
                bar.add(sums);
            }
        }
        let starts = (0..).map(|place| first + place * range.step_seconds);
        starts.zip(&bars).map(|(at, sums)| BarAnswer::of(at, sums)).collect()
    }

    pub fn groups(&self) -> Vec<GroupAnswer<'_>> {
        self.groups.iter().map(GroupAnswer::of).collect()
    }
}

impl<'a> GroupAnswer<'a> {
    fn of(ChartGroup { business_id, model_name, sums }: &'a ChartGroup) -> Self {
        Self {
            business_id,
            model_name,
            conversations: sums.events,
            errors: sums.errors,
            p95_response_time_ms: sums.latencies.p95_ms(),
            tokens: sums.tokens,
            cost_usd: sums.cost_micros as f64 / 1e6,
        }
    }
}

impl BarAnswer {
    fn of(at: i64, sums: &ChartSums) -> Self {
        let mean = if sums.events == 0 { 0.0 } else { sums.response_ms as f64 / sums.events as f64 };
        Self {
            at: clock::iso(at * MICROS_PER_SECOND),
            conversations: sums.events,
            failed: sums.failed,
            errors: sums.errors,
            error_rate_percent: percent(sums.failed, sums.events + sums.failed),
            avg_response_time_ms: super::round2(mean),
            p95_response_time_ms: sums.latencies.p95_ms(),
            tokens: sums.tokens,
            cost_usd: sums.cost_micros as f64 / 1e6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::MICROS_PER_DAY;

    #[test]
    fn ranges_are_as_long_as_their_names_and_their_bars_hold_whole_quarters() {
        let hours = [1, 6, 24, 168, 720];
        for (place, (range, hours)) in CHART_RANGES.iter().zip(hours).enumerate() {
            assert_eq!(range.step_seconds * range.bars as i64, hours * 3_600, "{}", range.name);
            assert_eq!(ChartRange::place(range.name), Some(place));
        }
        assert!(CHART_RANGES[1..].iter().all(|range| range.step_seconds % 900 == 0));
        assert_eq!(ChartRange::place("2h"), None);
    }

    #[test]
    fn every_sum_is_in_its_bar_and_what_is_outside_in_none() {
        let now = 20_000 * MICROS_PER_DAY + 5;
        let second = now / MICROS_PER_SECOND;
        let day = &CHART_RANGES[2];
        let one = ChartSums { events: 3, failed: 1, response_ms: 100, cost_micros: 500_000, ..ChartSums::default() };
        let charts = Charts {
            bars: [0, -899, -900, -95 * 900, -95 * 900 - 1, 900].map(|after| (second + after, one)).into(),
            ..Charts::default()
        };
        let bars = charts.bars(day, now);
        assert_eq!(bars.len(), 96);
        let counts: Vec<u64> = bars.iter().map(|bar| bar.conversations).collect();
        assert_eq!((counts[95], counts[94], counts[0], counts.iter().sum::<u64>()), (3, 6, 3, 12));
        assert_eq!(bars[95].at, clock::iso(20_000 * MICROS_PER_DAY));
        let last = &bars[95];
        assert_eq!((last.error_rate_percent, last.avg_response_time_ms, last.cost_usd), (25.0, 33.33, 0.5));
        assert_eq!((bars[1].error_rate_percent, bars[1].avg_response_time_ms), (0.0, 0.0));
    }
}
