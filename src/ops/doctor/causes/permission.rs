//! An action that the policy does not allow.

use crate::aws::Class;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};
use serde_json::json;
use std::collections::BTreeSet;

pub static CAUSE: Cause = Cause { id: "permission-missing", summary: "a permission is missing", explains: &[], check };

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    let denied: BTreeSet<&str> =
        facts.refusals.iter().filter(|r| r.class == Class::Denied).map(|r| r.action.as_str()).collect();
    if denied.is_empty() {
        return;
    }
    let actions: Vec<&str> = denied.iter().copied().collect();
    let what = format!("not allowed to call {}", actions.join(", "));
    let mut finding = DoctorFinding::new(CAUSE.id, DoctorLevel::Error, FindingSubject::Everything, what);
    let said =
        facts.refusals.iter().filter(|r| r.class == Class::Denied).map(|r| format!("{}: {}", r.action, r.message));
    finding.evidence.extend(said);
    finding.statement = Some(json!({ "Effect": "Allow", "Action": actions, "Resource": "*" }));
    found.push(finding.mend("add this statement to the IAM policy of the user or role"));
}
