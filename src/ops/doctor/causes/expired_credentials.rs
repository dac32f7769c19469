//! Credentials that were good once.

use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};

pub static CAUSE: Cause =
    Cause { id: "expired-credentials", summary: "the credentials have expired", explains: &[], check };

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    let expired = ["ExpiredToken", "ExpiredTokenException", "RequestExpired"];
    for refusal in facts.refusals.iter().filter(|refusal| expired.contains(&refusal.code.as_str())) {
        let finding = DoctorFinding::new(
            CAUSE.id,
            DoctorLevel::Error,
            FindingSubject::Everything,
            "the credentials have expired",
        );
        found.push(
            finding.seen(&refusal.message).mend("sign in again: aws sso login, or copy fresh keys from the lab's page"),
        );
    }
}
