//! Whom an alarm of either kind tells: the action lists, and `notify`, which names topics instead.

use super::action_target::ActionTarget;
use super::{Actions, TagsPropagation};
use crate::model::shape::{ObjectSchema, SchemaKey, Shape};
use crate::model::{Layers, Node, Span};
use crate::resources::scope::DeclarationScope;

/// PutMetricAlarm and PutCompositeAlarm: "Array Members: Maximum number of 5 items".
const LIMIT: usize = 5;

static WORDS: Shape = Shape::Text(1024);

static NOTIFY: ObjectSchema = ObjectSchema {
    what: "a notify map",
    doc: "Whom to notify of which state.",
    keys: &[&[
        SchemaKey::new(
            "alarm",
            Shape::Either(&[Shape::Text(1024), Shape::List(&WORDS)]),
            "Notified when the state becomes ALARM.",
        ),
        SchemaKey::new(
            "ok",
            Shape::Either(&[Shape::Text(1024), Shape::List(&WORDS)]),
            "Notified when the state becomes OK.",
        ),
        SchemaKey::new(
            "insufficient_data",
            Shape::Either(&[Shape::Text(1024), Shape::List(&WORDS)]),
            "Notified when the state becomes INSUFFICIENT_DATA.",
        ),
    ]],
};

static PROPAGATION: ObjectSchema = ObjectSchema {
    what: "a tag propagation",
    doc: "Which of the alarm's tags travel; at most one of the two.",
    keys: &[&[
        SchemaKey::new("include", Shape::List(&Shape::Text(128)), "Only these keys travel."),
        SchemaKey::new("exclude", Shape::List(&Shape::Text(128)), "All keys but these travel."),
    ]],
};

pub static KEYS: [SchemaKey; 6] = [
    SchemaKey::new(
        "notify",
        Shape::Either(&[Shape::Text(1024), Shape::List(&WORDS), Shape::Object(&NOTIFY)]),
        "Topics to notify of an ALARM: a topic of this file or an ARN, or a list; or a map {alarm, ok, insufficient_data}. \
         An alarm that says whom to notify, here or in the lists below, inherits nobody.",
    ),
    SchemaKey::new("alarm_actions", Shape::List(&WORDS), "Notified on ALARM: topics of this file, or ARNs; at most 5."),
    SchemaKey::new("ok_actions", Shape::List(&WORDS), "Notified on OK: topics of this file, or ARNs; at most 5."),
    SchemaKey::new("insufficient_data_actions", Shape::List(&WORDS), "Notified on INSUFFICIENT_DATA; at most 5."),
    SchemaKey::new("actions_enabled", Shape::Bool, "Whether anybody is notified at all. Default: true."),
    SchemaKey::new(
        "propagate_tags",
        Shape::Either(&[Shape::Bool, Shape::Object(&PROPAGATION)]),
        "Whether the alarm's tags travel with its notifications: true, {include: [keys]} or {exclude: [keys]}.",
    ),
];

/// Who says whom to tell says it all: these keys are inherited together.
const WHOM: [&str; 4] = ["notify", "alarm_actions", "ok_actions", "insufficient_data_actions"];

pub fn read(layers: &Layers<'_>, scope: &mut DeclarationScope<'_>) -> Actions {
    let whom = layers.group(&WHOM);
    let notify = whom.get("notify");
    let by_state = notify.filter(|node| !node.entries().is_empty());
    let mut list = |state: &str, plain: &str| {
        let mut nodes = one_or_more(whom.get(plain));
        match by_state {
            Some(map) => nodes.extend(one_or_more(map.get(state))),
            None if state == "alarm" => nodes.extend(one_or_more(notify)),
            None => {}
        }
        let mut arns: Vec<String> = Vec::new();
        for node in &nodes {
            let arn = scope.action(node);
            if let Some(fault) = arn.as_deref().and_then(|arn| ActionTarget::read(arn, scope.target).err()) {
                scope.problem(node.span, fault.message, fault.help);
            }
            arns.extend(arn.filter(|arn| !arns.contains(arn)));
        }
        if let Some(sixth) = nodes.get(LIMIT).filter(|_| arns.len() > LIMIT) {
            scope.problem(sixth.span, format!("{} actions for one state; AWS allows {LIMIT}", arns.len()), MANY);
        }
        arns
    };
    let (alarm, ok, insufficient_data) = (
        list("alarm", "alarm_actions"),
        list("ok", "ok_actions"),
        list("insufficient_data", "insufficient_data_actions"),
    );
    Actions {
        enabled: layers.get("actions_enabled").and_then(Node::boolean).unwrap_or(true),
        alarm,
        ok,
        insufficient_data,
        tags_propagation: propagation(layers, scope),
    }
}

const MANY: &str = "a topic can have many subscribers: let one topic notify them all";

fn one_or_more(node: Option<&Node>) -> Vec<&Node> {
    match node {
        None => Vec::new(),
        Some(node) if node.scalar().is_some() => vec![node],
        Some(node) => node.items().iter().collect(),
    }
}

fn propagation(layers: &Layers<'_>, scope: &mut DeclarationScope<'_>) -> Option<TagsPropagation> {
    let node = layers.get("propagate_tags")?;
    if node.scalar().is_some() {
        return (node.boolean() == Some(true)).then(TagsPropagation::default);
    }
    let keys = |key| -> Vec<String> {
        let items = node.get(key).map(Node::items).unwrap_or_default();
        items.iter().filter_map(Node::text).map(str::to_owned).collect()
    };
    let propagation = TagsPropagation { included_tag_keys: keys("include"), excluded_tag_keys: keys("exclude") };
    let span = |key: &str| node.get(key).map_or(node.span, |list| list.items().first().map_or(list.span, |i| i.span));
    let mut both = |span: Span, message: &str| scope.problem(span, message, "AWS takes 1 to 50 keys in one of the two");
    let (included, excluded) = (propagation.included_tag_keys.len(), propagation.excluded_tag_keys.len());
    if included > 0 && excluded > 0 {
        both(span("exclude"), "`include` and `exclude` cannot be given together");
    } else if included + excluded == 0 {
        both(node.span, "`propagate_tags` names no tag");
    } else if included.max(excluded) > 50 {
        both(span(if included > 0 { "include" } else { "exclude" }), "`propagate_tags` names more than 50 tags");
    }
    Some(propagation)
}
