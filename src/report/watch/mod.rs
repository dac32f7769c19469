//! What is looked at, as text: for people and for programs. Judges nothing.

pub mod doctor;
pub mod drill;
pub mod logs;
pub mod mutes;
pub mod signals;
pub mod steps;
pub mod subscriptions;
pub mod traffic;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// `2026-11-22T10:05:00.123Z` of milliseconds since 1970.
fn iso(at: i64) -> String {
    let time = DateTime::from_millis(at);
    let whole = DateTime::from_secs(time.secs()).fmt(Format::DateTime).unwrap_or_default();
    format!("{}.{:03}Z", whole.trim_end_matches('Z'), at.rem_euclid(1000))
}

/// `2026-11-22 10:05:00`, UTC.
fn moment(at: i64) -> String {
    iso(at).get(..19).map(|text| text.replace('T', " ")).unwrap_or_default()
}

/// `10:05:00.123`, UTC.
fn clock(at: i64) -> String {
    iso(at).get(11..23).map(str::to_owned).unwrap_or_default()
}
