//! A line of a log and its fields: those that Logs gives every line, those of JSON, and those of Lambda's reports.

use crate::logs::chunk::StoredLogEvent;
use serde_json::Value;
use std::cell::OnceCell;
use std::cmp::Ordering;

#[derive(Debug)]
pub struct LogRow {
    /// Milliseconds since 1970.
    pub time: i64,
    pub message: String,
    ingested: i64,
    group: String,
    stream: String,
    json: OnceCell<Option<Value>>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    Number(f64),
    Text(String),
}

impl LogRow {
    pub fn new(group: &str, stream: String, event: StoredLogEvent) -> Self {
        let StoredLogEvent { time, ingested, message, .. } = event;
        Self { time, message, ingested, group: group.to_owned(), stream, json: OnceCell::new() }
    }

    /// The value of a field; `None` where the line has none of this name.
    pub fn field(&self, name: &str) -> Option<FieldValue> {
        let text = |text: &str| Some(FieldValue::Text(text.to_owned()));
        match name {
            "@message" => text(&self.message),
            "@timestamp" => Some(FieldValue::Number(self.time as f64)),
            "@ingestionTime" => Some(FieldValue::Number(self.ingested as f64)),
            "@logStream" => text(&self.stream),
            "@log" => text(&self.group),
            name if name.starts_with('@') => self.of_report(name),
            name => self.of_json(name),
        }
    }

    /// `a.b.0`; the first key that is there wins over a way through it.
    fn of_json(&self, name: &str) -> Option<FieldValue> {
        let parsed = self.json.get_or_init(|| {
            let text = self.message.trim_start();
            text.starts_with('{').then(|| serde_json::from_str(text).ok()).flatten()
        });
        let whole = parsed.as_ref()?;
        let value = match whole.get(name) {
            Some(value) => value,
            None => name.split('.').try_fold(whole, |value, key| match value {
                Value::Array(items) => items.get(key.parse::<usize>().ok()?),
                other => other.get(key),
            })?,
        };
        match value {
            Value::Null => None,
            Value::Number(number) => Some(FieldValue::Number(number.as_f64()?)),
            Value::String(text) => Some(FieldValue::of(text)),
            other => Some(FieldValue::Text(other.to_string())),
        }
    }

    /// What Logs finds in the lines that Lambda writes itself.
    fn of_report(&self, name: &str) -> Option<FieldValue> {
        let first = self.message.split([' ', '\t']).next()?;
        if !["START", "END", "REPORT"].contains(&first) {
            return None;
        }
        let part = |label: &str| {
            let value = self.message.split_once(label)?.1.trim_start();
            value.split([' ', '\t', '\n']).next()
        };
        let number = |label: &str| Some(FieldValue::Number(part(label)?.parse().ok()?));
        // Given in MB, told in bytes.
        let bytes = |label: &str| Some(FieldValue::Number(part(label)?.parse::<f64>().ok()? * 1_000_000.0));
        match name {
            "@type" => Some(FieldValue::Text(first.to_owned())),
            "@requestId" => part("RequestId:").map(FieldValue::of),
            "@duration" => number("\tDuration:"),
            "@billedDuration" => number("Billed Duration:"),
            "@initDuration" => number("Init Duration:"),
            "@memorySize" => bytes("Memory Size:"),
            "@maxMemoryUsed" => bytes("Max Memory Used:"),
            _ => None,
        }
    }
}

impl FieldValue {
    /// A text that is a number is one.
    pub fn of(text: &str) -> Self {
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => FieldValue::Number(number),
            _ => FieldValue::Text(text.to_owned()),
        }
    }

    pub fn number(&self) -> Option<f64> {
        match self {
            FieldValue::Number(number) => Some(*number),
            FieldValue::Text(_) => None,
        }
    }

    pub fn text(&self) -> String {
        match self {
            FieldValue::Number(number) => number.to_string(),
            FieldValue::Text(text) => text.clone(),
        }
    }

    /// Numbers before texts; what is not there before both.
    pub fn order(a: Option<FieldValue>, b: Option<FieldValue>) -> Ordering {
        match (a, b) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (a.number(), b.number()) {
                (Some(a), Some(b)) => a.total_cmp(&b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => a.text().cmp(&b.text()),
            },
        }
    }
}
