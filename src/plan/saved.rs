//! A plan in a file: what to do, the live fields it was made from, and what it was made by. It is never carried out itself: a later
//! apply makes the plan anew and holds it against this one. Holds no secrets: endpoints that carry some are masked.

use super::{Action, Consent, Note, Plan, PlannedChange};
use crate::model::{ResourceFields, field};
use crate::resources::{Address, FunctionFacts, LiveSnapshot, Observation, Resource, Subscription};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Raised when a reader of the old form would misread the new one.
pub const FORMAT_VERSION: u32 = 2;

/// The file's content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedPlan {
    pub format_version: u32,
    pub mlopsctl_version: String,
    pub plan: Plan,
    pub basis: Basis,
    /// Position of a change with a masked endpoint -> digest of the true one; two endpoints may look alike masked.
    pub masked: BTreeMap<usize, String>,
}

/// What a plan was made by, beside what was live.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Basis {
    /// The spec's file, as it was named.
    pub spec: String,
    /// Values of its variables, but for those that carry a secret.
    pub variables: BTreeMap<String, String>,
    /// `--target`; empty: everything.
    pub targets: BTreeSet<Address>,
    pub consent: Consent,
    /// Of the spec; empty: any.
    pub allowed_accounts: Vec<String>,
    /// Functions that alarms and log groups were derived from.
    pub functions: BTreeMap<String, FunctionFacts>,
}

impl Basis {
    /// Leaves out the values of variables that `mask` hides, alone or in an endpoint of the plan.
    pub fn without_secrets(mut self, plan: &Plan, mask: impl Fn(&str) -> String) -> Self {
        let resources = plan.changes.iter().flat_map(|change| {
            let before = change.before.as_ref().map(|live| &live.resource);
            before.into_iter().chain(change.after.as_ref())
        });
        let endpoints = resources.filter_map(|resource| Some(resource.subscription()?.endpoint.as_str()));
        let endpoints: BTreeSet<&str> = endpoints.collect();
        self.variables.retain(|_, value| {
            let shows = |text: &str| text.matches(value.as_str()).count() == mask(text).matches(value.as_str()).count();
            mask(value) == *value && (value.is_empty() || endpoints.iter().all(|endpoint| shows(endpoint)))
        });
        self
    }
}

/// Why a file is no plan that can be held against a new one.
#[derive(Debug)]
pub enum NoSavedPlan {
    /// Of another form.
    Version(Value),
    /// Its digest is not that of its content.
    Altered,
    Unreadable(serde_json::Error),
}

const DIGEST: &str = "digest";

/// Live differs from what the plan was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// The address of a resource, or `function NAME`.
    pub place: String,
    /// The field that differs, or what happened to the whole resource.
    pub what: String,
}

