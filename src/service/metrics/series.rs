//! The values of one metric by their labels, in order of first appearance: adding is a look-up, and what a scrape needs is one
//! copy of a plain list, so that rendering holds nobody up.

use std::collections::HashMap;
use std::hash::Hash;

/// Series of one metric before the rest is folded, whatever the single labels allow.
pub const MOST_SERIES: usize = 10_000;

#[derive(Debug)]
pub struct LabelledSeries<K, V> {
    places: HashMap<K, usize>,
    values: Vec<(K, V)>,
}

impl<K, V> Default for LabelledSeries<K, V> {
    fn default() -> Self {
        Self { places: HashMap::new(), values: Vec::new() }
    }
}

impl<K: Hash + Eq + Copy, V: Copy + Default> LabelledSeries<K, V> {
    /// The value of `key`, or of `folded` when the metric has as many series as it may.
    pub fn value(&mut self, key: K, folded: K) -> &mut V {
        let room = self.values.len() < MOST_SERIES || self.places.contains_key(&key);
        let key = if room { key } else { folded };
        let place = *self.places.entry(key).or_insert_with(|| {
            self.values.push((key, V::default()));
            self.values.len() - 1
        });
        &mut self.values[place].1
    }

    pub fn values(&self) -> &[(K, V)] {
        &self.values
    }
}
