//! Values of a template, known or not, as JSON and as texts.

use crate::model::field;
use crate::model::node::{Scalar, Span};
use serde_json::Value;

/// Why a value is not known, and which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownValue {
    pub span: Span,
    pub why: String,
}

impl UnknownValue {
    pub fn new(span: Span, why: impl Into<String>) -> Self {
        Self { span, why: why.into() }
    }
}

/// A value; `None` is `AWS::NoValue`.
pub type Evaluated = Result<Option<Value>, UnknownValue>;

/// A resource's name, and whether it is one that only the import has given it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceName {
    pub text: String,
    pub is_proposed: bool,
}

/// The path of something in something.
pub fn join(path: &str, part: &str) -> String {
    if path.is_empty() { part.to_owned() } else { format!("{path}.{part}") }
}

/// A scalar as CloudFormation takes it: JSON's, and of YAML 1.1 the flags.
pub fn plain(scalar: &Scalar) -> Value {
    let text = scalar.text.as_str();
    if scalar.quoted {
        return text.into();
    }
    match text {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return true.into(),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return false.into(),
        _ => {}
    }
    // What begins with a zero is a name, such as an account's number.
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_padded = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if is_padded || !digits.starts_with(|c: char| c.is_ascii_digit()) || digits.contains('_') {
        return text.into();
    }
    if let Ok(whole) = text.parse::<i64>() {
        return whole.into();
    }
    let number = text.parse::<f64>().ok().filter(|_| digits.contains('.')).and_then(serde_json::Number::from_f64);
    number.map_or_else(|| text.into(), Value::Number)
}

/// A single value as a text.
pub fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) => Some(field::canonical(value.clone()).to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
