//! Log lines in JSON: Lambda's `platform.*` records, the formats of its runtimes and of usual logging libraries, and metrics in
//! the embedded format. Pure.

use super::level::LogLevel;
use super::line::{LineKind, LogLine};
use super::report::{InvocationReport, InvocationStatus};
use super::signs::{ending, is_out_of_memory, is_unhandled};
use serde_json::{Map, Value};

type JsonObject = Map<String, Value>;

pub fn line(object: &JsonObject) -> LogLine {
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
fn platform(event: &str, record: &Value) -> LogLine {
    // `platform.fault` has a text: `RequestId: ID Error: Runtime exited with error: signal: killed`.
    if let Some(text) = record.as_str() {
        let words: Vec<&str> = text.split_whitespace().collect();
        let request_id = words.windows(2).find(|pair| pair[0] == "RequestId:").map(|pair| pair[1].to_owned());
        let kind = ending(text).unwrap_or(if event == "fault" { LineKind::Crashed } else { LineKind::Platform });
        return LogLine { kind, level: None, request_id, text: format!("{event} {text}") };
    }
    let said = |name: &str| record.get(name).and_then(Value::as_str);
    let status = said("status").map_or(InvocationStatus::Unsaid, InvocationStatus::parse);
    let request_id = said("requestId").map(str::to_owned);
    let kind = match event {
        "initStart" | "restoreStart" => LineKind::InitStart,
        "initReport" | "restoreReport" => {
            LineKind::InitReport { init_ms: record.pointer("/metrics/durationMs").and_then(Value::as_f64), status }
        }
        "start" => LineKind::Start,
        "runtimeDone" if status == InvocationStatus::Timeout => LineKind::TimedOut { seconds: None },
        "runtimeDone" if said("errorType").is_some_and(is_out_of_memory) => LineKind::OutOfMemory,
        "runtimeDone" if said("errorType").is_some_and(|error| error.starts_with("Runtime.Exit")) => LineKind::Crashed,
        "runtimeDone" | "end" => LineKind::End,
        "report" => InvocationReport::of_record(record).map_or(LineKind::Platform, LineKind::Report),
        _ => LineKind::Platform,
    };
    let mut words = vec![event.to_owned()];
    for name in ["runtimeVersion", "version", "phase", "initializationType", "status", "errorType", "name", "state"] {
        words.extend(said(name).map(|value| format!("{name}={value}")));
    }
    let duration = record.pointer("/metrics/durationMs").and_then(Value::as_f64);
    words.extend(duration.map(|milliseconds| format!("duration={milliseconds:.2} ms")));
    LogLine { kind, level: None, request_id, text: words.join(" ") }
}

fn metrics(object: &JsonObject) -> LogLine {
    let values =
        object.iter().filter(|(name, _)| *name != "_aws").map(|(name, value)| format!("{name}={}", plain(value)));
    let text = format!("metrics {}", values.collect::<Vec<_>>().join(" "));
    LogLine { kind: LineKind::Metrics, level: None, request_id: request_id(object), text }
}

const LEVELS: [&str; 6] = ["level", "log_level", "levelname", "severity", "lvl", "LogLevel"];
const MESSAGES: [&str; 5] = ["message", "msg", "errorMessage", "Message", "event"];
const REQUESTS: [&str; 6] =
    ["requestId", "function_request_id", "aws_request_id", "AWSRequestId", "awsRequestId", "request_id"];
/// Where frames or a whole trace of the stack stand: Lambda's runtimes, Node's errors, Powertools.
const STACKS: [&str; 6] = ["stackTrace", "stack", "trace", "exception", "stack_trace", "backtrace"];
/// Said elsewhere, or of no use to who reads.
const UNSAID: [&str; 5] = ["timestamp", "time", "ts", "@timestamp", "errorType"];

/// A line whose JSON stands behind a time, a request or a level; `None` where it says nothing that a logger would.
pub fn behind_prefix(object: &JsonObject) -> Option<LogLine> {
    let names = [&LEVELS[..], &MESSAGES, &["errorType", "fields"]];
    names.iter().any(|list| list.iter().any(|name| object.contains_key(*name))).then(|| function(object))
}

fn function(object: &JsonObject) -> LogLine {
    // tracing of Rust puts message and fields one floor below.
    let inner = object.get("fields").and_then(Value::as_object);
    let level = level(object).or_else(|| inner.and_then(level));
    let all: Vec<(&String, &Value)> = inner
        .into_iter()
        .flatten()
        .chain(object.iter().filter(|(name, _)| inner.is_none() || *name != "fields"))
        .collect();
    let find = |name: &str| all.iter().find(|(known, _)| known.as_str() == name).map(|(_, value)| *value);
    // What is no text has a message, too: an error as an object, a list, a number.
    let message = MESSAGES.iter().find_map(|name| Some((*name, find(name)?))).filter(|(_, value)| !value.is_null());
    let error_type = find("errorType").and_then(Value::as_str);
    let mut stack = Vec::new();
    let words = message.map(|(_, value)| words(value, &mut stack)).unwrap_or_default();
    let mut said = match (error_type, words.as_str()) {
        (Some(error), "") => error.to_owned(),
        (Some(error), words) if words.starts_with(error) => words.to_owned(),
        (Some(error), words) => format!("{error}: {words}"),
        (None, words) => words.to_owned(),
    };
    let taken = message.map_or("", |(name, _)| name);
    for (name, value) in &all {
        let name = name.as_str();
        let is_stack = STACKS.contains(&name);
        if is_stack {
            frames(value, &mut stack);
        }
        let known = name == taken || [&LEVELS[..], &REQUESTS, &UNSAID].iter().any(|list| list.contains(&name));
        if is_stack || known || said.contains(&plain(value)) && MESSAGES.contains(&name) {
            continue;
        }
        let gap = if said.is_empty() { "" } else { " " };
        said.push_str(&format!("{gap}{name}={}", plain(value)));
    }
    let of_words = words.clone();
    for frame in
        stack.iter().filter(|frame| !frame.is_empty() && !said.contains(frame.as_str())).cloned().collect::<Vec<_>>()
    {
        said.push_str("\n  ");
        said.push_str(&frame);
    }
    let kind = kind_of(object, level, error_type, &of_words, &said);
    let request_id = request_id(object).or_else(|| object.get("span").and_then(Value::as_object).and_then(request_id));
    let level = if kind == LineKind::Unhandled { level.or(Some(LogLevel::Error)) } else { level };
    LogLine { kind, level, request_id, text: said }
}

/// What a line of the function means for its request. The runtimes themselves write an uncaught exception with its type and message and
/// without a logger's message (developer guide, "Using Lambda advanced logging controls").
fn kind_of(
    object: &JsonObject,
    level: Option<LogLevel>,
    error_type: Option<&str>,
    words: &str,
    said: &str,
) -> LineKind {
    let is_error = level >= Some(LogLevel::Error);
    let has_message =
        ["message", "msg", "Message", "event"].iter().any(|name| object.get(*name).is_some_and(Value::is_string));
    let uncaught = error_type.is_some() && object.contains_key("errorMessage") && !has_message;
    match error_type {
        _ if is_error && is_out_of_memory(said) => LineKind::OutOfMemory,
        Some("Runtime.OutOfMemory") => LineKind::OutOfMemory,
        Some("Sandbox.Timedout") => LineKind::TimedOut { seconds: None },
        Some(error) if error.starts_with("Runtime.Exit") => ending(said).unwrap_or(LineKind::Crashed),
        _ if uncaught && level.is_none_or(|level| level >= LogLevel::Error) => LineKind::Unhandled,
        _ if is_error && is_unhandled(words, words) => LineKind::Unhandled,
        _ => LineKind::Function,
    }
}

/// A message as it is read: an error object as its type and its message, its stack apart; anything else as it is written.
fn words(message: &Value, stack: &mut Vec<String>) -> String {
    let Some(object) = message.as_object() else { return plain(message) };
    let of = |names: &[&str]| text(object, names).map(str::to_owned);
    let error_type = of(&["errorType", "name", "type"]);
    let Some(words) = of(&["errorMessage", "message", "msg", "error"]) else { return plain(message) };
    let known = ["errorType", "name", "type", "errorMessage", "message", "msg", "error"];
    for name in STACKS {
        if let Some(value) = object.get(name) {
            frames(value, stack);
        }
    }
    let mut said = error_type.map_or_else(|| words.clone(), |error| format!("{error}: {words}"));
    for (name, value) in object {
        if !known.contains(&name.as_str()) && !STACKS.contains(&name.as_str()) {
            said.push_str(&format!(" {name}={}", plain(value)));
        }
    }
    said
}

/// The frames of a stack: a list of texts or objects, or one text of many lines.
fn frames(value: &Value, stack: &mut Vec<String>) {
    match value {
        Value::Null => {}
        Value::String(text) => stack.extend(text.lines().map(|line| line.trim().to_owned())),
        Value::Array(items) => items.iter().for_each(|item| frames(item, stack)),
        other => stack.push(plain(other)),
    }
}

fn level(object: &JsonObject) -> Option<LogLevel> {
    LEVELS.iter().find_map(|name| match object.get(*name)? {
        Value::String(word) => word.parse().ok(),
        Value::Number(number) => LogLevel::of_number(number.as_i64()?),
        _ => None,
    })
}

fn request_id(object: &JsonObject) -> Option<String> {
    text(object, &REQUESTS).map(str::to_owned)
}

fn text<'a>(object: &'a JsonObject, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| object.get(*name)?.as_str())
}

/// A text without its quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
