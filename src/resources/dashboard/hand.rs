//! Widgets in the words of a spec: a text, the chart of an alarm, the states of alarms, metrics in the form that alarms have, a query of
//! logs.

use super::auto::{alarm_chart, log_widget};
use super::layout::{GridFlow, WidgetPlace, properties, query_row};
use crate::model::dashboard::{COLUMNS, MOST_ALARMS, SORTS, STATES, VIEWS, WIDGET_SIZE};
use crate::model::shape::{ObjectSchema, SchemaKey, Shape};
use crate::model::{Node, SpecProblem, glob};
use crate::resources::alarm::{metric, metrics};
use crate::resources::scope::DeclarationScope;
use mlops_cloudwatch::alarm::DEFAULT_PERIOD;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

pub static WIDGET: ObjectSchema = ObjectSchema {
    what: "a widget",
    doc: "One thing that a dashboard shows: a text, the chart of an alarm, the states of alarms, metrics, or a query of logs.",
    keys: &[
        &[
            SchemaKey::new("title", Shape::Text(255), "Its heading."),
            SchemaKey::new("text", Shape::Text(20_000), "A text in Markdown."),
            SchemaKey::new(
                "alarm",
                Shape::Text(255),
                "The metric of this alarm with its threshold: a name of this file, or an ARN.",
            ),
            SchemaKey::new(
                "alarms",
                Shape::List(&Shape::Text(255)),
                "The states of alarms: names of this file, patterns over them with * and ?, or ARNs.",
            ),
            SchemaKey::new("states", Shape::List(&Shape::OneOf(STATES)), "With `alarms`: only those in these states."),
            SchemaKey::new("sort_by", Shape::OneOf(SORTS), "With `alarms`: their order. Default: by name."),
            SchemaKey::new(
                "metrics",
                Shape::Map(&Shape::Object(&metrics::QUERY)),
                "A chart: id to metric or expression, as of an alarm. `return_data: false` is calculated with and not drawn.",
            ),
            SchemaKey::new(
                "expression",
                Shape::Text(2048),
                "With `metrics`: metric math that is drawn; of them then only those with `return_data: true`.",
            ),
            SchemaKey::new("view", Shape::OneOf(VIEWS), "How it is drawn. Default: timeSeries; of logs table."),
            SchemaKey::new("stacked", Shape::Bool, "With `metrics`: one on top of the other."),
            SchemaKey::new(
                "lines",
                Shape::Map(&Shape::Number),
                "With `metrics`: lines across the chart, label to value.",
            ),
            SchemaKey::new("min", Shape::Number, "With `metrics`: where the left axis begins; a gauge needs it."),
            SchemaKey::new("max", Shape::Number, "With `metrics`: where the left axis ends; a gauge needs it."),
            SchemaKey::new("log_groups", Shape::List(&Shape::Text(512)), "Log groups that `query` reads; at most 50."),
            SchemaKey::new("query", Shape::Text(10_000), "A CloudWatch Logs Insights query, without its SOURCE."),
            SchemaKey::new("width", Shape::Integer(1, COLUMNS), "Columns, of 24. Default: 6; of a text 24."),
            SchemaKey::new("height", Shape::Integer(1, 1_000), "Lines. Default: 6; of a text 2."),
            SchemaKey::new(
                "x",
                Shape::Integer(0, COLUMNS - 1),
                "Its left column. Default: beside the one before, or below where there is no room.",
            ),
            SchemaKey::new("y", Shape::Integer(0, 1_000_000), "Its first line. Default: that of the one before."),
        ],
        &metric::PERIOD,
    ],
};

/// What a widget is, and the keys that only it knows.
const FORMS: [(&str, &[&str]); 5] = [
    ("text", &[]),
    ("alarm", &[]),
    ("alarms", &["states", "sort_by"]),
    ("metrics", &["expression", "stacked", "lines", "min", "max", "period", "view"]),
    ("query", &["log_groups", "view"]),
];

