//! Log lines in JSON: Lambda's `platform.*` records, the formats of its runtimes and of usual logging libraries, and metrics in
//! the embedded format. Pure.

use super::level::Level;
use super::line::{Kind, Line, is_out_of_memory};
use super::report::{Report, Status};
use serde_json::{Map, Value};

type Object = Map<String, Value>;

pub fn line(object: &Object) -> Line {
    if let (Some(kind), Some(record)) = (text(object, &["type"]), object.get("record"))
        && let Some(event) = kind.strip_prefix("platform.")
    {
        return platform(event, record);
    }
    if object.contains_key("_aws") {
        return metrics(object);
    }
    function(object)
}

/// Telemetry API schema reference: the records that Lambda writes when a function's log format is JSON.
fn platform(event: &str, record: &Value) -> Line {
    let said = |name: &str| record.get(name).and_then(Value::as_str);
    let status = said("status").map_or(Status::Unsaid, Status::parse);
    let request_id = said("requestId").map(str::to_owned);
    let kind = match event {
        "initStart" | "restoreStart" => Kind::InitStart,
        "initReport" | "restoreReport" => {
            Kind::InitReport { init_ms: record.pointer("/metrics/durationMs").and_then(Value::as_f64), status }
        }
        "start" => Kind::Start,
        "runtimeDone" if status == Status::Timeout => Kind::TimedOut { seconds: None },
        "runtimeDone" if said("errorType").is_some_and(is_out_of_memory) => Kind::OutOfMemory,
        "runtimeDone" if said("errorType").is_some_and(|error| error.starts_with("Runtime.Exit")) => Kind::Crashed,
        "runtimeDone" | "end" => Kind::End,
        "report" => Report::of_record(record).map_or(Kind::Platform, Kind::Report),
        _ => Kind::Platform,
    };
    let mut words = vec![event.to_owned()];
    for name in ["runtimeVersion", "version", "phase", "initializationType", "status", "errorType", "name", "state"] {
        words.extend(said(name).map(|value| format!("{name}={value}")));
    }
    let duration = record.pointer("/metrics/durationMs").and_then(Value::as_f64);
    words.extend(duration.map(|milliseconds| format!("duration={milliseconds:.2} ms")));
    Line { kind, level: None, request_id, text: words.join(" ") }
}

fn metrics(object: &Object) -> Line {
    let values =
        object.iter().filter(|(name, _)| *name != "_aws").map(|(name, value)| format!("{name}={}", plain(value)));
    let text = format!("metrics {}", values.collect::<Vec<_>>().join(" "));
    Line { kind: Kind::Metrics, level: None, request_id: request_id(object), text }
}

const LEVELS: [&str; 6] = ["level", "log_level", "levelname", "severity", "lvl", "LogLevel"];
const MESSAGES: [&str; 5] = ["message", "msg", "errorMessage", "Message", "event"];
const REQUESTS: [&str; 6] =
    ["requestId", "function_request_id", "aws_request_id", "AWSRequestId", "awsRequestId", "request_id"];
/// Said elsewhere, or of no use to who reads.
const UNSAID: [&str; 8] = ["timestamp", "time", "ts", "@timestamp", "stackTrace", "stack", "errorType", "errorMessage"];

fn function(object: &Object) -> Line {
    // tracing of Rust puts message and fields one floor below.
    let inner = object.get("fields").and_then(Value::as_object);
    let level = level(object).or_else(|| inner.and_then(level));
    let message = text(object, &MESSAGES).or_else(|| inner.and_then(|inner| text(inner, &MESSAGES)));
    let mut said = match (text(object, &["errorType"]), message) {
        (Some(error), Some(message)) => format!("{error}: {message}"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => String::new(),
    };
    let known = |name: &str| {
        [&LEVELS[..], &MESSAGES, &REQUESTS, &UNSAID].iter().any(|list| list.contains(&name))
            || name == "fields" && inner.is_some()
    };
    let rest = inner.into_iter().flatten().chain(object.iter()).filter(|(name, _)| !known(name));
    for (name, value) in rest {
        let gap = if said.is_empty() { "" } else { " " };
        said.push_str(&format!("{gap}{name}={}", plain(value)));
    }
    for frame in
        object.get("stackTrace").or_else(|| object.get("stack")).and_then(Value::as_array).into_iter().flatten()
    {
        said.push_str("\n  ");
        said.push_str(frame.as_str().unwrap_or_default().trim());
    }
    let kind = if level >= Some(Level::Error) && is_out_of_memory(&said) { Kind::OutOfMemory } else { Kind::Function };
    let request_id = request_id(object).or_else(|| object.get("span").and_then(Value::as_object).and_then(request_id));
    Line { kind, level, request_id, text: said }
}

fn level(object: &Object) -> Option<Level> {
    LEVELS.iter().find_map(|name| match object.get(*name)? {
        Value::String(word) => word.parse().ok(),
        Value::Number(number) => Level::of_number(number.as_i64()?),
        _ => None,
    })
}

fn request_id(object: &Object) -> Option<String> {
    text(object, &REQUESTS).map(str::to_owned)
}

fn text<'a>(object: &'a Object, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| object.get(*name)?.as_str())
}

/// A text without its quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
