//! The schedule of a mute rule: `cron(m h dom mon dow)` or `at(yyyy-MM-ddThh:mm)`, and how long each mute lasts. All in UTC.

use crate::sandbox::wire::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

const MINUTE: i64 = 60_000;
const DAY: i64 = 1440;
const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// When a rule mutes.
#[derive(Clone, Debug, PartialEq)]
pub struct When {
    start: Start,
    duration: Duration,
}

#[derive(Clone, Debug, PartialEq)]
enum Start {
    Once(Timestamp),
    Cron {
        minutes: BTreeSet<u32>,
        hours: BTreeSet<u32>,
        days: BTreeSet<u32>,
        months: BTreeSet<u32>,
        weekdays: BTreeSet<u32>,
    },
}

impl When {
    /// Reads expression and ISO 8601 duration; the error is for the caller's eyes.
    pub fn parse(expression: &str, duration: &str) -> Result<Self, String> {
        let wrong = || format!("The schedule expression {expression} is invalid");
        if !(1..=256).contains(&expression.len()) {
            return Err("The schedule expression must have 1 to 256 characters".to_owned());
        }
        let inside = |name: &str| expression.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
        let start = if let Some(time) = inside("at") {
            // A minute, without seconds or a zone.
            let time = Some(time).filter(|time| time.len() == 16).and_then(Timestamp::from_iso);
            Start::Once(time.ok_or_else(wrong)?)
        } else {
            let fields: Vec<&str> = inside("cron").ok_or_else(wrong)?.split_whitespace().collect();
            let [minutes, hours, days, months, weekdays] = fields[..] else { return Err(wrong()) };
            Start::Cron {
                minutes: field(minutes, 0..=59, &[]).ok_or_else(wrong)?,
                hours: field(hours, 0..=23, &[]).ok_or_else(wrong)?,
                days: field(days, 1..=31, &[]).ok_or_else(wrong)?,
                months: field(months, 1..=12, &MONTHS).ok_or_else(wrong)?,
                weekdays: field(weekdays, 0..=6, &DAYS).ok_or_else(wrong)?,
            }
        };
        let length = iso_duration(duration).ok_or_else(|| format!("The duration {duration} is invalid"))?;
        let (shortest, longest) = (Duration::from_secs(60), Duration::from_secs(15 * 86_400));
        if length < shortest || length > longest {
            return Err(format!("The duration {duration} must be from PT1M to P15D"));
        }
        Ok(When { start, duration: length })
    }

    /// When a mute that happens only once is over.
    pub fn end(&self) -> Option<Timestamp> {
        match &self.start {
            Start::Once(start) => Some(*start + self.duration),
            Start::Cron { .. } => None,
        }
    }

    pub fn is_active(&self, now: Timestamp) -> bool {
        let Start::Cron { minutes, hours, days, months, weekdays } = &self.start else {
            return self.end().is_some_and(|end| now < end && now + self.duration >= end);
        };
        let now = now.millis().div_euclid(MINUTE);
        let length = i64::try_from(self.duration.as_secs() / 60).unwrap_or(i64::MAX);
        // The first minute after which a mute would still last.
        let first = now - length + 1;
        (first.div_euclid(DAY)..=now.div_euclid(DAY)).any(|day| {
            let (_, month, of_month) = Timestamp::from_millis(day * DAY * MINUTE).civil_date();
            let weekday = u32::try_from((day + 4).rem_euclid(7)).unwrap_or_default();
            let on_day = days.contains(&of_month) && months.contains(&month) && weekdays.contains(&weekday);
            on_day
                && hours.iter().any(|hour| {
                    minutes
                        .iter()
                        .any(|minute| (first..=now).contains(&(day * DAY + i64::from(*hour) * 60 + i64::from(*minute))))
                })
        })
    }
}

