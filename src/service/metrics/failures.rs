//! Failed requests of this process by minute, until the database has them: they have no row, so the charts of all replicas are made
//! from what each process writes down.

use std::collections::BTreeMap;

use crate::clock::MICROS_PER_MINUTE;

/// Minutes that are remembered, written or not: the longest chart shows no more.
const MOST_MINUTES: usize = 30 * 24 * 60;
/// Minutes that a request may take until it fails: no count of an earlier one changes any more.
const SETTLED_MINUTES: i64 = 60;

#[derive(Debug, Default)]
pub struct Failures(BTreeMap<i64, MinuteCount>);

#[derive(Debug, Default)]
struct MinuteCount {
    failed: u64,
    written: u64,
}

impl Failures {
    /// Counts a request that arrived at a moment.
    pub fn failed(&mut self, at: i64) {
        self.0.entry(at.div_euclid(MICROS_PER_MINUTE)).or_default().failed += 1;
        if self.0.len() > MOST_MINUTES {
            self.0.pop_first();
        }
    }

    /// The minutes whose count is not in the database yet, and the count: the whole one, so that writing it twice does no harm.
    pub fn unwritten(&self) -> Vec<(i64, u64)> {
        let changed = self.0.iter().filter(|(_, count)| count.failed != count.written);
        changed.map(|(minute, count)| (*minute, count.failed)).collect()
    }

    /// Notes what is in the database.
    pub fn wrote(&mut self, counts: &[(i64, u64)]) {
        for (minute, failed) in counts {
            if let Some(count) = self.0.get_mut(minute) {
                count.written = *failed;
            }
        }
        let newest = self.0.last_key_value().map_or(0, |(minute, _)| *minute);
        self.0.retain(|minute, count| *minute > newest - SETTLED_MINUTES || count.failed != count.written);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_minute_is_written_whole_and_kept_while_it_may_change() {
        let mut failures = Failures::default();
        for at in [0, 1, MICROS_PER_MINUTE] {
            failures.failed(at);
        }
        let first = failures.unwritten();
        assert_eq!(first, [(0, 2), (1, 1)]);
        // One more while the counts were on their way.
        failures.failed(2);
        failures.wrote(&first);
        assert_eq!(failures.unwritten(), [(0, 3)], "the whole count again");
        failures.wrote(&[(0, 3)]);
        assert_eq!(failures.unwritten(), []);
        failures.failed(90 * MICROS_PER_MINUTE);
        failures.wrote(&failures.unwritten());
        assert_eq!(failures.0.len(), 1);
    }

    #[test]
    fn memory_is_bounded_without_a_database() {
        let mut failures = Failures::default();
        for minute in 0..MOST_MINUTES as i64 + 100 {
            failures.failed(minute * MICROS_PER_MINUTE);
        }
        assert_eq!(
            (failures.0.len(), failures.0.first_key_value().map(|(minute, _)| *minute)),
            (MOST_MINUTES, Some(100))
        );
    }
}
