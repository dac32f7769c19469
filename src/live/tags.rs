//! The tags of alarms and log groups: from the index where that is enough, from the resource itself where it is not. The index
//! lags, and some endpoints do not fill it, so it is held against a sample before it is believed that much has no owner.

use super::Observations;
use super::index::{self, Index};
use crate::aws::{Aws, AwsError};
use crate::model::Target;
use crate::resources::{self, Address, Live, Observation, Resource, ResourceTags, declared};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};

/// Resources that are asked for their own tags one by one, at most: CloudWatch answers ten ListTagsForResource a second.
const SAMPLE: usize = 10;

/// Reads the tags of what was found under some names.
#[derive(Debug, Clone, Copy)]
pub struct TagReader<'a> {
    pub aws: &'a Aws,
    pub target: &'a Target,
    pub index: &'a Index,
    pub desired: &'a BTreeMap<Address, Resource>,
}

impl TagReader<'_> {
    /// Gives everything that has none yet its tags. What the index does not show, shows with other tags than desired, or shows
    /// although it is to be pruned is asked for its own. Only of many that the index does not show at all it is asked by their
    /// ARNs instead, and believed where it agrees with a sample of them; whoever writes because of that asks again.
    pub async fn fill(&self, found: &mut Observations) {
        let (mut own, mut unseen) = (Vec::new(), Vec::new());
        for (address, observation) in found.iter_mut() {
            let Observation::Present(live) = observation else { continue };
            if live.facts.tags_read {
                continue;
            }
            let arn = address.arn(self.target);
            match arn.as_ref().and_then(|arn| self.index.tags.get(arn)) {
                Some(tags) if self.desired.get(address).is_some_and(|desired| carries(tags, desired)) => {
                    set_tags(live, tags.clone());
                }
                Some(_) => own.push(address.clone()),
                None => unseen.push(address.clone()),
            }
        }
        let believed = if unseen.len() > SAMPLE && !self.index.unreadable {
            self.believed(&unseen, found).await
        } else {
            BTreeMap::new()
        };
        own.extend(unseen.into_iter().filter(|address| !believed.contains_key(address)));
        for (address, tags) in believed {
            if let Some(Observation::Present(live)) = found.get_mut(&address) {
                set_tags(live, tags);
                live.facts.tags_indexed = true;
            }
        }
        self.ask(&own, found).await;
    }

    /// Returns the tags that the index shows for these, except for a sample that has been asked for its own; nothing where
    /// the two disagree.
    async fn believed(&self, unseen: &[Address], found: &mut Observations) -> BTreeMap<Address, ResourceTags> {
        let arns: Vec<String> = unseen.iter().filter_map(|address| address.arn(self.target)).collect();
        let sample = sample(unseen, found);
        let (shown, ()) = futures_util::join!(index::by_arn(self.aws, &arns), self.ask(&sample, found));
        let Ok(shown) = shown else { return BTreeMap::new() };
        let of_index = |address: &Address| {
            let shown = address.arn(self.target).and_then(|arn| shown.get(&arn));
            shown.cloned().unwrap_or_default()
        };
        let agrees = |address: &Address| match found.get(address) {
            Some(Observation::Present(live)) => live.resource.tags() == Some(&of_index(address)),
            _ => false,
        };
        if !sample.iter().all(agrees) {
            return BTreeMap::new();
        }
        let rest = unseen.iter().filter(|address| !sample.contains(address));
        rest.map(|address| (address.clone(), of_index(address))).collect()
    }

    /// Asks each of these for its own tags, side by side.
    async fn ask(&self, addresses: &[Address], found: &mut Observations) {
        let unread =
            |address: &&Address| found.get(*address).and_then(Observation::live).is_some_and(|l| !l.facts.tags_read);
        let addresses: Vec<&Address> = addresses.iter().filter(unread).collect();
        let answers = join_all(addresses.iter().map(|address| own_tags(self.aws, self.target, address))).await;
        for (address, tags) in addresses.into_iter().zip(answers) {
            let Some(observation) = found.get_mut(address) else { continue };
            match (tags, observation) {
                (Ok(Some(tags)), Observation::Present(live)) => set_tags(live, tags),
                (Ok(Some(_)), _) => {}
                (Ok(None), observation) => *observation = Observation::Absent,
                (Err(error), observation) => *observation = Observation::Unknown(error.to_string()),
            }
        }
    }
}

/// The ones most likely to have tags that the index does not show yet: those that were put last, and as many spread over all.
fn sample(unseen: &[Address], found: &Observations) -> Vec<Address> {
    let configured = |address: &&Address| found.get(*address)?.live()?.facts.alarm.as_ref()?.configured;
    let mut latest: Vec<&Address> = unseen.iter().collect();
    latest.sort_by_key(|address| std::cmp::Reverse(configured(address)));
    let spread = unseen.iter().step_by(unseen.len().div_ceil(SAMPLE / 2).max(1));
    let mut chosen: BTreeSet<&Address> = spread.collect();
    chosen.extend(latest.into_iter().take(SAMPLE - SAMPLE / 2));
    chosen.into_iter().cloned().collect()
}

/// Returns the tags that the resource itself tells; `None` where it does not exist.
pub async fn own_tags(aws: &Aws, target: &Target, address: &Address) -> Result<Option<ResourceTags>, AwsError> {
    let Some(arn) = address.arn(target) else { return Ok(Some(ResourceTags::new())) };
    resources::aws::tags(aws, address.kind, &arn).await
}

pub fn set_tags(live: &mut Live, tags: ResourceTags) {
    if let Some(own) = live.resource.tags_mut() {
        *own = tags;
    }
    live.facts.tags_read = true;
}

/// Whether the tags hold all that the desired resource asks for, and remember nothing that the spec has stopped naming: that would be
/// set back. That they do not remember something yet changes nothing.
pub fn carries(tags: &ResourceTags, desired: &Resource) -> bool {
    let asked = desired.tags().into_iter().flatten().filter(|(key, _)| *key != declared::DECLARED);
    asked.into_iter().all(|(key, value)| tags.get(key) == Some(value))
        && declared::by_tags(tags).is_subset(&declared::by_spec(desired))
}
