//! The plan, the apply and a failure for programs. What is here is a promise: fields are added, never renamed or removed, and
//! `format_version` changes when that has to be broken. `docs/schemas` describes it.

use super::{apply_text, json_value, mask};
use crate::apply::{ApplyOutcome, ApplyReport};
use crate::cost::Cost;
use crate::model::FieldChange;
use crate::plan::{Note, NoteKind, Plan, PlanSummary, PlannedChange};
use crate::resources::Resource;
use serde_json::{Map, Value, json};

pub const FORMAT_VERSION: &str = "1";

/// A mistake or a failure with its place, for `diagnostics`.
#[derive(Debug, Clone, Default)]
pub struct Diagnostic {
    pub summary: String,
    pub detail: Option<String>,
    pub file: Option<String>,
    /// One-based.
    pub line: Option<usize>,
    pub column: Option<usize>,
}

/// A run that has no result: every mistake or failure, and how it ends.
#[derive(Debug, Clone, Copy)]
pub struct FailedRun<'a> {
    /// In one word, which stays the same; `message` is for people.
    pub code: &'a str,
    pub exit_code: u8,
    pub diagnostics: &'a [Diagnostic],
}

/// The plans of one run as one document, ending in a line feed. Addresses are unique within account and region.
pub fn plans<'a>(plans: impl IntoIterator<Item = (&'a Plan, Option<&'a Cost>)>) -> String {
    document(of_plans(plans))
}

fn of_plans<'a>(plans: impl IntoIterator<Item = (&'a Plan, Option<&'a Cost>)>) -> Value {
    let mut costs = Vec::new();
    let (mut sum, mut changes, mut diagnostics, mut complete) = (PlanSummary::default(), Vec::new(), Vec::new(), true);
    for (plan, cost) in plans {
        costs.extend(cost.map(|cost| super::cost::json(&plan.target, &plan.stack, cost)));
        let PlanSummary { add, change, destroy, adopt, stop_managing } = plan.summary();
        sum.add += add;
        sum.change += change;
        sum.destroy += destroy;
        sum.adopt += adopt;
        sum.stop_managing += stop_managing;
        changes.extend(plan.changes.iter().map(|change| resource_change(plan, change)));
        diagnostics.extend(plan_diagnostics(plan));
        complete &= !plan.is_incomplete();
    }
    let mut document = json!({ "format_version": FORMAT_VERSION, "complete": complete, "summary": sum });
    // Moved in: `json!` would copy them.
    document["resource_changes"] = Value::Array(changes);
    document["costs"] = Value::Array(costs);
    document["diagnostics"] = Value::Array(diagnostics);
    document
}

/// What a run that failed says instead of its result, whatever its command is.
pub fn failure(failed: &FailedRun<'_>) -> String {
    document(failed_run(failed))
}

/// The same of a plan, which also keeps what its schema promises: an empty plan that is not complete.
pub fn plan_failure(failed: &FailedRun<'_>) -> String {
    let mut value = failed_run(failed);
    value["complete"] = false.into();
    value["summary"] = json!(PlanSummary::default());
    value["resource_changes"] = json!([]);
    value["diagnostics"] = failed.diagnostics.iter().map(diagnostic).collect();
    document(value)
}

fn failed_run(failed: &FailedRun<'_>) -> Value {
    let error = |diagnostic: &Diagnostic| {
        let place = |file| json!({ "file": file, "line": diagnostic.line, "column": diagnostic.column });
        json!({
            "code": failed.code,
            "message": diagnostic.summary,
            "place": diagnostic.file.as_ref().map(place),
            "fix": diagnostic.detail,
        })
    };
    json!({
        "format_version": FORMAT_VERSION,
        "exit_code": failed.exit_code,
        "errors": failed.diagnostics.iter().map(error).collect::<Vec<_>>(),
    })
}

/// The end of an apply or destroy, with the plan that was carried out as `plan --format json` writes it.
pub fn report(report: &ApplyReport, plan: &Plan, cost: &Cost) -> String {
    let verified = report.verified.as_ref().map(|v| {
        let differing: Vec<Value> =
            v.differing.iter().map(|(address, how)| json!({ "address": address, "how": how.to_string() })).collect();
        json!({ "verified": v.verified, "of": v.of, "differing": differing })
    });
    let failures = report.results.iter().filter_map(|result| match &result.outcome {
        ApplyOutcome::Failed { message, remedy, .. } => Some(json!({
            "severity": "error", "summary": message, "detail": remedy, "address": result.address,
        })),
        _ => None,
    });
    let mut value = json!({
        "format_version": FORMAT_VERSION,
        "stack": report.stack,
        "account": report.target.account,
        "region": report.target.region,
        "planned": report.planned,
        "summary": apply_text::made(report),
        "results": report.results,
        "verified": verified,
        "to_do": report.to_do.iter().map(note).collect::<Vec<_>>(),
        "interrupted": report.interrupted,
        "diagnostics": failures.collect::<Vec<_>>(),
    });
    if let Some(muted) = &report.muted {
        let until = json_value::time(muted.until);
        value["muted"] = json!({ "alarms": muted.alarms, "rules": muted.rules, "until": until });
    }
    value["plan"] = of_plans([(plan, Some(cost))]);
    document(value)
}

fn resource_change(plan: &Plan, change: &PlannedChange) -> Value {
    let mut value = json!({
        "address": change.address,
        "type": change.address.kind,
        "name": change.address.name,
        "account": plan.target.account,
        "region": plan.target.region,
        "stack": plan.stack,
        "change": {
            "actions": [change.action],
            "before": change.before.as_ref().map(|live| configuration(&live.resource)),
            "after": change.after.as_ref().map(configuration),
            "fields": change.fields.iter().map(field).collect::<Vec<_>>(),
        },
        "notes": change.notes.iter().map(note).collect::<Vec<_>>(),
    });
    if let Some(blocked) = &change.blocked {
        value["blocked"] = json!({ "reason": blocked.reason, "remedy": blocked.remedy });
    }
    value
}

/// The configurable fields, without what is at AWS's default, and the tags.
fn configuration(resource: &Resource) -> Value {
    let mut fields: Map<String, Value> = resource.fields().into_iter().collect();
    if let Some(tags) = resource.tags() {
        fields.insert("tags".to_owned(), json!(tags));
    }
    Value::Object(fields)
}

fn field(change: &FieldChange) -> Value {
    json!({ "field": change.field, "from": change.from, "to": change.to })
}

fn note(note: &Note) -> Value {
    json!({ "kind": note.kind, "text": note.text, "remedy": note.remedy })
}

/// Refusals are errors, failed reads and dangers are warnings; each with the resource it is about.
fn plan_diagnostics(plan: &Plan) -> Vec<Value> {
    let refusals = plan.refusals().map(|(address, blocked)| {
        json!({ "severity": "error", "summary": blocked.reason, "detail": blocked.remedy, "address": address })
    });
    let notes = plan.all_notes().filter(|(_, note)| note.kind != NoteKind::Info).map(|(address, note)| {
        json!({ "severity": "warning", "summary": note.text, "detail": note.remedy, "address": address })
    });
    refusals.chain(notes).collect()
}

fn diagnostic(diagnostic: &Diagnostic) -> Value {
    json!({
        "severity": "error",
        "summary": diagnostic.summary,
        "detail": diagnostic.detail,
        "address": null,
        "file": diagnostic.file,
        "line": diagnostic.line,
        "column": diagnostic.column,
    })
}

/// Masked and indented. Keys come sorted, so that the same plan is the same bytes.
fn document(value: Value) -> String {
    mask::document(value)
}

#[cfg(test)]
mod tests;
