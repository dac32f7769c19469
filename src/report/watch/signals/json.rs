//! Golden signals for programs. Times are seconds since 1970, durations milliseconds.

use super::{judged, verdict, words};
use crate::ops::signals::judge::mood;
use crate::ops::signals::{FunctionSignals, GoldenSignals, SignalFinding, SignalWindow};
use crate::report::json::FORMAT_VERSION;
use crate::report::json_value::{rounded, time};
use crate::report::mask;
use serde_json::{Value, json};

pub fn json(signals: &GoldenSignals) -> String {
    let functions: Vec<Value> = judged(signals).iter().map(|(function, findings)| one(function, findings)).collect();
    let document = json!({
        "format_version": FORMAT_VERSION,
        "verdict": verdict(signals),
        "region": signals.region,
        "from": time(signals.from),
        "until": time(signals.until),
        "step_s": signals.step,
        "concurrency_quota": signals.quota,
        "functions": functions,
        "notes": signals.notes,
    });
    mask::document(rounded(document))
}

fn one(function: &FunctionSignals, findings: &[SignalFinding]) -> Value {
    let curve = |values: &[f64]| -> Vec<Option<f64>> {
        values.iter().map(|value| value.is_finite().then_some(*value)).collect()
    };
    let curves = &function.curves;
    json!({
        "name": function.name,
        "state": mood(findings).word(),
        "findings": findings.iter().map(|finding| json!({ "state": finding.mood.word(), "text": words(finding) })).collect::<Vec<_>>(),
        "timeout_s": function.facts.as_ref().map(|facts| facts.timeout_s),
        "memory_mb": function.facts.as_ref().map(|facts| facts.memory_mb),
        "now": window(&function.now),
        "before": window(&function.before),
        // Of both periods, the one before first.
        "curves": {
            "invocations": curve(&curves.invocations),
            "errors": curve(&curves.errors),
            "throttles": curve(&curves.throttles),
            "duration_p95_ms": curve(&curves.p95),
            "concurrency": curve(&curves.concurrency),
        },
        "from_logs": function.logs.as_ref().map(|logs| json!({
            "requests": logs.requests,
            "is_sample": logs.is_sample,
            "cold_starts": logs.cold_starts,
            "init_p50_ms": logs.init.map(|init| init.p50),
            "init_p95_ms": logs.init.map(|init| init.p95),
            "cold_cost_ms": logs.cold_cost_ms,
            "memory_size_mb": logs.memory_size_mb,
            "max_memory_mb": logs.max_memory_mb,
            "timed_out": logs.timeouts,
            "out_of_memory": logs.out_of_memory,
        })),
    })
}

fn window(window: &SignalWindow) -> Value {
    json!({
        "invocations": window.invocations,
        "errors": window.errors,
        "error_rate": window.error_rate(),
        "throttles": window.throttles,
        "duration_p50_ms": window.p50,
        "duration_p95_ms": window.p95,
        "duration_p99_ms": window.p99,
        "duration_max_ms": window.max,
        "concurrency": window.concurrency,
    })
}
