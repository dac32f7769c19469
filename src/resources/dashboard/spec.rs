//! `dashboards.<name>` -> a dashboard: `auto`, widgets by hand, or AWS's own body.

use super::Dashboard;
use super::hand;
use crate::model::dashboard::{self, BodyProblem};
use crate::model::shape::{ObjectSchema, SchemaKey, Shape};
use crate::model::{Layers, Node, Span, SpannedName};
use crate::resources::document;
use crate::resources::scope::DeclarationScope;
use crate::resources::tag;
use mlops_cloudwatch::schedule::iso_duration;
use serde_json::{Map, Value};

pub static DASHBOARD: ObjectSchema = ObjectSchema {
    what: "a dashboard",
    doc: "A CloudWatch dashboard. Without `widgets` and without `body` it is made of what the file declares, as `auto` says.",
    keys: &[
        &[
            SchemaKey::new("widgets", Shape::List(&Shape::Object(&hand::WIDGET)), "The widgets, from the top left on."),
            SchemaKey::new(
                "body",
                Shape::Json,
                "The whole body in AWS's own form: YAML, or a JSON text copied from the console.",
            ),
            SchemaKey::new(
                "start",
                Shape::Duration,
                "How far back the charts go at first: 3h, 1d. Default: AWS's, 3h.",
            ),
            SchemaKey::new(
                "period_override",
                Shape::OneOf(&["auto", "inherit"]),
                "Whether CloudWatch fits the periods to the time that is shown (auto), or leaves them as they are (inherit). Default: auto.",
            ),
        ],
        &tag::KEYS,
    ],
};

pub static SECTION: SchemaKey = SchemaKey::new(
    "dashboards",
    Shape::Map(&Shape::Either(&[Shape::OneOf(&["auto"]), Shape::Object(&DASHBOARD)])),
    "Dashboards by name, of which an account has one, whatever the region: auto, or what they show.",
);

/// Reads one dashboard; what is wrong goes to the scope. One that is made of the file's contents has no widgets yet (`auto::fill`).
pub fn read(name: &SpannedName, layers: &Layers<'_>, scope: &mut DeclarationScope<'_>) -> Dashboard {
    if !dashboard::is_name(&name.text) {
        let help = "AWS allows 1 to 255 letters, digits, - and _";
        scope.problem(name.span, "this cannot name a dashboard", help);
    }
    let tags = tag::read(layers, scope);
    let mut body = match (layers.get("body"), layers.get("widgets")) {
        (Some(body), written) => {
            for key in ["widgets", "start", "period_override"].into_iter().filter(|key| layers.get(key).is_some()) {
                let help = "`body` is the whole dashboard: say it there, or leave `body` out";
                scope.problem(layers.key_span(key), format!("`{key}` does not go with `body`"), help);
            }
            let object = document::object(body, "body", scope).filter(|_| written.is_none());
            if let Some(object) = &object {
                report(dashboard::check(object), scope, |path| place(body, path));
            }
            return Dashboard { name: name.text.clone(), body: object.unwrap_or(Value::Object(Map::new())), tags };
        }
        (None, Some(written)) => {
            let widgets = hand::read(written, scope);
            let body = Map::from_iter([("widgets".to_owned(), Value::Array(widgets))]);
            let before = scope.problems.len();
            let mut found = dashboard::check(&Value::Object(body.clone()));
            // Before a target is known there is no region to write.
            found.retain(|problem| !scope.target.region.is_empty() || !problem.path.ends_with("/region"));
            report(found, scope, |path| place(written, path.strip_prefix("/widgets").unwrap_or_default()));
            // What the widgets' own reader has said is said in the words of the spec.
            if before > 0 && scope.problems[..before].iter().any(|problem| within(problem.span, written)) {
                scope.problems.truncate(before);
            }
            body
        }
        (None, None) => Map::new(),
    };
    if let Some(node) = layers.get("start")
        && let Some(seconds) = node.seconds()
    {
        if seconds < 60 {
            scope.problem(node.span, "`start` is less than a minute", "for example 3h, 1d, 14d");
        }
        body.insert("start".to_owned(), Value::String(format!("-{}", iso_duration(seconds))));
    }
    if let Some(text) = layers.text("period_override") {
        body.insert("periodOverride".to_owned(), Value::String(text));
    }
    Dashboard { name: name.text.clone(), body: Value::Object(body), tags }
}

fn within(span: Span, node: &Node) -> bool {
    let end = end_of(node);
    span.start >= node.span.start.min(first_of(node)) && span.start <= end
}

fn first_of(node: &Node) -> usize {
    let items = node.items().iter().map(first_of);
    let entries = node.entries().iter().map(|entry| entry.name.span.start);
    items.chain(entries).min().unwrap_or(node.span.start)
}

fn end_of(node: &Node) -> usize {
    let items = node.items().iter().map(end_of);
    let entries = node.entries().iter().map(|entry| end_of(&entry.value));
    items.chain(entries).max().unwrap_or(0).max(node.span.end)
}

fn report(problems: Vec<BodyProblem>, scope: &mut DeclarationScope<'_>, place: impl Fn(&str) -> Span) {
    for BodyProblem { path, message } in problems {
        let shown =
            if path.is_empty() { "the body".to_owned() } else { path.trim_start_matches('/').replace('/', ".") };
        scope.problem(place(&path), message, format!("in {shown}; see AWS's \"Dashboard body structure and syntax\""));
    }
}

/// Where a path such as `/widgets/0/properties` stands, as far down as it is written.
fn place(node: &Node, path: &str) -> Span {
    let (mut at, mut span) = (node, document::place(node));
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let next = match part.parse::<usize>() {
            Ok(n) => at.items().get(n).map(|item| (item, document::place(item))),
            Err(_) => {
                at.entries().iter().find(|entry| entry.name.text == part).map(|entry| (&entry.value, entry.name.span))
            }
        };
        let Some((inner, place)) = next else { break };
        (at, span) = (inner, place);
    }
    span
}
