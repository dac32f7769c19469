//! Actions that a mute rule holds back.

use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};
use crate::ops::mute::how_to_end;

pub static CAUSE: Cause = Cause { id: "muted", summary: "an alarm is muted", explains: &["drift"], check };

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for (name, seen) in &facts.alarms {
        let Some(rule) = &seen.chain.muted else { continue };
        let address = facts.address_of(name);
        let what = format!("{name} is muted by the alarm mute rule {rule}: it changes its state and notifies nobody");
        found.push(
            DoctorFinding::new(CAUSE.id, DoctorLevel::Error, FindingSubject::Resource(address), what)
                .touching(facts.touched_by(name))
                .seen(format!("the mute rule {rule} is active and names it"))
                .mend(format!("wait until it ends, or: {}", how_to_end(rule))),
        );
    }
}
