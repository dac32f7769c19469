//! A topic that lets no alarm publish.

use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};
use crate::plan::notes;
use crate::resources::topic::policy;

pub static CAUSE: Cause =
    Cause { id: "topic-policy", summary: "the policy of a topic lets no alarm publish", explains: &["drift"], check };

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for (topic, told) in facts.told_topics() {
        let Some(policy) = topic.live().and_then(|live| live.facts.topic_policy.as_ref()) else { continue };
        if policy::lets_alarms_publish(policy) {
            continue;
        }
        let Some(target) = &facts.target else { continue };
        found.push(
            DoctorFinding::new(
                CAUSE.id,
                DoctorLevel::Error,
                FindingSubject::topic(&topic.name),
                format!("{}: {}", topic.name, notes::POLICY_REFUSES),
            )
            .seen("no statement of it allows cloudwatch.amazonaws.com sns:Publish")
            .seen(format!("notified by {}", told.join(", ")))
            .mend(notes::let_alarms_publish(target))
            .by_apply(facts.applies_below(&topic.name)),
        );
    }
}
