//! The one clock of a run, and moments on the command line: `3h` ago, or a time as ISO 8601 writes it.

use crate::model::duration::parse_seconds;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// As it was written; what it means depends on when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Seconds before now.
    Ago(i64),
    /// Milliseconds since 1970.
    At(i64),
}

impl Moment {
    /// Milliseconds since 1970.
    pub fn resolve(self, now: i64) -> i64 {
        match self {
            Self::Ago(seconds) => now.saturating_sub(seconds.saturating_mul(1000)),
            Self::At(at) => at,
        }
    }
}

/// For clap: `90s`, `5m`, `3h`, `14d`, or `2026-11-22T10:05:00Z` (a space for the T, no seconds, no Z: UTC as well).
pub fn moment(text: &str) -> Result<Moment, String> {
    if let Some(seconds) = parse_seconds(text) {
        return Ok(Moment::Ago(seconds));
    }
    let mut written = text.trim().replace(' ', "T");
    if written.len() == "2026-11-22".len() {
        written.push_str("T00:00");
    }
    if written.len() == "2026-11-22T10:05".len() {
        written.push_str(":00");
    }
    let has_zone = written.get(11..).is_some_and(|time| time.contains(['Z', '+', '-']));
    if !has_zone {
        written.push('Z');
    }
    let parsed = DateTime::from_str(&written, Format::DateTimeWithOffset).ok().and_then(|time| time.to_millis().ok());
    parsed
        .map(Moment::At)
        .ok_or_else(|| "write how long ago (90s, 5m, 3h, 14d) or a time (2026-11-22T10:05:00Z)".to_owned())
}

/// By how much the AWS that is spoken to is ahead of this machine: only a sandbox's clock can be moved, by anybody at any time.
static AHEAD: OnceLock<Box<dyn Fn() -> Duration + Send + Sync>> = OnceLock::new();

/// From now on `now_ms` is the time of an AWS that is so far ahead. There is one in a run.
pub fn set_ahead(ahead: impl Fn() -> Duration + Send + Sync + 'static) {
    let _ = AHEAD.set(Box::new(ahead));
}

/// Seconds since 1970, by the clock of the AWS that is spoken to.
pub fn now() -> i64 {
    now_ms() / 1_000
}

/// The day in UTC, `YYYY-MM-DD`, by the clock of the AWS that is spoken to.
pub fn today() -> String {
    let text = DateTime::from_secs(now()).fmt(Format::DateTime).unwrap_or_default();
    text.chars().take(10).collect()
}

/// Milliseconds since 1970, by the clock of the AWS that is spoken to.
pub fn now_ms() -> i64 {
    let here = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let ahead = AHEAD.get().map_or(Duration::ZERO, |ahead| ahead());
    i64::try_from((here + ahead).as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_durations_or_times() {
        assert_eq!(moment("3h"), Ok(Moment::Ago(10_800)));
        assert_eq!(moment("3h").map(|moment| moment.resolve(10_800_500)), Ok(500));
        for (text, at) in [
            ("1970-01-02T00:00:01Z", 86_401_000),
            ("1970-01-02T00:00:01.5Z", 86_401_500),
            ("1970-01-02T02:00:01+02:00", 86_401_000),
            ("1970-01-02 00:01", 86_460_000),
            ("1970-01-02", 86_400_000),
        ] {
            assert_eq!(moment(text), Ok(Moment::At(at)), "{text}");
        }
        for wrong in ["", "3", "yesterday", "2026-13-01", "10:05"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
