//! Structured log lines with the levels DEBUG, INFO, WARNING, ERROR, as text or JSON, on standard error (standard
//! output on Lambda, where both are one). Lines carry names and numbers, never bodies, addresses or identifiers of people.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

pub use super::log_level::{LogFormat, ServiceLogLevel};
use super::{clock, console};

/// Lines that wait for the writing thread; more are dropped and counted, so that a stuck terminal stops no request.
const WAITING_BYTES: usize = 4 * 1024 * 1024;

struct Logger {
    level: ServiceLogLevel,
    format: LogFormat,
    /// Written at once: Lambda freezes the process after each answer, and a test wants its line.
    direct: bool,
    waiting: Mutex<QueuedLines>,
    more: Condvar,
    idle: Condvar,
}

#[derive(Default)]
struct QueuedLines {
    bytes: Vec<u8>,
    dropped: u64,
    writing: bool,
}

static LOGGER: OnceLock<Logger> = OnceLock::new();

/// Sets level and format for the whole process; only the first call counts. Without one, nothing is logged.
pub fn start(level: ServiceLogLevel, format: LogFormat, on_lambda: bool) {
    let logger = Logger {
        level,
        format,
        direct: on_lambda,
        waiting: Mutex::default(),
        more: Condvar::new(),
        idle: Condvar::new(),
    };
    if LOGGER.set(logger).is_ok() && !on_lambda {
        // Without the thread, lines are written by whoever logs: slower, not lost.
        let _ = std::thread::Builder::new().name("log".to_owned()).spawn(write_behind);
    }
}

/// Whether a line of this level would be written: ask before building costly fields.
pub fn enabled(level: ServiceLogLevel) -> bool {
    if let Some(console) = console::here() {
        return level >= console.level;
    }
    LOGGER.get().is_some_and(|logger| level >= logger.level)
}

/// Waits, for a second at most, until every line logged so far is out.
pub fn flush() {
    let Some(logger) = LOGGER.get().filter(|logger| !logger.direct) else { return };
    let waiting = logger.waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let unwritten = |waiting: &mut QueuedLines| !waiting.bytes.is_empty() || waiting.writing;
    drop(logger.idle.wait_timeout_while(waiting, Duration::from_secs(1), unwritten));
}

/// A value beside a line's message.
#[derive(Debug, Clone, Copy)]
pub enum Field<'a> {
    Text(&'a str),
    Number(u64),
    /// Milliseconds, to three decimals.
    Millis(Duration),
}

pub fn debug(message: &str, fields: &[(&str, Field<'_>)]) {
    line(ServiceLogLevel::Debug, message, fields);
}

pub fn info(message: &str, fields: &[(&str, Field<'_>)]) {
    line(ServiceLogLevel::Info, message, fields);
}

pub fn warning(message: &str, fields: &[(&str, Field<'_>)]) {
    line(ServiceLogLevel::Warning, message, fields);
}

pub fn error(message: &str, fields: &[(&str, Field<'_>)]) {
    line(ServiceLogLevel::Error, message, fields);
}

/// Writes one line, when its level is wanted.
pub fn line(level: ServiceLogLevel, message: &str, fields: &[(&str, Field<'_>)]) {
    if let Some(console) = console::here() {
        if level >= console.level {
            console.write(&render(console.format, clock::now(), level, message, fields));
        }
        return;
    }
    let Some(logger) = LOGGER.get().filter(|logger| level >= logger.level) else { return };
    let text = render(logger.format, clock::now(), level, message, fields);
    if logger.direct {
        let _ = std::io::stdout().lock().write_all(text.as_bytes());
        return;
    }
    let mut waiting = logger.waiting.lock().unwrap_or_else(PoisonError::into_inner);
    if waiting.bytes.len() + text.len() > WAITING_BYTES {
        waiting.dropped += 1;
        return;
    }
    waiting.bytes.extend_from_slice(text.as_bytes());
    drop(waiting);
    logger.more.notify_one();
}

fn write_behind() {
    let Some(logger) = LOGGER.get() else { return };
    let mut taken = Vec::new();
    loop {
        let mut waiting = logger.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.writing = false;
        logger.idle.notify_all();
        while waiting.bytes.is_empty() {
            waiting = logger.more.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::swap(&mut waiting.bytes, &mut taken);
        let dropped = std::mem::take(&mut waiting.dropped);
        waiting.writing = true;
        drop(waiting);
        if dropped > 0 {
            let fields = [("lines", Field::Number(dropped))];
            let note = render(logger.format, clock::now(), ServiceLogLevel::Warning, "log lines were dropped", &fields);
            taken.extend_from_slice(note.as_bytes());
        }
        // Nobody is left to tell when standard error is gone.
        let _ = std::io::stderr().lock().write_all(&taken);
        taken.clear();
    }
}

fn render(format: LogFormat, at: i64, level: ServiceLogLevel, message: &str, fields: &[(&str, Field<'_>)]) -> String {
    let mut out = String::with_capacity(192);
    // Writing into a String cannot fail.
    let _ = match format {
        LogFormat::Text => write!(out, "{}Z {level} {message}", clock::iso(at)),
        LogFormat::Json => {
            write!(out, r#"{{"timestamp":"{}Z","level":"{level}","message":"#, clock::iso(at)).map(|()| {
                json_text(&mut out, message);
            })
        }
    };
    for (name, value) in fields {
        let _ = match format {
            LogFormat::Text => write!(out, " {name}="),
            LogFormat::Json => write!(out, r#","{name}":"#),
        };
        match value {
            Field::Number(number) => drop(write!(out, "{number}")),
            Field::Millis(duration) => drop(write!(out, "{:.3}", duration.as_secs_f64() * 1e3)),
            Field::Text(text) if format == LogFormat::Text && plain(text) => out.push_str(text),
            Field::Text(text) => json_text(&mut out, text),
        }
    }
    if format == LogFormat::Json {
        out.push('}');
    }
    out.push('\n');
    out
}

/// Fit to stand unquoted: no space, no quote, nothing that could start a second line or colour a terminal.
fn plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'=')
}

fn json_text(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_in_both_forms() {
        let fields = [
            ("route", Field::Text("/track")),
            ("status", Field::Number(200)),
            ("duration_ms", Field::Millis(Duration::from_micros(1500))),
            ("why", Field::Text("two words\nand a line")),
        ];
        assert_eq!(
            render(LogFormat::Text, 0, ServiceLogLevel::Warning, "request", &fields),
            "1970-01-01T00:00:00.000000Z WARNING request route=/track status=200 duration_ms=1.500 \
             why=\"two words\\nand a line\"\n"
        );
        let json = render(LogFormat::Json, 0, ServiceLogLevel::Info, "a \"b\"", &fields);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["level"], "INFO");
        assert_eq!(value["message"], "a \"b\"");
        assert_eq!(value["duration_ms"], 1.5);
        assert_eq!(value["why"], "two words\nand a line");
    }

    #[test]
    fn the_labs_levels_in_order() {
        let levels: Vec<ServiceLogLevel> =
            ["debug", "INFO", "Warning", "ERROR"].iter().filter_map(|t| t.parse().ok()).collect();
        assert_eq!(levels.len(), 4);
        assert!(levels.is_sorted());
        assert!("loud".parse::<ServiceLogLevel>().is_err());
    }
}
