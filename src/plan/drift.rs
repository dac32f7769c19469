//! What exists of a stack that others deploy, held against what its spec asks for. Whose a resource is does not matter, nothing is to be
//! done or consented to, and what the engine that deployed it cannot carry is no drift.

use super::{Note, NoteKind, PlanInput, attributes, differences, ownership};
use crate::model::{FieldChange, Target};
use crate::resources::foreign::{self, DeployingEngine};
use crate::resources::mapping::LostField;
use crate::resources::{Address, ConfirmationState, Observation, Resource, other_owner};
use std::collections::BTreeMap;

/// The drift of one target.
#[derive(Debug, Clone, PartialEq)]
pub struct StackDrift {
    pub stack: String,
    pub target: Target,
    /// What deployed it, where that was said or its tags tell.
    pub deployed_by: Option<DeployingEngine>,
    /// How many resources of the spec were looked at.
    pub compared: usize,
    /// In the order of addresses; what matches is not in it.
    pub resources: Vec<ResourceDrift>,
    pub not_compared: Vec<NotCompared>,
    /// What could not be read.
    pub unknown: Vec<Note>,
}

/// One resource that does not match the spec.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceDrift {
    pub address: Address,
    pub outcome: DriftOutcome,
    /// Of one that differs: from live to desired.
    pub fields: Vec<FieldChange>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriftOutcome {
    /// The spec asks for it and it does not exist.
    Missing,
    Differs,
    /// It carries the mark of the stack, and the spec does not ask for it any more.
    Undeclared,
}

impl DriftOutcome {
    pub const ALL: [Self; 3] = [Self::Missing, Self::Differs, Self::Undeclared];

    /// For programs.
    pub fn word(self) -> &'static str {
        match self {
            DriftOutcome::Missing => "missing",
            DriftOutcome::Differs => "differs",
            DriftOutcome::Undeclared => "undeclared",
        }
    }
}

/// What was not compared, since the engine that deployed the stack cannot carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCompared {
    pub address: Address,
    /// `None`: the whole resource.
    pub field: Option<String>,
    pub why: &'static str,
}

impl StackDrift {
    pub fn count(&self, outcome: DriftOutcome) -> usize {
        self.resources.iter().filter(|one| one.outcome == outcome).count()
    }

    pub fn is_incomplete(&self) -> bool {
        !self.unknown.is_empty()
    }
}

/// Finds the drift; `deployed_by` where somebody has said it.
pub fn find(input: PlanInput<'_>, deployed_by: Option<DeployingEngine>) -> StackDrift {
    let mut drift = StackDrift {
        stack: input.stack.to_owned(),
        target: input.target.clone(),
        deployed_by: deployed_by.or_else(|| by_tags(input)),
        compared: input.desired.len(),
        resources: Vec::new(),
        not_compared: Vec::new(),
        unknown: unknown(input),
    };
    for (address, desired) in input.desired {
        drift.compare(address, desired, input);
    }
    drift.resources.extend(undeclared(input));
    drift.resources.sort_by(|a, b| a.address.cmp(&b.address));
    drift
}

/// CloudFormation leaves its tags on what it makes; no other engine does.
fn by_tags(input: PlanInput<'_>) -> Option<DeployingEngine> {
    let mut live = input.desired.keys().filter_map(|address| input.snapshot.live(address)?.resource.tags());
    live.any(|tags| other_owner::cloudformation(tags).is_some()).then_some(DeployingEngine::Cloudformation)
}

impl StackDrift {
    fn compare(&mut self, address: &Address, desired: &Resource, input: PlanInput<'_>) {
        let lost = match self.deployed_by.map(|engine| losses(desired, engine, input.target)) {
            None => Vec::new(),
            Some(Ok(lost)) => lost,
            Some(Err(why)) => {
                return self.not_compared.push(NotCompared { address: address.clone(), field: None, why });
            }
        };
        let (outcome, fields) = match input.snapshot.observations.get(address) {
            Some(Observation::Unknown(_)) => return,
            None | Some(Observation::Absent) => (DriftOutcome::Missing, Vec::new()),
            // Its receiver has ended it: it exists in name alone.
            Some(Observation::Present(live)) if live.facts.confirmation == Some(ConfirmationState::Lost) => {
                (DriftOutcome::Missing, Vec::new())
            }
            Some(Observation::Present(live)) => {
                let fields = differences(live, &attributes::settled(live, desired));
                (DriftOutcome::Differs, self.carried(address, fields, &lost))
            }
        };
        if outcome != DriftOutcome::Differs || !fields.is_empty() {
            self.resources.push(ResourceDrift { address: address.clone(), outcome, fields });
        }
    }

