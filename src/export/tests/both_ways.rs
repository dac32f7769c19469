//! A resource becomes properties and those properties the resource again, but for what is said to be lost.

use super::{random_stack, target};
use crate::model::field;
use crate::resources::cloudformation::{from_template_resource, to_template_resource};
use crate::resources::{Address, Alarm, Kind, Resource, Topic, declared};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const STACKS: u64 = 2_000;

/// The resource without the fields that the document cannot carry.
fn without(resource: &Resource, lost: &BTreeSet<String>) -> Resource {
    let mut kept = resource.clone().in_order();
    let is_lost = |field: &str| lost.contains(field);
    if let Some(tags) = kept.tags_mut() {
        tags.retain(|key, _| !is_lost(&format!("tags.{key}")));
    }
    match &mut kept {
        Resource::Topic(topic) if is_lost("delivery_policy") => topic.delivery_policy = None,
        Resource::AnomalyDetector(detector) => {
            detector.adaptation_speed.take_if(|_| is_lost("adaptation_speed"));
            detector.outlier_filtering_strength.take_if(|_| is_lost("outlier_filtering_strength"));
        }
        _ => {}
    }
    kept
}

/// As it is saved. What is named counts, whether a value or a tag says so, and 5 is 5.0 in a policy, too.
fn plain(mut resource: Resource) -> Value {
    let named = declared::by_spec(&resource);
    if let Some(own) = resource.declared_mut() {
        *own = named;
    }
    field::canonical(serde_json::to_value(resource).unwrap())
}

#[test]
fn a_template_says_what_a_resource_is() {
    let mut seen = BTreeMap::new();
    for seed in 0..STACKS {
        let stack = random_stack(seed);
        let mut read: BTreeMap<Address, Resource> = BTreeMap::new();
        let mut parts: Vec<Topic> = Vec::new();
        let mut detectors = Vec::new();
        let mut expected: BTreeMap<Address, Resource> = BTreeMap::new();
        for (address, resource) in &stack {
            let form = to_template_resource(resource, &target()).unwrap_or_else(|why| panic!("{address}: {why}"));
            let lost: BTreeSet<String> = form.lost.iter().map(|lost| lost.field.clone()).collect();
            expected.insert(address.clone(), without(resource, &lost));
            for one in form.resources {
                let label = format!("{seed} {address}: {:#}", one.properties);
                let reading = from_template_resource(one.mapping.type_name, &one.properties, &target());
                let reading = reading.expect(&label).unwrap_or_else(|wrong| panic!("{label}: {wrong}"));
                assert_eq!(reading.uncarried, Vec::<String>::new(), "{label}");
                *seen.entry(one.mapping.type_name).or_insert(0) += 1;
                match reading.resources.as_slice() {
                    [Resource::Topic(topic)] if one.mapping.part.is_some() => parts.push(topic.clone()),
                    [Resource::AnomalyDetector(detector)] => detectors.push(detector.as_ref().clone()),
                    [one] => drop(read.insert(one.address(), one.clone())),
                    other => panic!("{label}: {other:?}"),
                }
            }
        }
        for part in parts {
            let Some(Resource::Topic(topic)) = read.get_mut(&Address::new(Kind::Topic, &part.name)) else {
                panic!("{seed}: a policy of no topic");
            };
            topic.join(part);
        }
        for mut detector in detectors {
            let alarms: Vec<Alarm> = read
                .values()
                .filter_map(|one| match one {
                    Resource::Alarm(alarm) => Some(alarm.as_ref().clone()),
                    _ => None,
                })
                .collect();
            assert!(detector.claim(&alarms), "{seed}: {detector:?}");
            let resource = Resource::AnomalyDetector(Box::new(detector));
            read.insert(resource.address(), resource);
        }
        assert_eq!(read.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{seed}");
        for (address, resource) in expected {
            assert_eq!(plain(read[&address].clone()), plain(resource), "{seed} {address}");
        }
    }
    assert_eq!(seen.len(), 10, "each type but the inline policy: {seen:?}");
    assert!(seen.values().all(|count| *count > 30), "{seen:?}");
}
