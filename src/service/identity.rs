//! What an event is known by, so that a retry, a replayed spool and a second replica count it once: the client's own key, else
//! a digest of its content. Knows no database.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::clock::MICROS_PER_MINUTE;

/// For how long the same content of the same conversation is taken for a retry.
pub const WINDOW_MICROS: i64 = 5 * MICROS_PER_MINUTE;
/// Characters that a client's own key may have.
pub const LONGEST_KEY: usize = 255;

/// A digest, and whether the client named it itself (header `Idempotency-Key`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventKey {
    pub named: bool,
    pub digest: u128,
}

impl EventKey {
    /// Of a client's own key: one business's keys are not another's.
    pub fn named(business_id: &str, key: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(business_id);
        hash.update([0]);
        hash.update(key);
        Self { named: true, digest: shorten(hash) }
    }

    /// Of what an event says: its texts, each ended by a zero byte, since none holds a control character, and its numbers.
    pub fn of_content<'a>(texts: impl IntoIterator<Item = &'a str>, numbers: impl IntoIterator<Item = i64>) -> Self {
        let mut hash = Sha256::new();
        for text in texts {
            hash.update(text);
            hash.update([0]);
        }
        for number in numbers {
            hash.update(number.to_le_bytes());
        }
        Self { named: false, digest: shorten(hash) }
    }

    /// Whether two events of this key at these moments are one: always when the client says so.
    pub fn is_one(&self, at: i64, other: i64) -> bool {
        self.named || at.abs_diff(other) < WINDOW_MICROS.unsigned_abs()
    }

    fn parse(text: &str) -> Option<Self> {
        let named = match text.get(..1)? {
            "k" => true,
            "d" => false,
            _ => return None,
        };
        Some(Self { named, digest: u128::from_str_radix(text.get(1..)?, 16).ok()? })
    }
}

/// Half a digest: two of 2^64 events would have to meet by chance.
fn shorten(hash: Sha256) -> u128 {
    let whole: [u8; 32] = hash.finalize().into();
    whole[..16].iter().fold(0, |digest, byte| digest << 8 | u128::from(*byte))
}

/// As both databases and the spool keep it: `k` or `d`, and 32 hexadecimal digits.
impl fmt::Display for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:032x}", if self.named { 'k' } else { 'd' }, self.digest)
    }
}

impl std::str::FromStr for EventKey {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::parse(text).ok_or(())
    }
}

impl Serialize for EventKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("no event key"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_and_read_and_ends_with_its_window() {
        let named = EventKey::named("b", "x");
        assert_eq!(named.to_string().parse(), Ok(named));
        assert_ne!(named, EventKey::named("c", "x"));
        assert!(named.is_one(0, i64::MAX));
        let derived = EventKey { named: false, ..named };
        assert!(derived.is_one(10, 10 + WINDOW_MICROS - 1) && derived.is_one(10 + WINDOW_MICROS - 1, 10));
        assert!(!derived.is_one(0, WINDOW_MICROS));
        for bad in ["", "k", "x00", "dxyz", "é"] {
            assert!(bad.parse::<EventKey>().is_err(), "{bad}");
        }
    }
}
