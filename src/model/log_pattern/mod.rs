//! Filter patterns of CloudWatch Logs: terms, conditions on JSON, and columns between spaces. Regular expressions are known and not
//! evaluated. Source: CloudWatch Logs user guide, "Filter pattern syntax".

mod columns;
mod json;
mod metric;
mod terms;
#[cfg(test)]
mod tests;

use columns::PatternColumns;
use json::PatternCondition;
pub use metric::{MetricRule, MetricValue, RuleFault, selector_fault};
use std::fmt;
use std::str::FromStr;
use terms::Terms;

/// What an event's text has to be like.
#[derive(Debug, Clone, PartialEq)]
pub enum LogPattern {
    Everything,
    Terms(Terms),
    Json(PatternCondition),
    Columns(PatternColumns),
}

/// Why a pattern is not to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternFault {
    /// AWS refuses it, too.
    Wrong(String),
    /// AWS knows it, and nobody here evaluates it.
    Unsupported(String),
}

/// The message of InvalidParameterException.
impl fmt::Display for PatternFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PatternFault::Wrong(message) | PatternFault::Unsupported(message) => f.write_str(message),
        }
    }
}

impl From<PatternFault> for String {
    fn from(fault: PatternFault) -> Self {
        fault.to_string()
    }
}

impl LogPattern {
    pub fn is_everything(&self) -> bool {
        *self == LogPattern::Everything
    }

    pub fn matches(&self, message: &str) -> bool {
        match self {
            LogPattern::Everything => true,
            LogPattern::Terms(terms) => terms.match_text(message),
            LogPattern::Json(condition) => match serde_json::from_str(message) {
                Ok(event @ serde_json::Value::Object(_)) => condition.holds(&event),
                _ => false,
            },
            LogPattern::Columns(columns) => columns.hold(message),
        }
    }
}

impl FromStr for LogPattern {
    type Err = PatternFault;

    fn from_str(text: &str) -> Result<Self, PatternFault> {
        let text = text.trim();
        if text.chars().count() > 1024 {
            return Err(PatternFault::Wrong("The filter pattern is longer than 1024 characters.".into()));
        }
        match text.chars().next() {
            None => Ok(LogPattern::Everything),
            Some('{') => json::parse(text).map(LogPattern::Json),
            Some('[') => columns::parse(text).map(LogPattern::Columns),
            Some(_) => terms::parse(text).map(LogPattern::Terms),
        }
    }
}

/// What is said of `%...%`.
fn no_regex() -> PatternFault {
    PatternFault::Unsupported("Invalid filter pattern: the sandbox does not know regular expressions, %...%.".into())
}

fn wrong(what: &str) -> PatternFault {
    PatternFault::Wrong(format!("Invalid filter pattern: {what}."))
}

/// The text of a quoted part, in which `\` takes the next character as it is, and what follows it.
fn unquote(quoted: &str) -> Result<(String, &str), PatternFault> {
    let mut text = String::new();
    let mut rest = quoted.char_indices().skip(1);
    while let Some((at, letter)) = rest.next() {
        match letter {
            '"' => return Ok((text, &quoted[at + 1..])),
            '\\' => text.extend(rest.next().map(|(_, letter)| letter)),
            letter => text.push(letter),
        }
    }
    Err(wrong("a quotation mark is not closed"))
}

/// Whether a text fits a wish in which `*` stands for any characters, also none.
fn like(text: &str, wanted: &str) -> bool {
    let mut parts = wanted.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}
