//! An alarm whose ALARM message every subscriber filters out.

use crate::lint::finding::About;
use crate::lint::finding::Raised;
use crate::lint::subject::{Subject, topic_of};
use crate::lint::{Level, Rule};
use crate::resources::Subscription;
use crate::resources::composite_alarm::rule::State;
use crate::resources::filter_policy::FilterOutcome;

pub static RULE: Rule = Rule {
    id: "alarm-filtered-out",
    level: Level::Warning,
    summary: "the filter policies of all its subscribers drop an alarm's message",
    page: include_str!("../../../docs/lint/alarm-filtered-out.md"),
    limits: None,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Vec<Raised>) {
    for (address, actions) in subject.actions().filter(|(_, actions)| actions.enabled) {
        let topics = actions.alarm.iter().filter_map(|arn| topic_of(arn));
        let subscriptions: Vec<&Subscription> = topics.flat_map(|topic| subject.subscriptions_of(topic)).collect();
        // An action that is no declared topic, or a subscriber that the file does not name, may be reached.
        let all_declared = actions
            .alarm
            .iter()
            .all(|arn| topic_of(arn).is_some_and(|topic| subject.subscriptions_of(topic).next().is_some()));
        let dropped = |subscription: &&Subscription| {
            let messages = subject.messages_to(subscription).into_iter();
            let mut of_alarm = messages.filter(|message| message.alarm == address && message.state == State::Alarm);
            of_alarm.next().is_some_and(|message| message.outcome == FilterOutcome::Never)
        };
        // Where nothing at all passes a policy, `filter-never-matches` says so.
        let passes_some = |subscription: &&Subscription| {
            subject
                .messages_to(subscription)
                .iter()
                .any(|message| message.state == State::Alarm && message.outcome != FilterOutcome::Never)
        };
        if subscriptions.is_empty() || !all_declared || !subscriptions.iter().all(dropped) {
            continue;
        }
        if !subscriptions.iter().any(passes_some) {
            continue;
        }
        let message = format!("every subscriber's filter policy drops the ALARM message of `{}`", address.name);
        let help = "add the alarm to one of the filter policies, or subscribe somebody without one";
        found.push(Raised::new(About::Resource(address), &["notify", "alarm_actions"], message, help));
    }
}
