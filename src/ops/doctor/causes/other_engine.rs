//! Resources of the spec that CloudFormation deploys, or did, by its tags; and how to take them out of its hands.

use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};
use crate::ops::handover::HandoverCase;
use crate::resources::foreign::DeployingEngine;
use crate::resources::mark::{self, Owner};
use crate::resources::{Address, other_owner};
use std::collections::{BTreeMap, BTreeSet};

pub static CAUSE: Cause =
    Cause { id: "other-engine", summary: "CloudFormation deploys what the spec wants", explains: &[], check };

/// So many are named.
const NAMED: usize = 5;

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    // Apart: what carries our mark is deployed from an export, or has been handed over.
    let mut cases: BTreeMap<(bool, String), HandoverCase> = BTreeMap::new();
    for address in facts.desired.keys() {
        let Some(tags) = facts.live(address).and_then(|live| live.resource.tags()) else { continue };
        let Some(origin) = other_owner::cloudformation(tags) else { continue };
        let is_ours = match mark::owner(tags, &facts.stack) {
            Owner::Ours => true,
            Owner::Nobody => false,
            Owner::Foreign(_) => continue,
        };
        let case = cases.entry((is_ours, origin.stack.clone())).or_insert_with(|| HandoverCase {
            engine: DeployingEngine::Cloudformation,
            stack: Some(origin.stack),
            resources: BTreeMap::new(),
            to_adopt: BTreeSet::new(),
        });
        case.resources.insert(address.clone(), origin.logical_id);
        if !is_ours {
            case.to_adopt.insert(address.clone());
        }
    }
    for ((is_ours, stack), mut case) in cases {
        children(facts, &mut case);
        found.push(finding(facts, is_ours, &stack, &case));
    }
}

/// Whether a resource is one of those that are CloudFormation's alone.
pub fn is_deployed(facts: &DoctorFacts, address: &Address) -> bool {
    let tags = facts.live(address).and_then(|live| live.resource.tags());
    tags.is_some_and(|tags| {
        other_owner::cloudformation(tags).is_some() && mark::owner(tags, &facts.stack) == Owner::Nobody
    })
}

/// What has no tags is in the hands that its parent is in; whether it is in the same template, they do not say.
fn children(facts: &DoctorFacts, case: &mut HandoverCase) {
    let parents: Vec<Address> = case.resources.keys().cloned().collect();
    for (address, resource) in &facts.desired {
        let is_child = resource.child().is_some_and(|child| parents.contains(&child.parent));
        if is_child && facts.live(address).is_some() {
            case.resources.insert(address.clone(), None);
        }
    }
}

fn finding(facts: &DoctorFacts, is_ours: bool, stack: &str, case: &HandoverCase) -> DoctorFinding {
    let own: Vec<&Address> = case.resources.iter().filter(|(_, id)| id.is_some()).map(|(address, _)| address).collect();
    let own = if own.is_empty() { case.resources.keys().collect() } else { own };
    let named: Vec<String> = own.iter().take(NAMED).map(ToString::to_string).collect();
    let more = own.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let named = format!("{}{more}", named.join(", "));
    let (level, what) = match is_ours {
        true => (
            DoctorLevel::Hint,
            format!(
                "{named} carry the tags of CloudFormation stack {stack:?} and the mark of {}: both may set them",
                facts.stack
            ),
        ),
        false => (DoctorLevel::Error, format!("CloudFormation stack {stack:?} owns {named}, which the spec wants")),
    };
    let remedy = match is_ours {
        true => {
            "if the stack is to stay in charge, never apply here, and look with mlopsctl drift; if it no longer manages them, nothing is to be \
             done: the tags may stay; else take them over:"
        }
        false => "take them over without a gap, or choose other names:",
    };
    let about =
        case.resources.keys().next().map_or(FindingSubject::Everything, |one| FindingSubject::Resource(one.clone()));
    let touches = case.resources.keys().cloned().map(FindingSubject::Resource).collect();
    let evidence = format!(
        "tags aws:cloudformation:stack-name, aws:cloudformation:logical-id; they do not say whether the template still has them: aws \
         cloudformation describe-stack-resources --stack-name {}",
        crate::model::advice::quoted(stack)
    );
    let finding = DoctorFinding::new(CAUSE.id, level, about, what).touching(touches).seen(evidence).mend(remedy);
    DoctorFinding { instructions: case.steps(), ..finding }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::doctor::judge;
    use crate::plan::testing::{MADE, STACK, Scene, mail, target, threshold, topic};
    use crate::resources::{ConfirmationState, Resource};

    const ORIGIN: &[(&str, &str)] =
        &[("aws:cloudformation:stack-name", "prod"), ("aws:cloudformation:logical-id", "Errors")];

    fn judged(scene: Scene) -> Vec<DoctorFinding> {
        let changes = scene.plan().changes;
        let facts = DoctorFacts {
            stack: STACK.to_owned(),
            target: Some(target()),
            desired: scene.desired,
            snapshot: scene.snapshot,
            changes,
            ..DoctorFacts::default()
        };
        judge(&facts)
    }

    #[test]
    fn what_cloudformation_owns_is_named_with_the_steps_out_of_its_hands() {
        let scene = Scene::default().wants(threshold(5.0)).live(threshold(5.0), ORIGIN);
        let found = judged(scene.wants(topic()).live(topic(), &ORIGIN[..1]));
        let findings: Vec<(&str, DoctorLevel)> = found.iter().map(|one| (one.cause, one.level)).collect();
        assert_eq!(findings, [(CAUSE.id, DoctorLevel::Error)], "{found:#?}");
        assert!(found[0].what.contains("\"prod\" owns alarm/errors"), "{}", found[0].what);
        let steps = format!("{:#?}", found[0].instructions);
        assert!(
            steps.contains("  Errors: # alarm/errors")
                && steps.contains("apply --adopt topic/alerts --adopt alarm/errors")
        );
    }

    /// The tags do not say which it is.
    #[test]
    fn what_carries_our_mark_too_is_exported_or_handed_over() {
        let both = [MADE, ORIGIN].concat();
        let scene = Scene::default().wants(topic()).live(topic(), &both).wants(Resource::Subscription(mail("ann")));
        let found = judged(scene.subscribed(mail("ann"), ConfirmationState::Confirmed));
        let one = found.iter().find(|one| one.cause == CAUSE.id).expect("a finding");
        assert_eq!(one.level, DoctorLevel::Hint);
        let steps = format!("{:#?}", one.instructions);
        assert!(!steps.contains("--adopt") && steps.contains("subscription/alerts/email/ann@example.edu"), "{steps}");
    }

    #[test]
    fn what_another_stack_of_ours_owns_is_no_case_of_it() {
        let tags = [&[("mlopsctl:stack", "other")][..], ORIGIN].concat();
        let found = judged(Scene::default().wants(topic()).live(topic(), &tags));
        assert_eq!(found.iter().map(|one| one.cause).collect::<Vec<_>>(), ["foreign-owner"]);
    }
}
