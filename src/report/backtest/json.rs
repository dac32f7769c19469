//! A backtest for programs. Times are seconds since 1970, durations seconds.

use super::Backtest;
use crate::backtest::Judged;
use crate::report::mask;
use serde_json::{Value, json};

pub fn backtest(backtest: &Backtest<'_>) -> String {
    let mut document = json!({
        "format_version": super::super::json::FORMAT_VERSION,
        "from": backtest.from,
        "until": backtest.until,
        "notes": backtest.notes,
    });
    // Moved in: `json!` would copy them.
    document["alarms"] = backtest.judged.iter().map(|judged| alarm(backtest, judged)).collect();
    mask::document(document)
}

fn alarm(backtest: &Backtest<'_>, judged: &Judged) -> Value {
    let mut value = json!({ "address": judged.address, "notes": judged.notes });
    let Value::Object(fields) = &mut value else { return value };
    match &judged.outcome {
        Err(why) => {
            fields.insert("verdict".into(), json!("unknown"));
            fields.insert("unknown".into(), json!(why));
        }
        Ok(found) => {
            fields.insert("verdict".into(), json!(found.verdict));
            // The one it would be in now.
            fields.insert("state".into(), json!(found.timeline.last().word()));
            fields.insert("figures".into(), json!(found.figures));
            fields.insert("reason".into(), json!(found.reason));
            fields.insert("suggestions".into(), json!(found.suggestions));
        }
    }
    if let Some(compared) = backtest.agreements.get(&judged.address) {
        fields.insert("agreement".into(), json!(compared));
    }
    value
}
