//! A backtest for programs, as `docs/schemas/backtest.schema.json` describes it: times are ISO 8601 in UTC, durations seconds.

use super::{Backtest, spec_yaml};
use crate::backtest::budget::ErrorBudget;
use crate::backtest::incidents::IncidentScore;
use crate::backtest::verify::Agreement;
use crate::backtest::{EvaluatedAlarm, Figures, HalfTried, Suggestion};
use crate::report::json_value::{rounded, time};
use crate::report::mask;
use mlops_cloudwatch::evaluation::timeline::StateSpan;
use serde_json::{Value, json};

pub fn backtest(backtest: &Backtest<'_>) -> String {
    let document = json!({
        "format_version": super::super::json::FORMAT_VERSION,
        "from": time(backtest.from),
        "until": time(backtest.until),
        "pages": backtest.pages.people,
        "pages_unknown": backtest.pages.unknown,
        "slos": backtest.budgets.iter().map(budget).collect::<Vec<Value>>(),
        "notes": backtest.notes,
    });
    let alarms = backtest.judged.iter().map(|judged| rounded(alarm(backtest, judged)));
    mask::document_with(rounded(document), "alarms", alarms)
}

fn budget((slo, budget): &(String, Result<ErrorBudget, String>)) -> Value {
    match budget {
        Ok(budget) => json!({
            "slo": budget.slo,
            "objective": budget.objective,
            "window_s": budget.window,
            "looked_back_s": budget.looked_back,
            "requests": budget.requests,
            "bad": budget.bad,
            "budget_spent": budget.spent,
            "burn_rate": budget.burn_rate,
            "exhausted_at": budget.exhausted_at.and_then(time),
        }),
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
            fields.insert("figures".into(), figures(&found.figures));
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
                fields.insert("incidents".into(), incidents(known));
            }
        }
    }
    if let Some(compared) = backtest.agreements.get(&judged.address) {
        fields.insert("agreement".into(), json!(compared.as_ref().map(agreement)));
    }
    value
}

/// With the alarm as it would be written in a spec.
fn figures(figures: &Figures) -> Value {
    json!({
        "from": time(figures.from),
        "until": time(figures.until),
        "firings": figures.firings,
        "flaps": figures.flaps,
        "in_alarm_s": figures.in_alarm,
        "max_in_alarm_s": figures.longest,
        "spans": spans(&figures.spans),
        "worst": figures.worst,
        "time_to_detect_s": figures.time_to_detect,
        "missing_share": figures.missing,
        "nearest": figures.nearest.map(|nearest| json!({
            "value": nearest.value,
            "at": time(nearest.at),
            "median": nearest.median,
            "share": nearest.share,
            "beyond": nearest.beyond,
        })),
    })
}

fn spans(spans: &[StateSpan]) -> Vec<Value> {
    spans.iter().map(|(from, until)| json!({ "from": time(*from), "until": time(*until) })).collect()
}

fn incidents(score: &IncidentScore) -> Value {
    json!({
        "caught": score.caught,
        "missed": spans(&score.missed),
        "false_firings": score.false_firings,
        "time_to_notify_s": score.time_to_notify,
    })
}

fn agreement(compared: &Agreement) -> Value {
    let times = |all: &[i64]| all.iter().copied().filter_map(time).collect::<Vec<_>>();
    json!({
        "share_of_time": compared.share_of_time,
        "from": time(compared.from),
        "until": time(compared.until),
        "both": compared.both,
        "only_simulated": times(&compared.only_simulated),
        "only_real": times(&compared.only_real),
    })
}

fn suggestion(suggestion: &Suggestion) -> Value {
    let half = |tried: HalfTried| json!({ "incidents": tried.incidents, "beyond_s": tried.beyond, "held": tried.held });
    json!({
        "watches": suggestion.watches,
        "threshold": suggestion.threshold,
        "datapoints_to_alarm": suggestion.datapoints_to_alarm,
        "evaluation_periods": suggestion.evaluation_periods,
        "firings": suggestion.firings,
        "in_alarm_s": suggestion.in_alarm,
        "max_in_alarm_s": suggestion.longest,
        "time_to_detect_s": suggestion.time_to_detect,
        "separation": suggestion.separation,
        "later_half": suggestion.later_half.map(half),
        "earlier_half": suggestion.earlier_half.map(half),
        "incidents": suggestion.known.as_ref().map(incidents),
        "spec": spec_yaml::alarm(suggestion),
    })
}
