//! Until when mute rules hold the actions of one alarm back. As if the rules had existed all along; their start and expiry count.

use crate::resources::MuteRule;
use mlops_cloudwatch::schedule::{MuteSchedule, iso_duration};
use mlops_cloudwatch::zone::TimeZone;

/// Seconds east of UTC that a zone can be, and the step between two zones.
const WESTERNMOST: i64 = -12 * 3_600;
const EASTERNMOST: i64 = 14 * 3_600;
const ZONE_STEP: usize = 900;

/// Whether actions are held back at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MuteHold {
    Off,
    /// Until when, in seconds since 1970.
    Until(i64),
    /// The offset of its zone at that moment decides, and is not known here.
    Unknown,
}

/// Returns the first moment from `at` on at which no rule holds the actions back, or `end` where there is none before it. The error
/// names the rule of which it is not known.
pub fn released(rules: &[&MuteRule], at: i64, end: i64) -> Result<i64, String> {
    let mut at = at;
    while at < end {
        let mut next = at;
        let mut unknown = None;
        for rule in rules {
            match hold(rule, at) {
                MuteHold::Off => {}
                MuteHold::Until(until) => next = next.max(until),
                MuteHold::Unknown => unknown = Some(rule),
            }
        }
        match unknown {
            _ if next > at => at = next,
            Some(rule) => {
                let zone = rule.timezone.as_deref().unwrap_or_default();
                return Err(format!("when mute_rule/{} holds is not worked out: its zone is {zone}", rule.name));
            }
            None => return Ok(at),
        }
    }
    Ok(end)
}

fn hold(rule: &MuteRule, at: i64) -> MuteHold {
    if rule.start_date.is_some_and(|start| at < start) || rule.expire_date.is_some_and(|expire| at >= expire) {
        return MuteHold::Off;
    }
    let Ok(schedule) = MuteSchedule::parse(&rule.expression, &iso_duration(rule.duration)) else {
        return MuteHold::Unknown;
    };
    let offset = match &rule.timezone {
        None => Some(0),
        Some(zone) => TimeZone::parse(zone).and_then(TimeZone::offset),
    };
    match offset {
        Some(offset) => match schedule.active_until(at + offset) {
            Some(until) => MuteHold::Until(rule.expire_date.unwrap_or(i64::MAX).min(until - offset)),
            None => MuteHold::Off,
        },
        // A zone with summer time: what holds in no zone does not hold in this one.
        None => match (WESTERNMOST..=EASTERNMOST).step_by(ZONE_STEP).any(|offset| schedule.is_active(at + offset)) {
            true => MuteHold::Unknown,
            false => MuteHold::Off,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlops_cloudwatch::schedule::minute;

    fn at(text: &str) -> i64 {
        minute(text).unwrap()
    }

    fn rule(expression: &str, hours: i64, zone: Option<&str>) -> MuteRule {
        let (expression, timezone) = (expression.to_owned(), zone.map(str::to_owned));
        MuteRule { name: "m".into(), expression, duration: hours * 3_600, timezone, ..MuteRule::default() }
    }

    /// 2026-11-22 is a Sunday.
    #[test]
    fn actions_are_held_back_until_the_last_rule_ends() {
        let night = rule("cron(0 2 * * *)", 4, None);
        let after = rule("at(2026-11-22T05:00)", 3, Some("+01:00"));
        let expiring = MuteRule { expire_date: Some(at("2026-11-22T03:00")), ..night.clone() };
        let future = MuteRule { start_date: Some(at("2026-11-23T00:00")), ..night.clone() };
        let end = at("2026-11-22T20:00");
        for (rules, from, until) in [
            (&[&night][..], "2026-11-22T01:59", "2026-11-22T01:59"),
            (&[&night], "2026-11-22T02:00", "2026-11-22T06:00"),
            // The second holds from 04:00 UTC until 07:00, the moment at which the first has ended.
            (&[&night, &after], "2026-11-22T02:00", "2026-11-22T07:00"),
            (&[&expiring], "2026-11-22T02:30", "2026-11-22T03:00"),
            (&[&future], "2026-11-22T02:30", "2026-11-22T02:30"),
            (&[], "2026-11-22T02:30", "2026-11-22T02:30"),
        ] {
            assert_eq!(released(rules, at(from), end), Ok(at(until)), "{rules:?} {from}");
        }
        assert_eq!(released(&[&night], at("2026-11-22T02:00"), at("2026-11-22T03:00")), Ok(at("2026-11-22T03:00")));
    }

    #[test]
    fn a_zone_with_summer_time_is_said_to_be_unknown_where_it_decides() {
        let sunday = rule("cron(0 2 * * SUN)", 4, Some("Europe/Berlin"));
        let end = at("2026-12-01T00:00");
        let why = released(&[&sunday], at("2026-11-22T02:00"), end).unwrap_err();
        assert!(why.contains("mute_rule/m") && why.contains("Europe/Berlin"), "{why}");
        assert_eq!(released(&[&sunday], at("2026-11-25T02:00"), end), Ok(at("2026-11-25T02:00")));
    }
}
