//! A topic under a key of its own, whose policy is not read.

use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};
use crate::resources::Resource;

pub static CAUSE: Cause = Cause {
    id: "key-not-tested",
    summary: "a topic is encrypted with a key whose policy is not read",
    explains: &[],
    check,
};

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for (topic, told) in facts.told_topics() {
        let Some(Resource::Topic(live)) = topic.live().map(|live| &live.resource) else { continue };
        let Some(key) = live.kms_master_key_id.as_deref().filter(|_| !live.has_key_of_sns()) else { continue };
        let what = format!("not tested: whether the key of {} lets alarms publish", topic.name);
        found.push(
            DoctorFinding::new(CAUSE.id, DoctorLevel::Hint, FindingSubject::topic(&topic.name), what)
                .seen(format!("KmsMasterKeyId is {key}"))
                .seen(format!("notified by {}", told.join(", ")))
                .mend(
                    "the key's policy has to allow cloudwatch.amazonaws.com kms:Decrypt and kms:GenerateDataKey*; mlopsctl drill tries it",
                ),
        );
    }
}
