//! Alarm mute rules: which alarms' actions are held back now, and until when. An endpoint that does not know them mutes nothing.

use crate::aws::{Aws, AwsError, Class, Op, Repeat};
use crate::model::duration::iso_seconds;
use crate::plan::{Note, NoteKind};
use aws_sdk_cloudwatch::operation::get_alarm_mute_rule::GetAlarmMuteRuleOutput;
use aws_sdk_cloudwatch::operation::list_alarm_mute_rules::ListAlarmMuteRulesOutput;
use aws_sdk_cloudwatch::types::AlarmMuteRuleStatus;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use futures_util::future::try_join_all;
use std::collections::BTreeMap;

const LIST: Op = Op("cloudwatch", "ListAlarmMuteRules");
const GET: Op = Op("cloudwatch", "GetAlarmMuteRule");

/// The rule that holds an alarm's actions back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Muted {
    pub rule: String,
    /// Seconds since 1970; `None` where it cannot be told, e.g. of a schedule in a time zone with rules of its own.
    pub until: Option<i64>,
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

async fn active(aws: &Aws) -> Result<Vec<GetAlarmMuteRuleOutput>, AwsError> {
    let mut names = Vec::new();
    let page = |token| {
        let request = aws.cloudwatch.list_alarm_mute_rules().statuses(AlarmMuteRuleStatus::Active);
        request.max_records(100).set_next_token(token).send()
    };
    let keep = |page: ListAlarmMuteRulesOutput| {
        let arns = page.alarm_mute_rule_summaries().iter().filter_map(|summary| summary.alarm_mute_rule_arn());
        names.extend(arns.filter_map(|arn| Some(arn.split_once(":alarm-mute-rule:")?.1.to_owned())));
        page.next_token
    };
    aws.pages(LIST, page, keep).await?;
    let get = |name: String| async move {
        let request = || aws.cloudwatch.get_alarm_mute_rule().alarm_mute_rule_name(&name).send();
        match aws.call(GET, Repeat::Safe, request).await {
            Ok(rule) => Ok(Some(rule)),
            Err(error) if error.is(Class::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    };
    Ok(try_join_all(names.into_iter().map(get)).await?.into_iter().flatten().collect())
}

fn by_alarm(rules: &[GetAlarmMuteRuleOutput], now: i64) -> BTreeMap<String, Muted> {
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
            let own = Muted { rule: rule.name().unwrap_or_default().to_owned(), until };
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

/// When the mute of an active rule ends: `at(2026-11-22T10:00)` or `cron(m h dom mon dow)` and an ISO 8601 duration, which is a
/// quarter of a month at most (PutAlarmMuteRule).
fn until(expression: &str, duration: &str, zone: &str, now: i64) -> Option<i64> {
    if !matches!(zone, "UTC" | "Etc/UTC" | "GMT" | "Etc/GMT") {
        return None;
    }
    let length = iso_seconds(duration)?;
    let inside = |name: &str| expression.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(time) = inside("at") {
        let start = DateTime::from_str(&format!("{time}:00Z"), Format::DateTime).ok()?;
        return Some(start.secs() + length);
    }
    let cron = Cron::parse(inside("cron")?)?;
    // The last begin of a mute up to now is the one that ends last.
    let minute = now.div_euclid(60);
    let starts = (minute - length.div_euclid(60)..=minute).rev();
    starts.map(|minute| minute * 60).find(|at| cron.matches(*at)).map(|start| start + length)
}

/// `m h dom mon dow`: numbers, names, `*`, ranges and lists of them.
struct Cron([Vec<u32>; 5]);

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Cron {
    fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else { return None };
        Some(Cron([
            field(minutes, 0, 59, &[])?,
            field(hours, 0, 23, &[])?,
            field(days, 1, 31, &[])?,
            field(months, 1, 12, &MONTHS)?,
            field(weekdays, 0, 6, &DAYS)?,
        ]))
    }

    fn matches(&self, second: i64) -> bool {
        let text = DateTime::from_secs(second).fmt(Format::DateTime).unwrap_or_default();
        let part = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<u32>().ok());
        // 1970 began on a Thursday.
        let weekday = u32::try_from((second.div_euclid(86_400) + 4).rem_euclid(7)).ok();
        let parts = [part(14, 16), part(11, 13), part(8, 10), part(5, 7), weekday];
        self.0.iter().zip(parts).all(|(allowed, part)| part.is_some_and(|part| allowed.contains(&part)))
    }
}

fn field(text: &str, least: u32, most: u32, names: &[&str]) -> Option<Vec<u32>> {
    let number = |text: &str| {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let named = named.and_then(|at| u32::try_from(at).ok()).map(|at| at + least);
        named.or_else(|| text.parse().ok()).filter(|number| (least..=most).contains(number))
    };
    let mut numbers = Vec::new();
    for part in text.split(',') {
        match part.split_once('-') {
            _ if part == "*" => numbers.extend(least..=most),
            Some((from, to)) => numbers.extend(number(from)?..=number(to)?),
            None => numbers.push(number(part)?),
        }
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sunday 22 November 2026, 10:00 UTC.
    const TEN: i64 = 1_795_341_600;

    #[test]
    fn the_end_of_a_mute_is_told_where_it_can_be() {
        let hour = 3_600;
        for (expression, duration, now, end) in [
            ("at(2026-11-22T09:30)", "PT1H", TEN, Some(TEN + hour / 2)),
            ("cron(0 10 * * *)", "PT2H", TEN + hour, Some(TEN + 2 * hour)),
            ("cron(0 10 * * SUN)", "PT2H", TEN + 90, Some(TEN + 2 * hour)),
            ("cron(0 10 * * MON-FRI)", "PT2H", TEN + 90, None),
            // Two begins within one mute: the later one counts.
            ("cron(0,30 * * * *)", "PT1H", TEN + hour / 2 + 5, Some(TEN + hour + hour / 2)),
            ("cron(0 22 21 11 *)", "P1DT1H", TEN, Some(TEN + 13 * hour)),
            ("rate(5 minutes)", "PT1H", TEN, None),
            ("cron(61 * * * *)", "PT1H", TEN, None),
            ("at(soon)", "PT1H", TEN, None),
            ("at(2026-11-22T09:30)", "an hour", TEN, None),
        ] {
            assert_eq!(until(expression, duration, "UTC", now), end, "{expression} {duration}");
        }
        assert_eq!(until("at(2026-11-22T09:30)", "PT1H", "Europe/Berlin", TEN), None);
    }
}
