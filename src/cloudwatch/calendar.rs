//! The parts of a UTC date, from seconds since 1970 (proleptic Gregorian calendar), and back. Has no clock.

/// Year, month from 1, day from 1.
pub fn date(second: i64) -> (i64, i64, i64) {
    // Days are counted from 1 March of the year 0, so that the leap day comes last.
    let days = second.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Monday is 1, Sunday is 7. 1970 began on a Thursday.
pub fn weekday(second: i64) -> i64 {
    (second.div_euclid(86_400) + 3).rem_euclid(7) + 1
}

pub fn hour(second: i64) -> i64 {
    second.rem_euclid(86_400) / 3_600
}

pub fn minute(second: i64) -> i64 {
    second.rem_euclid(3_600) / 60
}

/// Days from 1970-01-01 to a date; months and days count from 1.
pub fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days_are_each_others_inverse() {
        for (day, expected) in [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (11_016, (2000, 2, 29)),
            (20_779, (2026, 11, 22)),
            (47_540, (2100, 2, 28)),
            (47_541, (2100, 3, 1)),
        ] {
            assert_eq!(date(day * 86_400 + 86_399), expected);
        }
        for day in (-1_000_000..1_000_000).step_by(7) {
            let (year, month, of_month) = date(day * 86_400);
            assert_eq!(days_since_1970(year, month, of_month), day);
        }
    }

    #[test]
    fn parts_of_a_moment() {
        // Sunday 22 November 2026, 10:31.
        let second = 20_779 * 86_400 + 10 * 3_600 + 31 * 60;
        assert_eq!((weekday(second), hour(second), minute(second)), (7, 10, 31));
        assert_eq!(weekday(0), 4);
    }
}
