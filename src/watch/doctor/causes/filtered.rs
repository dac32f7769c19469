//! A filter policy that drops the messages of alarms.

use crate::model::filter_policy::FilterOutcome;
use crate::resources::{Confirmation, Resource};
use crate::watch::doctor::{Cause, Facts, Finding, Level, Subject};
use crate::watch::drill::{Subscriber, Topic, remedy_of_filter};
use mlops_cloudwatch::state::AlarmState;

pub static CAUSE: Cause =
    Cause { id: "filtered", summary: "a filter policy drops the messages of an alarm", explains: &["drift"], check };

fn check(facts: &Facts, found: &mut Vec<Finding>) {
    for (topic, alarms) in facts.told_topics() {
        for one in topic.subscribers.iter().filter(|one| one.confirmation == Confirmation::Confirmed) {
            let of = |outcome: FilterOutcome| -> Vec<&str> {
                let is = |name: &&str| facts.passes(one, name, AlarmState::Alarm) == Some(outcome);
                alarms.iter().copied().filter(is).collect()
            };
            let (dropped, open) = (of(FilterOutcome::Never), of(FilterOutcome::Depends));
            if !dropped.is_empty() {
                found.push(dropping(facts, topic, one, &dropped));
            }
            if !open.is_empty() {
                found.push(untested(topic, one, &open));
            }
        }
    }
}

fn dropping(facts: &Facts, topic: &Topic, one: &Subscriber, dropped: &[&str]) -> Finding {
    let subscription = &one.subscription;
    let address = Resource::Subscription(subscription.clone()).address();
    let unheard: Vec<&str> = dropped.iter().copied().filter(|name| !facts.is_heard(name)).collect();
    let (level, what) = match unheard.as_slice() {
        [] => (
            Level::Hint,
            format!(
                "the filter policy of {} at {} drops the ALARM messages of {} (others are notified)",
                subscription.endpoint,
                topic.name,
                dropped.join(", ")
            ),
        ),
        unheard => (
            Level::Broken,
            format!(
                "the filter policy of {} at {} drops the ALARM messages of {}: nobody is notified",
                subscription.endpoint,
                topic.name,
                unheard.join(", ")
            ),
        ),
    };
    let finding = Finding::new(CAUSE.id, level, Subject::Resource(address.clone()), what)
        .touching(vec![Subject::topic(&topic.name)])
        .mend(remedy_of_filter(&[one]))
        .by_apply(facts.applies(&address));
    let policy = subscription.filter_policy.iter();
    policy.fold(finding, |finding, policy| {
        let scope = subscription.filter_policy_scope.as_deref().unwrap_or("MessageAttributes");
        finding.seen(format!("FilterPolicy {policy}, FilterPolicyScope {scope}"))
    })
}

fn untested(topic: &Topic, one: &Subscriber, open: &[&str]) -> Finding {
    let subscription = &one.subscription;
    let address = Resource::Subscription(subscription.clone()).address();
    let what = format!(
        "not tested: whether the filter policy of {} at {} passes the ALARM messages of {}",
        subscription.endpoint,
        topic.name,
        open.join(", ")
    );
    let why = match &one.unread {
        Some(why) => format!("its attributes could not be read: {why}"),
        None => "it looks at parts of the message that are not known beforehand".to_owned(),
    };
    Finding::new(CAUSE.id, Level::Hint, Subject::Resource(address), what)
        .touching(vec![Subject::topic(&topic.name)])
        .seen(why)
        .mend("look at the policy yourself, or ask the subscriber after mlopsctl drill")
}
