//! What an event is known by, so that a retry, a replayed spool and a second replica count it once: the client's own key, else
//! a digest of its content. Knows no database.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::clock::MICROS_PER_MINUTE;
use crate::event::Event;

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

    /// Of an event's content. None when it has neither session nor conversation: then nothing tells a retry from a second
    /// answer that is like the first, and each counts.
    pub fn derived(event: &Event) -> Option<Self> {
        let id = |id: &Option<Box<str>>| id.as_deref().is_some_and(|id| !id.trim().is_empty());
        if !id(&event.session_id) && !id(&event.conversation_id) {
            return None;
        }
        let mut hash = Sha256::new();
        // No text holds a control character, so a zero byte ends each.
        for text in [
            Some(&event.business_id),
            event.session_id.as_ref(),
            event.conversation_id.as_ref(),
            Some(&event.model_name),
            Some(&event.intent_detected),
            Some(&event.response_type),
        ] {
            hash.update(text.map_or("", |text| text));
            hash.update([0]);
        }
        let number = |value: Option<i32>| value.map_or(-1, i64::from);
        for value in [
            i64::from(event.response_time_ms),
            i64::from(event.tokens_used),
            number(event.prompt_tokens),
            number(event.completion_tokens),
            event.cost_micros.unwrap_or(-1),
            event.success_rate.map_or(-1, |rate| (rate * 1e6) as i64),
            number(event.user_message_length),
            number(event.ai_response_length),
            i64::from(event.appointment_requested)
                | i64::from(event.appointment_booked) << 1
                | i64::from(event.human_handoff_requested) << 2,
        ] {
            hash.update(value.to_le_bytes());
        }
        Some(Self { named: false, digest: shorten(hash) })
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

    fn event(body: &str) -> Event {
        Event::parse(body.as_bytes(), 7).unwrap()
    }

    #[test]
    fn content_and_ids_make_the_key() {
        let of = |body: &str| EventKey::derived(&event(body));
        let first = of(r#"{"business_id":"b","session_id":"s","response_time_ms":1,"tokens_used":2}"#);
        assert!(first.is_some());
        assert_eq!(first, of(r#"{"tokens_used":2,"business_id":"b","response_time_ms":1.0,"session_id":"s"}"#));
        for other in [
            r#"{"business_id":"c","session_id":"s","response_time_ms":1,"tokens_used":2}"#,
            r#"{"business_id":"b","session_id":"t","response_time_ms":1,"tokens_used":2}"#,
            r#"{"business_id":"b","session_id":"s","conversation_id":"c","response_time_ms":1,"tokens_used":2}"#,
            r#"{"business_id":"b","conversation_id":"s","response_time_ms":1,"tokens_used":2}"#,
            r#"{"business_id":"b","session_id":"s","response_time_ms":1,"tokens_used":3}"#,
            r#"{"business_id":"b","session_id":"s","response_time_ms":1,"tokens_used":2,"success_rate":0}"#,
            r#"{"business_id":"b","session_id":"s","response_time_ms":1,"tokens_used":2,"appointment_booked":true}"#,
        ] {
            assert_ne!(first, of(other), "{other}");
        }
        assert_eq!(of(r#"{"business_id":"b","response_time_ms":1,"tokens_used":2}"#), None);
        assert_eq!(of(r#"{"business_id":"b","session_id":" ","response_time_ms":1,"tokens_used":2}"#), None);
    }

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
