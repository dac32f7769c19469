//! `topics.<name>` -> a topic; its `subscriptions` are read by `subscription::spec`.

use super::Topic;
use crate::model::node::Data;
use crate::model::shape::{ObjectSchema, SchemaKey, Shape};
use crate::model::{Layers, Node, SpannedName};
use crate::resources::scope::DeclarationScope;
use crate::resources::{document, subscription, tag};

pub static TOPIC: ObjectSchema = ObjectSchema {
    what: "a topic",
    doc: "An SNS topic: where alarms are sent to. What is not given stays as it is; null or the default sets it back.",
    keys: &[
        &[
            SchemaKey::new(
                "subscriptions",
                Shape::List(&Shape::Object(&subscription::spec::OF_TOPIC)),
                "Who is notified: a list of {protocol, endpoint}.",
            ),
            SchemaKey::or_null("display_name", Shape::Text(100), "The sender's name in mails and text messages."),
            SchemaKey::or_null(
                "kms_master_key_id",
                Shape::Text(2048),
                "KMS key that encrypts the topic: id, ARN or alias.",
            ),
            SchemaKey::or_null(
                "policy",
                Shape::Json,
                "Access policy, as YAML or JSON. Where it is not given, the topic's own stays.",
            ),
            SchemaKey::or_null(
                "delivery_policy",
                Shape::Json,
                "How deliveries over HTTP are repeated, as YAML or JSON.",
            ),
            SchemaKey::new("fifo", Shape::Bool, "First in, first out; the name then ends with .fifo. Default: false."),
            SchemaKey::new("content_based_deduplication", Shape::Bool, "FIFO only. Default: false."),
            SchemaKey::new(
                "fifo_throughput_scope",
                Shape::OneOf(&["Topic", "MessageGroup"]),
                "FIFO only. Default: Topic.",
            ),
            SchemaKey::new("tracing_config", Shape::OneOf(&["PassThrough", "Active"]), "X-Ray. Default: PassThrough."),
            SchemaKey::new(
                "signature_version",
                Shape::OneOf(&["1", "2"]),
                "Of messages: 1 is SHA1, 2 is SHA256. Default: 1.",
            ),
        ],
        &tag::KEYS,
    ],
};

/// 1 to 256 letters, digits, `-` and `_`, and `.fifo` behind a FIFO topic's (SNS API reference, CreateTopic).
fn check_name(name: &SpannedName, fifo: bool, scope: &mut DeclarationScope<'_>) {
    let stem = name.text.strip_suffix(".fifo");
    if name.text.is_empty() || name.text.chars().count() > 256 {
        let message = format!("the topic's name has {} characters", name.text.chars().count());
        scope.problem(name.span, message, "AWS allows 1 to 256");
    } else if fifo && stem.is_none() {
        let help = format!("call it `{name}.fifo`, or leave `fifo` out");
        scope.problem(name.span, "a FIFO topic's name ends with .fifo", help);
    } else if !fifo && stem.is_some() {
        scope.problem(name.span, "only a FIFO topic's name ends with .fifo", "add fifo: true, or choose another name");
    } else if let Some(bad) =
        stem.unwrap_or(&name.text).chars().find(|c| !c.is_ascii_alphanumeric() && !"-_".contains(*c))
    {
        let help = "AWS allows letters, digits, - and _ (and .fifo behind the name of a FIFO topic)";
        scope.problem(name.span, format!("a topic's name cannot hold {bad:?}"), help);
    }
}

pub static SECTION: SchemaKey = SchemaKey::new("topics", Shape::Map(&Shape::Object(&TOPIC)), "SNS topics, by name.");

pub fn read(name: &SpannedName, layers: &Layers<'_>, scope: &mut DeclarationScope<'_>) -> Topic {
    let flag = |key: &str| layers.get(key).and_then(Node::boolean).unwrap_or(false);
    let fifo = flag("fifo");
    check_name(name, fifo, scope);
    if !fifo {
        for key in ["content_based_deduplication", "fifo_throughput_scope"] {
            if layers.get(key).is_some_and(|node| node.boolean() != Some(false)) {
                let message = format!("`{key}` is for FIFO topics only");
                scope.problem(
                    layers.key_span(key),
                    message,
                    "leave it out, or make a FIFO topic: fifo: true, and a name that ends with .fifo",
                );
            }
        }
    }
    if let Some(node) = layers.get("kms_master_key_id") {
        scope.check_partition(node);
    }
    if let Some(node) = layers.get("display_name").filter(|node| node.text() == Some("")) {
        scope.problem(node.span, "`display_name` is empty", "leave it out");
    }
    // SNS answers in XML, which has no such characters (XML 1.0, section 2.2): it could not be read back.
    let is_unsayable = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    if let Some(node) = layers.get("display_name").filter(|node| node.text().is_some_and(|t| t.contains(is_unsayable)))
    {
        scope.problem(node.span, "`display_name` has a character that cannot be shown", "take it out");
    }
    let given = |key: &str| layers.get(key).filter(|node| node.data != Data::Null);
    Topic {
        name: name.text.clone(),
        display_name: layers.text("display_name"),
        kms_master_key_id: layers.text("kms_master_key_id"),
        policy: given("policy").and_then(|node| document::object(node, "policy", scope)),
        delivery_policy: given("delivery_policy").and_then(|node| document::object(node, "delivery_policy", scope)),
        fifo,
        content_based_deduplication: flag("content_based_deduplication"),
        fifo_throughput_scope: layers.text("fifo_throughput_scope"),
        tracing_config: layers.text("tracing_config"),
        signature_version: layers.text("signature_version"),
        tags: tag::read(layers, scope),
        // The name decides it, given or not.
        declared: layers.given(super::RETURNING.iter().chain(&["policy"])).chain(["fifo".to_owned()]).collect(),
    }
}
