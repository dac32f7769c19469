//! `composite_alarms.<name>` -> a composite alarm.

use super::{CompositeAlarm, Suppressor};
use crate::model::problem::nearest;
use crate::model::shape::{ObjectSchema, SchemaKey, Shape};
use crate::model::{Arn, Layers, Node, SpannedName, SpecProblem};
use crate::resources::alarm::action_target::ActionTarget;
use crate::resources::alarm::{actions, spec as alarm};
use crate::resources::scope::DeclarationScope;
use crate::resources::tag;
use mlops_cloudwatch::rule;

/// CloudWatch API reference, PutCompositeAlarm.
const MAX_CHILDREN: usize = 100;

static SUPPRESSOR: ObjectSchema = ObjectSchema {
    what: "a suppressor",
    doc: "The alarm that silences this one's actions while it is in ALARM.",
    keys: &[&[
        SchemaKey::required("alarm", Shape::Text(1600), "An alarm of this file, or an ARN."),
        SchemaKey::required("wait_period", Shape::Duration, "How long to wait for the suppressor to go into ALARM."),
        SchemaKey::required("extension_period", Shape::Duration, "How long to wait after it has gone out of ALARM."),
    ]],
};

pub static DESCRIPTION: [SchemaKey; 1] =
    [SchemaKey::new("description", Shape::Text(1024), "What it means and what to do; it is in the notification.")];

static RULE: [SchemaKey; 1] = [SchemaKey::required(
    "alarm_rule",
    Shape::Text(10_240),
    "ALARM(name), OK(name), INSUFFICIENT_DATA(name), AT_LEAST(2, ALARM, (a, b)), AND, OR, NOT, TRUE, FALSE.",
)];

/// What holds its actions back, and alarms that are kept elsewhere.
pub static SUPPRESSORS: [SchemaKey; 5] = [
    SchemaKey::new(
        "external_alarms",
        Shape::List(&Shape::Text(255)),
        "Alarms that the rule names and that are kept elsewhere, not in this file.",
    ),
    SchemaKey::new("suppressor", Shape::Object(&SUPPRESSOR), "The alarm that silences this one, with both waits."),
    SchemaKey::new("actions_suppressor", Shape::Text(1600), "The plain form of `suppressor`: the alarm."),
    SchemaKey::new("actions_suppressor_wait_period", Shape::Duration, "The plain form of its `wait_period`."),
    SchemaKey::new("actions_suppressor_extension_period", Shape::Duration, "The plain form of its `extension_period`."),
];

pub static COMPOSITE: ObjectSchema = ObjectSchema {
    what: "a composite alarm",
    doc: "An alarm over the states of other alarms.",
    keys: &[&DESCRIPTION, &RULE, &SUPPRESSORS, &actions::KEYS, &tag::KEYS],
};

pub static SECTION: SchemaKey = SchemaKey::new(
    "composite_alarms",
    Shape::Map(&Shape::Object(&COMPOSITE)),
    "Alarms over the states of other alarms, by name.",
);

pub fn read(name: &SpannedName, layers: &Layers<'_>, scope: &mut DeclarationScope<'_>) -> CompositeAlarm {
    alarm::check_name(name, scope);
    let external: Vec<&str> =
        layers.get("external_alarms").map(Node::items).unwrap_or_default().iter().filter_map(Node::text).collect();
    let rule = layers.get("alarm_rule");
    if let Some(node) = rule {
        check_rule(name, node, &external, scope);
    }
    let actions = actions::read(layers, scope);
    for arn in actions.all() {
        if ActionTarget::read(arn, scope.target).is_ok_and(|action| !action.is_for_composites()) {
            let message = format!("a composite alarm cannot have the action `{arn}`");
            scope.problem(
                name.span,
                message,
                "AWS allows it for metric alarms: a composite alarm notifies topics or functions",
            );
        }
    }
    CompositeAlarm {
        name: name.text.clone(),
        description: layers.text("description").filter(|text| !text.is_empty()),
        actions,
        alarm_rule: rule.and_then(Node::text).unwrap_or_default().trim().to_owned(),
        suppressor: suppressor(name, layers, &external, scope),
        tags: tag::read(layers, scope),
    }
}

