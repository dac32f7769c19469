//! A wanted name that belongs to another stack, or to nobody who agreed.

use super::other_engine;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};

pub static CAUSE: Cause = Cause {
    id: "foreign-owner",
    summary: "another stack owns what the spec wants",
    explains: &["drift", "not-applied"],
    check,
};

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for change in &facts.changes {
        let Some(blocked) = &change.blocked else { continue };
        // How that is lifted, `other-engine` says.
        if other_engine::is_deployed(facts, &change.address) && change.fixed_field().is_none() {
            continue;
        }
        let about = FindingSubject::Resource(change.address.clone());
        let what = format!("{} cannot be applied: {}", change.address, blocked.reason);
        found.push(DoctorFinding::new(CAUSE.id, DoctorLevel::Error, about, what).mend(blocked.remedy.clone()));
    }
}
