//! How many of the last N datapoints are breaching, for each slot, from that of the slot before: what decides wherever none of them is
//! missing. Says nothing where one is.

use super::condition::Condition;
use super::watched::EvaluatedSeries;

/// With fewer datapoints, looking at each is as fast.
const FEWEST: usize = 4;

#[derive(Debug)]
pub(super) struct Tally {
    n: usize,
    /// So many slots up to this one, none of them missing, are the same in every window.
    unbroken: Vec<u32>,
    /// Of the last N.
    breaching: Vec<u32>,
}

impl Tally {
    /// `None` where it would not be worth it, or where the values of a slot are others in each window.
    pub fn new(condition: &Condition, watched: &EvaluatedSeries) -> Option<Self> {
        let (n, stride) = (condition.n, watched.grid.stride());
        let (values, gaps) = match (watched.values(), watched.stepped()) {
            (Some(values), _) => (values, None),
            // The slot before the last N has to be in the window.
            (None, Some(series)) if condition.range > n => (series.values.as_slice(), Some(&series.gaps)),
            _ => return None,
        };
        if n < FEWEST || values.len() < n.saturating_mul(stride) {
            return None;
        }
        let (mut unbroken, mut breaching) = (Vec::with_capacity(values.len()), Vec::with_capacity(values.len()));
        let is_breaching = |value: f64| u32::from(!value.is_nan() && condition.breaches(value));
        for (slot, value) in values.iter().enumerate() {
            let before = |counts: &[u32]| slot.checked_sub(stride).map_or(0, |before| counts[before]);
            let is_whole = !value.is_nan() && gaps.is_none_or(|gaps| gaps[slot] == 1);
            let left = slot.checked_sub(n * stride).map_or(0, |left| is_breaching(values[left]));
            let (run, count) = (before(&unbroken), before(&breaching));
            unbroken.push(if is_whole { run + 1 } else { 0 });
            breaching.push(count + is_breaching(*value) - left);
        }
        Some(Self { n, unbroken, breaching })
    }

    /// How many of the N datapoints up to this slot are breaching; `None` where one of them is missing.
    pub fn breaching(&self, index: usize) -> Option<usize> {
        (self.unbroken[index] as usize >= self.n).then_some(self.breaching[index] as usize)
    }
}
