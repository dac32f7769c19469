//! What Lambda writes of a call: its lines around the function's own, in the forms of text and JSON, and its metrics.
//! Sources: Lambda developer guide, "Log and monitor functions", and the Telemetry API's schema of platform events.

use super::function::{StoredFunction, default_log_group};
use super::instance::{Ended, Ran};
use super::invoke::Call;
use crate::cloudwatch::{self, MeasuredInvocation};
use crate::fault::Fault;
use crate::logs;
use crate::store::Tx;
use crate::wire::Timestamp;
use serde_json::{Value, json};

/// Of the log in an answer, and of nothing else.
const TAIL: usize = 4096;

/// All lines of a call with their times.
pub fn lines(call: &Call, ran: &Ran) -> Vec<(Timestamp, String)> {
    let start = call.at + ran.init.unwrap_or_default();
    let end = start + ran.duration;
    let function = &call.function;
    let as_json = function.logging_config.log_format.as_deref() == Some("JSON");
    let platform =
        if as_json { json_lines(function, ran, start, end) } else { text_lines(function, ran, call.at, start, end) };
    let Platform { before, after } = platform;
    let own = ran.lines.iter().map(|(at, line)| ((*at).min(end), format!("{line}\n")));
    let mut all: Vec<(Timestamp, String)> = before.into_iter().chain(own).chain(after).collect();
    // A start may have written before it was known that it is one.
    all.sort_by_key(|(at, _)| *at);
    all
}

#[derive(Default)]
struct Platform {
    before: Vec<(Timestamp, String)>,
    after: Vec<(Timestamp, String)>,
}

fn text_lines(function: &StoredFunction, ran: &Ran, init: Timestamp, start: Timestamp, end: Timestamp) -> Platform {
    let id = &ran.request_id;
    let mut before = Vec::new();
    if ran.init.is_some() {
        let runtime = function.runtime.as_deref().unwrap_or("provided");
        before.push((init, format!("INIT_START Runtime Version: {runtime}\tRuntime Version ARN: sandbox\n")));
    }
    before.push((start, format!("START RequestId: {id} Version: $LATEST\n")));
    let mut after = Vec::new();
    if matches!(ran.ended, Ended::TimedOut) {
        after.push((
            end,
            format!("{} {id} Task timed out after {:.2} seconds\n\n", end.to_iso(), f64::from(function.timeout)),
        ));
    }
    after.push((end, format!("END RequestId: {id}\n")));
    let mut report = format!(
        "REPORT RequestId: {id}\tDuration: {:.2} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {} MB\t",
        duration_ms(ran),
        billed_ms(ran),
        function.memory_size,
        ran.memory_mb,
    );
    if let Some(init) = ran.init {
        report += &format!("Init Duration: {:.2} ms\t", init.as_secs_f64() * 1000.0);
    }
    match &ran.ended {
        Ended::Well(_) => {}
        Ended::TimedOut => report += "Status: timeout",
        Ended::Failed(failure) => report += &format!("Status: error\tError Type: {}", failure.kind),
    }
    after.push((end, report + "\n"));
    Platform { before, after }
}

fn json_lines(function: &StoredFunction, ran: &Ran, start: Timestamp, end: Timestamp) -> Platform {
    let id = &ran.request_id;
    let failed = !matches!(ran.ended, Ended::Well(_));
    // Above INFO only what went wrong is told.
    let quiet = function.logging_config.system_log_level.as_deref() == Some("WARN");
    if quiet && !failed {
        return Platform::default();
    }
    let line = |at: Timestamp, kind: &str, record: Value| {
        (at, json!({ "time": at.to_iso(), "type": format!("platform.{kind}"), "record": record }).to_string() + "\n")
    };
    let mut before = Vec::new();
    if ran.init.is_some() && !quiet {
        let record = json!({ "initializationType": "on-demand", "phase": "init", "functionName": function.function_name, "functionVersion": "$LATEST" });
        before.push(line(start, "initStart", record));
    }
    if !quiet {
        before.push(line(start, "start", json!({ "requestId": id, "version": "$LATEST" })));
    }
    let mut metrics = json!({
        "durationMs": duration_ms(ran),
        "billedDurationMs": billed_ms(ran),
        "memorySizeMB": function.memory_size,
        "maxMemoryUsedMB": ran.memory_mb,
    });
    if let Some(init) = ran.init {
        metrics["initDurationMs"] = (init.as_micros() as f64 / 1000.0).into();
    }
    let (status, kind) = match &ran.ended {
        Ended::Well(_) => ("success", None),
        Ended::TimedOut => ("timeout", None),
        Ended::Failed(failure) => ("error", Some(failure.kind)),
    };
    let mut record = json!({ "requestId": id, "metrics": metrics, "status": status });
    if let Some(kind) = kind {
        record["errorType"] = kind.into();
    }
    Platform { before, after: vec![line(end, "report", record)] }
}

/// To a hundredth, as Lambda says it.
fn duration_ms(ran: &Ran) -> f64 {
    (ran.duration.as_secs_f64() * 100_000.0).round() / 100.0
}

/// Whole milliseconds, the start included.
fn billed_ms(ran: &Ran) -> u64 {
    ((ran.duration + ran.init.unwrap_or_default()).as_secs_f64() * 1000.0).ceil() as u64
}

/// Keeps the lines of a call in the function's log group and counts the call in its metrics.
pub fn record(tx: &mut Tx, call: &Call, ran: &Ran, lines: &[(Timestamp, String)]) -> Result<(), Fault> {
    let function = &call.function;
    let group = function.logging_config.log_group.clone();
    let group = group.unwrap_or_else(|| default_log_group(&function.function_name));
    let events = lines.iter().map(|(at, line)| (at.millis(), line.clone())).collect();
    logs::write(tx, &group, &ran.stream, events)?;
    let measured = MeasuredInvocation::Ran {
        duration: duration_ms(ran),
        failed: !matches!(ran.ended, Ended::Well(_)),
        concurrent: ran.concurrent,
    };
    cloudwatch::record_invocation(tx, &function.function_name, call.at, measured)
}

/// The end of the log, which fits an answer's header.
pub fn tail(lines: &[(Timestamp, String)]) -> String {
    let text: String = lines.iter().map(|(_, line)| line.as_str()).collect();
    let mut start = text.len().saturating_sub(TAIL);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text[start..].to_owned()
}

/// What the caller of the function is told.
pub fn payload(call: &Call, ran: &Ran) -> (String, bool) {
    match &ran.ended {
        Ended::Well(answer) => (answer.clone(), false),
        Ended::Failed(failure) => (failure.to_string(), true),
        Ended::TimedOut => {
            let seconds = f64::from(call.function.timeout);
            let message = format!("RequestId: {} Error: Task timed out after {seconds:.2} seconds", ran.request_id);
            (json!({ "errorType": "Sandbox.Timedout", "errorMessage": message }).to_string(), true)
        }
    }
}
