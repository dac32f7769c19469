//! Reads back what an apply wrote: what is verified, and what somebody must still do.

use crate::apply::{ApplyOutcome, ChangeResult, NotAsWritten, Verification};
use crate::aws::Aws;
use crate::live::TargetReader;
use crate::plan::{self, Action, Note, NoteKind, Plan, PlannedChange, notes};
use crate::resources::child::Child;
use crate::resources::{Address, ConfirmationState, Live, Observation, Resource, Subscription};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::sleep;

/// After a write, AWS may still show what was before for a moment.
const SECOND_LOOK: Duration = Duration::from_secs(1);

/// One wave of reads over what was written, and a second one over what does not look right yet; the to-do list covers what
/// was already waiting, too.
pub async fn read_back(aws: &Aws, plan: &Plan, results: &[ChangeResult]) -> (Option<Verification>, Vec<Note>) {
    let (written, mut to_do) = written(plan, results);
    let written: BTreeMap<&Address, &PlannedChange> =
        written.into_iter().filter(|c| !ends_with_parent(c, plan)).map(|c| (&c.address, c)).collect();
    if written.is_empty() {
        return (None, to_do);
    }
    let mut differing = look(aws, plan, &written, &mut to_do).await;
    if !differing.is_empty() {
        sleep(SECOND_LOOK).await;
        let again = differing.iter().filter_map(|(address, _)| written.get_key_value(address));
        let again: BTreeMap<&Address, &PlannedChange> = again.map(|(address, change)| (*address, *change)).collect();
        differing = look(aws, plan, &again, &mut to_do).await;
    }
    let verified = written.len() - differing.len();
    (Some(Verification { verified, of: written.len(), differing }), to_do)
}

/// Without a read: what was already waiting, and whom AWS has just asked to confirm.
pub fn believed(plan: &Plan, results: &[ChangeResult]) -> Vec<Note> {
    let (written, mut to_do) = written(plan, results);
    let asked = written.into_iter().filter(|change| change.action == Action::Create);
    to_do.extend(asked.filter_map(|change| {
        let subscription = change.after.as_ref()?.subscription()?;
        subscription.needs_confirmation().then(|| unconfirmed(subscription))
    }));
    to_do
}

/// The changes that were made, and what somebody has to do for the others.
fn written<'a>(plan: &'a Plan, results: &[ChangeResult]) -> (Vec<&'a PlannedChange>, Vec<Note>) {
    let done: BTreeSet<&Address> =
        results.iter().filter(|r| r.outcome == ApplyOutcome::Done).map(|r| &r.address).collect();
    let (written, waiting): (Vec<&PlannedChange>, Vec<&PlannedChange>) =
        plan.changes.iter().partition(|change| done.contains(&change.address));
    let notes = waiting.into_iter().flat_map(|change| &change.notes);
    (written, notes.filter(|note| note.kind == NoteKind::Act).cloned().collect())
}

/// A pending subscription cannot be deleted, and a child that ended with its parent has none to be read with.
fn ends_with_parent(change: &PlannedChange, plan: &Plan) -> bool {
    let Some(live) = change.before.as_ref().filter(|_| change.action == Action::Delete) else { return false };
    let pending = live.facts.confirmation == Some(ConfirmationState::Pending);
    let ends = live.resource.child().filter(|child| child.registry.ends_with_parent);
    let goes = |child: Child| plan.changes.iter().any(|c| c.address == child.parent && c.action == Action::Delete);
    pending || ends.is_some_and(goes)
}

/// What does not stand as written, and how; who has to confirm something goes on the to-do list.
async fn look(
    aws: &Aws,
    plan: &Plan,
    written: &BTreeMap<&Address, &PlannedChange>,
    to_do: &mut Vec<Note>,
) -> Vec<(Address, NotAsWritten)> {
    let resource =
        |change: &PlannedChange| change.after.clone().or_else(|| Some(change.before.as_ref()?.resource.clone()));
    let resources = written.iter().filter_map(|(address, change)| Some(((*address).clone(), resource(change)?)));
    let observations = TargetReader::new(aws).reread(&plan.target, &resources.collect()).await;
    let mut differ = Vec::new();
    for (address, change) in written {
        let observation = observations.get(address);
        let how = match &change.after {
            Some(desired) => {
                let waits = confirmation(observation, desired).filter(|_| change.action != Action::StopManaging);
                to_do.extend(waits.filter(|note| !to_do.contains(note)));
                differing(observation, desired, change.before.as_ref())
            }
            None => standing(observation),
        };
        differ.extend(how.map(|how| ((*address).clone(), how)));
    }
    differ
}

/// What is left of something deleted; `None` where it is gone.
fn standing(observation: Option<&Observation>) -> Option<NotAsWritten> {
    match observation {
        None | Some(Observation::Absent) => None,
        Some(Observation::Unknown(reason)) => Some(NotAsWritten::Unread(reason.clone())),
        Some(Observation::Present(live)) if live.facts.confirmation == Some(ConfirmationState::Lost) => None,
        Some(Observation::Present(_)) => Some(NotAsWritten::Differs("it is still there".to_owned())),
    }
}

/// How live differs from what was written; `None` where it does not.
fn differing(observation: Option<&Observation>, desired: &Resource, before: Option<&Live>) -> Option<NotAsWritten> {
    match observation {
        None | Some(Observation::Absent) => Some(NotAsWritten::Differs("it is not there".to_owned())),
        Some(Observation::Unknown(reason)) => Some(NotAsWritten::Unread(reason.clone())),
        Some(Observation::Present(live)) => {
            // Tags are not read again: what was set back is known from before.
            let mut live = live.clone();
            live.facts.declared = before.map(|before| plan::attributes::managed(before, desired)).unwrap_or_default();
            let fields: Vec<String> = plan::differences(&live, desired).into_iter().map(|f| f.field).collect();
            (!fields.is_empty()).then(|| NotAsWritten::Differs(format!("{} not as desired", fields.join(", "))))
        }
    }
}

fn confirmation(observation: Option<&Observation>, desired: &Resource) -> Option<Note> {
    let live = observation?.live()?;
    let subscription = desired.subscription()?;
    (live.facts.confirmation == Some(ConfirmationState::Pending)).then(|| unconfirmed(subscription))
}

fn unconfirmed(subscription: &Subscription) -> Note {
    let text = format!("{} has to confirm the subscription to {}", subscription.endpoint, subscription.topic);
    Note::new(NoteKind::Act, text).remedy(notes::confirm(&subscription.protocol, &subscription.endpoint))
}