    /// The fields that the engine carries; what it does not is said.
    fn carried(&mut self, address: &Address, fields: Vec<FieldChange>, lost: &[LostField]) -> Vec<FieldChange> {
        let (gone, carried): (Vec<_>, Vec<_>) = fields
            .into_iter()
            .map(|field| (lost.iter().find(|lost| is_of(&field.field, &lost.field)), field))
            .partition(|(lost, _)| lost.is_some());
        self.not_compared.extend(gone.into_iter().filter_map(|(lost, field)| {
            Some(NotCompared { address: address.clone(), field: Some(field.field), why: lost?.why })
        }));
        carried.into_iter().map(|(_, field)| field).collect()
    }
}

/// Returns what a document of the engine cannot say of a resource.
fn losses(desired: &Resource, engine: DeployingEngine, target: &Target) -> Result<Vec<LostField>, &'static str> {
    Ok(foreign::to_foreign(engine.form(desired.kind().facts()), desired, target)?.lost)
}

/// Whether a field of a difference is what a document lacks: that is named by its path, `actions.tags_propagation`, or `tags`.
fn is_of(field: &str, lost: &str) -> bool {
    const TAGS: &str = "tags.";
    let own = if lost.starts_with(TAGS) { lost } else { lost.rsplit('.').next().unwrap_or(lost) };
    field == own || field.strip_prefix(own).is_some_and(|rest| rest.starts_with('.'))
}

/// What carries the mark of the stack and is not asked for; of a run that is limited to some resources nothing is known of others.
fn undeclared(input: PlanInput<'_>) -> impl Iterator<Item = ResourceDrift> {
    let present = input.snapshot.observations.iter().filter_map(|(address, seen)| Some((address, seen.live()?)));
    present.filter_map(move |(address, live)| {
        let is_asked_for = !input.prune || input.desired.contains_key(address);
        let is_lost = live.facts.confirmation == Some(ConfirmationState::Lost);
        let is_ours = ownership::ownership(live, input).is_ours();
        (!is_asked_for && !is_lost && is_ours).then(|| ResourceDrift {
            address: address.clone(),
            outcome: DriftOutcome::Undeclared,
            fields: Vec::new(),
        })
    })
}

/// What could not be read, by the reason.
fn unknown(input: PlanInput<'_>) -> Vec<Note> {
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (address, seen) in &input.snapshot.observations {
        if let Observation::Unknown(reason) = seen
            && (input.prune || input.desired.contains_key(address))
        {
            by_reason.entry(reason).or_default().push(address.to_string());
        }
    }
    // What the spec makes of a function's timeout or memory is then made of Lambda's defaults.
    for (name, facts) in &input.snapshot.functions {
        if let Err(reason) = facts {
            by_reason.entry(reason).or_default().push(format!("function/{name}"));
        }
    }
    let note = |(reason, named): (&str, Vec<String>)| {
        let more = named.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let named = named.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        Note::new(NoteKind::Unknown, format!("{named}{more}: could not be read: {reason}"))
    };
    let mut notes: Vec<Note> = by_reason.into_iter().map(note).collect();
    if let (Some(reason), true) = (&input.snapshot.index_failure, input.prune) {
        let text = format!("what the spec does not ask for any more was not looked for: {reason}");
        notes.push(Note::new(NoteKind::Unknown, text).remedy("allow the action tag:GetResources"));
    }
    notes
}

/// So many of what is alike are named.
const NAMED: usize = 5;

#[cfg(test)]
mod tests;
