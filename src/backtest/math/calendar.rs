//! The parts of a UTC date, from seconds since 1970 (proleptic Gregorian calendar).

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
