//! A resource becomes properties and those properties the resource again, but for what is said to be lost.

use super::{random_stack, target};
use crate::model::field;
use crate::resources::foreign::{ForeignReading, ForeignResources, to_foreign};
use crate::resources::{
    Address, Alarm, ExternalSubscription, Kind, Resource, Topic, cloudformation, declared, terraform,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const STACKS: u64 = 800;

/// The resource without the fields that the document cannot carry.
pub fn without(resource: &Resource, lost: &BTreeSet<String>) -> Resource {
    let mut kept = resource.clone().in_order();
    let is_lost = |field: &str| lost.contains(field);
    if let Some(tags) = kept.tags_mut() {
        tags.retain(|key, _| !is_lost(&format!("tags.{key}")) && !is_lost("tags"));
    }
    if let Some(actions) = kept.actions_mut().filter(|_| is_lost("actions.tags_propagation")) {
        actions.tags_propagation = None;
    }
    match &mut kept {
        Resource::Topic(topic) if is_lost("delivery_policy") => topic.delivery_policy = None,
        Resource::AnomalyDetector(detector) => {
            detector.adaptation_speed.take_if(|_| is_lost("adaptation_speed"));
            detector.outlier_filtering_strength.take_if(|_| is_lost("outlier_filtering_strength"));
        }
        Resource::MetricFilter(filter) => {
            filter.field_selection_criteria.take_if(|_| is_lost("field_selection_criteria"));
            if is_lost("emit_system_field_dimensions") {
                filter.emit_system_field_dimensions.clear();
            }
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

/// Writes and reads all of random stacks; returns how often each type was written.
fn round_trips(
    write: impl Fn(&Resource) -> Option<ForeignResources>,
    read: impl Fn(&str, &Value) -> Option<Result<ForeignReading, String>>,
) -> BTreeMap<&'static str, usize> {
    let mut seen = BTreeMap::new();
    for seed in 0..STACKS {
        let mut found: BTreeMap<Address, Resource> = BTreeMap::new();
        let mut expected: BTreeMap<Address, Resource> = BTreeMap::new();
        let (mut parts, mut detectors): (Vec<Topic>, Vec<_>) = (Vec::new(), Vec::new());
        for (address, resource) in random_stack(seed) {
            let Some(form) = write(&resource) else { continue };
            let lost = form.lost.iter().map(|lost| lost.field.clone()).collect();
            expected.insert(address.clone(), without(&resource, &lost));
            for one in form.resources {
                let label = format!("{seed} {address}: {:#}", one.properties);
                let reading = read(one.mapping.type_name, &one.properties).expect(&label);
                let reading = reading.unwrap_or_else(|wrong| panic!("{label}: {wrong}"));
                assert_eq!(reading.uncarried, Vec::<String>::new(), "{label}");
                *seen.entry(one.mapping.type_name).or_insert(0) += 1;
                match reading.resources.as_slice() {
                    [Resource::Topic(topic)] if one.mapping.part.is_some() => parts.push(topic.clone()),
                    [Resource::AnomalyDetector(detector)] => detectors.push(detector.as_ref().clone()),
                    [one] => {
                        let one = as_kind(one.clone(), address.kind, &resource);
                        found.insert(one.address(), one);
                    }
                    other => panic!("{label}: {other:?}"),
                }
            }
        }
        for part in parts {
            let Some(Resource::Topic(topic)) = found.get_mut(&Address::new(Kind::Topic, &part.name)) else {
                panic!("{seed}: a policy of no topic");
            };
            topic.join(part);
        }
        for mut detector in detectors {
            let alarms: Vec<Alarm> = found.values().filter_map(alarm).collect();
            assert!(detector.claim(&alarms), "{seed}: {detector:?}");
            let resource = Resource::AnomalyDetector(Box::new(detector));
            found.insert(resource.address(), resource);
        }
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{seed}");
        for (address, resource) in expected {
            assert_eq!(plain(found[&address].clone()), plain(resource), "{seed} {address}");
        }
    }
    seen
}

/// Whether a topic of the same account is the stack's own, a document does not say of a subscription to it.
fn as_kind(read: Resource, kind: Kind, written: &Resource) -> Resource {
    match (read, written) {
        (Resource::Subscription(read), Resource::ExternalSubscription(written)) if kind != Kind::Subscription => {
            Resource::ExternalSubscription(ExternalSubscription::new(&written.topic_arn, read))
        }
        (read, _) => read,
    }
}

fn alarm(resource: &Resource) -> Option<Alarm> {
    match resource {
        Resource::Alarm(alarm) => Some(alarm.as_ref().clone()),
        _ => None,
    }
}

#[test]
fn a_template_says_what_a_resource_is() {
    let write = |resource: &Resource| to_foreign(resource.kind().facts().cloudformation, resource, &target()).ok();
    let read = |name: &str, properties: &Value| cloudformation::from_template_resource(name, properties, &target());
    let seen = round_trips(write, read);
    assert_eq!(seen.len(), 11, "each type but the inline policy: {seen:?}");
    assert!(seen.values().all(|count| *count > 10), "{seen:?}");
}

#[test]
fn terraform_says_what_a_resource_is() {
    let write = |resource: &Resource| to_foreign(resource.kind().facts().terraform, resource, &target()).ok();
    let read = |name: &str, arguments: &Value| terraform::from_arguments(name, arguments, &target());
    let seen = round_trips(write, read);
    assert_eq!(seen.len(), 8, "{seen:?}");
    assert!(seen.values().all(|count| *count > 10), "{seen:?}");
}

/// What people write and exports do not: numbers as texts, older spellings, a topic's own list, what nobody knows.
#[test]
fn templates_are_read_as_cloudformation_takes_them() {
    let read = |name: &str, text: &str| {
        let properties: Value = serde_json::from_str(text).unwrap();
        cloudformation::from_template_resource(name, &properties, &target()).unwrap()
    };
    let alarm = read(
        "AWS::CloudWatch::Alarm",
        r#"{ "AlarmName": "a", "Threshold": "5.5", "Period": "300", "ActionsEnabled": "false", "OKActions": "arn:x",
            "Metrics": [{ "Id": "m", "Expression": "1", "Odd": 1 }], "EvaluationWindow": { "SlidingWindow": {} }, "New": { "A": [1] } }"#,
    )
    .unwrap();
    assert_eq!(alarm.uncarried, ["Metrics.0.Odd", "New.A.0"]);
    let Resource::Alarm(alarm) = &alarm.resources[0] else { panic!() };
    assert_eq!((alarm.threshold, alarm.period, alarm.actions.enabled), (Some(5.5), Some(300), false));
    assert!(alarm.metrics[0].return_data && alarm.actions.ok == ["arn:x"]);
    let topic = read(
        "AWS::SNS::Topic",
        r#"{ "TopicName": "t", "Subscription": [{ "Protocol": "email", "Endpoint": "a@b.edu" }], "ArchivePolicy": { "d": 1 } }"#,
    )
    .unwrap();
    assert_eq!((topic.resources.len(), topic.uncarried), (2, vec!["ArchivePolicy.d".to_owned()]));
    let arn = |name: &str| target().arn("sns", name);
    let policies = read(
        "AWS::SNS::TopicPolicy",
        &format!(r#"{{ "Topics": ["{}", "{}"], "PolicyDocument": "{{\"Statement\": []}}" }}"#, arn("a"), arn("b")),
    )
    .unwrap();
    let names: Vec<String> = policies.resources.iter().map(Resource::name).collect();
    assert_eq!(names, ["a", "b"]);
    let detector =
        read("AWS::CloudWatch::AnomalyDetector", r#"{ "Namespace": "n", "MetricName": "m", "Stat": "Sum" }"#);
    assert!(detector.is_err() || detector.is_ok_and(|detector| detector.uncarried.is_empty()));
    assert!(read("AWS::CloudWatch::Alarm", r#"{ "AlarmName": "a", "Threshold": "many" }"#).is_err());
    assert!(cloudformation::from_template_resource("AWS::SQS::Queue", &Value::Null, &target()).is_none());
}
