//! An alarm that tells nobody.

use crate::model::advice;
use crate::watch::doctor::{Cause, Facts, Finding, Level, Subject};

pub static CAUSE: Cause = Cause { id: "no-actions", summary: "an alarm has no actions", explains: &["drift"], check };

fn check(facts: &Facts, found: &mut Vec<Finding>) {
    for (name, seen) in &facts.alarms {
        let Some(actions) = seen.chain.actions() else { continue };
        if actions.alarm.is_empty() {
            let address = facts.address_of(name);
            found.push(
                Finding::new(
                    CAUSE.id,
                    Level::Broken,
                    Subject::Resource(address.clone()),
                    format!("{name} has no alarm actions: it goes into ALARM and tells nobody"),
                )
                .touching(facts.touched_by(name))
                .seen("AlarmActions is empty")
                .mend(format!("give it `notify: TOPIC` in the spec, then {}", advice::command("apply")))
                .by_apply(facts.applies(&address)),
            );
        }
    }
}
