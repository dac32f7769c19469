//! A topic with its subscriptions: SNS has no batched read, so each topic is one small chain of calls.

use super::index::Index;
use super::tags::{carries, own_tags, set_tags};
use crate::aws::{Aws, AwsError};
use crate::model::Target;
use crate::resources::child::ChildMarks;
use crate::resources::subscription::REGISTRY;
use crate::resources::{Address, Kind, Live, Observation, Resource, ResourceTags, Subscription, subscription, topic};
use futures_util::future::join_all;
use std::collections::BTreeMap;

type ObservedTopics = Vec<(Address, Observation)>;

/// The topic and its subscriptions. Where the topic cannot be read, its desired subscriptions are unknown too.
pub async fn read(
    aws: &Aws,
    target: &Target,
    name: &str,
    index: &Index,
    desired: &BTreeMap<Address, Resource>,
) -> ObservedTopics {
    let address = Address::new(Kind::Topic, name);
    let arn = target.arn("sns", name);
    let indexed = index.tags.get(&arn);
    // What the index shows exists, so both reads can go at once; otherwise a missing topic costs one call, not two.
    let answers = if indexed.is_some() {
        futures_util::try_join!(topic::aws::read(aws, name, &arn), subscription::aws::list(aws, name, &arn))
    } else {
        both(aws, name, &arn).await
    };
    let (mut live, mut subscriptions) = match answers {
        Ok((Some(live), subscriptions)) => (live, subscriptions.unwrap_or_default()),
        Ok((None, _)) => return all_of(&address, desired, &Observation::Absent),
        Err(error) => return all_of(&address, desired, &Observation::Unknown(error.to_string())),
    };
    fill_in_passwords(&mut subscriptions, &address, desired);
    let enough = indexed.filter(|tags| is_enough(tags, &address, &subscriptions, desired));
    let tags = match enough {
        Some(tags) => tags.clone(),
        None => match own_tags(aws, target, &address).await {
            Ok(Some(tags)) => tags,
            Ok(None) => return all_of(&address, desired, &Observation::Absent),
            Err(error) => return all_of(&address, desired, &Observation::Unknown(error.to_string())),
        },
    };
    let marks = ChildMarks::from_tags(&REGISTRY, &tags);
    set_tags(&mut live, tags);
    for live in &mut subscriptions {
        if let Resource::Subscription(subscription) = &live.resource {
            // Of an adopted one nothing is set back: what it was like before is not known.
            let made = marks.get(&subscription.as_child()).filter(|mark| !mark.adopted);
            live.facts.declared = made.map(|mark| mark.attributes).unwrap_or_default();
            live.facts.other_password = marks.has_other_secret(&subscription.as_child());
        }
    }
    let mut found = read_attributes(aws, &mut subscriptions, desired, &marks).await;
    found.push((address.clone(), Observation::present(live)));
    with_absent(found, &address, desired)
}

/// The topic and its subscriptions again, without tags.
pub async fn reread(aws: &Aws, target: &Target, name: &str, desired: &BTreeMap<Address, Resource>) -> ObservedTopics {
    let address = Address::new(Kind::Topic, name);
    let arn = target.arn("sns", name);
    match futures_util::try_join!(topic::aws::read(aws, name, &arn), subscription::aws::list(aws, name, &arn)) {
        Ok((Some(live), subscriptions)) => {
            let mut subscriptions = subscriptions.unwrap_or_default();
            fill_in_passwords(&mut subscriptions, &address, desired);
            let mut found = read_attributes(aws, &mut subscriptions, desired, &ChildMarks::none(&REGISTRY)).await;
            found.push((address.clone(), Observation::present(live)));
            with_absent(found, &address, desired)
        }
        Ok((None, _)) => all_of(&address, desired, &Observation::Absent),
        Err(error) => all_of(&address, desired, &Observation::Unknown(error.to_string())),
    }
}

async fn both(aws: &Aws, name: &str, arn: &str) -> Result<(Option<Live>, Option<Vec<Live>>), AwsError> {
    match topic::aws::read(aws, name, arn).await? {
        Some(live) => Ok((Some(live), subscription::aws::list(aws, name, arn).await?)),
        None => Ok((None, None)),
    }
}

/// Whether the index's tags can be believed: they hold what is desired, and every subscription there is is marked.
fn is_enough(
    tags: &ResourceTags,
    address: &Address,
    subscriptions: &[Live],
    desired: &BTreeMap<Address, Resource>,
) -> bool {
    let marks = ChildMarks::from_tags(&REGISTRY, tags);
    let marked = |live: &Live| matches!(&live.resource, Resource::Subscription(s) if marks.contains(&s.as_child()));
    desired.get(address).is_some_and(|topic| carries(tags, topic)) && subscriptions.iter().all(marked)
}

/// SNS lists passwords as stars: what may be a desired subscription gets the endpoint that the spec gives it.
fn fill_in_passwords(subscriptions: &mut [Live], topic: &Address, desired: &BTreeMap<Address, Resource>) {
    let of_topic = subscriptions_of(topic, desired).filter_map(|address| match desired.get(address) {
        Some(Resource::Subscription(desired)) if desired.password().is_some() => Some(desired),
        _ => None,
    });
    let of_topic: Vec<&Subscription> = of_topic.collect();
    for live in subscriptions {
        if let Resource::Subscription(live) = &mut live.resource
            && let Some(desired) = of_topic.iter().find(|desired| desired.is_listed_as(&live.protocol, &live.endpoint))
        {
            live.endpoint.clone_from(&desired.endpoint);
        }
    }
}

/// Attributes are a call each, so only where the spec sets some, or an earlier one did.
async fn read_attributes(
    aws: &Aws,
    subscriptions: &mut [Live],
    desired: &BTreeMap<Address, Resource>,
    marks: &ChildMarks,
) -> ObservedTopics {
    let reads = subscriptions.iter_mut().map(|live| async move {
        let address = live.resource.address();
        let wants = |s: &Subscription| s.has_attributes();
        let desired_sets = matches!(desired.get(&address), Some(Resource::Subscription(s)) if wants(s));
        let had = matches!(&live.resource, Resource::Subscription(s) if marks.had_attributes(&s.as_child()));
        if (desired_sets || had)
            && let Err(error) = subscription::aws::read_attributes(aws, live).await
        {
            return (address, Observation::Unknown(error.to_string()));
        }
        (address, Observation::present(live.clone()))
    });
    join_all(reads).await
}

/// The same observation for the topic and for each of its desired subscriptions.
fn all_of(topic: &Address, desired: &BTreeMap<Address, Resource>, observation: &Observation) -> ObservedTopics {
    let under = subscriptions_of(topic, desired).map(|address| (address.clone(), observation.clone()));
    under.chain([(topic.clone(), observation.clone())]).collect()
}

fn with_absent(mut found: ObservedTopics, topic: &Address, desired: &BTreeMap<Address, Resource>) -> ObservedTopics {
    let missing: Vec<Address> =
        subscriptions_of(topic, desired).filter(|address| found.iter().all(|(a, _)| a != *address)).cloned().collect();
    found.extend(missing.into_iter().map(|address| (address, Observation::Absent)));
    found
}

fn subscriptions_of<'a>(
    topic: &'a Address,
    desired: &'a BTreeMap<Address, Resource>,
) -> impl Iterator<Item = &'a Address> {
    let of_topic = |r: &Resource| matches!(r, Resource::Subscription(s) if s.topic == topic.name);
    desired.iter().filter(move |(_, resource)| of_topic(resource)).map(|(address, _)| address)
}
