//! A line's text -> what it says: Lambda's own lines, and the lines of the function in the usual text formats. Pure, and total:
//! whatever it does not know is a line of the function.

use super::json;
use super::level::LogLevel;
use super::line::{LineKind, LogLine};
use super::report::{InvocationReport, InvocationStatus, fields, quantity};
use super::signs::{ending, is_out_of_memory, is_unhandled};

impl LogLine {
    pub fn parse(message: &str) -> Self {
        let text = message.trim_end();
        if text.starts_with('{')
            && let Ok(serde_json::Value::Object(object)) = serde_json::from_str(text)
        {
            return json::line(&object);
        }
        platform(text).unwrap_or_else(|| function(text))
    }
}

/// Lambda's own lines, in text.
fn platform(text: &str) -> Option<LogLine> {
    let (word, rest) = text.split_once(|c: char| c.is_whitespace() || c == ':').unwrap_or((text, ""));
    let request = |text: &str| {
        let id = fields(text).into_iter().find(|(name, _)| *name == "RequestId")?.1;
        id.split_whitespace().next().map(str::to_owned)
    };
    let line =
        |kind: LineKind, request_id: Option<String>| LogLine { kind, level: None, request_id, text: text.to_owned() };
    Some(match word {
        "START" if rest.contains("RequestId:") => line(LineKind::Start, request(rest)),
        "END" if rest.contains("RequestId:") => line(LineKind::End, request(rest)),
        "REPORT" => {
            let report = InvocationReport::of_text(text)?;
            let id = report.request_id.clone();
            line(LineKind::Report(report), id)
        }
        "INIT_START" | "RESTORE_START" => line(LineKind::InitStart, None),
        "INIT_REPORT" | "RESTORE_REPORT" => {
            let fields = fields(rest);
            let field = |name: &str| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
            let took = field("Init Duration").or_else(|| field("Restore Duration"));
            let status = field("Status")
                .and_then(|value| value.split_whitespace().next())
                .map_or(InvocationStatus::Unsaid, InvocationStatus::parse);
            line(LineKind::InitReport { init_ms: took.and_then(|took| quantity(took, "ms")), status }, None)
        }
        "XRAY" if rest.contains("TraceId:") => line(LineKind::Platform, request(rest)),
        "EXTENSION" | "TELEMETRY" | "LOGS" if rest.contains("State:") => line(LineKind::Platform, None),
        // RequestId: ID Error: Runtime exited with error: signal: killed
        "RequestId" => {
            let id = rest.split_whitespace().next()?.to_owned();
            let said = rest.trim_start().strip_prefix(id.as_str())?.trim_start().to_owned();
            let kind = ending(&said).unwrap_or(LineKind::Unhandled);
            if kind == LineKind::Unhandled && !said.starts_with("Error") {
                return None;
            }
            LogLine { kind, level: Some(LogLevel::Error), request_id: Some(id), text: said }
        }
        _ => return None,
    })
}

/// A line of the function: what stands before its message is taken off as far as it is known.
fn function(text: &str) -> LogLine {
    let mut line = LogLine { kind: LineKind::Function, level: None, request_id: None, text: String::new() };
    let mut rest = text;
    while let Some((token, after)) = first_token(rest) {
        if is_time(token) || token == "undefined" && line.request_id.is_none() && rest.len() < text.len() {
            // Node writes `undefined` where no request runs.
        } else if line.request_id.is_none() && is_uuid(token) {
            line.request_id = Some(token.to_owned());
        } else if let Some(level) = leading_level(token).filter(|_| line.level.is_none()) {
            line.level = Some(level);
        } else {
            break;
        }
        rest = after;
    }
    line.level = line.level.or_else(|| inner_level(rest));
    line.text = rest.to_owned();
    if let Some(seconds) = rest.strip_prefix("Task timed out after ") {
        let seconds = seconds.split_whitespace().next().and_then(|word| word.parse::<f64>().ok());
        line.kind = LineKind::TimedOut { seconds: seconds.filter(|seconds| seconds.is_finite()) };
    } else if rest.starts_with("Runtime exited") || line.level >= Some(LogLevel::Error) && is_out_of_memory(rest) {
        line.kind = ending(rest).unwrap_or(LineKind::Function);
    } else if is_unhandled(text, rest) {
        line.kind = LineKind::Unhandled;
        line.level = line.level.or(Some(LogLevel::Error));
    } else if rest.len() < text.len()
        && let Some(object) = object_of(rest)
        && let Some(inner) = json::behind_prefix(&object)
    {
        return LogLine {
            level: line.level.max(inner.level),
            request_id: line.request_id.or(inner.request_id),
            ..inner
        };
    }
    line
}

/// The JSON object that a text is.
fn object_of(text: &str) -> Option<serde_json::Map<String, serde_json::Value>> {
    match serde_json::from_str(text) {
        Ok(serde_json::Value::Object(object)) if text.starts_with('{') => Some(object),
        _ => None,
    }
}

fn first_token(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches([' ', '\t']);
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    // What follows a line feed is not the head of the line any more.
    (end > 0).then(|| (&text[..end], text[end..].trim_start_matches([' ', '\t'])))
}

/// A date, a time of day, or both, perhaps in brackets.
fn is_time(token: &str) -> bool {
    let plain = token.trim_matches(['[', ']', ',']);
    let digits = plain.bytes().filter(u8::is_ascii_digit).count();
    digits >= 6
        && plain.bytes().all(|byte| byte.is_ascii_digit() || b"-:.,TZ+/".contains(&byte))
        && plain.contains(['-', ':', '/'])
}

fn is_uuid(token: &str) -> bool {
    token.len() == 36
        && token.bytes().enumerate().all(|(n, byte)| match n {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `INFO`, `[INFO]`, `INFO:`, `info:`: a word in small letters only with its colon, since it may begin a sentence.
fn leading_level(token: &str) -> Option<LogLevel> {
    let plain = token.trim_matches(['[', ']', '(', ')', '|', '-', ':', ',']);
    let shouted = plain.bytes().all(|byte| byte.is_ascii_uppercase());
    let marked = token.len() > plain.len() && token.ends_with([':', ']', ')']);
    plain.parse().ok().filter(|_| !plain.is_empty() && (shouted || marked))
}

/// A level further in: `app - INFO - message`, `INFO:root:message`, `level=info msg=...`.
fn inner_level(text: &str) -> Option<LogLevel> {
    let line = text.lines().next().unwrap_or_default();
    let mut before = "";
    for (n, token) in line.split_whitespace().take(8).enumerate() {
        if let Some(word) = token.strip_prefix("level=").or_else(|| token.strip_prefix("lvl=")) {
            return word.trim_matches('"').parse().ok();
        }
        let separated = matches!(before, "-" | "|" | "::") || is_time(before);
        let bracketed = token.starts_with('[') && token.ends_with(']');
        let level = leading_level(token).filter(|_| separated || bracketed);
        let head = token.split_once(':').map(|(head, _)| head).filter(|_| n == 0);
        let level = level.or_else(|| head.filter(|h| h.bytes().all(|b| b.is_ascii_uppercase()))?.parse().ok());
        if level.is_some() {
            return level;
        }
        before = token;
    }
    None
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "shapes_tests.rs"]
mod shapes_tests;
