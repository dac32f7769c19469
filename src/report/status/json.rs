//! A status for programs. What is here is a promise, as a plan's JSON is: `docs/schemas/status.schema.json` describes it.

use super::super::{json_value as common, mask};
use super::words;
use crate::model::field;
use crate::ops::status::{
    AlarmStatus, Curve, DriftState, FunctionStatus, Life, LogGroupStatus, Muted, SloStatus, StackStatus,
    StatusStateChange, SubscriptionStatus,
};
use crate::plan::Note;
use crate::resources::{Address, Resource};
use mlops_cloudwatch::state::AlarmState;
use serde_json::{Value, json};

pub const FORMAT_VERSION: &str = "1";

/// The whole status, ending in a line feed.
pub fn json(status: &StackStatus) -> String {
    let counts = status.counts();
    let topics = status.topics.iter().map(|topic| with_standing(json!({ "address": topic.address }), &topic.standing));
    let drift = status.drift.iter().map(|drift| {
        json!({
            "address": drift.address,
            "action": drift.action,
            "fields": drift.fields,
            "blocked": drift.blocked,
        })
    });
    let mut document = json!({
        "format_version": FORMAT_VERSION,
        "stack": status.stack,
        "account": status.target.account,
        "region": status.target.region,
        "read_at": time(Some(status.at)),
        "verdict": words::verdict(status),
        "complete": !status.is_incomplete(),
        "confirmed": status.is_confirmed(),
        "summary": {
            "alarms": counts.alarms,
            "silenced": counts.unheard + counts.silenced,
            "not_fully_evaluated": counts.troubled,
            "subscriptions": counts.subscriptions,
            "drifted": counts.differing,
            "missing": counts.missing,
            "to_adopt": counts.not_ours,
            "left_over": counts.left_over,
            "functions_not_found": counts.absent_functions,
        },
        "topics": topics.collect::<Vec<_>>(),
        "subscriptions": status.subscriptions.iter().map(subscription).collect::<Vec<_>>(),
        "log_groups": status.log_groups.iter().map(log_group).collect::<Vec<_>>(),
        "functions": status.functions.iter().map(function).collect::<Vec<_>>(),
        "slos": status.slos.iter().map(slo).collect::<Vec<_>>(),
        "drift": drift.collect::<Vec<_>>(),
        "state_changes": status.changes.as_ref().map(|all| all.iter().map(state_change).collect::<Vec<_>>()),
        "notes": status.notes.iter().map(|(address, one)| note(address.as_ref(), one)).collect::<Vec<_>>(),
    });
    // Moved in: `json!` would copy them.
    document["alarms"] = status.alarms.iter().map(|one| alarm(one, status)).collect();
    mask::document(document)
}

fn slo(SloStatus { slo, budget, .. }: &SloStatus) -> Value {
    let mut value = json!({
        "name": slo.name,
        "objective": common::rounded(json!(slo.objective)),
        "window": slo.window,
        "alarms": slo.composites().collect::<Vec<_>>(),
    });
    match budget {
        Ok(budget) => {
            value["budget_spent"] = common::rounded(json!(budget.spent));
            value["burn_rate"] = common::rounded(json!(budget.burn_rate));
            value["requests"] = common::rounded(json!(budget.requests));
            value["bad"] = common::rounded(json!(budget.bad));
            value["exhausted_at"] = json!(time(budget.exhausted_at));
        }
        Err(why) => value["error"] = json!(why),
    }
    value
}

fn with_standing(mut value: Value, standing: &DriftState) -> Value {
    let (word, fields, error) = match standing {
        DriftState::AsAsked => ("as_asked", None, None),
        DriftState::Differs(fields) => ("differs", Some(fields), None),
        DriftState::Missing => ("missing", None, None),
        DriftState::LeftOver => ("left_over", None, None),
        DriftState::NotOurs | DriftState::OwnedBy(_) => ("not_ours", None, None),
        DriftState::Unknown(why) => ("unknown", None, Some(why)),
    };
    value["standing"] = word.into();
    if let Some(fields) = fields {
        value["differing_fields"] = json!(fields);
    }
    if let Some(error) = error {
        value["error"] = json!(error);
    }
    if let DriftState::OwnedBy(owner) = standing {
        value["owner"] = json!(owner);
    }
    value
}

