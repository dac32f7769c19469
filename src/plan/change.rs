//! The words of a plan: change, action, note, summary. Renderers turn the same values into table, JSON or Markdown.

use crate::model::{FieldChange, Target};
use crate::resources::{Address, Live, Resource};
use serde::{Deserialize, Serialize};

/// The ordered changes of one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub stack: String,
    pub target: Target,
    /// In the order of addresses; unchanged resources are in it as `no-op`.
    pub changes: Vec<PlannedChange>,
    /// What belongs to no single resource.
    pub notes: Vec<Note>,
    /// Why the plan as a whole cannot be applied.
    pub blocked: Vec<Blocked>,
    /// Whether things that are gone from the spec were looked for (`--target` switches that off).
    pub pruning: bool,
}

/// What happens to a resource, in the words of `--format json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    Create,
    Update,
    /// Delete and create: AWS cannot change one of the fields.
    Replace,
    Delete,
    /// Take our marks off a resource that existed before the stack adopted it, and leave it in place.
    StopManaging,
    /// Take over a resource that exists without an owner; its fields become the desired ones.
    Adopt,
    NoOp,
}

impl Action {
    pub fn symbol(self) -> &'static str {
        match self {
            Action::Create => "+",
            Action::Update => "~",
            Action::Replace => "-/+",
            Action::Delete => "-",
            Action::StopManaging => "<",
            Action::Adopt => ">",
            Action::NoOp => " ",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Update => "update",
            Action::Replace => "replace",
            Action::Delete => "delete",
            Action::StopManaging => "stop-managing",
            Action::Adopt => "adopt",
            Action::NoOp => "no-op",
        }
    }
}

/// One resource's change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedChange {
    pub address: Address,
    pub action: Action,
    /// Live as it was read; `None` for a create. It is also the fingerprint of a saved plan.
    pub before: Option<Live>,
    /// Desired, with the owner's mark in its tags, or without any where we stop managing it; `None` for a delete.
    pub after: Option<Resource>,
    /// What differs, of configuration and of tags (`tags.KEY`).
    pub fields: Vec<FieldChange>,
    pub notes: Vec<Note>,
    /// Why this cannot be applied as things stand.
    pub blocked: Option<Blocked>,
}

impl PlannedChange {
    /// With every list whose order means nothing in one order.
    pub fn in_order(mut self) -> Self {
        self.before = self.before.map(|live| Live { resource: live.resource.in_order(), ..live });
        self.after = self.after.map(Resource::in_order);
        self
    }

    /// A field that differs and that AWS cannot change in place.
    pub fn fixed_field(&self) -> Option<&FieldChange> {
        let fixed = self.after.as_ref()?.kind().facts().immutable;
        self.fields.iter().find(|field| fixed.contains(&field.field.as_str()))
    }

    /// The settings that it erases since this program does not know them; nothing where only tags are written.
    pub fn unknown_losses(&self) -> Vec<(&str, &str)> {
        let overwrites = match self.action {
            Action::Replace => true,
            Action::Update | Action::Adopt => self.fields.iter().any(|field| !field.field.starts_with("tags.")),
            Action::Create | Action::Delete | Action::StopManaging | Action::NoOp => false,
        };
        let known = self.before.iter().filter(|_| overwrites).flat_map(|live| &live.facts.unknown_settings);
        known.map(|(setting, value)| (setting.as_str(), value.as_str())).collect()
    }

    /// Whether applying it would write anything.
    pub fn is_effective(&self) -> bool {
        self.action != Action::NoOp
    }
}

/// Why a change is refused (exit code 8), and what lifts it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Blocked {
    pub reason: String,
    pub remedy: String,
}

/// Something to know about a change or a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    pub kind: NoteKind,
    pub text: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// Worth knowing.
    Info,
    /// Likely to hurt: data lost, a notification that goes nowhere.
    Warning,
    /// Somebody has to act (`!`), e.g. confirm a mail.
    Act,
    /// A read failed: what is said here is not known.
    Unknown,
}

impl Note {
    pub fn new(kind: NoteKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), remedy: None }
    }

    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

/// The counts of the last line: `Plan: 3 to add, 1 to change, 0 to destroy, 1 to adopt.`, with `, 1 to stop managing` where
/// there is any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSummary {
    pub add: usize,
    pub change: usize,
    pub destroy: usize,
    pub adopt: usize,
    /// Reports of earlier versions do not have it.
    #[serde(default)]
    pub stop_managing: usize,
}

impl FromIterator<Action> for PlanSummary {
    fn from_iter<T: IntoIterator<Item = Action>>(actions: T) -> Self {
        actions.into_iter().fold(PlanSummary::default(), |mut sum, action| {
            match action {
                Action::Create => sum.add += 1,
                Action::Update => sum.change += 1,
                Action::Delete => sum.destroy += 1,
                Action::Adopt => sum.adopt += 1,
                Action::StopManaging => sum.stop_managing += 1,
                Action::Replace => {
                    sum.add += 1;
                    sum.destroy += 1;
                }
                Action::NoOp => {}
            }
            sum
        })
    }
}

impl Plan {
    /// A replace counts as one to add and one to destroy.
    pub fn summary(&self) -> PlanSummary {
        self.changes.iter().map(|change| change.action).collect()
    }

    pub fn effective(&self) -> impl Iterator<Item = &PlannedChange> {
        self.changes.iter().filter(|change| change.is_effective())
    }

    /// Everything that stands in the way, with the address it belongs to. A plan with any of it is not applied at all.
    pub fn refusals(&self) -> impl Iterator<Item = (Option<&Address>, &Blocked)> {
        let own = self.blocked.iter().map(|blocked| (None, blocked));
        own.chain(self.changes.iter().filter_map(|change| Some((Some(&change.address), change.blocked.as_ref()?))))
    }

    /// Every note, with the address it belongs to.
    pub fn all_notes(&self) -> impl Iterator<Item = (Option<&Address>, &Note)> {
        let own = self.notes.iter().map(|note| (None, note));
        own.chain(self.changes.iter().flat_map(|c| c.notes.iter().map(move |note| (Some(&c.address), note))))
    }

    /// Whether a read failed, so that the plan does not know everything.
    pub fn is_incomplete(&self) -> bool {
        self.all_notes().any(|(_, note)| note.kind == NoteKind::Unknown)
    }
}

#[cfg(test)]
mod tests;
