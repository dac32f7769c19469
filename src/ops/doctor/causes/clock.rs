//! A clock that is wrong: AWS takes no signature that is more than five minutes off.

use crate::ops::doctor::DeniedCall;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};

pub static CAUSE: Cause =
    Cause { id: "clock", summary: "the clock of this machine is wrong", explains: &["wrong-credentials"], check };

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for refusal in facts.refusals.iter().filter(|refusal| is_skewed(refusal)) {
        let finding = DoctorFinding::new(
            CAUSE.id,
            DoctorLevel::Error,
            FindingSubject::Everything,
            "the clock of this machine is wrong",
        );
        found.push(finding.seen(&refusal.message).mend(
            "set the clock (timedatectl set-ntp true; w32tm /resync): AWS takes no signature that is five minutes off",
        ));
    }
}

/// AWS's words for it (Signature Version 4 reference, "Troubleshooting").
fn is_skewed(refusal: &DeniedCall) -> bool {
    refusal.code == "RequestTimeTooSkewed"
        || refusal.message.contains("Signature expired")
        || refusal.message.contains("Signature not yet current")
}
