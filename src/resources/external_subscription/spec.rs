//! `external_topics.<name>` -> the ARN that the name stands for, and our subscriptions to it.

use super::ExternalSubscription;
use crate::model::shape::{ObjectSchema, SchemaKey, Shape};
use crate::model::{Arn, Node, SpannedName};
use crate::resources::scope::{ARN_FORM, DeclarationScope};
use crate::resources::subscription;
use std::collections::BTreeMap;

static EXTERNAL_TOPIC: ObjectSchema = ObjectSchema {
    what: "an external topic",
    doc: "A topic that somebody else owns, in this account or another one. It is never written, tagged or deleted; its name here is one to notify.",
    keys: &[&[
        SchemaKey::required("arn", Shape::Text(1024), "The topic's ARN."),
        SchemaKey::new(
            "subscriptions",
            Shape::List(&Shape::Object(&subscription::spec::OF_TOPIC)),
            "Subscriptions of ours to it: made where they are missing, and never ended, since nothing records that we made them.",
        ),
    ]],
};

pub static SECTION: SchemaKey = SchemaKey::new(
    "external_topics",
    Shape::Map(&Shape::Object(&EXTERNAL_TOPIC)),
    "Topics that somebody else owns, by a name of your choice.",
);

/// Returns the ARNs of the topics of other owners by the names that the file gives them.
pub fn arns(root: &Node) -> BTreeMap<&str, &str> {
    let entries = root.get(SECTION.name).map(Node::entries).unwrap_or_default().iter();
    entries.filter_map(|entry| Some((entry.name.text.as_str(), arn(&entry.value)?))).collect()
}

/// Returns the ARN of an external topic; `None` where it is none, which `read` says.
pub fn arn(value: &Node) -> Option<&str> {
    value.get("arn")?.text().filter(|text| is_topic(text))
}

/// Whether a text is the ARN of a topic.
pub fn is_topic(text: &str) -> bool {
    let Some(arn) = Arn::parse(text) else { return false };
    arn.service == "sns" && !arn.region.is_empty() && !arn.account.is_empty() && !arn.resource.contains([':', '/'])
}

/// Reads the subscriptions of one external topic, each with where its endpoint stands.
pub fn read(name: &SpannedName, value: &Node, scope: &mut DeclarationScope<'_>) -> Vec<(ExternalSubscription, Node)> {
    if scope.topics.contains(name.text.as_str()) {
        let help = "a name is of one topic: choose another one here";
        scope.problem(name.span, format!("`{name}` is declared under `topics`, too"), help);
    }
    let Some(topic_arn) = arn(value) else {
        if let Some(node) = value.get("arn") {
            let message = format!("`{}` is not the ARN of a topic", node.text().unwrap_or_default());
            scope.problem(node.span, message, ARN_FORM);
        }
        return Vec::new();
    };
    if let Some(node) = value.get("arn") {
        scope.check_partition(node);
    }
    let topic = topic_arn.rsplit(':').next().unwrap_or_default();
    let items = value.get("subscriptions").map(Node::items).unwrap_or_default();
    let read = items.iter().filter_map(|item| {
        let topic = SpannedName { text: topic.to_owned(), span: item.span };
        let subscription = subscription::spec::of_topic(&topic, item, scope)?;
        let place = item.get("endpoint").unwrap_or(item).clone();
        Some((ExternalSubscription::new(topic_arn, subscription), place))
    });
    read.collect()
}
