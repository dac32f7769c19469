//! Mutes for people and for programs: what holds which alarms' actions back, until when, who began it and why.

use crate::model::Target;
use crate::model::advice;
use crate::model::duration::format_seconds;
use crate::ops::mute::{MuteOwner, StandingMute};
use crate::report::figures::moment;
use crate::report::{RenderOptions, count, json, json_value, layout, mask, phrase, table};
use crate::resources::mute_rule::temporary::TemporaryMute;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Names that a line shows.
const SHOWN: usize = 5;

/// What `unmute` has done.
#[derive(Debug)]
pub struct Unmuted<'a> {
    /// Each ended mute with the alarms for which it ended.
    pub ended: Vec<(&'a StandingMute, BTreeSet<String>)>,
    /// What was asked for and is not a command's to end.
    pub kept: Vec<(&'a StandingMute, BTreeSet<String>)>,
}

/// A mute that has just begun, ending in a line feed.
pub fn begun(mute: &TemporaryMute, rules: &[String], look: &RenderOptions) -> String {
    let alarms = count(mute.alarms.len(), "alarm");
    let verb = if mute.alarms.len() == 1 { "notifies" } else { "notify" };
    let mut text = format!("muted: {alarms} {verb} nobody until {} UTC\n", moment(mute.until));
    text += &layout::hang("  ", &names(&mute.alarms, look), look.width);
    let who = format!("by {}: {}", phrase::principal(&mute.reason.by), mute.reason.why);
    text += &layout::hang("  ", &mask::line(&who), look.width);
    let ends =
        rules.first().filter(|_| rules.len() == 1).map_or_else(|| "ALARM".to_owned(), |rule| advice::quoted(rule));
    let unmute = advice::command(&format!("unmute {ends}"));
    text + &layout::hang(
        "  ",
        &format!("{unmute} ends it sooner; what is in ALARM in the end notifies then"),
        look.width,
    )
}

/// Returns the question before alarms of a roster are muted until a time, or unmuted: `Mute 10 alarms in 2 targets until ... UTC?`.
pub fn question(alarms: usize, targets: usize, until: Option<i64>) -> String {
    let what = format!("{} in {}", count(alarms, "alarm"), count(targets, "target"));
    match until {
        Some(until) => format!("Mute {what} until {} UTC?", moment(until)),
        None => format!("Unmute {what}?"),
    }
}

/// The list, ending in a line feed.
pub fn list(mutes: &[StandingMute], target: &Target, look: &RenderOptions) -> String {
    let active = mutes.iter().filter(|mute| mute.is_active).count();
    let muted: BTreeSet<&String> =
        mutes.iter().filter(|mute| mute.is_active).flat_map(|mute| &mute.rule.alarms).collect();
    let mut text = format!("{target}: ");
    text += &match muted.len() {
        0 => "no alarm is muted".to_owned(),
        n => format!("{} muted by {}", count(n, "alarm"), count(active, "rule")),
    };
    text += "\n";
    if mutes.is_empty() {
        return text;
    }
    let row = |mute: &StandingMute| {
        let (by, why) = behind(mute);
        [names(&mute.rule.alarms, look), when(mute), by, why, mask::line(&mute.rule.name)].to_vec()
    };
    text + "\n" + &table::table(&["alarms", "when (UTC)", "by", "why", "rule"], mutes.iter().map(row).collect(), look)
}

/// What has ended, and what has not, ending in a line feed.
pub fn unmuted(unmuted: &Unmuted<'_>, look: &RenderOptions) -> String {
    let mut text = String::new();
    for (mute, alarms) in &unmuted.ended {
        let left = mute.rule.alarms.len() - alarms.len();
        let rule = mask::line(&mute.rule.name);
        let rest = match left {
            0 => format!("{rule} is deleted"),
            1 => format!("1 alarm of {rule} stays muted"),
            n => format!("{} of {rule} stay muted", count(n, "alarm")),
        };
        let list: Vec<String> = alarms.iter().cloned().collect();
        text += &layout::hang("unmuted: ", &format!("{}; {rest}", names(&list, look)), look.width);
    }
    text
}

/// Why something stays muted, and what to do.
pub fn kept(mute: &StandingMute, alarms: &BTreeSet<String>) -> (String, String) {
    let list: Vec<String> = alarms.iter().cloned().collect();
    let (names, rule) = (names(&list, &RenderOptions::PLAIN), mask::line(&mute.rule.name));
    match &mute.owner {
        MuteOwner::Stack(stack) => {
            let stack = mask::line(stack);
            let what = format!("{names}: muted by mute_rule/{rule}, which the spec of stack {stack} declares");
            (what, format!("take them out of `mute_rules: {rule}` in the spec, then {}", advice::command("apply")))
        }
        MuteOwner::Command(_) | MuteOwner::Other => {
            let what = format!("{names}: muted by the mute rule {rule}, which mlopsctl did not make");
            (what, format!("aws cloudwatch delete-alarm-mute-rule --alarm-mute-rule-name {rule}"))
        }
    }
}

/// `mute` and `mute --list` for programs.
pub fn json(mutes: &[StandingMute], target: &Target) -> String {
    let mutes: Vec<Value> = mutes.iter().map(one).collect();
    let value = json!({
        "format_version": json::FORMAT_VERSION,
        "account": target.account,
        "region": target.region,
        "mutes": mutes,
    });
    mask::document(value)
}

/// `unmute` for programs.
pub fn unmuted_json(unmuted: &Unmuted<'_>, target: &Target) -> String {
    let of = |mutes: &[(&StandingMute, BTreeSet<String>)]| -> Vec<Value> {
        mutes.iter().map(|(mute, alarms)| json!({ "rule": mute.rule.name, "alarms": alarms })).collect()
    };
    let value = json!({
        "format_version": json::FORMAT_VERSION,
        "account": target.account,
        "region": target.region,
        "ended": of(&unmuted.ended),
        "kept": of(&unmuted.kept),
    });
    mask::document(value)
}

fn one(mute: &StandingMute) -> Value {
    let (owner, stack) = match &mute.owner {
        MuteOwner::Command(origin) => (origin.word(), None),
        MuteOwner::Stack(stack) => ("spec", Some(stack)),
        MuteOwner::Other => ("other", None),
    };
    let reason = mute.reason.as_ref();
    json!({
        "rule": mute.rule.name,
        "alarms": mute.rule.alarms,
        "active": mute.is_active,
        "schedule": mute.rule.expression,
        "duration_s": mute.rule.duration,
        "until": mute.until.and_then(json_value::time),
        "made_by": owner,
        "stack": stack,
        "by": reason.map(|reason| &reason.by),
        "why": reason.map(|reason| &reason.why),
    })
}

/// Who began it and why.
fn behind(mute: &StandingMute) -> (String, String) {
    match (&mute.reason, &mute.owner) {
        (Some(reason), _) => (mask::line(&phrase::principal(&reason.by)), mask::line(&reason.why)),
        (None, MuteOwner::Stack(stack)) => {
            (mask::line(&format!("stack {stack}")), mask::line(mute.rule.description.as_deref().unwrap_or_default()))
        }
        (None, _) => ("unknown".to_owned(), mask::line(mute.rule.description.as_deref().unwrap_or_default())),
    }
}

fn when(mute: &StandingMute) -> String {
    match (mute.is_active, mute.until) {
        (true, Some(until)) => format!("until {}", moment(until)),
        (true, None) => "now".to_owned(),
        (false, Some(until)) => format!("{} to {}", moment(until - mute.rule.duration), moment(until)),
        (false, None) => mask::line(&format!("{} for {}", mute.rule.expression, format_seconds(mute.rule.duration))),
    }
}

fn names(alarms: &[String], look: &RenderOptions) -> String {
    let most = if look.verbose { alarms.len() } else { SHOWN };
    let shown: Vec<String> = alarms.iter().take(most).map(|name| mask::line(name)).collect();
    match alarms.len().saturating_sub(most) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
