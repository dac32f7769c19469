//! Facts -> findings: every cause is asked, consequences go beneath what they follow from, the worst comes first. Pure.

use super::causes::CAUSES;
use super::facts::DoctorFacts;
use super::finding::DoctorFinding;

/// What is wrong, the true cause first.
pub fn judge(facts: &DoctorFacts) -> Vec<DoctorFinding> {
    let mut found: Vec<DoctorFinding> = Vec::new();
    for cause in CAUSES {
        (cause.check)(facts, &mut found);
    }
    let mut heads: Vec<DoctorFinding> = Vec::new();
    // Causes stand in the order in which they bring each other about, so a head is always known before what follows from it.
    for finding in found {
        let head = heads.iter_mut().find(|head| {
            let explains = CAUSES.iter().find(|cause| cause.id == head.cause).map_or(&[][..], |cause| cause.explains);
            explains.contains(&finding.cause) && finding.concerns(&head.about)
        });
        match head {
            Some(head) => head.consequences.push(finding),
            None => heads.push(finding),
        }
    }
    heads.sort_by_key(|head| head.level);
    heads
}