impl SavedPlan {
    /// `mask` hides the secrets of an endpoint; an endpoint it leaves alone has none.
    pub fn new(plan: &Plan, basis: Basis, mask: impl Fn(&str) -> String) -> Self {
        let mut saved = Self {
            format_version: FORMAT_VERSION,
            mlopsctl_version: env!("CARGO_PKG_VERSION").to_owned(),
            plan: plan.clone(),
            basis: basis.without_secrets(plan, &mask),
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

    /// The content with the digest of all of it. There is no key in it: it tells an edited or damaged file, not a forger.
    pub fn sealed(&self) -> serde_json::Result<Value> {
        let mut value = serde_json::to_value(self)?;
        value[DIGEST] = digest_of(&value.to_string()).into();
        Ok(value)
    }

    /// Reads a file's content.
    pub fn opened(mut value: Value) -> Result<Self, NoSavedPlan> {
        // The version first: a plan of another form need not have the parts of this one.
        if value["format_version"] != FORMAT_VERSION {
            return Err(NoSavedPlan::Version(value["format_version"].clone()));
        }
        let digest = value.as_object_mut().and_then(|parts| parts.remove(DIGEST));
        if digest != Some(digest_of(&value.to_string()).into()) {
            return Err(NoSavedPlan::Altered);
        }
        serde_json::from_value(value).map_err(NoSavedPlan::Unreadable)
    }

    /// The plan with its secrets back, as far as `anew`, the plan made again, has them. A change that stays masked differs from
    /// every change of that plan.
    pub fn restored(&self, anew: &Plan) -> Plan {
        let mut plan = self.plan.clone();
        let resources = anew.changes.iter().flat_map(|change| {
            change.before.as_ref().map(|live| &live.resource).into_iter().chain(change.after.as_ref())
        });
        let endpoints = resources.filter_map(|resource| {
            let endpoint = &resource.subscription()?.endpoint;
            Some((digest_of(endpoint), endpoint.clone()))
        });
        let endpoints: BTreeMap<String, String> = endpoints.collect();
        for (at, change) in plan.changes.iter_mut().enumerate() {
            let Some(endpoint) = self.masked.get(&at).and_then(|digest| endpoints.get(digest)) else { continue };
            for subscription in subscriptions_mut(change) {
                subscription.endpoint.clone_from(endpoint);
            }
            if let Some(resource) = change.after.as_ref().or(change.before.as_ref().map(|l| &l.resource)) {
                change.address = resource.address();
            }
        }
        plan
    }

    /// Everything that the plan would write to, to be read again.
    pub fn touched(&self) -> BTreeMap<Address, Resource> {
        let effective = self.plan.changes.iter().enumerate().filter(|(at, change)| {
            // What a masked endpoint stands for is known to the spec and to AWS only.
            change.is_effective() && !self.masked.contains_key(at)
        });
        let resources = effective
            .filter_map(|(_, change)| change.after.clone().or_else(|| Some(change.before.as_ref()?.resource.clone())));
        resources.map(|resource| (resource.address(), resource)).collect()
    }
}

/// Notes speak of endpoints.
fn hide_in(note: &mut Note, mask: impl Fn(&str) -> String) {
    note.text = mask(&note.text);
    note.remedy = note.remedy.as_deref().map(mask);
}

fn subscriptions_mut(change: &mut PlannedChange) -> impl Iterator<Item = &mut Subscription> {
    let resources = change.before.as_mut().map(|live| &mut live.resource).into_iter().chain(change.after.as_mut());
    resources.filter_map(Resource::subscription_mut)
}

fn digest_of(endpoint: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(endpoint).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether what the plan would touch still stands as it was read. Gives everything that does not.
pub fn stale(plan: &Plan, now: &LiveSnapshot) -> Vec<Stale> {
    plan.effective().flat_map(|change| stale_change(change, now)).collect()
}

fn stale_change(change: &PlannedChange, now: &LiveSnapshot) -> Vec<Stale> {
    let stale = |what: String| vec![Stale { place: change.address.to_string(), what }];
    match (&change.before, now.observations.get(&change.address)) {
        (None, None | Some(Observation::Absent)) => Vec::new(),
        (None, Some(Observation::Present(live))) => match live.facts.confirmation {
            Some(crate::resources::ConfirmationState::Lost) => Vec::new(),
            _ => stale("it exists now".to_owned()),
        },
        (_, Some(Observation::Unknown(reason))) => stale(format!("it cannot be read now: {reason}")),
        (Some(_), None | Some(Observation::Absent)) if change.action == Action::Delete => Vec::new(),
        (Some(_), None | Some(Observation::Absent)) => stale("it does not exist any more".to_owned()),
        (Some(before), Some(Observation::Present(live))) => {
            let fields = field::diff(&fingerprint(&before.resource), &fingerprint(&live.resource));
            let unknown = (before.facts.unknown_settings != live.facts.unknown_settings).then(|| {
                let now: Vec<&str> = live.facts.unknown_settings.keys().map(String::as_str).collect();
                format!("settings that this mlopsctl does not know ({})", now.join(", "))
            });
            let stale = fields.into_iter().map(|field| field.field).chain(unknown);
            stale.map(|what| Stale { place: change.address.to_string(), what }).collect()
        }
    }
}

/// Everything configurable, tags included, but not the marks that runs leave on a topic or log group.
fn fingerprint(resource: &Resource) -> ResourceFields {
    let mut fields = resource.fields();
    let tags = resource.tags().into_iter().flatten();
    let left_by_runs = |key: &str| {
        key == "mlopsctl:run" || key == crate::resources::declared::DECLARED || crate::resources::child::is_mark(key)
    };
    let tags = tags.filter(|(key, _)| !left_by_runs(key.as_str()));
    fields.extend(tags.map(|(key, value)| (format!("tags.{key}"), value.as_str().into())));
    fields
}

/// What makes the plan made anew another one though nothing of it is wrong: live changed where the saved plan does nothing, or a
/// function has other facts now.
pub fn stale_elsewhere(saved: &Plan, anew: &Plan) -> Vec<Stale> {
    let stale =
        |change: &PlannedChange, what: &str| Some(Stale { place: change.address.to_string(), what: what.to_owned() });
    let known: BTreeMap<&Address, &PlannedChange> =
        saved.changes.iter().map(|change| (&change.address, change)).collect();
    let moved = anew.effective().filter_map(|change| match known.get(&change.address) {
        // Not desired, so it is the stack's mark that it has got since.
        None if change.action == Action::Delete => stale(change, "it carries the stack's mark now"),
        None => None,
        Some(then) if then.is_effective() => None,
        Some(then) => match (&then.before, &change.before) {
            (Some(then), Some(now)) if fingerprint(&then.resource) == fingerprint(&now.resource) => None,
            (Some(_), None) => stale(change, "it does not exist any more"),
            (None, _) => stale(change, "it can be read now"),
            (Some(_), Some(_)) => stale(change, "it was as desired, and is not any more"),
        },
    });
    moved.collect()
}

/// Where the saved plan says something else than the plan that was made anew. Notes are not compared: those of the new plan are shown.
pub fn differences(saved: &Plan, anew: &Plan, now: &LiveSnapshot) -> Vec<String> {
    let mut found = Vec::new();
    if saved.pruning != anew.pruning {
        found.push(format!(
            "whether anything is deleted: the plan says {}, it has to be {}",
            saved.pruning, anew.pruning
        ));
    }
    let (theirs, ours) = (numbered(saved), numbered(anew));
    for (key, change) in &theirs {
        let Address { kind, name } = key.0;
        match ours.get(key) {
            // What was to be deleted has gone by itself.
            None if change.action == Action::Delete && is_absent(key.0, now) => {}
            None => found.push(format!("{kind}/{name}: {}, which nothing asks for", change.action.word())),
            Some(anew) => found.extend(of_change(change, anew).map(|what| format!("{kind}/{name}: {what}"))),
        }
    }
    let missing = ours.iter().filter(|(key, change)| change.is_effective() && !theirs.contains_key(key));
    found.extend(missing.map(|((address, _), change)| format!("{address}: {} is missing", change.action.word())));
    if found.is_empty() && !saved.changes.is_sorted_by(|a, b| a.address <= b.address) {
        found.push("the order of its changes".to_owned());
    }
    found
}

/// Each change by its address and, should there be several, its number among them.
fn numbered(plan: &Plan) -> BTreeMap<(&Address, usize), &PlannedChange> {
    let mut numbered = BTreeMap::new();
    let mut seen: BTreeMap<&Address, usize> = BTreeMap::new();
    for change in &plan.changes {
        let number = seen.entry(&change.address).or_default();
        numbered.insert((&change.address, *number), change);
        *number += 1;
    }
    numbered
}

fn is_absent(address: &Address, now: &LiveSnapshot) -> bool {
    matches!(now.observations.get(address), Some(Observation::Absent))
}

fn of_change(saved: &PlannedChange, anew: &PlannedChange) -> Option<String> {
    if saved.action != anew.action {
        return Some(format!("the plan says {}, it has to be {}", saved.action.word(), anew.action.word()));
    }
    if saved.after != anew.after {
        let fields = |change: &PlannedChange| change.after.as_ref().map(fingerprint).unwrap_or_default();
        let fields = field::diff(&fields(saved), &fields(anew));
        let names: Vec<&str> = fields.iter().map(|field| field.field.as_str()).collect();
        return Some(if names.is_empty() { "what it shall become".to_owned() } else { names.join(", ") });
    }
    let before = |change: &PlannedChange| change.before.as_ref().map(|live| live.resource.address());
    if before(saved) != before(anew) {
        return Some("what it was".to_owned());
    }
    (saved.fields != anew.fields).then(|| "the list of what changes".to_owned())
}

#[cfg(test)]
mod tests;
