//! Actions that were switched off.

use crate::model::advice;
use crate::watch::doctor::{Cause, Facts, Finding, Level, Subject};

pub static CAUSE: Cause =
    Cause { id: "actions-off", summary: "the actions of an alarm are switched off", explains: &["drift"], check };

fn check(facts: &Facts, found: &mut Vec<Finding>) {
    for (name, seen) in &facts.alarms {
        let Some(actions) = seen.chain.actions() else { continue };
        if !actions.enabled && !actions.alarm.is_empty() {
            let address = facts.address_of(name);
            found.push(
                Finding::new(
                    CAUSE.id,
                    Level::Broken,
                    Subject::Resource(address.clone()),
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
