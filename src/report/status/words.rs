//! The words of a status, shared by the table, the Markdown and the full-screen view, so that all of them say the same.

use super::super::backtest::{moment, number};
use super::super::{Tone, count, mask, phrase};
use crate::backtest::for_plan::span;
use crate::ops::status::{
    AlarmStatus, Curve, DriftState, FunctionStatus, Life, LogGroupStatus, Reason, StackStatus, StatusStateChange,
    SubscriptionStatus,
};
use crate::resources::mute_rule::temporary::MuteReason;
use crate::resources::{Alarm, Resource};
use mlops_cloudwatch::alarm::{AlarmLimit, WatchedSignal};
use mlops_cloudwatch::state::AlarmState;

/// The verdict, without whose it is: `2 alarms in ALARM, 1 person has not confirmed, 1 resource drifted`.
pub fn verdict(status: &StackStatus) -> String {
    let counts = status.counts();
    let (alarms, subscriptions) = (counts.alarms, counts.subscriptions);
    let standing = alarms.ok + alarms.alarm + alarms.insufficient_data;
    let mut parts = Vec::new();
    let mut say = |n: usize, text: String| {
        if n > 0 {
            parts.push(text);
        }
    };
    let unheard = match counts.unheard {
        0 => String::new(),
        n if n == alarms.alarm => ", and nobody is notified".to_owned(),
        n => format!(", {n} of them with nobody notified"),
    };
    say(alarms.alarm, format!("{} in ALARM{unheard}", count(alarms.alarm, "alarm")));
    let evaluated = alarms.insufficient_data - alarms.new;
    say(evaluated, format!("{} in INSUFFICIENT_DATA", count(evaluated, "alarm")));
    say(alarms.new, format!("{} new, not evaluated yet", count(alarms.new, "alarm")));
    say(counts.silenced, format!("{} silenced", count(counts.silenced, "alarm")));
    say(counts.troubled, format!("{} not fully evaluated", count(counts.troubled, "alarm")));
    let people = counts.people_pending;
    say(
        people,
        if people == 1 { "1 person has not confirmed".into() } else { format!("{people} people have not confirmed") },
    );
    let others = subscriptions.pending - people;
    say(others, format!("{} not confirmed", count(others, "subscription")));
    say(subscriptions.lost, format!("{} lost", count(subscriptions.lost, "subscription")));
    if counts.missing > 0 && counts.missing == counts.resources {
        say(1, format!("nothing exists yet: {} missing", count(counts.missing, "resource")));
    } else {
        say(counts.missing, format!("{} missing", count(counts.missing, "resource")));
    }
    say(counts.differing, format!("{} drifted", count(counts.differing, "resource")));
    say(counts.not_ours, format!("{} to adopt", count(counts.not_ours, "resource")));
    say(counts.left_over, format!("{} left over", count(counts.left_over, "resource")));
    say(counts.absent_functions, format!("{} not found", count(counts.absent_functions, "function")));
    say(usize::from(status.is_incomplete()), "not everything could be read".to_owned());
    if !parts.is_empty() {
        return parts.join(", ");
    }
    let notified = match subscriptions.confirmed {
        0 => "nobody subscribed",
        _ => "everybody confirmed",
    };
    let alarms = if standing == 0 { "no alarms".to_owned() } else { format!("{} OK", count(standing, "alarm")) };
    format!("all quiet: {alarms}, {notified}, matches the spec")
}

/// How bad the verdict is.
pub fn tone(status: &StackStatus) -> Tone {
    let counts = status.counts();
    match verdict(status).starts_with("all quiet") {
        true => Tone::Good,
        false if counts.alarms.alarm > 0 || status.is_incomplete() => Tone::Bad,
        false => Tone::Careful,
    }
}