/// Reads the widgets and gives each its place.
pub fn read(list: &Node, scope: &mut DeclarationScope<'_>) -> Vec<Value> {
    let mut flow = GridFlow::default();
    for node in list.items() {
        let Some(form) = form(node, scope) else { continue };
        let (kind, properties) = match form {
            "text" => ("text", properties([("markdown", json!(text(node, "text")))])),
            "alarm" => ("metric", alarm(node, scope)),
            "alarms" => ("alarm", states(node, scope)),
            "metrics" => ("metric", chart(node, scope)),
            _ => ("log", logs(node, scope)),
        };
        let number = |key: &str| node.get(key).and_then(Node::integer);
        let (width, height) = if form == "text" { (COLUMNS, 2) } else { (WIDGET_SIZE, WIDGET_SIZE) };
        let place = WidgetPlace {
            width: number("width").unwrap_or(width).clamp(1, COLUMNS),
            height: number("height").unwrap_or(height).max(1),
            x: number("x"),
            y: number("y"),
        };
        if let Some(x) = place.x.filter(|x| x + place.width > COLUMNS) {
            let span = node.get("x").map_or(node.span, |x| x.span);
            let message = format!("column {x} and a width of {} are more than {COLUMNS} columns", place.width);
            scope.problem(span, message, "make it narrower, or move it to the left");
        }
        flow.add(kind, place, properties);
    }
    flow.done()
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(Node::text).map(str::to_owned)
}

