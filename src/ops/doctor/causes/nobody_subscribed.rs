//! A topic without anybody.

use crate::model::advice;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};

pub static CAUSE: Cause = Cause {
    id: "nobody-subscribed",
    summary: "nobody is subscribed to the topic of an alarm",
    explains: &["drift"],
    check,
};

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for (topic, told) in facts.told_topics() {
        if topic.live().is_none() || !topic.subscribers.is_empty() {
            continue;
        }
        found.push(
            DoctorFinding::new(
                CAUSE.id,
                DoctorLevel::Error,
                FindingSubject::topic(&topic.name),
                format!("nobody is subscribed to {}", topic.name),
            )
            .seen("sns:ListSubscriptionsByTopic lists nobody")
            .seen(format!("notified by {}", told.join(", ")))
            .mend(format!(
                "{} subscribes whom the spec names; add a subscription to the topic there",
                advice::command("apply")
            ))
            .by_apply(facts.applies_below(&topic.name)),
        );
    }
}
