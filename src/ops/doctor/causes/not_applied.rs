//! Nothing of the spec stands yet.

use crate::model::advice;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};
use crate::resources::Kind;

pub static CAUSE: Cause = Cause {
    id: "not-applied",
    summary: "the spec was never applied here",
    explains: &["drift", "topic-missing", "nobody-subscribed"],
    check,
};

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    let managed = facts.desired.keys().filter(|address| address.kind != Kind::LogGroup);
    let managed: Vec<_> = managed.collect();
    if managed.is_empty() || !managed.iter().all(|address| facts.is_absent(address)) {
        return;
    }
    let what = format!("nothing of the stack {} exists in {}: it was not applied here", facts.stack, facts.region);
    found.push(
        DoctorFinding::new(CAUSE.id, DoctorLevel::Error, FindingSubject::Everything, what)
            .seen(format!("none of {} resources of the spec is there", managed.len()))
            .mend(advice::command("apply"))
            .by_apply(true),
    );
}
