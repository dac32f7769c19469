//! An alarm that is in ALARM: delivery may be right, and something is wrong all the same.

use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};

pub static CAUSE: Cause = Cause { id: "in-alarm", summary: "an alarm is in ALARM", explains: &[], check };

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for (name, seen) in &facts.alarms {
        if seen.chain.state() != Some("ALARM") {
            continue;
        }
        let own = seen.chain.live.as_ref().and_then(|live| live.facts.alarm.as_deref());
        let reason = own.map(|own| own.reason.as_str()).unwrap_or_default();
        let about = FindingSubject::Resource(facts.address_of(name));
        let finding = DoctorFinding::new(CAUSE.id, DoctorLevel::Hint, about, format!("{name} is in ALARM"));
        found.push(
            finding
                .seen(format!("CloudWatch says: {reason}"))
                .mend("look at what it watches: mlopsctl signals, mlopsctl logs --errors"),
        );
    }
}
