//! Response times by buckets, and the percentile that can be read off them.

/// Upper bounds in milliseconds, each bucket's own; what took longer than the last is in one more bucket. The sums that databases
/// keep have a column for each (`store/quarters.rs`).
pub const BOUNDS_MS: [i32; 17] =
    [50, 100, 200, 350, 500, 750, 1_000, 1_500, 2_000, 3_000, 4_000, 5_000, 7_500, 10_000, 15_000, 30_000, 60_000];

pub const LATENCY_BUCKETS: usize = BOUNDS_MS.len() + 1;

/// Events by the bucket of their response time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Latencies(pub [u64; LATENCY_BUCKETS]);

impl Latencies {
    /// The bucket of a response time.
    pub fn bucket(response_time_ms: i32) -> usize {
        BOUNDS_MS.partition_point(|bound| *bound < response_time_ms)
    }

    pub fn add(&mut self, more: &Self) {
        self.0.iter_mut().zip(more.0).for_each(|(count, more)| *count += more);
    }

    /// The 95th percentile in milliseconds, 0 of nothing: the bucket that holds it is known, and its events are taken to lie
    /// evenly between its bounds. Past the last bound nothing is known but that bound.
    pub fn p95_ms(&self) -> u32 {
        let all: u64 = self.0.iter().sum();
        // In hundredths of an event, so that nothing is rounded before the end.
        let rank = all * 95;
        let mut below = 0;
        for (bucket, count) in self.0.iter().enumerate().filter(|(_, count)| **count > 0) {
            if (below + count) * 100 >= rank {
                let bound = |at: usize| BOUNDS_MS.get(at).or(BOUNDS_MS.last()).map_or(0.0, |bound| f64::from(*bound));
                let lower = if bucket == 0 { 0.0 } else { bound(bucket - 1) };
                let share = (rank - below * 100) as f64 / (count * 100) as f64;
                return (lower + (bound(bucket) - lower) * share).round() as u32;
            }
            below += count;
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: impl IntoIterator<Item = i32>) -> Latencies {
        let mut latencies = Latencies::default();
        times.into_iter().for_each(|ms| latencies.0[Latencies::bucket(ms)] += 1);
        latencies
    }

    #[test]
    fn a_bucket_ends_with_its_bound() {
        assert_eq!([0, 50, 51, 60_000, 60_001].map(Latencies::bucket), [0, 0, 1, 16, 17]);
        assert!(BOUNDS_MS.is_sorted());
    }

    #[test]
    fn the_percentile_lies_within_its_bucket() {
        assert_eq!(of([]).p95_ms(), 0);
        // All in (750, 1000]: 95 % of the way.
        assert_eq!(of([800; 40]).p95_ms(), 988);
        // 90 of 100 up to 100 ms; the 95th is half way through the ten in (3000, 4000].
        assert_eq!(of((0..100).map(|n| if n < 90 { 90 } else { 3_500 })).p95_ms(), 3_500);
        // Exactly 95 %: the end of the bucket.
        assert_eq!(of((0..100).map(|n| if n < 95 { 90 } else { 4_000 })).p95_ms(), 100);
        assert_eq!(of([90_000; 3]).p95_ms(), 60_000, "no more is known");
        let mut both = of([800; 20]);
        both.add(&of([800; 20]));
        assert_eq!(both, of([800; 40]));
    }

    /// Against the percentile of the times themselves: never further off than the bucket is wide.
    #[test]
    fn the_percentile_is_near_the_true_one() {
        for seed in 1..200_u64 {
            let mut times: Vec<i32> = (1..=400).map(|n| (n * n * seed % 9_973) as i32).collect();
            let p95 = f64::from(of(times.iter().copied()).p95_ms());
            times.sort_unstable();
            let bucket = Latencies::bucket(times[379]);
            let (lower, upper) = (BOUNDS_MS[bucket.saturating_sub(1)].min(times[379]), BOUNDS_MS[bucket]);
            assert!((f64::from(lower)..=f64::from(upper)).contains(&p95), "{p95} for {}", times[379]);
        }
    }
}
