//! A wanted name that belongs to another stack, or to nobody who agreed.

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
        let about = FindingSubject::Resource(change.address.clone());
        let what = format!("{} cannot be applied: {}", change.address, blocked.reason);
        found.push(DoctorFinding::new(CAUSE.id, DoctorLevel::Error, about, what).mend(blocked.remedy.clone()));
    }
}
