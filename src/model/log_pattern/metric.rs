//! What a metric filter makes of a line: a number and the values of its dimensions, or nothing.

use super::{LogPattern, json};
use serde_json::Value;
use std::collections::BTreeMap;

/// A metric filter's rule.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricRule {
    pattern: LogPattern,
    value: MetricValue,
    /// Dimension to selector.
    dimensions: BTreeMap<String, String>,
}

/// What is counted of a line that matches.
#[derive(Debug, Clone, PartialEq)]
pub enum MetricValue {
    Number(f64),
    /// `$.latency` or `$bytes`.
    Selected(String),
}

/// What is wrong with a rule, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleFault {
    Value(String),
    /// Of this dimension.
    Dimension(String, String),
}

impl MetricRule {
    /// # Errors
    /// A value that is neither a number nor selects something that the pattern names; a dimension that does not.
    pub fn new(
        pattern: LogPattern,
        value: &str,
        dimensions: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, RuleFault> {
        let value = if value.starts_with('$') {
            selector_fault(&pattern, value).map_or(Ok(()), |fault| Err(RuleFault::Value(fault)))?;
            MetricValue::Selected(value.to_owned())
        } else {
            match value.parse::<f64>() {
                Ok(number) if number.is_finite() => MetricValue::Number(number),
                _ => return Err(RuleFault::Value(format!("`{value}` is neither a number nor a selector"))),
            }
        };
        let dimensions: BTreeMap<String, String> = dimensions.into_iter().collect();
        for (name, selector) in &dimensions {
            if let Some(fault) = selector_fault(&pattern, selector) {
                return Err(RuleFault::Dimension(name.clone(), fault));
            }
        }
        Ok(Self { pattern, value, dimensions })
    }

    /// The number and dimensions of a line; `None` where it does not match, has no number there, or lacks a dimension.
    pub fn of(&self, line: &str) -> Option<(f64, BTreeMap<String, String>)> {
        if !self.pattern.matches(line) {
            return None;
        }
        let event: Option<Value> =
            matches!(self.pattern, LogPattern::Json(_)).then(|| serde_json::from_str(line).ok()).flatten();
        let text = |selector: &str| match (&self.pattern, &event) {
            (LogPattern::Json(_), Some(event)) => json::text(json::select(event, &json::selector(selector).ok()?)?),
            (LogPattern::Columns(columns), _) => columns.value(line, selector.strip_prefix('$')?),
            _ => None,
        };
        let number = match &self.value {
            MetricValue::Number(number) => *number,
            MetricValue::Selected(selector) => text(selector)?.trim().parse().ok().filter(|n: &f64| n.is_finite())?,
        };
        let dimension = |(name, selector): (&String, &String)| Some((name.clone(), text(selector)?));
        Some((number, self.dimensions.iter().map(dimension).collect::<Option<_>>()?))
    }
}

/// What is wrong with a selector beside this pattern; `None` where it selects something.
pub fn selector_fault(pattern: &LogPattern, selector: &str) -> Option<String> {
    match pattern {
        LogPattern::Json(_) => {
            json::selector(selector).err().map(|_| format!("`{selector}` is no selector such as $.latency"))
        }
        LogPattern::Columns(columns) => match selector.strip_prefix('$') {
            Some(name) if columns.has(name) => None,
            _ => Some(format!("`{selector}` names no column of the pattern")),
        },
        LogPattern::Everything | LogPattern::Terms(_) => Some(format!(
            "`{selector}` selects nothing: only patterns of JSON, {{…}}, and of columns, […], have fields"
        )),
    }
}
