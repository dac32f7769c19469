//! Nobody has signed in.

use crate::aws::Class;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};

pub static CAUSE: Cause = Cause { id: "no-credentials", summary: "there are no credentials", explains: &[], check };

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for refusal in facts.refusals.iter().filter(|r| r.class == Class::Credentials && r.code == "NoCredentials") {
        let finding = DoctorFinding::new(
            CAUSE.id,
            DoctorLevel::Error,
            FindingSubject::Everything,
            "there are no AWS credentials",
        );
        found.push(finding.seen(&refusal.message).mend(
            "aws configure, aws sso login, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or --profile NAME; or --sandbox",
        ));
    }
}
