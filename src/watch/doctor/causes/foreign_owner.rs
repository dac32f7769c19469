//! A wanted name that belongs to another stack, or to nobody who agreed.

use crate::watch::doctor::{Cause, Facts, Finding, Level, Subject};

pub static CAUSE: Cause = Cause {
    id: "foreign-owner",
    summary: "another stack owns what the spec wants",
    explains: &["drift", "not-applied"],
    check,
};

fn check(facts: &Facts, found: &mut Vec<Finding>) {
    for change in &facts.changes {
        let Some(blocked) = &change.blocked else { continue };
        let about = Subject::Resource(change.address.clone());
        let what = format!("{} cannot be applied: {}", change.address, blocked.reason);
        found.push(Finding::new(CAUSE.id, Level::Broken, about, what).mend(blocked.remedy.clone()));
    }
}
