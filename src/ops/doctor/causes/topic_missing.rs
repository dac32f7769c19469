//! An action that names a topic that is not there.

use crate::model::advice;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};

pub static CAUSE: Cause = Cause {
    id: "topic-missing",
    summary: "the topic of an alarm does not exist",
    explains: &["drift", "nobody-subscribed"],
    check,
};

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for (topic, told) in facts.told_topics() {
        if !topic.is_missing() {
            continue;
        }
        found.push(
            DoctorFinding::new(
                CAUSE.id,
                DoctorLevel::Error,
                FindingSubject::topic(&topic.name),
                format!("there is no topic {} in {}", topic.name, facts.region),
            )
            .seen(format!("sns:GetTopicAttributes does not find {}", topic.arn))
            .seen(format!("notified by {}", told.join(", ")))
            .mend(format!(
                "{} creates it, if the spec declares it; else correct the alarm's action",
                advice::command("apply")
            ))
            .by_apply(facts.applies_below(&topic.name)),
        );
    }
}
