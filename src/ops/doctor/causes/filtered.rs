//! A filter policy that drops the messages of alarms.

use crate::model::filter_policy::FilterOutcome;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};
use crate::ops::drill::{DrillTopic, Subscriber, remedy_of_filter};
use crate::resources::{ConfirmationState, Resource};
use mlops_cloudwatch::state::AlarmState;

pub static CAUSE: Cause =
    Cause { id: "filtered", summary: "a filter policy drops the messages of an alarm", explains: &["drift"], check };

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for (topic, alarms) in facts.told_topics() {
        for one in topic.subscribers.iter().filter(|one| one.confirmation == ConfirmationState::Confirmed) {
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

fn dropping(facts: &DoctorFacts, topic: &DrillTopic, one: &Subscriber, dropped: &[&str]) -> DoctorFinding {
    let subscription = &one.subscription;
    let address = Resource::Subscription(subscription.clone()).address();
    let unheard: Vec<&str> = dropped.iter().copied().filter(|name| !facts.is_heard(name)).collect();
    let (level, what) = match unheard.as_slice() {
        [] => (
            DoctorLevel::Hint,
            format!(
                "the filter policy of {} at {} drops the ALARM messages of {} (others are notified)",
                subscription.endpoint,
                topic.name,
                dropped.join(", ")
            ),
        ),
        unheard => (
            DoctorLevel::Error,
            format!(
                "the filter policy of {} at {} drops the ALARM messages of {}: nobody is notified",
                subscription.endpoint,
                topic.name,
                unheard.join(", ")
            ),
        ),
    };
    let finding = DoctorFinding::new(CAUSE.id, level, FindingSubject::Resource(address.clone()), what)
        .touching(vec![FindingSubject::topic(&topic.name)])
        .mend(remedy_of_filter(&[one]))
        .by_apply(facts.applies(&address));
    let policy = subscription.filter_policy.iter();
    policy.fold(finding, |finding, policy| {
        let scope = subscription.filter_policy_scope.as_deref().unwrap_or("MessageAttributes");
        finding.seen(format!("FilterPolicy {policy}, FilterPolicyScope {scope}"))
    })
}

fn untested(topic: &DrillTopic, one: &Subscriber, open: &[&str]) -> DoctorFinding {
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
    DoctorFinding::new(CAUSE.id, DoctorLevel::Hint, FindingSubject::Resource(address), what)
        .touching(vec![FindingSubject::topic(&topic.name)])
        .seen(why)
        .mend("look at the policy yourself, or ask the subscriber after mlopsctl drill")
}