/// The last line: `Status: 1 in ALARM, 3 OK, ...`, greppable.
pub fn summary(status: &StackStatus) -> String {
    let counts = status.counts();
    let (alarms, subscriptions) = (counts.alarms, counts.subscriptions);
    let drifted = counts.differing + counts.missing + counts.left_over + counts.not_ours;
    format!(
        "Status: {} in ALARM, {} OK, {} INSUFFICIENT_DATA; {} confirmed, {} pending, {} lost, {} missing; {drifted} drifted.",
        alarms.alarm,
        alarms.ok,
        alarms.insufficient_data,
        subscriptions.confirmed,
        subscriptions.pending,
        subscriptions.lost,
        subscriptions.missing,
    )
}

/// The alarms, those that somebody has to look at first, each kind in its old order.
pub fn by_urgency(alarms: &[AlarmStatus]) -> Vec<&AlarmStatus> {
    let mut alarms: Vec<&AlarmStatus> = alarms.iter().collect();
    alarms.sort_by_key(|alarm| match alarm.state {
        Some(AlarmState::Alarm) => 0,
        None => 1,
        Some(AlarmState::InsufficientData) => 2,
        Some(AlarmState::Ok) => 3,
    });
    alarms
}

/// The symbol and the word of an alarm's state.
pub fn alarm_state(alarm: &AlarmStatus) -> (&'static str, &'static str, Tone) {
    match (alarm.state, &alarm.standing) {
        (Some(state), _) => (symbol(state), state_word(state), state_tone(state)),
        (None, DriftState::Missing) => ("+", "MISSING", Tone::Careful),
        (None, _) => ("?", "UNKNOWN", Tone::Bad),
    }
}

pub fn state_word(state: AlarmState) -> &'static str {
    match state {
        AlarmState::Alarm => "ALARM",
        AlarmState::Ok => "OK",
        AlarmState::InsufficientData => "INSUFFICIENT_DATA",
    }
}

fn symbol(state: AlarmState) -> &'static str {
    match state {
        AlarmState::Alarm => "!",
        AlarmState::Ok => " ",
        AlarmState::InsufficientData => "?",
    }
}

pub fn state_tone(state: AlarmState) -> Tone {
    match state {
        AlarmState::Alarm => Tone::Bad,
        AlarmState::Ok => Tone::Good,
        AlarmState::InsufficientData => Tone::Careful,
    }
}

/// `OK -> ALARM`
pub fn transition(change: &StatusStateChange) -> String {
    let from = change.from.map_or("?", state_word);
    format!("{from} -> {}", state_word(change.to))
}

/// Since how long, `-` where it is not told. A clock that lags behind AWS's makes nothing negative.
pub fn age(since: Option<i64>, now: i64) -> String {
    let whole = |seconds: i64| if seconds < 60 { seconds } else { seconds.div_euclid(60) * 60 };
    since.map_or_else(|| "-".to_owned(), |since| span(whole((now - since).max(0))))
}

/// `2026-11-22 10:05 UTC, 25m ago`
pub fn when(at: i64, now: i64) -> String {
    format!("{} UTC, {} ago", moment(at), age(Some(at), now))
}

/// Why nobody is notified of an alarm.
pub fn hushed(alarm: &AlarmStatus, now: i64) -> Option<String> {
    let mut parts = Vec::new();
    if !alarm.actions_enabled {
        parts.push("actions switched off".to_owned());
    }
    if let Some(muted) = &alarm.muted {
        let until = match muted.until {
            Some(until) => format!(" until {} UTC, for {} more", moment(until), span((until - now).max(0))),
            None => ", until when is not known".to_owned(),
        };
        parts.push(match &muted.reason {
            Some(MuteReason { by, why }) => format!("muted by {}{until}: {why}", phrase::principal(by)),
            None => format!("muted by {}{until}", muted.rule),
        });
    }
    if let Some(suppressed) = &alarm.suppressed {
        parts.push(format!("suppressed: {suppressed}"));
    }
    (!parts.is_empty()).then(|| mask::line(&parts.join("; ")))
}

