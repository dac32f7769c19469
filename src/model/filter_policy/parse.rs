//! JSON -> a filter policy. Knows the grammar and SNS's sentences, not the limits of the whole and not what a policy means.

use super::limits::{MAX_NUMBER, PolicyFault, PolicyStep};
use super::{Affix, FilterCondition, NumericBound, NumericRelation, ValuePattern};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Keys that mean an operator; an object with one of them is no branch of `$or` (SNS developer guide, "OR operator").
const OPERATORS: [&str; 8] =
    ["prefix", "suffix", "equals-ignore-case", "wildcard", "anything-but", "numeric", "exists", "cidr"];

/// Steps to the part that is read.
type Steps = Vec<PolicyStep>;

fn fault(at: &Steps, sentence: impl Into<String>) -> PolicyFault {
    PolicyFault::Grammar { at: at.clone(), sentence: sentence.into() }
}

/// Reads the keys of an object; `at` leads to it.
pub fn object(fields: &Map<String, Value>, at: &mut Steps) -> Result<BTreeMap<String, FilterCondition>, PolicyFault> {
    let mut read = BTreeMap::new();
    for (key, value) in fields {
        at.push(PolicyStep::Key(key.clone()));
        read.insert(key.clone(), condition(key, value, at)?);
        at.pop();
    }
    Ok(read)
}

fn condition(key: &str, value: &Value, at: &mut Steps) -> Result<FilterCondition, PolicyFault> {
    match value {
        Value::Object(fields) if fields.is_empty() => Err(fault(at, "Empty objects are not allowed")),
        Value::Object(fields) => object(fields, at).map(FilterCondition::Nested),
        Value::Array(items) if items.is_empty() => Err(fault(at, "Empty arrays are not allowed")),
        Value::Array(items) if key == "$or" && is_or(items) => each(items, at, |item, at| match item {
            Value::Object(fields) => object(fields, at),
            _ => Err(fault(at, "\"$or\" must be an array of objects")),
        })
        .map(FilterCondition::AnyOf),
        Value::Array(items) => each(items, at, pattern).map(FilterCondition::Values),
        _ => Err(fault(at, format!("\"{key}\" must be an object or an array"))),
    }
}

/// Reads every item, with the steps to it.
fn each<T>(
    items: &[Value],
    at: &mut Steps,
    read: impl Fn(&Value, &mut Steps) -> Result<T, PolicyFault>,
) -> Result<Vec<T>, PolicyFault> {
    let mut all = Vec::with_capacity(items.len());
    for (n, item) in items.iter().enumerate() {
        at.push(PolicyStep::Item(n));
        all.push(read(item, at)?);
        at.pop();
    }
    Ok(all)
}

/// `$or` is an operator only over two or more objects, none of which has an operator among its keys; else it is a key like any other
/// (SNS developer guide, "OR operator").
fn is_or(items: &[Value]) -> bool {
    let is_branch = |item: &Value| {
        let fields = item.as_object().filter(|fields| !fields.is_empty());
        fields.is_some_and(|fields| !fields.keys().any(|key| OPERATORS.contains(&key.as_str())))
    };
    items.len() >= 2 && items.iter().all(is_branch)
}

fn pattern(value: &Value, at: &mut Steps) -> Result<ValuePattern, PolicyFault> {
    match value {
        Value::Array(_) => Err(fault(at, "Match value must be String, number, true, false, or null")),
        Value::Object(fields) => {
            let mut entries = fields.iter();
            match (entries.next(), entries.next()) {
                (Some((operator, operand)), None) => operation(operator, operand, at),
                (None, _) => Err(fault(at, "Empty objects are not allowed")),
                _ => Err(fault(at, "Only one key allowed in match expression")),
            }
        }
        plain => Ok(ValuePattern::Exact(plain.clone())),
    }
}

fn operation(operator: &str, operand: &Value, at: &mut Steps) -> Result<ValuePattern, PolicyFault> {
    let text = || match operand {
        Value::String(text) => Ok(text.clone()),
        _ => Err(fault(at, format!("{operator} match pattern must be a string"))),
    };
    match operator {
        "prefix" => affix(operator, operand, at).map(ValuePattern::Prefix),
        "suffix" => affix(operator, operand, at).map(ValuePattern::Suffix),
        "equals-ignore-case" => text().map(ValuePattern::EqualsIgnoreCase),
        "wildcard" => text().map(ValuePattern::Wildcard),
        "exists" => match operand {
            Value::Bool(wanted) => Ok(ValuePattern::Exists(*wanted)),
            _ => Err(fault(at, "exists match pattern must be either true or false.")),
        },
        "anything-but" => anything_but(operand, at).map(ValuePattern::AnythingBut),
        "numeric" => numeric(operand, at).map(ValuePattern::Numeric),
        "cidr" => match operand {
            Value::String(text) => cidr(text, at),
            // SNS names the other operator here.
            _ => Err(fault(at, "prefix match pattern must be a string")),
        },
        unknown => Err(fault(at, format!("Unrecognized match type {unknown}"))),
    }
}

