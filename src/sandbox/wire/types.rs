//! Values that look different in each wire format: points in time, and maps as against structures.

use ciborium::Value;
use ciborium::tag::Required;
use mlops_cloudwatch::calendar;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Add, Sub};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// CBOR's tag of a point in time.
pub const TIMESTAMP: u64 = 1;
/// Our own mark of a map, which XML writes as entries; it never leaves the process.
pub const ENTRIES: u64 = 0x6D61_7073;

/// A point in time to the millisecond. In JSON, and in the store, seconds as a number; in CBOR tag 1; in XML ISO 8601.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    millis: i64,
}

impl Timestamp {
    pub fn from_millis(millis: i64) -> Self {
        Timestamp { millis }
    }

    pub fn from_seconds(seconds: f64) -> Self {
        Timestamp { millis: (seconds * 1000.0).round() as i64 }
    }

    pub fn millis(self) -> i64 {
        self.millis
    }

    /// Whole seconds since 1970, rounded down.
    pub fn seconds(self) -> i64 {
        self.millis.div_euclid(1000)
    }

    /// E.g. `2026-11-22T10:31:25.123Z`.
    pub fn to_iso(self) -> String {
        let (days, millis) = (self.millis.div_euclid(86_400_000), self.millis.rem_euclid(86_400_000));
        let (year, month, day) = calendar::date(days * 86_400);
        let (h, m, s) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60);
        format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{:03}Z", millis % 1000)
    }

    /// Year, month and day in UTC.
    pub fn civil_date(self) -> (i64, u32, u32) {
        let (year, month, day) = calendar::date(self.millis.div_euclid(1_000));
        (year, u32::try_from(month).unwrap_or_default(), u32::try_from(day).unwrap_or_default())
    }

    /// Reads `2026-11-22T10:31:25Z`, with or without a fraction and with an offset such as `+01:00`.
    pub fn from_iso(text: &str) -> Option<Self> {
        let (date, time) = text.split_once(['T', ' '])?;
        let mut date = date.split('-').map(str::parse::<i64>);
        let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
        let at = time.find(['Z', '+', '-']).unwrap_or(time.len());
        let (clock, zone) = time.split_at(at);
        let mut clock = clock.split(':');
        let (h, m) = (clock.next()?.parse::<i64>().ok()?, clock.next()?.parse::<i64>().ok()?);
        let seconds: f64 = clock.next().unwrap_or("0").parse().ok()?;
        let in_range =
            (1..=12).contains(&month) && (1..=31).contains(&day) && h < 24 && m < 60 && (0.0..61.0).contains(&seconds);
        if !in_range || !(0..=9999).contains(&year) || h < 0 || m < 0 {
            return None;
        }
        let offset = match zone.get(1..).filter(|_| !zone.starts_with('Z')) {
            None | Some("") => 0,
            Some(digits) => {
                let (h, m) = digits.split_once(':').or_else(|| digits.split_at_checked(2))?;
                let minutes = h.parse::<i64>().ok()? * 60 + m.parse::<i64>().ok()?;
                if zone.starts_with('-') { -minutes } else { minutes }
            }
        };
        let minutes = calendar::days_since_1970(year, month, day) * 1440 + h * 60 + m - offset;
        Some(Timestamp { millis: minutes * 60_000 + (seconds * 1000.0).round() as i64 })
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp { millis: i64::try_from(since.as_millis()).unwrap_or(i64::MAX) }
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;

    fn add(self, duration: Duration) -> Timestamp {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Timestamp { millis: self.millis.saturating_add(millis) }
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Timestamp;

    fn sub(self, duration: Duration) -> Timestamp {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Timestamp { millis: self.millis.saturating_sub(millis) }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let seconds = self.millis as f64 / 1000.0;
        if serializer.is_human_readable() {
            serializer.serialize_f64(seconds)
        } else {
            Required::<f64, TIMESTAMP>(seconds).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Point;

        impl Visitor<'_> for Point {
            type Value = Timestamp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("seconds since 1970 or an ISO 8601 time")
            }

            fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Timestamp, E> {
                Ok(Timestamp::from_seconds(seconds))
            }

            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Timestamp, E> {
                Ok(Timestamp { millis: seconds.saturating_mul(1000) })
            }

            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Timestamp, E> {
                self.visit_i64(i64::try_from(seconds).unwrap_or(i64::MAX))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                Timestamp::from_iso(text)
                    .or_else(|| text.parse().ok().map(Timestamp::from_seconds))
                    .ok_or_else(|| E::custom(format!("{text:?} is not a time")))
            }
        }

        deserializer.deserialize_any(Point)
    }
}

/// Bytes as they are: a body, or a text that is kept as one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blob(pub Vec<u8>);

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Blob;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Blob, E> {
                Ok(Blob(bytes.to_vec()))
            }

            fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Blob, E> {
                Ok(Blob(bytes))
            }
        }

        deserializer.deserialize_byte_buf(Bytes)
    }
}

/// A map of text to text that XML writes as `<entry>`s. In CBOR and JSON it is a plain map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entries(pub BTreeMap<String, String>);

impl Serialize for Entries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            self.0.serialize(serializer)
        } else {
            Required::<_, ENTRIES>(&self.0).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(Entries)
    }
}

/// The value without any tags, for JSON.
pub fn without_tags(value: Value) -> Value {
    untag(value, |_| true)
}

/// The value without our own mark, for CBOR.
pub fn without_entries(value: Value) -> Value {
    untag(value, |tag| tag == ENTRIES)
}

fn untag(value: Value, remove: fn(u64) -> bool) -> Value {
    match value {
        Value::Tag(tag, inner) if remove(tag) => untag(*inner, remove),
        Value::Tag(tag, inner) => Value::Tag(tag, Box::new(untag(*inner, remove))),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| untag(item, remove)).collect()),
        Value::Map(members) => {
            Value::Map(members.into_iter().map(|(key, value)| (key, untag(value, remove))).collect())
        }
        other => other,
    }
}
