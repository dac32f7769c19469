//! Plans made by hand for the tests of the renderers, and the check of what they write against the published schemas.

use crate::model::{FieldChange, Target};
use crate::plan::{Action, Blocked, Note, NoteKind, Plan, PlannedChange};
use crate::resources::alarm::Actions;
use crate::resources::{Address, Alarm, Live, LogGroup, Resource, Subscription, Topic};
use serde_json::{Value, json};

pub fn target() -> Target {
    Target::new("123456789012", "us-east-1")
}

pub fn alarm(name: &str, threshold: f64) -> Resource {
    Resource::Alarm(Box::new(Alarm {
        namespace: Some("AWS/Lambda".into()),
        metric_name: Some("Errors".into()),
        statistic: Some("Sum".into()),
        period: Some(300),
        evaluation_periods: Some(1),
        threshold: Some(threshold),
        comparison_operator: Some("GreaterThanThreshold".into()),
        actions: Actions { alarm: vec![target().arn("sns", "alerts")], ..Actions::default() },
        ..Alarm::new(name)
    }))
}

pub fn create(resource: Resource) -> PlannedChange {
    PlannedChange {
        address: resource.address(),
        action: Action::Create,
        before: None,
        after: Some(resource),
        fields: vec![],
        notes: vec![],
        blocked: None,
    }
}

pub fn change(
    action: Action,
    before: Option<Resource>,
    after: Option<Resource>,
    fields: Vec<FieldChange>,
) -> PlannedChange {
    let address = after
        .as_ref()
        .or(before.as_ref())
        .map_or_else(|| Address::new(crate::resources::Kind::Alarm, "?"), Resource::address);
    PlannedChange { address, action, before: before.map(Live::new), after, fields, notes: vec![], blocked: None }
}

pub fn field(name: &str, from: Value, to: Value) -> FieldChange {
    let some = |value: Value| (!value.is_null()).then_some(value);
    FieldChange { field: name.into(), from: some(from), to: some(to) }
}

pub fn plan(changes: Vec<PlannedChange>) -> Plan {
    Plan { stack: "lab9".into(), target: target(), changes, notes: vec![], blocked: vec![], pruning: true }
}

/// One change of every action, a note of every weight, and one refusal.
pub fn every_kind_of_change() -> Plan {
    let mut subscription = create(Resource::Subscription(Subscription::new("alerts", "email", "you@example.edu")));
    subscription.notes.push(
        Note::new(NoteKind::Act, "AWS will send a mail to you@example.edu")
            .remedy("click the link in it; until then nobody is notified"),
    );
    let group = |days| Resource::LogGroup(LogGroup { retention_in_days: days, ..LogGroup::new("/aws/lambda/svc") });
    let mut adopt = change(
        Action::Adopt,
        Some(group(None)),
        Some(group(Some(14))),
        vec![
            field("retention_in_days", json!(null), json!(14)),
            field("tags.mlopsctl:stack", json!(null), json!("lab9")),
        ],
    );
    adopt.notes.push(Note::new(NoteKind::Warning, "14 days of retention delete 3 MB of stored logs"));
    let mut foreign = create(alarm("taken", 5.0));
    foreign.blocked =
        Some(Blocked { reason: "it belongs to the stack lab8".into(), remedy: "choose another name".into() });
    let mut plan = plan(vec![
        create(Resource::Topic(Topic::new("alerts"))),
        subscription,
        adopt,
        create(alarm("errors", 5.0)),
        change(Action::Delete, Some(alarm("gone", 5.0)), None, vec![]),
        change(Action::StopManaging, Some(alarm("left", 5.0)), Some(alarm("left", 5.0)), vec![]),
        change(Action::NoOp, Some(alarm("same", 5.0)), Some(alarm("same", 5.0)), vec![]),
        foreign,
        change(
            Action::Update,
            Some(alarm("threshold", 5.0)),
            Some(alarm("threshold", 6.0)),
            vec![field("threshold", json!(5), json!(6))],
        ),
    ]);
    plan.notes.push(Note::new(NoteKind::Info, "pruning is on"));
    plan.blocked.push(Blocked { reason: "the function svc does not exist".into(), remedy: "deploy it first".into() });
    plan
}

/// The part of JSON Schema that the published schema uses; an unknown keyword is an error, so that none is skipped.
pub fn check(schema: &Value, root: &Value, value: &Value, path: &str) -> Vec<String> {
    let Some(rules) = schema.as_object() else { return vec![format!("{path}: the schema is no object")] };
    let mut wrong = Vec::new();
    for (keyword, rule) in rules {
        match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" => {}
            "$ref" => {
                let name = rule.as_str().unwrap_or_default().trim_start_matches("#/$defs/");
                wrong.extend(check(&root["$defs"][name], root, value, path));
            }
            "const" if rule != value => wrong.push(format!("{path}: is not {rule}")),
            "enum" if !rule.as_array().is_some_and(|all| all.contains(value)) => {
                wrong.push(format!("{path}: not one of {rule}"))
            }
            "const" | "enum" => {}
            "type" => {
                let types: Vec<&str> = match rule {
                    Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
                    one => one.as_str().into_iter().collect(),
                };
                if !types.contains(&type_of(value)) {
                    wrong.push(format!("{path}: is {}, not {types:?}", type_of(value)));
                }
            }
            "required" if !value.is_object() => {}
            "required" => {
                for name in rule.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    if value.get(name).is_none() {
                        wrong.push(format!("{path}: {name} is missing"));
                    }
                }
            }
            "properties" => {
                for (name, own) in value.as_object().into_iter().flatten() {
                    match rule.get(name) {
                        Some(rule) => wrong.extend(check(rule, root, own, &format!("{path}.{name}"))),
                        None if rules.get("additionalProperties") == Some(&json!(false)) => {
                            wrong.push(format!("{path}: {name} is not described"));
                        }
                        None if rules.get("additionalProperties").is_some_and(Value::is_object) => {
                            let rule = &rules["additionalProperties"];
                            wrong.extend(check(rule, root, own, &format!("{path}.{name}")));
                        }
                        None => {}
                    }
                }
            }
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    wrong.extend(check(rule, root, item, &format!("{path}[{n}]")));
                }
            }
            "additionalProperties" | "minimum" | "pattern" => {}
            other => wrong.push(format!("the schema uses {other}, which this test does not know")),
        }
    }
    wrong
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_i64() || n.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
