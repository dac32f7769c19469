//! What a plan says of a spec that is meant to change nothing: what it takes over, and each field that it would change all the same.

use super::{Action, Plan};
use crate::model::{FieldChange, Target};
use crate::resources::{Address, mark};

/// What a plan of such a spec does to what stands.
#[derive(Debug, Clone, PartialEq)]
pub struct AdoptionProof {
    pub target: Target,
    /// Taken over as they are.
    pub adopted: usize,
    /// Of the stack already.
    pub unchanged: usize,
    pub differing: Vec<AdoptionDifference>,
}

/// A resource that it would change.
#[derive(Debug, Clone, PartialEq)]
pub struct AdoptionDifference {
    pub address: Address,
    pub action: Action,
    pub fields: Vec<FieldChange>,
    /// Why the plan refuses it.
    pub refused: Option<String>,
}

impl AdoptionProof {
    pub fn of(plan: Plan) -> Self {
        let mut proof = Self { target: plan.target, adopted: 0, unchanged: 0, differing: Vec::new() };
        for change in plan.changes {
            let is_ours = |field: &FieldChange| field.field.strip_prefix("tags.").is_some_and(mark::is_mark);
            let fields: Vec<FieldChange> = change.fields.into_iter().filter(|field| !is_ours(field)).collect();
            let refused = change.blocked.map(|blocked| blocked.reason);
            match change.action {
                Action::NoOp if refused.is_none() => proof.unchanged += 1,
                Action::Adopt | Action::Update if fields.is_empty() && refused.is_none() => proof.adopted += 1,
                action => {
                    proof.differing.push(AdoptionDifference { address: change.address, action, fields, refused });
                }
            }
        }
        proof
    }

    pub fn holds(&self) -> bool {
        self.differing.is_empty()
    }
}
