//! Children that are not read as one tree with their parents: the metric filters of a log group. Only of parents of which the spec
//! asks for some, or whose marks name some.

use super::Observations;
use super::tags::{own_tags, set_tags};
use crate::aws::Aws;
use crate::model::Target;
use crate::resources::child::{self, Child, ChildMarks};
use crate::resources::kind::KindReading;
use crate::resources::{self, Address, Kind, Live, Observation, Resource, mark};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};

/// The children of one kind and parent, or why they could not be read.
pub type ReadChildren = BTreeMap<(Kind, Address), Result<Vec<Live>, String>>;

/// The desired children of each parent.
type Wanted<'a> = BTreeMap<(Kind, Address), Vec<&'a Resource>>;

/// The parents of desired children: they are read whether or not the spec is limited to these.
pub fn parents(desired: &BTreeMap<Address, Resource>) -> BTreeSet<Address> {
    desired.values().filter_map(Resource::child).map(|child| child.parent).collect()
}

fn wanted(desired: &BTreeMap<Address, Resource>) -> Wanted<'_> {
    let mut wanted = Wanted::new();
    for (address, resource) in desired {
        let child = resource.child().filter(|child| child.registry.parent.facts().reading != KindReading::AsTree);
        if let Some(child) = child {
            wanted.entry((address.kind, child.parent)).or_default().push(resource);
        }
    }
    wanted
}

/// Reads the children under the parents of the desired ones, but for those that were read already.
pub async fn of_desired(aws: &Aws, desired: &BTreeMap<Address, Resource>, read: &ReadChildren) -> ReadChildren {
    let wanted = wanted(desired).into_iter().filter(|(key, _)| !read.contains_key(key));
    let answers = wanted.map(|((kind, parent), children)| async move {
        let answer = resources::aws::children(aws, kind, &parent, None, &children).await;
        ((kind, parent), answer.map_err(|error| error.to_string()))
    });
    join_all(answers).await.into_iter().collect()
}

/// Reads the children that marks name and nobody desires.
pub async fn of_marked(
    aws: &Aws,
    stack: &str,
    parents: &Observations,
    desired: &BTreeMap<Address, Resource>,
    read: &ReadChildren,
) -> ReadChildren {
    let marked = parents.iter().flat_map(|(address, observation)| {
        let live = observation.live();
        let wanted = desired.contains_key(address);
        let named = live.into_iter().flat_map(|live| named_kinds(live, stack, wanted).map(move |kind| (kind, live)));
        named.map(|(kind, live)| ((kind, address.clone()), live)).collect::<Vec<_>>()
    });
    let of_parent = wanted(desired);
    let answers = marked.filter(|(key, _)| !read.contains_key(key)).map(|((kind, parent), live)| {
        let children = of_parent.get(&(kind, parent.clone())).cloned().unwrap_or_default();
        async move {
            let answer = resources::aws::children(aws, kind, &parent, Some(live), &children).await;
            ((kind, parent), answer.map_err(|error| error.to_string()))
        }
    });
    join_all(answers).await.into_iter().collect()
}

/// The kinds of which a parent of ours has marks; of one that is to go, also those that it says it has, whoever made them.
fn named_kinds<'a>(parent: &'a Live, stack: &str, wanted: bool) -> impl Iterator<Item = Kind> + use<'a> {
    let counted = !wanted && parent.facts.metric_filters.is_some_and(|filters| filters > 0);
    let tags = parent.resource.tags().filter(|tags| mark::owner(tags, stack) == mark::Owner::Ours);
    tags.into_iter().flat_map(move |tags| {
        let kinds = child::kinds_of(parent.resource.kind());
        let kinds = kinds.filter(|(_, registry)| registry.parent.facts().reading != KindReading::AsTree);
        let named = move |registry| counted || !ChildMarks::from_tags(registry, tags).is_empty();
        kinds.filter(move |(_, registry)| named(registry)).map(|(kind, _)| kind)
    })
}

/// Asks the parents for their own tags where those that the index shows and what was read disagree: of a desired child that exists and
/// is not marked, and of a marked one that nobody desires.
pub async fn believe_tags(
    aws: &Aws,
    target: &Target,
    parents: &mut Observations,
    desired: &BTreeMap<Address, Resource>,
    read: &ReadChildren,
) {
    let mut doubtful: BTreeSet<&Address> = BTreeSet::new();
    for ((kind, parent), children) in read {
        let (Ok(children), Some(registry)) = (children, kind.facts().registry) else { continue };
        let Some(tags) = parents.get(parent).and_then(Observation::live).and_then(|live| live.resource.tags()) else {
            continue;
        };
        let marks = ChildMarks::from_tags(registry, tags);
        let doubt = |live: &Live| {
            let marked = live.resource.child().is_some_and(|child| marks.contains(&child));
            marked != desired.contains_key(&live.resource.address())
        };
        if children.iter().any(doubt) {
            doubtful.insert(parent);
        }
    }
    let answers = join_all(doubtful.iter().map(|address| own_tags(aws, target, address))).await;
    for (address, tags) in doubtful.into_iter().zip(answers) {
        let Some(observation) = parents.get_mut(address) else { continue };
        match (tags, observation) {
            (Ok(Some(tags)), Observation::Present(live)) => set_tags(live, tags),
            (Ok(None), observation) => *observation = Observation::Absent,
            (Err(error), observation) => *observation = Observation::Unknown(error.to_string()),
            _ => {}
        }
    }
}

/// What is known of the children: those there are, and of the desired ones also that they are not there, or that nobody knows.
pub fn observations(read: ReadChildren, parents: &Observations, desired: &BTreeMap<Address, Resource>) -> Observations {
    let mut found = Observations::new();
    let mut unknown: BTreeMap<(Kind, Address), String> = BTreeMap::new();
    for ((kind, parent), children) in read {
        match (parents.get(&parent), children) {
            (Some(Observation::Unknown(reason)), _) => drop(unknown.insert((kind, parent), reason.clone())),
            (_, Err(reason)) => drop(unknown.insert((kind, parent), reason)),
            (Some(Observation::Present(live)), Ok(children)) => {
                let remembered =
                    |child: Child| ChildMarks::from_tags(child.registry, live.resource.tags()?).get(&child);
                found.extend(children.into_iter().map(|mut one| {
                    // Of an adopted one nothing is set back: what it was like before is not known.
                    let made = one.resource.child().and_then(remembered).filter(|mark| !mark.adopted);
                    one.facts.declared = made.map(|mark| mark.attributes).unwrap_or_default();
                    (one.resource.address(), Observation::present(one))
                }));
            }
            (None | Some(Observation::Absent), Ok(_)) => {}
        }
    }
    for ((kind, parent), children) in wanted(desired) {
        let missing = match unknown.remove(&(kind, parent)) {
            Some(reason) => Observation::Unknown(reason),
            None => Observation::Absent,
        };
        for child in children {
            found.entry(child.address()).or_insert_with(|| missing.clone());
        }
    }
    found
}

/// The same of children that were read again, without their parents.
pub fn reread(read: ReadChildren, desired: &BTreeMap<Address, Resource>) -> Observations {
    let mut found = Observations::new();
    for ((kind, parent), children) in read {
        match children {
            Ok(children) => {
                found.extend(children.into_iter().map(|one| (one.resource.address(), Observation::present(one))))
            }
            Err(reason) => {
                let unread = desired.iter().filter(|(address, resource)| {
                    address.kind == kind && resource.child().is_some_and(|child| child.parent == parent)
                });
                found.extend(unread.map(|(address, _)| (address.clone(), Observation::Unknown(reason.clone()))));
            }
        }
    }
    found
}
