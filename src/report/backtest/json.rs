//! A backtest for programs. Times are seconds since 1970, durations seconds.

use super::{Backtest, spec_yaml};
use crate::backtest::budget::ErrorBudget;
use crate::backtest::{EvaluatedAlarm, Suggestion};
use crate::report::mask;
use serde_json::{Value, json};

pub fn backtest(backtest: &Backtest<'_>) -> String {
    let mut document = json!({
        "format_version": super::super::json::FORMAT_VERSION,
        "from": backtest.from,
        "until": backtest.until,
        "pages": backtest.pages.people,
        "pages_unknown": backtest.pages.unknown,
        "slos": backtest.budgets.iter().map(budget).collect::<Vec<Value>>(),
        "notes": backtest.notes,
    });
    // Moved in: `json!` would copy them.
    document["alarms"] = backtest.judged.iter().map(|judged| alarm(backtest, judged)).collect();
    mask::document(document)
}

fn budget((slo, budget): &(String, Result<ErrorBudget, String>)) -> Value {
    match budget {
        Ok(budget) => json!(budget),
        Err(why) => json!({ "slo": slo, "unknown": why }),
    }
}

fn alarm(backtest: &Backtest<'_>, judged: &EvaluatedAlarm) -> Value {
    let mut value = json!({ "address": judged.address, "notes": judged.notes });
    let Value::Object(fields) = &mut value else { return value };
    match &judged.outcome {
        Err(why) => {
            fields.insert("verdict".into(), json!("unknown"));
            fields.insert("unknown".into(), json!(why));
        }
        Ok(found) => {
            fields.insert("verdict".into(), json!(found.verdict));
            fields.insert("verdict_reason".into(), json!(found.figures.verdict_reason()));
            // The one it would be in now.
            fields.insert("state".into(), json!(found.timeline.last().word()));
            fields.insert("figures".into(), json!(found.figures));
            fields.insert("reason".into(), json!(found.reason));
            let (suggestions, nothing) = match &found.advice {
                Some(Ok(made)) => (made.suggestions.iter().map(suggestion).collect(), made.nothing_stands_out.as_ref()),
                Some(Err(why)) => (Vec::new(), Some(why)),
                None => (Vec::new(), None),
            };
            fields.insert("suggestions".into(), Value::Array(suggestions));
            if let Some(why) = nothing {
                fields.insert("no_suggestion".into(), json!(why));
            }
            if let Some(known) = &found.known {
                fields.insert("incidents".into(), json!(known));
            }
        }
    }
    if let Some(compared) = backtest.agreements.get(&judged.address) {
        fields.insert("agreement".into(), json!(compared));
    }
    value
}

/// With the alarm as it would be written in a spec.
fn suggestion(suggestion: &Suggestion) -> Value {
    let mut value = json!(suggestion);
    if let Value::Object(fields) = &mut value {
        fields.insert("spec".into(), json!(spec_yaml::alarm(suggestion)));
    }
    value
}
