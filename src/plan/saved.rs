//! A plan in a file: what to do, and the live fields it was made from, so that a later apply can tell whether they still
//! stand. Holds no secrets: endpoints that carry some are masked and filled in again from the spec.

use super::{Action, Change, Note, Plan};
use crate::model::{Fields, field};
use crate::resources::{Address, Observation, Resource, Snapshot, Subscription};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Raised when a reader of the old form would misread the new one.
pub const FORMAT_VERSION: u32 = 1;

/// The file's content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedPlan {
    pub format_version: u32,
    pub mlopsctl_version: String,
    pub plan: Plan,
    /// Position of a change with a masked endpoint -> digest of the true one; two endpoints may look alike masked.
    pub masked: BTreeMap<usize, String>,
}

/// Live differs from what the plan was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    pub address: Address,
    /// The field that differs, or what happened to the whole resource.
    pub what: String,
}

impl SavedPlan {
    /// `mask` hides the secrets of an endpoint; an endpoint it leaves alone has none.
    pub fn new(plan: &Plan, mask: impl Fn(&str) -> String) -> Self {
        let mut saved = Self {
            format_version: FORMAT_VERSION,
            mlopsctl_version: env!("CARGO_PKG_VERSION").to_owned(),
            plan: plan.clone(),
            masked: BTreeMap::new(),
        };
        for (at, change) in saved.plan.changes.iter_mut().enumerate() {
            for note in &mut change.notes {
                hide_in(note, &mask);
            }
            let mut digest = None;
            for subscription in subscriptions_mut(change) {
                let hidden = mask(&subscription.endpoint);
                if hidden != subscription.endpoint {
                    digest = Some(digest_of(&subscription.endpoint));
                    subscription.endpoint = hidden;
                }
            }
            if let (Some(digest), Some(resource)) =
                (digest, change.after.as_ref().or(change.before.as_ref().map(|l| &l.resource)))
            {
                change.address = resource.address();
                saved.masked.insert(at, digest);
            }
        }
        saved
    }

    /// The plan with its secrets back, taken from `desired`; the addresses that could not be filled in otherwise.
    pub fn restore(&self, desired: &BTreeMap<Address, Resource>) -> Result<Plan, Vec<Address>> {
        let mut plan = self.plan.clone();
        let endpoints = desired.values().filter_map(|resource| match resource {
            Resource::Subscription(s) => Some((digest_of(&s.endpoint), s.endpoint.clone())),
            _ => None,
        });
        let endpoints: BTreeMap<String, String> = endpoints.collect();
        let mut missing = Vec::new();
        for (at, change) in plan.changes.iter_mut().enumerate() {
            let Some(digest) = self.masked.get(&at) else { continue };
            let Some(endpoint) = endpoints.get(digest) else {
                missing.push(change.address.clone());
                continue;
            };
            for subscription in subscriptions_mut(change) {
                subscription.endpoint.clone_from(endpoint);
            }
            if let Some(resource) = change.after.as_ref().or(change.before.as_ref().map(|l| &l.resource)) {
                change.address = resource.address();
            }
        }
        if missing.is_empty() { Ok(plan) } else { Err(missing) }
    }
}

/// Notes speak of endpoints.
fn hide_in(note: &mut Note, mask: impl Fn(&str) -> String) {
    note.text = mask(&note.text);
    note.remedy = note.remedy.as_deref().map(mask);
}

fn subscriptions_mut(change: &mut Change) -> impl Iterator<Item = &mut Subscription> {
    let resources = change.before.as_mut().map(|live| &mut live.resource).into_iter().chain(change.after.as_mut());
    resources.filter_map(|resource| match resource {
        Resource::Subscription(subscription) => Some(subscription),
        _ => None,
    })
}

fn digest_of(endpoint: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(endpoint).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether what the plan would touch still stands as it was read. Gives everything that does not.
pub fn stale(plan: &Plan, now: &Snapshot) -> Vec<Stale> {
    plan.effective().flat_map(|change| stale_change(change, now)).collect()
}

fn stale_change(change: &Change, now: &Snapshot) -> Vec<Stale> {
    let stale = |what: String| vec![Stale { address: change.address.clone(), what }];
    match (&change.before, now.observations.get(&change.address)) {
        (None, None | Some(Observation::Absent)) => Vec::new(),
        (None, Some(Observation::Present(live))) => match live.facts.confirmation {
            Some(crate::resources::Confirmation::Lost) => Vec::new(),
            _ => stale("it exists now".to_owned()),
        },
        (_, Some(Observation::Unknown(reason))) => stale(format!("it cannot be read now: {reason}")),
        (Some(_), None | Some(Observation::Absent)) if change.action == Action::Delete => Vec::new(),
        (Some(_), None | Some(Observation::Absent)) => stale("it does not exist any more".to_owned()),
        (Some(before), Some(Observation::Present(live))) => {
            let fields = field::diff(&fingerprint(&before.resource), &fingerprint(&live.resource));
            fields.into_iter().map(|f| Stale { address: change.address.clone(), what: f.field }).collect()
        }
    }
}

/// Everything configurable, tags included, but not the marks that runs leave on a topic or log group.
fn fingerprint(resource: &Resource) -> Fields {
    let mut fields = resource.fields();
    let tags = resource.tags().into_iter().flatten();
    let left_by_runs = |key: &str| {
        key == "mlopsctl:run"
            || key == crate::resources::declared::DECLARED
            || key.starts_with(crate::resources::mark::SUBSCRIPTIONS)
    };
    let tags = tags.filter(|(key, _)| !left_by_runs(key.as_str()));
    fields.extend(tags.map(|(key, value)| (format!("tags.{key}"), value.as_str().into())));
    fields
}
