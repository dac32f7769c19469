//! Time as the contract writes it: naive ISO-8601 UTC with microseconds and no zone letter.
//! Moments are microseconds since 1970 in an `i64`; nothing here reads a time zone.

use std::time::{SystemTime, UNIX_EPOCH};

pub const MICROS_PER_SECOND: i64 = 1_000_000;
pub const MICROS_PER_MINUTE: i64 = 60 * MICROS_PER_SECOND;
pub const MICROS_PER_QUARTER: i64 = 15 * MICROS_PER_MINUTE;
pub const MICROS_PER_HOUR: i64 = 60 * MICROS_PER_MINUTE;
pub const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// Microseconds since 1970 (UTC) now. A clock set before 1970 reads as 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// `2026-11-22T10:30:00.000000`.
pub fn iso(micros: i64) -> String {
    let mut text = String::with_capacity(26);
    write(&mut text, micros, 'T');
    text
}

/// `2026-11-22 10:30:00.000000`: how both databases write a timestamp, so that text order is time order.
pub fn sql(micros: i64) -> String {
    let mut text = String::with_capacity(26);
    write(&mut text, micros, ' ');
    text
}

/// Digit by digit: this runs twice a request, and formatting machinery costs more than all the rest of it.
fn write(out: &mut String, micros: i64, separator: char) {
    let days = micros.div_euclid(MICROS_PER_DAY);
    let within = micros.rem_euclid(MICROS_PER_DAY);
    let (year, month, day) = civil(days);
    let seconds = within / MICROS_PER_SECOND;
    let parts = [
        (year, 4, '-'),
        (month, 2, '-'),
        (day, 2, separator),
        (seconds / 3600, 2, ':'),
        (seconds / 60 % 60, 2, ':'),
        (seconds % 60, 2, '.'),
    ];
    for (value, digits, after) in parts {
        number(out, value, digits);
        out.push(after);
    }
    number(out, within % MICROS_PER_SECOND, 6);
}

fn number(out: &mut String, value: i64, digits: u32) {
    for place in (0..digits).rev() {
        let digit = value / 10_i64.pow(place) % 10;
        out.push(char::from(b'0' + digit.unsigned_abs() as u8));
    }
}

/// Days since 1970-01-01 as (year, month, day) of the proleptic Gregorian calendar, counted in 400-year eras
/// that begin on 1 March, so that the leap day is the last day of a year.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments() {
        assert_eq!(iso(0), "1970-01-01T00:00:00.000000");
        assert_eq!(iso(951_782_400_000_001), "2000-02-29T00:00:00.000001");
        assert_eq!(sql(1_795_343_400_250_000), "2026-11-22 10:30:00.250000");
        assert_eq!(iso(4_107_542_400_000_000), "2100-03-01T00:00:00.000000");
        assert_eq!(iso(-1), "1969-12-31T23:59:59.999999");
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut last = civil(-800_000);
        for day in -799_999..800_000 {
            let next = civil(day);
            let same_month = next.0 == last.0 && next.1 == last.1 && next.2 == last.2 + 1;
            let next_month = next.2 == 1 && (next.0, next.1) == (last.0 + i64::from(last.1 == 12), last.1 % 12 + 1);
            assert!(same_month || next_month, "{last:?} -> {next:?}");
            last = next;
        }
    }
}
