//! Keys that AWS does not know, or a region that is not enabled: both look the same.

use crate::aws::Class;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};

pub static CAUSE: Cause =
    Cause { id: "wrong-credentials", summary: "AWS does not accept the credentials", explains: &[], check };

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    let named = ["NoCredentials", "ExpiredToken", "ExpiredTokenException", "RequestExpired"];
    let refused = facts.refusals.iter().filter(|r| r.class == Class::Credentials && !named.contains(&r.code.as_str()));
    for refusal in refused {
        let (what, remedy) = match refusal.code.as_str() {
            "OptInRequired" => (
                format!("the region {} is not enabled for this account", facts.region),
                "enable it (Account, AWS Regions), or name another --region",
            ),
            _ => (
                "AWS does not accept the credentials".to_owned(),
                "check the keys and the session token; a region that is not enabled looks the same: aws sts get-caller-identity shows which",
            ),
        };
        let finding = DoctorFinding::new(CAUSE.id, DoctorLevel::Error, FindingSubject::Everything, what);
        found.push(finding.seen(&refusal.message).mend(remedy));
    }
}
