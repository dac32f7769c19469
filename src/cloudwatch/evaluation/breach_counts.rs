//! How many of the newest N datapoints are breaching, for each slot, from that of the slot before: what decides wherever there are N of
//! them in the range that is looked at. Says nothing where there are fewer.

use super::condition::Condition;
use super::watched::EvaluatedSeries;
use std::collections::VecDeque;

/// With fewer datapoints, looking at each is as fast.
const FEWEST: usize = 4;

/// Up to each slot, of every `stride` slots one.
#[derive(Debug)]
pub(super) struct BreachCounts {
    /// How many periods back the oldest of N datapoints, or what it is compared with, lies; more than there are where there are fewer.
    reach: Vec<u32>,
    breaching: Vec<u32>,
}

impl BreachCounts {
    /// `None` where it would not be worth it, or where the values of a slot are others in each window.
    pub fn new(condition: &Condition, watched: &EvaluatedSeries) -> Option<Self> {
        let (n, stride) = (condition.n, watched.grid.stride());
        let (values, gaps) = match (watched.values(), watched.stepped()) {
            (Some(values), _) => (values, None),
            (None, Some(series)) => (series.values.as_slice(), Some(&series.gaps)),
            (None, None) => return None,
        };
        if n < FEWEST || values.len() < n.saturating_mul(stride) {
            return None;
        }
        let mut counts = Self { reach: vec![u32::MAX; values.len()], breaching: vec![0; values.len()] };
        let mut newest: VecDeque<(usize, bool)> = VecDeque::with_capacity(n);
        for begin in 0..stride {
            newest.clear();
            let mut breaching = 0;
            for slot in (begin..values.len()).step_by(stride) {
                let value = values[slot];
                if !value.is_nan() {
                    if newest.len() == n {
                        breaching -= newest.pop_front().map_or(0, |(_, breaches)| u32::from(breaches));
                    }
                    let breaches = condition.breaches(value);
                    breaching += u32::from(breaches);
                    newest.push_back((slot, breaches));
                }
                if let Some((oldest, _)) = newest.front().filter(|_| newest.len() == n) {
                    let gap = gaps.map_or(0, |gaps| gaps[*oldest]);
                    let age = u32::try_from((slot - oldest) / stride).unwrap_or(u32::MAX);
                    counts.reach[slot] = age.saturating_add(gap);
                    counts.breaching[slot] = breaching;
                }
            }
        }
        Some(counts)
    }

    /// How many of the N datapoints up to this slot are breaching; `None` where a window of `range` periods does not hold them.
    pub fn breaching(&self, index: usize, range: usize) -> Option<usize> {
        ((self.reach[index] as usize) < range).then_some(self.breaching[index] as usize)
    }
}
