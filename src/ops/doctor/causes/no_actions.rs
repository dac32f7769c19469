//! An alarm that notifies nobody.

use crate::model::advice;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};

pub static CAUSE: Cause = Cause { id: "no-actions", summary: "an alarm has no actions", explains: &["drift"], check };

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for (name, seen) in &facts.alarms {
        let Some(actions) = seen.chain.actions() else { continue };
        if actions.alarm.is_empty() {
            let address = facts.address_of(name);
            found.push(
                DoctorFinding::new(
                    CAUSE.id,
                    DoctorLevel::Error,
                    FindingSubject::Resource(address.clone()),
                    format!("{name} has no alarm actions: it goes into ALARM and notifies nobody"),
                )
                .touching(facts.touched_by(name))
                .seen("AlarmActions is empty")
                .mend(format!("give it `notify: TOPIC` in the spec, then {}", advice::command("apply")))
                .by_apply(facts.applies(&address)),
            );
        }
    }
}
