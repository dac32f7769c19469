//! The request statistics of /track: total, failed, the last one. Every POST /track counts before it is parsed.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use super::round2;

#[derive(Debug, Default)]
pub struct RequestCounts {
    total: AtomicU64,
    failed: AtomicU64,
    /// Microseconds since 1970; 0 until the first.
    last: AtomicI64,
    /// What other processes left in the database.
    total_before: AtomicU64,
    failed_before: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RequestStatistics {
    pub total: u64,
    pub failed: u64,
    pub error_rate_percent: f64,
    pub last: Option<i64>,
}

impl RequestCounts {
    pub fn arrived(&self, at: i64) {
        self.total.fetch_add(1, Relaxed);
        self.last.store(at, Relaxed);
    }

    pub fn failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    /// Failures of this process alone: what the store writes down for the next one.
    pub fn failed_here(&self) -> u64 {
        self.failed.load(Relaxed)
    }

    /// Takes over what stood in the database apart from this process: `stored` rows and `failed` requests.
    pub fn restore(&self, stored: u64, failed: u64, last: Option<i64>) {
        self.total_before.store(stored + failed, Relaxed);
        self.failed_before.store(failed, Relaxed);
        if let Some(last) = last {
            self.last.fetch_max(last, Relaxed);
        }
    }

    /// Of this process alone, from zero: what Prometheus wants.
    pub fn here(&self) -> RequestStatistics {
        self.with(0, 0)
    }

    /// Of all processes, earlier ones included: what people want.
    pub fn statistics(&self) -> RequestStatistics {
        self.with(self.total_before.load(Relaxed), self.failed_before.load(Relaxed))
    }

    fn with(&self, total_before: u64, failed_before: u64) -> RequestStatistics {
        let failed = self.failed.load(Relaxed) + failed_before;
        let total = self.total.load(Relaxed) + total_before;
        RequestStatistics {
            total,
            failed,
            error_rate_percent: percent(failed, total),
            last: Some(self.last.load(Relaxed)).filter(|last| *last > 0),
        }
    }
}

/// A share in percent to two decimals, 0 of nothing, as the contract rounds it.
pub fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { round2(part as f64 / whole as f64 * 100.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_and_its_zero() {
        let requests = RequestCounts::default();
        let none = requests.statistics();
        assert_eq!((none.total, none.error_rate_percent, none.last), (0, 0.0, None));
        requests.restore(2, 0, Some(5));
        requests.arrived(9);
        requests.failed();
        assert_eq!((requests.here().total, requests.here().failed), (1, 1), "its own alone");
        assert_eq!(
            requests.statistics(),
            RequestStatistics { total: 3, failed: 1, error_rate_percent: 33.33, last: Some(9) }
        );
    }
}
