//! What differs from the spec and is nobody else's finding.

use crate::model::advice;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};
use crate::plan::Action;
use crate::resources::Kind;

pub static CAUSE: Cause = Cause { id: "drift", summary: "live state differs from the spec", explains: &[], check };

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for change in facts.changes.iter().filter(|change| change.is_effective() && change.blocked.is_none()) {
        let fields: Vec<&str> = change.fields.iter().map(|field| field.field.as_str()).collect();
        let (level, what) = match change.action {
            Action::Create => (DoctorLevel::Error, format!("{} is not there", change.address)),
            Action::Delete => (DoctorLevel::Hint, format!("{} is not in the spec any more", change.address)),
            Action::StopManaging => (
                DoctorLevel::Hint,
                format!("{} was adopted and is not in the spec any more: it will be left in place", change.address),
            ),
            Action::Adopt => (DoctorLevel::Hint, format!("{} exists and belongs to nobody", change.address)),
            _ => (DoctorLevel::Hint, format!("{} differs from the spec: {}", change.address, fields.join(", "))),
        };
        let mut touches = facts.touched_by(&change.address.name);
        if change.address.kind == Kind::Subscription {
            touches.extend(change.address.name.split('/').next().map(FindingSubject::topic));
        }
        if change.address.kind == Kind::LogGroup {
            let writing = facts.snapshot.functions.iter().filter(|(name, own)| match own {
                Ok(own) => own.log_group == change.address.name,
                Err(_) => change.address.name.ends_with(&format!("/{name}")),
            });
            touches.extend(writing.map(|(name, _)| FindingSubject::Function(name.clone())));
        }
        let about = FindingSubject::Resource(change.address.clone());
        let remedy = format!("{} shows it, {} corrects it", advice::command("plan"), advice::command("apply"));
        found.push(DoctorFinding::new(CAUSE.id, level, about, what).touching(touches).mend(remedy).by_apply(true));
    }
}