fn alarm(alarm: &AlarmStatus, status: &StackStatus) -> Value {
    let curve = alarm.curve.as_ref().and_then(|curve| curve.as_ref().ok());
    let threshold = match &alarm.resource {
        Resource::Alarm(alarm) => alarm.threshold,
        Resource::LogAlarm(alarm) => Some(alarm.threshold),
        _ => None,
    };
    let value = json!({
        "address": alarm.address,
        "name": alarm.address.name,
        "state": alarm.state.map(state),
        "since": time(alarm.since),
        "reason": alarm.reason.as_ref().map(words::reason),
        "evaluation_state": alarm.evaluation,
        "condition": words::condition(alarm),
        "threshold": field::canonical(json!(threshold)),
        "newest": common::rounded(json!(curve.and_then(Curve::newest))),
        "values": common::rounded(json!(curve.map(values))),
        "tells": words::tells(alarm, status),
        "actions_enabled": alarm.actions_enabled,
        "muted": alarm.muted.as_ref().map(muted),
        "suppressed": alarm.suppressed,
        "function": alarm.function,
    });
    with_standing(value, &alarm.standing)
}

fn muted(muted: &Muted) -> Value {
    let reason = muted.reason.as_ref();
    json!({
        "rule": muted.rule,
        "until": time(muted.until),
        "by": reason.map(|reason| &reason.by),
        "why": reason.map(|reason| &reason.why),
    })
}

/// What was compared, oldest first; nulls are moments without data.
fn values(curve: &Curve) -> Value {
    let values: Vec<Option<f64>> = curve.sketch.columns.iter().map(|column| column.map(|(_, high)| high)).collect();
    json!({ "from": time(Some(curve.from)), "until": time(Some(curve.until)), "values": values })
}

fn subscription(subscription: &SubscriptionStatus) -> Value {
    let state = match subscription.life {
        Life::Confirmed => "confirmed",
        Life::Pending => "pending",
        Life::Lost => "lost",
        Life::Missing => "missing",
        Life::Unknown => "unknown",
    };
    let value = json!({
        "address": subscription.address,
        "topic": subscription.topic,
        "protocol": subscription.protocol,
        "endpoint": subscription.endpoint,
        "state": state,
        // AWS does not tell since when.
        "since": null,
    });
    with_standing(value, &subscription.standing)
}

fn log_group(group: &LogGroupStatus) -> Value {
    let value = json!({
        "address": group.address,
        "name": group.address.name,
        "exists": group.retention.is_some(),
        "retention_in_days": group.retention.flatten(),
        "retention_policy": group.policy,
        "stored_bytes": group.stored_bytes,
    });
    with_standing(value, &group.standing)
}

fn function(function: &FunctionStatus) -> Value {
    let facts = function.facts.as_ref();
    let invocations = function.invocations.as_ref();
    json!({
        "name": function.name,
        "exists": facts.is_ok(),
        "error": facts.err(),
        "memory_mb": facts.ok().map(|facts| facts.memory_mb),
        "timeout_s": facts.ok().map(|facts| facts.timeout_s),
        "log_group": facts.ok().map(|facts| &facts.log_group),
        "last_modified": facts.ok().and_then(|facts| Some(utc(facts.last_modified.as_deref()?))),
        "last_invoked": invocations.and_then(|found| time(found.last)),
        "looked_back_s": invocations.map(|found| found.looked_back),
        "invocations": common::rounded(json!(invocations.map(|found| found.count))),
    })
}

fn state_change(change: &StatusStateChange) -> Value {
    json!({
        "at": time(Some(change.at)),
        "alarm": change.alarm,
        "from": change.from.map(state),
        "to": state(change.to),
        "reason": words::reason(&change.reason),
    })
}

fn note(address: Option<&Address>, note: &Note) -> Value {
    json!({ "address": address, "kind": note.kind, "text": note.text, "remedy": note.remedy })
}

fn state(state: AlarmState) -> &'static str {
    match state {
        AlarmState::Ok => "OK",
        AlarmState::Alarm => "ALARM",
        AlarmState::InsufficientData => "INSUFFICIENT_DATA",
    }
}

/// ISO 8601, UTC.
fn time(second: Option<i64>) -> Option<String> {
    common::time(second?)
}

/// Lambda writes UTC as `+0000`, which ISO 8601's extended form does not know.
fn utc(lambda: &str) -> String {
    lambda.strip_suffix("+0000").map_or_else(|| lambda.to_owned(), |time| format!("{time}Z"))
}
