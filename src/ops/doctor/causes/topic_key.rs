//! A topic under a key that no alarm may use.

use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};
use crate::plan::notes;
use crate::resources::Resource;

pub static CAUSE: Cause = Cause {
    id: "topic-key",
    summary: "a topic is encrypted with a key that alarms cannot use",
    explains: &["drift"],
    check,
};

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for (topic, told) in facts.told_topics() {
        let Some(Resource::Topic(found_topic)) = topic.live().map(|live| &live.resource) else { continue };
        if !found_topic.has_key_of_sns() {
            continue;
        }
        found.push(
            DoctorFinding::new(
                CAUSE.id,
                DoctorLevel::Error,
                FindingSubject::topic(&topic.name),
                format!("{}: {}", topic.name, notes::KEY_OF_SNS),
            )
            .seen("KmsMasterKeyId is alias/aws/sns")
            .seen(format!("notified by {}", told.join(", ")))
            .mend(notes::A_KEY_OF_ONES_OWN)
            .by_apply(facts.applies_below(&topic.name)),
        );
    }
}