/// `*`, numbers or names, `a-b`, and lists of these.
fn field(text: &str, range: std::ops::RangeInclusive<u32>, names: &[&str]) -> Option<BTreeSet<u32>> {
    let number = |text: &str| {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(text)).and_then(|at| u32::try_from(at).ok());
        named.map(|at| at + range.start()).or_else(|| text.parse().ok()).filter(|number| range.contains(number))
    };
    let mut numbers = BTreeSet::new();
    for part in text.split(',') {
        match part.split_once('-') {
            _ if part == "*" => numbers.extend(range.clone()),
            Some((from, to)) => {
                let (from, to) = (number(from)?, number(to)?);
                if from > to {
                    return None;
                }
                numbers.extend(from..=to);
            }
            None => _ = numbers.insert(number(part)?),
        }
    }
    Some(numbers)
}

/// `P7D`, `PT4H`, `P2DT12H30M`.
fn iso_duration(text: &str) -> Option<Duration> {
    let rest = text.strip_prefix('P')?;
    let (date, time) = rest.split_once('T').unwrap_or((rest, ""));
    let mut seconds = 0;
    for (part, units) in [(date, &[('D', 86_400)][..]), (time, &[('H', 3600), ('M', 60), ('S', 1)][..])] {
        let mut rest = part;
        for (unit, size) in units {
            if let Some((number, after)) = rest.split_once(*unit) {
                seconds += number.parse::<u32>().ok().map(u64::from)? * size;
                rest = after;
            }
        }
        if !rest.is_empty() {
            return None;
        }
    }
    (seconds > 0 && !text.ends_with('T')).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn active(expression: &str, duration: &str, now: &str) -> bool {
        When::parse(expression, duration).unwrap().is_active(Timestamp::from_iso(now).unwrap())
    }

    #[test]
    fn mutes_are_active_from_their_start_for_their_length() {
        // 2026-11-22 is a Sunday.
        for (expression, duration, now, expected) in [
            ("cron(0 2 * * *)", "PT4H", "2026-11-22T02:00:00Z", true),
            ("cron(0 2 * * *)", "PT4H", "2026-11-22T05:59:59Z", true),
            ("cron(0 2 * * *)", "PT4H", "2026-11-22T06:00:00Z", false),
            ("cron(0 2 * * *)", "PT4H", "2026-11-22T01:59:59Z", false),
            ("cron(0 18 * * FRI)", "P2DT12H", "2026-11-22T12:00:00Z", true),
            ("cron(0 18 * * FRI)", "P2DT12H", "2026-11-23T06:00:00Z", false),
            ("cron(0 1 1 * *)", "PT6H", "2026-12-01T03:00:00Z", true),
            ("cron(0 1 1 * *)", "PT6H", "2026-12-02T03:00:00Z", false),
            ("cron(0,30 9-17 * JAN-MAR,NOV MON-FRI)", "PT10M", "2026-11-23T16:35:00Z", true),
            ("cron(0,30 9-17 * JAN-MAR,NOV MON-FRI)", "PT10M", "2026-11-22T16:35:00Z", false),
            ("at(2026-11-22T10:00)", "PT1H", "2026-11-22T10:59:00Z", true),
            ("at(2026-11-22T10:00)", "PT1H", "2026-11-22T11:00:00Z", false),
            ("at(2026-11-22T10:00)", "PT1H", "2026-11-22T09:59:00Z", false),
        ] {
            assert_eq!(active(expression, duration, now), expected, "{expression} {duration} at {now}");
        }
    }

    #[test]
    fn wrong_schedules_are_refused() {
        for (expression, duration) in [
            ("cron(0 2 * *)", "PT4H"),
            ("cron(60 2 * * *)", "PT4H"),
            ("cron(0 2 * FOO *)", "PT4H"),
            ("cron(0 5-2 * * *)", "PT4H"),
            ("at(2026-11-22)", "PT4H"),
            ("at(2026-11-22T10:00:00)", "PT4H"),
            ("every day", "PT4H"),
            ("cron(0 2 * * *)", "PT30S"),
            ("cron(0 2 * * *)", "P16D"),
            ("cron(0 2 * * *)", "4H"),
            ("cron(0 2 * * *)", "PT"),
            ("cron(0 2 * * *)", "P1W"),
        ] {
            assert!(When::parse(expression, duration).is_err(), "{expression} {duration}");
        }
    }
}