fn check_rule(name: &SpannedName, node: &Node, external: &[&str], scope: &mut DeclarationScope<'_>) {
    let Some(text) = node.text() else { return };
    let rule = match rule::parse(text) {
        Ok(rule) => rule,
        Err(error) => {
            let span = node.part(error.start, error.end);
            let near = error.unknown.as_deref().and_then(|word| nearest(word, rule::CONDITIONS));
            let help = near.map(|near| format!("did you mean `{near}`?")).or(error.help);
            let mut problem = SpecProblem::new(span, error.message);
            problem.help.extend(help);
            scope.problems.push(problem);
            return;
        }
    };
    let children = rule.alarms();
    if children.len() > MAX_CHILDREN {
        let message = format!("the rule names {} alarms", children.len());
        scope.problem(node.span, message, format!("AWS allows {MAX_CHILDREN}"));
    }
    for child in rule.references() {
        let span = node.part(child.start, child.end);
        if child.name == name.text {
            scope.problem(span, format!("`{name}` names itself"), "a composite alarm is about other alarms");
        } else {
            check_reference(&child.name, span, external, scope);
        }
    }
}

fn check_reference(child: &str, span: crate::model::Span, external: &[&str], scope: &mut DeclarationScope<'_>) {
    let known = scope.alarms.contains(&child) || external.contains(&child) || Arn::parse(child).is_some();
    if known {
        return;
    }
    let problem = SpecProblem::new(span, format!("no alarm `{child}` is declared in this file"));
    let near = scope.nearest(child, &scope.alarms, "the alarms are");
    let elsewhere = format!("an alarm that is kept elsewhere is named under external_alarms: [{child}]");
    let problem = near.into_iter().fold(problem, SpecProblem::help);
    scope.problems.push(problem.help(elsewhere));
}

const PLAIN: [&str; 3] =
    ["actions_suppressor", "actions_suppressor_wait_period", "actions_suppressor_extension_period"];

fn suppressor(
    name: &SpannedName,
    layers: &Layers<'_>,
    external: &[&str],
    scope: &mut DeclarationScope<'_>,
) -> Option<Suppressor> {
    let sugar = layers.get("suppressor");
    let plain: Vec<&str> = PLAIN.into_iter().filter(|key| layers.get(key).is_some()).collect();
    let parts = match (sugar, plain.as_slice()) {
        (None, []) => return None,
        (Some(_), [first, ..]) => {
            let message = format!("`{first}` and `suppressor` say the same thing");
            scope.problem(layers.key_span(first), message, "leave one of the two out");
            return None;
        }
        (Some(node), []) => ["alarm", "wait_period", "extension_period"].map(|key| node.get(key)),
        (None, some) => {
            let missing: Vec<String> =
                PLAIN.iter().filter(|key| !some.contains(key)).map(|key| format!("`{key}`")).collect();
            if !missing.is_empty() {
                let message = format!("the suppressor of `{name}` lacks {}", missing.join(", "));
                scope.problem(layers.key_span(some[0]), message, "AWS wants the alarm and both periods");
            }
            PLAIN.map(|key| layers.get(key))
        }
    };
    let [alarm, wait, extension] = parts;
    if let Some(node) = alarm
        && let Some(text) = node.text()
    {
        if text == name.text {
            scope.problem(node.span, format!("`{name}` silences itself"), "name another alarm");
        } else {
            check_reference(text, node.span, external, scope);
        }
    }
    let mut seconds = |node: Option<&Node>| {
        let node = node?;
        let seconds = i32::try_from(node.seconds()?).ok().filter(|s| *s >= 0);
        if seconds.is_none() {
            let message = format!("`{}` is too long a wait", node.text().unwrap_or_default());
            scope.problem(node.span, message, "write seconds, or a duration such as 2m");
        }
        seconds
    };
    let (wait_period, extension_period) = (seconds(wait), seconds(extension));
    Some(Suppressor {
        alarm: alarm?.text()?.to_owned(),
        wait_period: wait_period?,
        extension_period: extension_period?,
    })
}
