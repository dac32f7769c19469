//! Items of whichever engine -> resources, each wholly, with losses that are named, or not at all.

use super::item::{ImportDocument, ImportItem, NotCarried};
use crate::model::node::Span;
use crate::resources::external_subscription;
use crate::resources::foreign::ForeignReading;
use crate::resources::{Address, Alarm, AnomalyDetector, ExternalSubscription, Kind, Resource, Topic};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Properties without which a resource is still the same one: an alarm that lacks one of its actions, say. What lacks any other is
/// not carried, since what it watches, or when it is in ALARM, would be another.
const DISPENSABLE: &[&str] = &[
    "AlarmActions",
    "OKActions",
    "InsufficientDataActions",
    "AlarmDescription",
    "Description",
    "DisplayName",
    "Tags",
    "Subscription",
    "alarm_actions",
    "ok_actions",
    "insufficient_data_actions",
    "alarm_description",
    "description",
    "display_name",
    "tags",
    // What the spec does not name of a topic or a log group is left as it is.
    "kms_key_id",
    "kms_master_key_id",
    "policy",
];

/// Where in the file a resource comes from: the item, by its place in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportPlace {
    pub item: usize,
    pub id: String,
    pub type_name: String,
    pub span: Span,
}

/// What a document becomes.
#[derive(Debug, Default)]
pub struct AssembledImport {
    pub resources: BTreeMap<Address, Resource>,
    pub places: BTreeMap<Address, ImportPlace>,
    pub not_carried: Vec<NotCarried>,
    pub remarks: BTreeMap<Address, Vec<String>>,
}

/// Makes resources of everything that can be one.
pub fn assemble(document: &ImportDocument) -> AssembledImport {
    let mut assembly = AssembledImport::default();
    let mut parts: Vec<(usize, Topic)> = Vec::new();
    let mut detectors: Vec<(usize, Box<AnomalyDetector>)> = Vec::new();
    for (at, item) in document.items.iter().enumerate() {
        let Some(reading) = assembly.read(document, item) else { continue };
        for resource in reading.resources {
            match resource {
                Resource::Topic(topic) if is_part(&item.type_name) => parts.push((at, topic)),
                Resource::AnomalyDetector(detector) => detectors.push((at, detector)),
                resource => assembly.add(at, item, resource),
            }
        }
    }
    let mut policies: BTreeMap<String, usize> = BTreeMap::new();
    for (at, part) in parts {
        let name = part.name.clone();
        if let Some(first) = policies.get(&name) {
            let first = &document.items[*first].id;
            let why = format!(
                "topic {name} has one policy, and {first} is it, too: which one is last, the engine does not say"
            );
            assembly.refuse(&document.items[at], None, None, &why);
            continue;
        }
        policies.insert(name.clone(), at);
        match assembly.resources.get_mut(&Address::new(Kind::Topic, &name)) {
            Some(Resource::Topic(topic)) => topic.join(part),
            _ => {
                let why = format!("it is the policy of topic {name}, which the file does not declare");
                assembly.refuse(&document.items[at], None, None, &why);
            }
        }
    }
    let alarms: Vec<Alarm> = assembly.resources.values().filter_map(alarm).collect();
    for (at, mut detector) in detectors {
        match detector.claim(&alarms) {
            // One that sets nothing is what the alarm makes by itself.
            true if Resource::AnomalyDetector(detector.clone()).fields().is_empty() => {}
            true => assembly.add(at, &document.items[at], Resource::AnomalyDetector(detector)),
            false => assembly.refuse(&document.items[at], None, None, "no alarm of the file watches its band"),
        }
    }
    assembly.settle_subscriptions(document);
    assembly
}

/// Whether a type holds a part of a topic.
fn is_part(type_name: &str) -> bool {
    !matches!(type_name, "AWS::SNS::Topic" | "aws_sns_topic")
}

fn alarm(resource: &Resource) -> Option<Alarm> {
    match resource {
        Resource::Alarm(alarm) => Some(alarm.as_ref().clone()),
        _ => None,
    }
}

