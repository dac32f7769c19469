//! The schedule of a mute rule: `cron(minutes hours day-of-month month day-of-week)` or `at(yyyy-MM-ddThh:mm)`, and how long each
//! mute lasts (CloudWatch API reference, `Schedule`). Counts in seconds of the rule's own zone since 1970: callers add its offset.

use crate::calendar;

const DAY: i64 = 86_400;
/// Bounds of a duration: PT1M to P15D.
const SHORTEST: i64 = 60;
const LONGEST: i64 = 15 * DAY;
/// Characters of an expression, at most.
const LONGEST_EXPRESSION: usize = 256;
const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// When alarms are muted: from each beginning, for so long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MuteSchedule {
    begin: Begin,
    /// Seconds.
    length: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Begin {
    Once(i64),
    Cron { minutes: Vec<i64>, hours: Vec<i64>, days: Vec<i64>, months: Vec<i64>, weekdays: Vec<i64> },
}

/// Why a schedule is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    #[error("a schedule expression has 1 to 256 characters")]
    ExpressionLength,
    #[error("a schedule is `cron(minutes hours day month weekday)` or `at(yyyy-MM-ddThh:mm)`")]
    Expression,
    #[error("a duration is written as `PT4H` or `P2DT12H`")]
    Duration,
    #[error("a duration is PT1M to P15D")]
    DurationRange,
}

impl MuteSchedule {
    /// Reads an expression and an ISO 8601 duration.
    pub fn parse(expression: &str, duration: &str) -> Result<Self, ScheduleError> {
        if !(1..=LONGEST_EXPRESSION).contains(&expression.len()) {
            return Err(ScheduleError::ExpressionLength);
        }
        let inside = |name: &str| expression.strip_prefix(name)?.strip_suffix(')');
        let begin = match (inside("at("), inside("cron(")) {
            (Some(moment), _) => minute(moment).map(Begin::Once),
            (None, Some(fields)) => cron(fields),
            (None, None) => None,
        };
        let begin = begin.ok_or(ScheduleError::Expression)?;
        let length = iso_seconds(duration).ok_or(ScheduleError::Duration)?;
        if (SHORTEST..=LONGEST).contains(&length) {
            Ok(Self { begin, length })
        } else {
            Err(ScheduleError::DurationRange)
        }
    }

    /// When a mute that happens only once is over.
    pub fn end(&self) -> Option<i64> {
        match self.begin {
            Begin::Once(at) => Some(at + self.length),
            Begin::Cron { .. } => None,
        }
    }

    pub fn is_active(&self, now: i64) -> bool {
        self.active_until(now).is_some()
    }

    /// When the mute that holds at `now` ends. Mutes may overlap: the one that began last ends last.
    pub fn active_until(&self, now: i64) -> Option<i64> {
        let begin = self.last_begin(now)?;
        (now < begin + self.length).then_some(begin + self.length)
    }

    /// The last beginning up to `now`, of those whose mute may still hold.
    fn last_begin(&self, now: i64) -> Option<i64> {
        let Begin::Cron { minutes, hours, days, months, weekdays } = &self.begin else {
            return self.end().map(|end| end - self.length).filter(|begin| *begin <= now);
        };
        let (first, last) = ((now - self.length).div_euclid(DAY), now.div_euclid(DAY));
        let on_day = |day: &i64| {
            let (_, month, of_month) = calendar::date(day * DAY);
            let weekday = calendar::weekday(day * DAY) % 7;
            days.contains(&of_month) && months.contains(&month) && weekdays.contains(&weekday)
        };
        (first..=last).rev().filter(on_day).find_map(|day| {
            let of_day = |hour: i64| minutes.iter().rev().map(move |minute| (hour * 60 + minute) * 60);
            hours.iter().rev().copied().flat_map(of_day).map(|second| day * DAY + second).find(|begin| *begin <= now)
        })
    }
}

/// Reads `2026-11-22T10:00`, a minute without seconds or a zone, as seconds since 1970.
pub fn minute(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let signs = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':')];
    if bytes.len() != 16 || signs.iter().any(|(at, sign)| bytes[*at] != *sign) {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = &bytes[from..to];
        let all = digits.iter().all(u8::is_ascii_digit);
        all.then(|| digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute) = (number(11, 13)?, number(14, 16)?);
    let begin = calendar::days_since_1970(year, month, day) * DAY;
    let is_date = (1..=12).contains(&month) && calendar::date(begin) == (year, month, day);
    (is_date && hour < 24 && minute < 60).then_some(begin + (hour * 60 + minute) * 60)
}

/// Writes a moment as [`minute`] reads it; what is below a minute is left out.
pub fn minute_text(second: i64) -> String {
    let (year, month, day) = calendar::date(second);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}", calendar::hour(second), calendar::minute(second))
}

