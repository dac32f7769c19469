//! Plans made by hand for the tests of the renderers.

use crate::model::{FieldChange, Target};
use crate::plan::{Action, Blocked, Change, Note, NoteKind, Plan};
use crate::resources::alarm::Actions;
use crate::resources::{Address, Alarm, Live, LogGroup, Resource, Subscription, Topic};
use serde_json::json;

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

pub fn create(resource: Resource) -> Change {
    Change {
        address: resource.address(),
        action: Action::Create,
        before: None,
        after: Some(resource),
        fields: vec![],
        notes: vec![],
        blocked: None,
    }
}

pub fn change(action: Action, before: Option<Resource>, after: Option<Resource>, fields: Vec<FieldChange>) -> Change {
    let address = after
        .as_ref()
        .or(before.as_ref())
        .map_or_else(|| Address::new(crate::resources::Kind::Alarm, "?"), Resource::address);
    Change { address, action, before: before.map(Live::new), after, fields, notes: vec![], blocked: None }
}

pub fn field(name: &str, from: serde_json::Value, to: serde_json::Value) -> FieldChange {
    let some = |value: serde_json::Value| (!value.is_null()).then_some(value);
    FieldChange { field: name.into(), from: some(from), to: some(to) }
}

pub fn plan(changes: Vec<Change>) -> Plan {
    Plan { stack: "lab9".into(), target: target(), changes, notes: vec![], blocked: vec![], pruning: true }
}

/// One change of every action, a note of every weight, and one refusal.
pub fn every_kind_of_change() -> Plan {
    let mut subscription = create(Resource::Subscription(Subscription::new("alerts", "email", "you@example.edu")));
    subscription.notes.push(
        Note::new(NoteKind::Act, "AWS will send a mail to you@example.edu")
            .remedy("click the link in it; until then nobody is told"),
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
