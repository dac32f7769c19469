//! Nobody answers, or somebody who is not AWS.

use crate::aws::Class;
use crate::ops::doctor::DeniedCall;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};

pub static CAUSE: Cause =
    Cause { id: "unreachable", summary: "AWS, or the endpoint, cannot be reached", explains: &[], check };

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    // Credentials and permissions have causes of their own.
    let is_others = |refusal: &&DeniedCall| matches!(refusal.class, Class::Credentials | Class::Denied);
    for refusal in facts.refusals.iter().filter(|refusal| !is_others(refusal)) {
        let (what, remedy) = match refusal.class {
            Class::Throttled => ("AWS throttles this account: too many calls", "wait a minute and run again"),
            Class::Unexpected => (
                "what answers is not AWS, or not about what was asked",
                "check --endpoint-url, AWS_ENDPOINT_URL and proxies",
            ),
            Class::Refused | Class::Limit | Class::NotFound | Class::AlreadyExists => (
                "AWS, or the endpoint, refuses what was asked",
                "look at what it says, and check the region and --endpoint-url",
            ),
            _ => (
                "AWS, or the endpoint, cannot be reached",
                "check the network, a proxy (HTTPS_PROXY), and the address of --endpoint-url",
            ),
        };
        let finding = DoctorFinding::new(CAUSE.id, DoctorLevel::Error, FindingSubject::Everything, what);
        found.push(finding.seen(format!("{}: {}", refusal.action, refusal.message)).mend(remedy));
    }
}
