//! Credentials that were good once.

use crate::watch::doctor::{Cause, Facts, Finding, Level, Subject};

pub static CAUSE: Cause =
    Cause { id: "expired-credentials", summary: "the credentials have expired", explains: &[], check };

fn check(facts: &Facts, found: &mut Vec<Finding>) {
    let expired = ["ExpiredToken", "ExpiredTokenException", "RequestExpired"];
    for refusal in facts.refusals.iter().filter(|refusal| expired.contains(&refusal.code.as_str())) {
        let finding = Finding::new(CAUSE.id, Level::Broken, Subject::Everything, "the credentials have expired");
        found.push(
            finding.seen(&refusal.message).mend("sign in again: aws sso login, or copy fresh keys from the lab's page"),
        );
    }
}
