//! Moments on the command line: `3h` ago, or a time as ISO 8601 writes it.

use crate::model::duration::parse_seconds;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

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
    let minutes = "2026-11-22T10:05".len();
    if written.get(minutes..).is_some_and(|rest| rest.is_empty() || rest.starts_with(['Z', '+', '-'])) {
        written.insert_str(minutes, ":00");
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
            ("1970-01-02T00:01Z", 86_460_000),
            ("1970-01-02T02:01+02:00", 86_460_000),
            ("1970-01-02", 86_400_000),
        ] {
            assert_eq!(moment(text), Ok(Moment::At(at)), "{text}");
        }
        for wrong in ["", "3", "yesterday", "2026-13-01", "10:05"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
