//! The keys of events that this process has kept lately: a retry is known before a database is asked, and while there is none.
//! Bounded: two halves, of which the older one is dropped when the newer is full.

use std::collections::HashMap;

use super::StoreOutcome;
use crate::identity::EventKey;

/// Keys of one half.
const HALF: usize = 65_536;

/// An event that was kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kept {
    pub at: i64,
    /// Its place among this process's events; 0 when another process kept it.
    pub seq: u64,
    pub fate: StoreOutcome,
}

#[derive(Debug, Default)]
pub struct Recent {
    newer: HashMap<EventKey, Kept>,
    older: HashMap<EventKey, Kept>,
}

impl Recent {
    /// The event that one of this key at this moment repeats.
    pub fn find(&self, key: &EventKey, at: i64) -> Option<Kept> {
        let kept = self.newer.get(key).or_else(|| self.older.get(key))?;
        key.is_one(kept.at, at).then_some(*kept)
    }

    pub fn note(&mut self, key: EventKey, kept: Kept) {
        if self.newer.len() >= HALF && !self.newer.contains_key(&key) {
            // The room of the one is kept for the other.
            self.older.clear();
            std::mem::swap(&mut self.older, &mut self.newer);
        }
        self.newer.insert(key, kept);
    }
}

/// How many keys are worth loading at a start.
pub const MOST_LOADED: i64 = HALF as i64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::WINDOW_MICROS;

    fn key(digest: u128) -> EventKey {
        EventKey { named: false, digest }
    }

    #[test]
    fn a_retry_is_found_within_the_window() {
        let mut recent = Recent::default();
        let kept = Kept { at: 5, seq: 1, fate: StoreOutcome::Stored };
        recent.note(key(1), kept);
        assert_eq!(recent.find(&key(1), 6), Some(kept));
        assert_eq!(recent.find(&key(2), 6), None);
        assert_eq!(recent.find(&key(1), 5 + WINDOW_MICROS), None);
        let named = EventKey { named: true, digest: 1 };
        assert_eq!(recent.find(&named, 6), None, "another kind of key");
        recent.note(named, kept);
        assert_eq!(recent.find(&named, i64::MAX), Some(kept));
    }

    #[test]
    fn memory_is_bounded() {
        let mut recent = Recent::default();
        for number in 0..300_000 {
            recent.note(key(number), Kept { at: 0, seq: 0, fate: StoreOutcome::Stored });
        }
        assert!(recent.newer.len() <= HALF && recent.older.len() <= HALF);
        assert!(recent.find(&key(299_999), 0).is_some() && recent.find(&key(0), 0).is_none());
    }
}