impl AssembledImport {
    fn refuse(&mut self, item: &ImportItem, property: Option<&str>, span: Option<Span>, why: &str) {
        self.not_carried.push(NotCarried {
            span: span.unwrap_or(item.span),
            id: item.id.clone(),
            type_name: item.type_name.clone(),
            property: property.map(str::to_owned),
            why: why.to_owned(),
        });
    }

    /// The resources of an item; `None` where it is none, which is then said.
    fn read(&mut self, document: &ImportDocument, item: &ImportItem) -> Option<ForeignReading> {
        let is_minor = |path: &str| DISPENSABLE.contains(&path.split('.').next().unwrap_or_default());
        let mut lost = Vec::new();
        let mut is_whole = true;
        for one in &item.unresolved {
            is_whole &= one.is_replaced || is_minor(&one.path);
            lost.push((one.path.as_str(), one.span, one.why.as_str()));
        }
        if !is_whole {
            let needed = item.unresolved.iter().filter(|one| !one.is_replaced && !is_minor(&one.path));
            let mut seen = BTreeSet::new();
            for one in needed.filter(|one| seen.insert((one.path.as_str(), one.why.as_str()))) {
                let why = format!("the resource is not carried over, since its {} is not known: {}", one.path, one.why);
                self.not_carried.push(NotCarried {
                    span: one.span,
                    id: item.id.clone(),
                    type_name: item.type_name.clone(),
                    property: None,
                    why,
                });
            }
            return None;
        }
        let reading = match (document.read)(&item.type_name, &item.properties, &document.target) {
            None => {
                self.refuse(item, None, None, "mlopsctl does not manage this type");
                return None;
            }
            Some(Err(wrong)) => {
                self.refuse(item, None, None, &wrong);
                return None;
            }
            Some(Ok(reading)) => reading,
        };
        for (path, span, why) in lost {
            self.refuse(item, Some(path), Some(span), why);
        }
        for path in &reading.uncarried {
            self.refuse(item, Some(path), item.spans.get(path), "mlopsctl does not manage this property");
        }
        Some(reading)
    }

    fn add(&mut self, at: usize, item: &ImportItem, resource: Resource) {
        if let Resource::ExternalSubscription(external) = &resource
            && !external_subscription::spec::is_topic(&external.topic_arn)
        {
            return self.refuse(item, None, None, &format!("{} is not the ARN of a topic", external.topic_arn));
        }
        let address = resource.address();
        let taken = address.kind.sharing_names().map(|kind| Address::new(kind, &address.name));
        let taken = taken.into_iter().find_map(|other| self.places.get(&other)).or(self.places.get(&address));
        if let Some(first) = taken {
            let why = format!("{} has the same name, {}", first.id, address.name);
            return self.refuse(item, None, None, &why);
        }
        let place = ImportPlace { item: at, id: item.id.clone(), type_name: item.type_name.clone(), span: item.span };
        self.places.insert(address.clone(), place);
        if !item.remarks.is_empty() {
            self.remarks.insert(address.clone(), item.remarks.clone());
        }
        self.resources.insert(address, resource);
    }

    /// A subscription to a topic of the target that the file does not declare is one to somebody else's.
    fn settle_subscriptions(&mut self, document: &ImportDocument) {
        let of_others = |(address, resource): (&Address, &Resource)| match resource {
            Resource::Subscription(own) => {
                let topic = Address::new(Kind::Topic, &own.topic);
                (!self.resources.contains_key(&topic)).then(|| address.clone())
            }
            _ => None,
        };
        let external: Vec<Address> = self.resources.iter().filter_map(of_others).collect();
        for address in external {
            let (Some(Resource::Subscription(own)), Some(place)) =
                (self.resources.remove(&address), self.places.remove(&address))
            else {
                continue;
            };
            let remarks = self.remarks.remove(&address);
            let arn = document.target.arn("sns", &own.topic);
            let resource = Resource::ExternalSubscription(ExternalSubscription::new(&arn, own));
            let address = resource.address();
            if let Entry::Vacant(entry) = self.places.entry(address.clone()) {
                entry.insert(place);
                self.remarks.extend(remarks.map(|remarks| (address.clone(), remarks)));
                self.resources.insert(address, resource);
            }
        }
    }
}
