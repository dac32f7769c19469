//! An alarm whose ALARM message every subscriber filters out.

use crate::lint::finding::About;
use crate::lint::finding::Raised;
use crate::lint::subject::{RuleContext, topic_of};
use crate::lint::{LintRule, Severity};
use crate::model::filter_policy::FilterOutcome;
use crate::resources::{Address, Subscription};
use mlops_cloudwatch::state::AlarmState;
use std::collections::{BTreeMap, BTreeSet};

pub static RULE: LintRule = LintRule {
    id: "alarm-filtered-out",
    level: Severity::Warning,
    summary: "the filter policies of all its subscribers drop an alarm's message",
    page: include_str!("../../../docs/lint/alarm-filtered-out.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    // A subscriber without a policy is reached, and so is whoever the file does not name.
    let filtered = |topic: &str| {
        let subscriptions = subject.subscriptions_of(topic);
        let all = subscriptions.iter().all(|subscription| subscription.filter_policy.is_some());
        (all && !subscriptions.is_empty()).then(|| Dropped::by(subject, subscriptions))
    };
    let mut topics: BTreeMap<&str, Option<Dropped<'_>>> = BTreeMap::new();
    for (address, actions) in subject.actions().filter(|(_, actions)| actions.enabled && !actions.alarm.is_empty()) {
        let mut passes_some = false;
        let everywhere = actions.alarm.iter().all(|arn| {
            let Some(topic) = topic_of(arn) else { return false };
            let dropped = topics.entry(topic).or_insert_with(|| filtered(topic)).as_ref();
            passes_some |= dropped.is_some_and(|dropped| dropped.passes_some);
            dropped.is_some_and(|dropped| dropped.alarms.contains(address))
        });
        // Where nothing at all passes a policy, `filter-never-matches` says so.
        if everywhere && passes_some {
            let message = format!("every subscriber's filter policy drops the ALARM message of `{}`", address.name);
            let help = "add the alarm to one of the filter policies, or subscribe somebody without one";
            let about = About::Resource(address.clone());
            found.push(Raised::new(about, &["notify", "alarm_actions"], message, help));
        }
    }
}

/// What the filter policies of all subscribers of a topic do to ALARM messages.
struct Dropped<'a> {
    /// The alarms whose message none of them passes.
    alarms: BTreeSet<&'a Address>,
    /// Whether one of them passes the message of another alarm.
    passes_some: bool,
}

impl<'a> Dropped<'a> {
    fn by(subject: &RuleContext<'a>, subscriptions: &[&Subscription]) -> Self {
        let mut dropped = Self { alarms: BTreeSet::new(), passes_some: false };
        for (at, subscription) in subscriptions.iter().enumerate() {
            let messages = subject.messages_to(subscription).into_iter();
            let (never, passed): (Vec<_>, Vec<_>) = messages
                .filter(|message| message.state == AlarmState::Alarm)
                .partition(|message| message.outcome == FilterOutcome::Never);
            dropped.passes_some |= !passed.is_empty();
            let never: BTreeSet<&Address> = never.into_iter().map(|message| message.alarm).collect();
            dropped.alarms = if at == 0 { never } else { &dropped.alarms & &never };
        }
        dropped
    }
}
