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

/// What of the value is not as the schema says, a line each.
pub fn check(schema: &Value, value: &Value) -> Vec<String> {
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.enable_format_assertions();
    let location = "https://example.edu/schema.json";
    compiler.add_resource(location, schema.clone()).unwrap_or_else(|error| panic!("{error}"));
    let compiled = compiler.compile(location, &mut schemas).unwrap_or_else(|error| panic!("{error:#}"));
    let mut wrong = Vec::new();
    if let Err(error) = schemas.validate(value, compiled) {
        leaves(&error, &mut wrong);
    }
    wrong
}

fn leaves(error: &boon::ValidationError<'_, '_>, wrong: &mut Vec<String>) {
    if error.causes.is_empty() {
        wrong.push(format!("{}: {}", error.instance_location, error.kind));
    }
    error.causes.iter().for_each(|cause| leaves(cause, wrong));
}
