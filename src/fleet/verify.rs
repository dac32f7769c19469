//! Reads back what an apply wrote: what is verified, and what somebody must still do.

use crate::apply::{ChangeResult, Outcome, Verification};
use crate::aws::Aws;
use crate::live::Reader;
use crate::plan::{self, Note, NoteKind, Plan, notes};
use crate::resources::{Address, Confirmation, Observation, Resource};
use std::collections::{BTreeMap, BTreeSet};

/// One wave of reads over what was written; the to-do list covers what was already waiting, too.
pub async fn read_back(aws: &Aws, plan: &Plan, results: &[ChangeResult]) -> (Option<Verification>, Vec<Note>) {
    let done: BTreeSet<&Address> = results.iter().filter(|r| r.outcome == Outcome::Done).map(|r| &r.address).collect();
    let written: BTreeMap<Address, Resource> = plan
        .changes
        .iter()
        .filter(|change| done.contains(&change.address))
        .filter_map(|change| Some((change.address.clone(), change.after.clone()?)))
        .collect();
    let mut to_do: Vec<Note> = Vec::new();
    for change in plan.changes.iter().filter(|change| !done.contains(&change.address)) {
        to_do.extend(change.notes.iter().filter(|note| note.kind == NoteKind::Act).cloned());
    }
    if written.is_empty() {
        return (None, to_do);
    }
    let observations = Reader::new(aws).reread(&plan.target, &written).await;
    let mut verification = Verification { of: written.len(), ..Verification::default() };
    for (address, desired) in &written {
        match differing(observations.get(address), desired) {
            None => verification.verified += 1,
            Some(how) => verification.differing.push((address.clone(), how)),
        }
        to_do.extend(confirmation(observations.get(address), desired));
    }
    (Some(verification), to_do)
}

/// How live differs from what was written; `None` where it does not.
fn differing(observation: Option<&Observation>, desired: &Resource) -> Option<String> {
    match observation {
        None | Some(Observation::Absent) => Some("it is not there".to_owned()),
        Some(Observation::Unknown(reason)) => Some(format!("it could not be read back: {reason}")),
        Some(Observation::Present(live)) => {
            let fields: Vec<String> = plan::differences(live, desired).into_iter().map(|f| f.field).collect();
            (!fields.is_empty()).then(|| format!("{} not as desired", fields.join(", ")))
        }
    }
}

fn confirmation(observation: Option<&Observation>, desired: &Resource) -> Option<Note> {
    let live = observation?.live()?;
    let Resource::Subscription(subscription) = desired else { return None };
    (live.facts.confirmation == Some(Confirmation::Pending)).then(|| {
        let text = format!("{} has to confirm the subscription to {}", subscription.endpoint, subscription.topic);
        Note::new(NoteKind::Act, text).remedy(notes::confirm(&subscription.protocol, &subscription.endpoint))
    })
}
