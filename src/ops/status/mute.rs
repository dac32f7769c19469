//! Alarm mute rules: which alarms' actions are held back now, and until when. An endpoint that does not know them mutes nothing.

use crate::aws::{Aws, AwsError, Class};
use crate::plan::{Note, NoteKind};
use crate::resources::mute_rule::aws::{FoundRule, find, names};
use crate::resources::mute_rule::temporary::MuteReason;
use aws_sdk_cloudwatch::types::AlarmMuteRuleStatus;
use aws_smithy_types::DateTime;
use futures_util::future::try_join_all;
use mlops_cloudwatch::schedule::MuteSchedule;
use mlops_cloudwatch::zone::TimeZone;
use std::collections::BTreeMap;

/// The rule that holds an alarm's actions back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Muted {
    pub rule: String,
    /// Seconds since 1970; `None` where it cannot be told, e.g. of a schedule in a time zone with rules of its own.
    pub until: Option<i64>,
    /// Who made it and why, of a mute that a command began.
    pub reason: Option<MuteReason>,
}

/// Alarm name -> its rule, and what to know where they could not be read.
#[derive(Debug, Clone, Default)]
pub struct Mutes {
    pub by_alarm: BTreeMap<String, Muted>,
    pub note: Option<Note>,
}

/// One listing, and one call for each rule that is active at `now`.
pub async fn read(aws: &Aws, now: i64) -> Mutes {
    match active(aws).await {
        Ok(rules) => Mutes { by_alarm: by_alarm(&rules, now), note: None },
        Err(error) if error.is(Class::Denied) => {
            let text = "whether alarms are muted is not known: the mute rules may not be read";
            let note = Note::new(NoteKind::Unknown, text);
            Mutes { note: Some(Note { remedy: error.remedy(), ..note }), ..Mutes::default() }
        }
        Err(error) => {
            let text = format!("whether alarms are muted is not known: {error}");
            Mutes { note: Some(Note::new(NoteKind::Info, text)), ..Mutes::default() }
        }
    }
}

async fn active(aws: &Aws) -> Result<Vec<FoundRule>, AwsError> {
    let names = names(aws, &[AlarmMuteRuleStatus::Active]).await?;
    let found = names.iter().map(|name| find(aws, name));
    Ok(try_join_all(found).await?.into_iter().flatten().collect())
}

fn by_alarm(rules: &[FoundRule], now: i64) -> BTreeMap<String, Muted> {
    let mut muted: BTreeMap<String, Muted> = BTreeMap::new();
    for rule in rules {
        let schedule = rule.rule().and_then(|rule| rule.schedule());
        let until = schedule.and_then(|schedule| {
            until(
                schedule.expression().unwrap_or_default(),
                schedule.duration().unwrap_or_default(),
                schedule.timezone().unwrap_or("UTC"),
                now,
            )
        });
        let expires = rule.expire_date().map(DateTime::secs);
        let until = until.map(|until| expires.map_or(until, |expires| until.min(expires)));
        for alarm in rule.mute_targets().map(|targets| targets.alarm_names()).unwrap_or_default() {
            let reason = rule.description().and_then(MuteReason::parse);
            let own = Muted { rule: rule.name().unwrap_or_default().to_owned(), until, reason };
            // Of several rules, the one that ends last counts; one whose end is not known ends after all others.
            let end = |muted: &Muted| muted.until.unwrap_or(i64::MAX);
            match muted.get(alarm) {
                Some(other) if end(other) >= end(&own) => {}
                _ => _ = muted.insert(alarm.clone(), own),
            }
        }
    }
    muted
}

/// When the mute of an active rule ends, in seconds since 1970.
pub fn until(expression: &str, duration: &str, zone: &str, now: i64) -> Option<i64> {
    let offset = TimeZone::parse(zone)?.offset()?;
    Some(MuteSchedule::parse(expression, duration).ok()?.active_until(now + offset)? - offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sunday 22 November 2026, 10:00 UTC.
    const TEN: i64 = 1_795_341_600;

    #[test]
    fn the_end_of_a_mute_is_told_where_it_can_be() {
        let hour = 3_600;
        for (expression, duration, zone, now, end) in [
            ("at(2026-11-22T09:30)", "PT1H", "UTC", TEN, Some(TEN + hour / 2)),
            ("at(2026-11-22T10:30)", "PT1H", "+01:00", TEN, Some(TEN + hour / 2)),
            ("cron(0 10 * * SUN)", "PT2H", "Etc/UTC", TEN + 90, Some(TEN + 2 * hour)),
            ("cron(0 10 * * MON-FRI)", "PT2H", "UTC", TEN + 90, None),
            ("rate(5 minutes)", "PT1H", "UTC", TEN, None),
            ("at(2026-11-22T09:30)", "PT1H", "Europe/Berlin", TEN, None),
            ("at(2026-11-22T09:30)", "PT1H", "nowhere", TEN, None),
        ] {
            assert_eq!(until(expression, duration, zone, now), end, "{expression} {duration} {zone}");
        }
    }
}
