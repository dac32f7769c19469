//! What is looked for stands in another region.

use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};

pub static CAUSE: Cause = Cause {
    id: "wrong-region",
    summary: "everything is in another region",
    explains: &[
        "function-missing",
        "not-applied",
        "drift",
        "wrong-dimension",
        "no-data",
        "topic-missing",
        "insufficient-data",
    ],
    check,
};

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    // A name that is found in every region tells nothing; the region with most of it is meant.
    let Some((region, names)) = facts.elsewhere.iter().max_by_key(|(_, names)| names.len()) else { return };
    let shown = names.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    let what = format!("this looks in {}, while {region} has {shown}", facts.region);
    let mut finding = DoctorFinding::new(CAUSE.id, DoctorLevel::Error, FindingSubject::Everything, what);
    for (region, names) in &facts.elsewhere {
        finding.evidence.push(format!("{region}: {}", names.join(", ")));
    }
    found.push(finding.mend(format!("--region {region}, or `region: {region}` in the spec")));
}