fn cron(text: &str) -> Option<Begin> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [minutes, hours, days, months, weekdays] = fields[..] else { return None };
    Some(Begin::Cron {
        minutes: field(minutes, 0, 59, &[])?,
        hours: field(hours, 0, 23, &[])?,
        days: field(days, 1, 31, &[])?,
        months: field(months, 1, 12, &MONTHS)?,
        weekdays: field(weekdays, 0, 6, &DAYS)?,
    })
}

/// `*`, numbers or names, `a-b`, and lists of these; ascending, each once.
fn field(text: &str, least: i64, most: i64, names: &[&str]) -> Option<Vec<i64>> {
    let number = |text: &str| {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(text)).and_then(|at| i64::try_from(at).ok());
        let digits = || text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        named.map(|at| at + least).or_else(digits).filter(|number| (least..=most).contains(number))
    };
    let mut numbers = Vec::new();
    for part in text.split(',') {
        match part.split_once('-') {
            _ if part == "*" => numbers.extend(least..=most),
            Some((from, to)) => {
                let (from, to) = (number(from)?, number(to)?);
                if from > to {
                    return None;
                }
                numbers.extend(from..=to);
            }
            None => numbers.push(number(part)?),
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    Some(numbers)
}

/// Writes seconds as [`iso_seconds`] reads them, the largest units first; nothing is no duration.
pub fn iso_duration(seconds: i64) -> String {
    let mut text = "P".to_owned();
    let (days, rest) = (seconds / DAY, seconds % DAY);
    if days > 0 {
        text.push_str(&format!("{days}D"));
    }
    if rest > 0 {
        text.push('T');
    }
    let mut rest = rest;
    for (unit, size) in [('H', 3_600), ('M', 60), ('S', 1)] {
        if rest / size > 0 {
            text.push_str(&format!("{}{unit}", rest / size));
        }
        rest %= size;
    }
    text
}

/// Seconds of an ISO 8601 duration of days and smaller units, such as `PT4H` or `P2DT12H30M`; `None` where it is not one.
pub fn iso_seconds(text: &str) -> Option<i64> {
    let rest = text.strip_prefix('P')?;
    let (date, time) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (rest, ""),
    };
    let mut seconds = 0_i64;
    for (part, units) in [(date, &[('D', DAY)][..]), (time, &[('H', 3_600), ('M', 60), ('S', 1)][..])] {
        let mut rest = part;
        for (unit, size) in units {
            if let Some((number, after)) = rest.split_once(*unit) {
                let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
                let number: u32 = is_number.then(|| number.parse().ok()).flatten()?;
                seconds = seconds.checked_add(i64::from(number).checked_mul(*size)?)?;
                rest = after;
            }
        }
        if !rest.is_empty() {
            return None;
        }
    }
    (seconds > 0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A minute as `at()` takes it, and seconds.
    fn at(text: &str) -> i64 {
        let (clock, seconds) = text.split_at(16);
        minute(clock).unwrap() + seconds.trim_start_matches(':').parse::<i64>().unwrap_or(0)
    }

    /// The examples of the API reference, and their borders. 2026-11-22 is a Sunday.
    #[test]
    fn mutes_hold_from_their_beginning_for_their_length() {
        for (expression, duration, now, until) in [
            ("cron(0 2 * * *)", "PT4H", "2026-11-22T02:00:00", Some("2026-11-22T06:00")),
            ("cron(0 2 * * *)", "PT4H", "2026-11-22T05:59:59", Some("2026-11-22T06:00")),
            ("cron(0 2 * * *)", "PT4H", "2026-11-22T06:00:00", None),
            ("cron(0 2 * * *)", "PT4H", "2026-11-22T01:59:59", None),
            ("cron(0 2 * * SUN)", "PT4H", "2026-11-22T03:00:00", Some("2026-11-22T06:00")),
            ("cron(0 2 * * SUN)", "PT4H", "2026-11-23T03:00:00", None),
            ("cron(0 18 * * FRI)", "P2DT12H", "2026-11-22T12:00:00", Some("2026-11-23T06:00")),
            ("cron(0 18 * * FRI)", "P2DT12H", "2026-11-23T06:00:00", None),
            ("cron(0 1 1 * *)", "PT6H", "2026-12-01T03:00:00", Some("2026-12-01T07:00")),
            ("cron(0 1 1 * *)", "PT6H", "2026-12-02T03:00:00", None),
            ("cron(0,30 9-17 * JAN-MAR,NOV MON-FRI)", "PT10M", "2026-11-23T16:35:00", Some("2026-11-23T16:40")),
            ("cron(0,30 9-17 * JAN-MAR,NOV MON-FRI)", "PT10M", "2026-11-22T16:35:00", None),
            // Two beginnings within one mute: the later one counts.
            ("cron(0,30 * * * *)", "PT1H", "2026-11-22T10:30:05", Some("2026-11-22T11:30")),
            ("cron(0 22 21 11 *)", "P1DT1H", "2026-11-22T10:00:00", Some("2026-11-22T23:00")),
            ("at(2026-11-22T10:00)", "PT1H", "2026-11-22T10:59:00", Some("2026-11-22T11:00")),
            ("at(2026-11-22T10:00)", "PT1H", "2026-11-22T11:00:00", None),
            ("at(2026-11-22T10:00)", "PT1H", "2026-11-22T09:59:00", None),
            ("at(2024-02-29T00:00)", "P15D", "2024-03-14T23:59:00", Some("2024-03-15T00:00")),
        ] {
            let schedule = MuteSchedule::parse(expression, duration).unwrap();
            let told = format!("{expression} {duration} at {now}");
            assert_eq!(schedule.active_until(at(now)), until.map(at), "{told}");
            assert_eq!(schedule.is_active(at(now)), until.is_some(), "{told}");
        }
    }

    #[test]
    fn moments_and_durations_are_read_as_they_are_written() {
        for (seconds, text) in
            [(60, "PT1M"), (14_400, "PT4H"), (216_000, "P2DT12H"), (1_296_000, "P15D"), (90_061, "P1DT1H1M1S")]
        {
            assert_eq!((iso_duration(seconds).as_str(), iso_seconds(text)), (text, Some(seconds)));
        }
        for seconds in (1..40 * DAY).step_by(9_973) {
            assert_eq!(iso_seconds(&iso_duration(seconds)), Some(seconds));
            assert_eq!(minute(&minute_text(seconds * 977)), Some(seconds * 977 / 60 * 60));
        }
    }

    #[test]
    fn only_a_single_mute_ends_for_good() {
        let end = |expression| MuteSchedule::parse(expression, "PT1H").unwrap().end();
        assert_eq!(end("at(2026-11-22T10:00)"), Some(at("2026-11-22T11:00")));
        assert_eq!(end("cron(0 2 * * *)"), None);
    }

    #[test]
    fn wrong_schedules_say_what_is_wrong() {
        use ScheduleError::{Duration, DurationRange, Expression, ExpressionLength};
        for (expression, duration, error) in [
            ("", "PT4H", ExpressionLength),
            (&"x".repeat(257), "PT4H", ExpressionLength),
            ("cron(0 2 * *)", "PT4H", Expression),
            ("cron(60 2 * * *)", "PT4H", Expression),
            ("cron(+1 2 * * *)", "PT4H", Expression),
            ("cron(0 2 * FOO *)", "PT4H", Expression),
            ("cron(0 5-2 * * *)", "PT4H", Expression),
            ("cron(0 2 0 * *)", "PT4H", Expression),
            ("at(2026-11-22)", "PT4H", Expression),
            ("at(2026-11-22T10:00:00)", "PT4H", Expression),
            ("at(2026-02-30T10:00)", "PT4H", Expression),
            ("at(2026-11-22T24:00)", "PT4H", Expression),
            ("at(2026-11-22T-1:00)", "PT4H", Expression),
            ("every day", "PT4H", Expression),
            ("rate(5 minutes)", "PT4H", Expression),
            ("cron(0 2 * * *)", "PT30S", DurationRange),
            ("cron(0 2 * * *)", "P16D", DurationRange),
            ("cron(0 2 * * *)", "4H", Duration),
            ("cron(0 2 * * *)", "PT", Duration),
            ("cron(0 2 * * *)", "P1DT", Duration),
            ("cron(0 2 * * *)", "P1W", Duration),
            ("cron(0 2 * * *)", "PT+4H", Duration),
        ] {
            assert_eq!(MuteSchedule::parse(expression, duration), Err(error), "{expression} {duration}");
        }
    }

    /// Held against a search minute by minute.
    #[test]
    fn the_last_beginning_is_the_one_that_a_search_finds() {
        let begins = |schedule: &MuteSchedule, at: i64| {
            let Begin::Cron { minutes, hours, days, months, weekdays } = &schedule.begin else { return false };
            let (_, month, day) = calendar::date(at);
            let parts = [calendar::minute(at), calendar::hour(at), day, month, calendar::weekday(at) % 7];
            [minutes, hours, days, months, weekdays].iter().zip(parts).all(|(field, part)| field.contains(&part))
        };
        for (expression, duration) in
            [("cron(0 2 * * *)", "PT4H"), ("cron(7,30 9-17 * NOV MON-FRI)", "P3DT1M"), ("cron(0 1 1 * *)", "P15D")]
        {
            let schedule = MuteSchedule::parse(expression, duration).unwrap();
            let from = at("2026-11-20T00:00");
            for now in (from..from + 14 * DAY).step_by(15_660) {
                let mut minutes = (now - schedule.length + 1..=now).rev().filter(|at| at % 60 == 0);
                let found = minutes.find(|at| begins(&schedule, *at));
                assert_eq!(schedule.active_until(now), found.map(|at| at + schedule.length), "{expression} {now}");
            }
        }
    }
}