/// The form of a widget; what does not go with it is a mistake.
fn form(node: &Node, scope: &mut DeclarationScope<'_>) -> Option<&'static str> {
    let said: Vec<usize> = (0..FORMS.len()).filter(|n| node.get(FORMS[*n].0).is_some()).collect();
    let place = |key: &str| {
        let entry = node.entries().iter().find(|entry| entry.name.text == key);
        entry.map_or(node.span, |entry| entry.name.span)
    };
    match said.as_slice() {
        [] => {
            let first = node.entries().first().map_or(node.span, |entry| entry.name.span);
            let help = "give it one of text, alarm, alarms, metrics, or log_groups and a query";
            scope.problem(first, "this widget shows nothing", help);
            None
        }
        [one] => {
            let (form, own) = FORMS[*one];
            let others = FORMS.iter().flat_map(|(_, keys)| keys.iter()).filter(|key| !own.contains(key));
            let strange: BTreeSet<&str> = others.copied().filter(|key| node.get(key).is_some()).collect();
            for key in strange {
                scope.problem(place(key), format!("`{key}` does not go with `{form}`"), "leave it out");
            }
            Some(form)
        }
        [first, .., last] => {
            let (first, last) = (FORMS[*first].0, FORMS[*last].0);
            let problem = SpecProblem::new(place(last), format!("`{last}` does not go with `{first}`"));
            scope
                .problems
                .push(problem.also(place(first), "the other one").help("a widget shows one thing: write two"));
            None
        }
    }
}

/// The ARN of an alarm of the file, or the one that is written.
fn arn(node: &Node, scope: &mut DeclarationScope<'_>) -> Option<String> {
    let name = node.text()?;
    if scope.alarms.contains(name) {
        return Some(scope.target.arn("cloudwatch", format_args!("alarm:{name}")));
    }
    if name.starts_with("arn:") {
        scope.check_partition(node);
        return Some(name.to_owned());
    }
    let problem = SpecProblem::new(node.span, format!("no alarm `{name}` is declared in this file"));
    let near = scope.nearest(name, &scope.alarms, "the alarms are");
    let problem = near.into_iter().fold(problem, SpecProblem::help);
    scope.problems.push(problem.help("an alarm that is kept elsewhere is named by its ARN"));
    None
}

fn alarm(node: &Node, scope: &mut DeclarationScope<'_>) -> Map<String, Value> {
    let Some(named) = node.get("alarm") else { return Map::new() };
    let title = text(node, "title").or_else(|| named.text().map(str::to_owned)).unwrap_or_default();
    let arn = arn(named, scope).unwrap_or_default();
    alarm_chart(&title, &arn, &scope.target.region)
}

fn states(node: &Node, scope: &mut DeclarationScope<'_>) -> Map<String, Value> {
    let list = node.get("alarms");
    let mut arns = BTreeSet::new();
    for named in list.map(Node::items).unwrap_or_default() {
        match named.text() {
            Some(pattern) if glob::is_pattern(pattern) && !scope.alarms.contains(pattern) => {
                let all = scope.alarms.iter().filter(|alarm| glob::matches(pattern, alarm));
                let found: Vec<String> =
                    all.map(|name| scope.target.arn("cloudwatch", format_args!("alarm:{name}"))).collect();
                if found.is_empty() {
                    let message = format!("no alarm of this file is named like `{pattern}`");
                    scope.problem(named.span, message, "name one of this file, or leave the pattern out");
                }
                arns.extend(found);
            }
            _ => arns.extend(arn(named, scope)),
        }
    }
    if arns.len() > MOST_ALARMS {
        let span = list.map_or(node.span, |list| list.span);
        scope.problem(
            span,
            format!("{} alarms in one widget", arns.len()),
            format!("AWS allows {MOST_ALARMS}: write several"),
        );
    }
    let states: Vec<&str> =
        node.get("states").map(Node::items).unwrap_or_default().iter().filter_map(Node::text).collect();
    properties([
        ("title", json!(text(node, "title"))),
        ("alarms", json!(arns)),
        ("states", if states.is_empty() { Value::Null } else { json!(states) }),
        ("sortBy", json!(text(node, "sort_by"))),
    ])
}

fn chart(node: &Node, scope: &mut DeclarationScope<'_>) -> Map<String, Value> {
    let period = metric::period(node.get("period"), "period", scope).unwrap_or(DEFAULT_PERIOD);
    let Some(written) = node.get("metrics") else { return Map::new() };
    let result = node.get("expression");
    let queries = metrics::charted(written, result, period, scope);
    let rows: Vec<Value> = queries.iter().map(|query| query_row(query, query.return_data)).collect();
    let lines = node.get("lines").map(Node::entries).unwrap_or_default().iter();
    let lines: Vec<Value> =
        lines.map(|entry| json!({ "label": entry.name.text, "value": entry.value.number() })).collect();
    let edges = ["min", "max"].into_iter().filter_map(|key| Some((key.to_owned(), json!(node.get(key)?.number()?))));
    let edges: Map<String, Value> = edges.collect();
    properties([
        ("title", json!(text(node, "title"))),
        ("region", json!(scope.target.region)),
        ("view", json!(text(node, "view").unwrap_or_else(|| "timeSeries".to_owned()))),
        ("stacked", json!(node.get("stacked").and_then(Node::boolean))),
        ("period", json!(period)),
        ("metrics", json!(rows)),
        ("yAxis", if edges.is_empty() { Value::Null } else { json!({ "left": edges }) }),
        ("annotations", if lines.is_empty() { Value::Null } else { json!({ "horizontal": lines }) }),
    ])
}

fn logs(node: &Node, scope: &mut DeclarationScope<'_>) -> Map<String, Value> {
    let groups: Vec<&str> =
        node.get("log_groups").map(Node::items).unwrap_or_default().iter().filter_map(Node::text).collect();
    let place = node.get("log_groups").or_else(|| node.get("query")).map_or(node.span, |node| node.span);
    if groups.is_empty() || groups.len() > 50 {
        scope.problem(place, format!("a query of {} log groups", groups.len()), "name 1 to 50 under `log_groups`");
    }
    if let Some(bad) = groups.iter().find(|group| group.contains('\'')) {
        scope.problem(place, format!("`{bad}` cannot name a log group"), "AWS allows letters, digits and _ - / . #");
    }
    let query = text(node, "query").unwrap_or_default();
    let view = text(node, "view");
    if let Some(odd) = node.get("view").filter(|view| matches!(view.text(), Some("singleValue" | "gauge"))) {
        scope.problem(odd.span, "logs are no single value", "AWS draws them as table, timeSeries, bar or pie");
    }
    log_widget(&text(node, "title").unwrap_or_default(), &groups, query.trim(), view.as_deref(), &scope.target.region)
}