/// What an evaluation lacked.
pub fn evaluation(state: &str) -> String {
    match state {
        "PARTIAL_DATA" => {
            "evaluated on part of its data only: its query finds more than CloudWatch looks at".to_owned()
        }
        "EVALUATION_ERROR" => "not evaluated: its expression or query is wrong".to_owned(),
        "EVALUATION_FAILURE" => "not evaluated: CloudWatch failed".to_owned(),
        other => mask::line(other),
    }
}

/// `3 of 3 datapoints above 5: 7, 9, 8`
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Threshold { points, of, relation, breaching, threshold } => {
            let side = match relation.as_str() {
                "greater than" => "above",
                "greater than or equal to" => "at or above",
                "less than" => "below",
                "less than or equal to" => "at or below",
                other => other,
            };
            let not = if *breaching { "" } else { "not " };
            let shown: Vec<String> = points.iter().take(5).map(|point| number(*point)).collect();
            let more = if points.len() > shown.len() { ", …" } else { "" };
            format!(
                "{} of {} {not}{side} {}: {}{more}",
                points.len(),
                count(*of, "datapoint"),
                number(*threshold),
                shown.join(", ")
            )
        }
        Reason::Missing { periods, treated } => {
            let counts = match treated.as_str() {
                "NonBreaching" => "which counts as good",
                "Breaching" => "which counts as bad",
                _ => "which counts as missing",
            };
            format!("no data in {}, {counts}", count(*periods, "period"))
        }
        Reason::NoData { periods } => format!("no data in {}", count(*periods, "period")),
        Reason::NotYet => "(new, not evaluated yet)".to_owned(),
        Reason::Child { alarm, state } => format!("{} went into {}", mask::line(alarm), state_word(*state)),
        Reason::Said(text) => mask::line(text),
    }
}

/// The newest value of what an alarm watches: `7`, or how far it is from its band.
pub fn newest(alarm: &AlarmStatus, curve: &Curve) -> String {
    match curve.newest() {
        None => "no data".to_owned(),
        Some(value) if is_band(alarm) && value > 0.0 => format!("{} off", number(value)),
        Some(_) if is_band(alarm) => "in its band".to_owned(),
        Some(value) => number(value),
    }
}

/// What is bad: `> 5`.
pub fn limit(alarm: &AlarmStatus) -> String {
    let Resource::Alarm(resource) = &alarm.resource else { return String::new() };
    match resource.definition().evaluation.limit {
        AlarmLimit::Threshold { comparison, threshold } => {
            format!("{} {}{}", comparison.symbol(), number(threshold), phrase::unit(resource))
        }
        AlarmLimit::Band(_) => "off its band".to_owned(),
        AlarmLimit::Unmodelled { .. } => String::new(),
    }
}

fn is_band(alarm: &AlarmStatus) -> bool {
    matches!(&alarm.resource, Resource::Alarm(alarm) if is_on_a_band(alarm))
}

fn is_on_a_band(alarm: &Alarm) -> bool {
    matches!(alarm.definition().signal, WatchedSignal::Band { .. })
}

/// What an alarm watches: `Errors Sum > 5 in 5m`, or the rule of a composite alarm.
pub fn condition(alarm: &AlarmStatus) -> String {
    mask::line(&match &alarm.resource {
        Resource::Alarm(alarm) => phrase::condition(alarm),
        Resource::LogAlarm(alarm) => alarm.condition(),
        Resource::CompositeAlarm(composite) => composite.alarm_rule.clone(),
        _ => String::new(),
    })
}

/// Whom an alarm tells when it rings, by name.
pub fn tells(alarm: &AlarmStatus, status: &StackStatus) -> String {
    let Some(actions) = alarm.resource.actions() else { return String::new() };
    let names: Vec<String> = actions.alarm.iter().map(|arn| phrase::short_arn(arn, &status.target)).collect();
    if names.is_empty() { "nobody".to_owned() } else { mask::line(&names.join(", ")) }
}