/// A text, or `{"equals-ignore-case": text}`.
fn affix(operator: &str, operand: &Value, at: &Steps) -> Result<Affix, PolicyFault> {
    let wrong = || fault(at, format!("{operator} match pattern must be a string"));
    match operand {
        Value::String(text) => Ok(Affix { text: text.clone(), ignores_case: false }),
        Value::Object(fields) if fields.len() == 1 => match fields.get("equals-ignore-case") {
            Some(Value::String(text)) => Ok(Affix { text: text.clone(), ignores_case: true }),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

/// A value, a list of values, or one of four operators over a text or a list of texts.
fn anything_but(operand: &Value, at: &mut Steps) -> Result<Vec<ValuePattern>, PolicyFault> {
    match operand {
        Value::Array(items) if items.is_empty() => Err(fault(at, "Empty arrays are not allowed")),
        Value::Array(items) => {
            if let Some(odd) = items.iter().find(|item| !(item.is_string() || item.is_number())) {
                let sentence = match odd {
                    Value::Object(_) | Value::Array(_) | Value::Bool(_) | Value::Null => {
                        "Inside anything but list, start|null|boolean is not supported."
                    }
                    _ => "Match value must be String, number, true, false, or null",
                };
                return Err(fault(at, sentence));
            }
            Ok(items.iter().cloned().map(ValuePattern::Exact).collect())
        }
        Value::Object(fields) => {
            let mut entries = fields.iter();
            match (entries.next(), entries.next()) {
                (Some((operator, operand)), None) => negated(operator, operand, at),
                (None, _) => Err(fault(at, "Empty objects are not allowed")),
                _ => Err(fault(at, "Only one key allowed in match expression")),
            }
        }
        plain => Ok(vec![ValuePattern::Exact(plain.clone())]),
    }
}

fn negated(operator: &str, operand: &Value, at: &mut Steps) -> Result<Vec<ValuePattern>, PolicyFault> {
    if !["prefix", "suffix", "wildcard", "equals-ignore-case"].contains(&operator) {
        return Err(fault(at, format!("Unsupported anything-but pattern: {operator}")));
    }
    match operand {
        Value::Array(items) if items.is_empty() => Err(fault(at, "Empty arrays are not allowed")),
        Value::Array(items) => items.iter().map(|item| operation(operator, item, at)).collect(),
        one => Ok(vec![operation(operator, one, at)?]),
    }
}

/// `["=", n]`, one bound, or a lower and then an upper bound.
fn numeric(operand: &Value, at: &Steps) -> Result<Vec<NumericBound>, PolicyFault> {
    let Value::Array(items) = operand else { return Err(fault(at, "Value of numeric must be an array.")) };
    if items.is_empty() {
        return Err(fault(at, "Invalid member in numeric match: ]"));
    }
    let mut bounds: Vec<NumericBound> = Vec::new();
    for pair in items.chunks(2) {
        let Value::String(written) = &pair[0] else {
            let sentence = match bounds.is_empty() {
                true => format!("Invalid member in numeric match: {}", pair[0]),
                false => format!("Bad value in numeric range: {}", pair[0]),
            };
            return Err(fault(at, sentence));
        };
        let relation = relation(written, &bounds).map_err(|sentence| fault(at, sentence))?;
        let named = if relation == NumericRelation::Equal { "equals" } else { written };
        let Some(number) = pair.get(1).and_then(Value::as_f64) else {
            return Err(fault(at, format!("Value of {named} must be numeric")));
        };
        if number.abs() > MAX_NUMBER {
            return Err(fault(at, "Value must be between -1.0E9 and 1.0E9, inclusive"));
        }
        bounds.push(NumericBound { relation, number });
    }
    match bounds.as_slice() {
        [bottom, top] if bottom.number >= top.number => Err(fault(at, "Bottom must be less than top")),
        _ => Ok(bounds),
    }
}

/// An operator of a range, after the bounds before it.
fn relation(written: &str, before: &[NumericBound]) -> Result<NumericRelation, String> {
    let relation = match written {
        "=" => NumericRelation::Equal,
        "<" => NumericRelation::Less,
        "<=" => NumericRelation::LessOrEqual,
        ">" => NumericRelation::Greater,
        ">=" => NumericRelation::GreaterOrEqual,
        other if before.is_empty() => return Err(format!("Unrecognized numeric range operator: {other}")),
        other => return Err(format!("Bad numeric range operator: {other}")),
    };
    let opens =
        |bound: &NumericBound| matches!(bound.relation, NumericRelation::Greater | NumericRelation::GreaterOrEqual);
    match before {
        [] => Ok(relation),
        [first] if !opens(first) => Err("Too many elements in numeric expression".into()),
        [_] if matches!(relation, NumericRelation::Less | NumericRelation::LessOrEqual) => Ok(relation),
        [_] => Err(format!("Bad numeric range operator: {written}")),
        _ => Err("Too many terms in numeric range expression".into()),
    }
}

fn cidr(text: &str, at: &Steps) -> Result<ValuePattern, PolicyFault> {
    let Some((address, bits)) = text.split_once('/') else {
        return Err(fault(at, "Malformed CIDR, one '/' required"));
    };
    let bits = bits.parse().map_err(|_| fault(at, "Malformed CIDR, mask bits must be an integer"))?;
    let address: IpAddr = address.parse().map_err(|_| fault(at, format!("Nonstandard IP address: {address}")))?;
    let widest = if address.is_ipv4() { 32 } else { 128 };
    if bits > widest {
        return Err(fault(at, format!("Malformed CIDR, mask bits must be at most {widest}")));
    }
    Ok(ValuePattern::Cidr(address, bits))
}
