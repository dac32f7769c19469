//! Actions that were switched off.

use crate::model::advice;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};

pub static CAUSE: Cause =
    Cause { id: "actions-off", summary: "the actions of an alarm are switched off", explains: &["drift"], check };

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for (name, seen) in &facts.alarms {
        let Some(actions) = seen.chain.actions() else { continue };
        if !actions.enabled && !actions.alarm.is_empty() {
            let address = facts.address_of(name);
            found.push(
                DoctorFinding::new(
                    CAUSE.id,
                    DoctorLevel::Error,
                    FindingSubject::Resource(address.clone()),
                    format!("the actions of {name} are switched off"),
                )
                .touching(facts.touched_by(name))
                .seen("ActionsEnabled is false")
                .mend(format!(
                    "{} switches them on, unless the spec says `actions_enabled: false`",
                    advice::command("apply")
                ))
                .by_apply(facts.applies(&address)),
            );
        }
    }
}