/// The symbol, the word and what else is to say of a subscription.
pub fn life(subscription: &SubscriptionStatus) -> (&'static str, &'static str, Tone) {
    match subscription.life {
        Life::Confirmed => (" ", "confirmed", Tone::Good),
        Life::Pending => ("!", "pending", Tone::Careful),
        Life::Lost => ("!", "lost", Tone::Bad),
        Life::Missing => ("+", "missing", Tone::Careful),
        Life::Unknown => ("?", "unknown", Tone::Bad),
    }
}

/// `you@example.edu (email)`, without secrets.
pub fn endpoint(subscription: &SubscriptionStatus) -> String {
    mask::line(&format!("{} ({})", subscription.endpoint, subscription.protocol))
}

/// What is not said by a subscription's word.
pub fn more_of(subscription: &SubscriptionStatus) -> Option<&'static str> {
    match (subscription.life, &subscription.standing) {
        (_, DriftState::NotOurs) => Some("not of this spec"),
        (_, DriftState::LeftOver) => Some("not wanted any more"),
        (Life::Pending, _) => Some("since unknown"),
        (Life::Lost, _) => Some("unsubscribed by its receiver"),
        _ => None,
    }
}

/// How a resource stands, where it is not as asked.
pub fn standing(standing: &DriftState) -> Option<(String, Tone)> {
    match standing {
        DriftState::AsAsked => None,
        DriftState::Differs(fields) => Some((mask::line(&format!("drifted: {}", fields.join(", "))), Tone::Careful)),
        DriftState::Missing => Some(("missing".to_owned(), Tone::Careful)),
        DriftState::LeftOver => Some(("left over: the spec does not ask for it".to_owned(), Tone::Careful)),
        DriftState::NotOurs => Some(("to adopt: it is not this stack's".to_owned(), Tone::Careful)),
        DriftState::OwnedBy(owner) => Some((mask::line(&format!("owned by {owner}")), Tone::Careful)),
        DriftState::Unknown(why) => Some((mask::line(&format!("could not be read: {why}")), Tone::Bad)),
    }
}

/// `logs kept 14 days, 48.3 MB`
pub fn log_group(group: &LogGroupStatus) -> String {
    let days = |days: i32| count(usize::try_from(days).unwrap_or(0), "day");
    let kept = match group.retention {
        None => return "does not stand".to_owned(),
        Some(None) => "never expires".to_owned(),
        Some(Some(n)) => format!("kept {}", days(n)),
    };
    let policy = group.policy.as_ref().map(|policy| format!(" by the account policy {policy}")).unwrap_or_default();
    let bytes =
        group.stored_bytes.map(|bytes| format!(", {}", crate::model::size::in_words(bytes))).unwrap_or_default();
    mask::line(&format!("{kept}{policy}{bytes}"))
}

/// `ran 2m ago, 123 times in 3h`; why nothing is known of it, where that is so.
pub fn function(function: &FunctionStatus, now: i64) -> (String, Tone) {
    if let Err(why) = &function.facts {
        return (mask::line(why), Tone::Bad);
    }
    let Some(invocations) = &function.invocations else { return ("present".to_owned(), Tone::Good) };
    match invocations.last {
        None => (format!("did not run in {}", span(invocations.looked_back)), Tone::Careful),
        Some(last) if invocations.count > 0.0 => {
            let times = if invocations.count == 1.0 {
                "once".to_owned()
            } else {
                format!("{} times", number(invocations.count))
            };
            let span = span(crate::ops::status::curve::REACH);
            (format!("ran {} ago, {times} in {span}", age(Some(last), now)), Tone::Good)
        }
        Some(last) => (format!("last ran {} ago", age(Some(last), now)), Tone::Careful),
    }
}

/// `changed 2026-11-22 10:00 UTC`, as Lambda tells it.
pub fn modified(function: &FunctionStatus) -> Option<String> {
    let text = function.facts.as_ref().ok()?.last_modified.as_deref()?;
    Some(mask::line(&format!("changed {} UTC", text.get(..16)?.replace('T', " "))))
}
