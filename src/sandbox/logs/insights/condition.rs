//! `filter`: comparisons, `like`, `in`, `ispresent`, and `and`, `or`, `not` over them. A comparison with a field that a line has not
//! does not hold (not documented).

use super::row::{FieldValue, LogRow};
use super::token::{Token, Tokens};
use regex_lite::Regex;
use std::cmp::Ordering;

#[derive(Debug)]
pub enum LogCondition {
    All(Vec<LogCondition>),
    Any(Vec<LogCondition>),
    Not(Box<LogCondition>),
    Present(String),
    Like(String, LikePattern),
    In(String, Vec<FieldValue>),
    Compare(FieldOperand, &'static str, FieldOperand),
}

#[derive(Debug)]
pub enum LikePattern {
    Part(String),
    Pattern(Regex),
}

#[derive(Debug)]
pub enum FieldOperand {
    Field(String),
    Value(FieldValue),
}

const COMPARISONS: [&str; 6] = ["=", "!=", "<", "<=", ">", ">="];
/// Deeper is nobody's filter.
const DEEPEST: usize = 50;

impl LogCondition {
    pub fn read(tokens: &mut Tokens) -> Result<Self, String> {
        any(tokens, 0)
    }

    pub fn holds(&self, row: &LogRow) -> bool {
        match self {
            LogCondition::All(parts) => parts.iter().all(|part| part.holds(row)),
            LogCondition::Any(parts) => parts.iter().any(|part| part.holds(row)),
            LogCondition::Not(part) => !part.holds(row),
            LogCondition::Present(field) => row.field(field).is_some(),
            LogCondition::Like(field, pattern) => row.field(field).is_some_and(|value| match pattern {
                LikePattern::Part(part) => value.text().contains(part.as_str()),
                LikePattern::Pattern(regex) => regex.is_match(&value.text()),
            }),
            LogCondition::In(field, values) => row.field(field).is_some_and(|value| values.contains(&value)),
            LogCondition::Compare(left, operator, right) => {
                let (Some(left), Some(right)) = (left.of(row), right.of(row)) else { return false };
                let order = match (left.number(), right.number()) {
                    (Some(left), Some(right)) => left.total_cmp(&right),
                    _ => left.text().cmp(&right.text()),
                };
                match *operator {
                    "=" => order == Ordering::Equal,
                    "!=" => order != Ordering::Equal,
                    "<" => order == Ordering::Less,
                    "<=" => order != Ordering::Greater,
                    ">" => order == Ordering::Greater,
                    _ => order != Ordering::Less,
                }
            }
        }
    }
}

impl FieldOperand {
    fn of(&self, row: &LogRow) -> Option<FieldValue> {
        match self {
            FieldOperand::Field(name) => row.field(name),
            FieldOperand::Value(value) => Some(value.clone()),
        }
    }
}

fn any(tokens: &mut Tokens, depth: usize) -> Result<LogCondition, String> {
    if depth > DEEPEST {
        return Err("the filter is nested too deeply".into());
    }
    let mut parts = vec![all(tokens, depth)?];
    while tokens.takes_word("or") {
        parts.push(all(tokens, depth)?);
    }
    Ok(one_or(parts, LogCondition::Any))
}

fn all(tokens: &mut Tokens, depth: usize) -> Result<LogCondition, String> {
    let mut parts = vec![not(tokens, depth)?];
    while tokens.takes_word("and") {
        parts.push(not(tokens, depth)?);
    }
    Ok(one_or(parts, LogCondition::All))
}

fn one_or(mut parts: Vec<LogCondition>, more: fn(Vec<LogCondition>) -> LogCondition) -> LogCondition {
    if parts.len() == 1 { parts.remove(0) } else { more(parts) }
}

fn not(tokens: &mut Tokens, depth: usize) -> Result<LogCondition, String> {
    if depth > DEEPEST {
        return Err("the filter is nested too deeply".into());
    }
    if tokens.takes_word("not") {
        return Ok(LogCondition::Not(Box::new(not(tokens, depth + 1)?)));
    }
    if tokens.takes("(") {
        let inner = any(tokens, depth + 1)?;
        return if tokens.takes(")") { Ok(inner) } else { Err(format!("`)` is missing at `{}`", tokens.shown())) };
    }
    if tokens.takes_word("ispresent") {
        let field = if tokens.takes("(") { tokens.word() } else { None };
        return match field {
            Some(field) if tokens.takes(")") => Ok(LogCondition::Present(field)),
            _ => Err("`ispresent` needs a field in parentheses".into()),
        };
    }
    comparison(tokens)
}

fn comparison(tokens: &mut Tokens) -> Result<LogCondition, String> {
    let left = operand(tokens)?;
    if let FieldOperand::Field(field) = &left {
        let negated = tokens.takes_word("not");
        let found = if tokens.takes_word("like") || tokens.takes("=~") {
            Some(LogCondition::Like(field.clone(), like(tokens)?))
        } else if tokens.takes_word("in") {
            Some(LogCondition::In(field.clone(), list(tokens)?))
        } else {
            None
        };
        match found {
            Some(found) if negated => return Ok(LogCondition::Not(Box::new(found))),
            Some(found) => return Ok(found),
            None if negated => return Err(format!("`like` or `in` is missing at `{}`", tokens.shown())),
            None => {}
        }
    }
    match tokens.take() {
        Some(Token::Symbol(symbol)) if COMPARISONS.contains(&symbol) => {
            Ok(LogCondition::Compare(left, symbol, operand(tokens)?))
        }
        Some(Token::Symbol("(")) => Err("the sandbox knows no function in a filter but ispresent".into()),
        _ => Err("a comparison is missing in the filter".into()),
    }
}

fn operand(tokens: &mut Tokens) -> Result<FieldOperand, String> {
    match tokens.take() {
        Some(Token::Word(name)) => Ok(FieldOperand::Field(name)),
        Some(Token::Number(number)) => Ok(FieldOperand::Value(FieldValue::Number(number))),
        Some(Token::Text(text)) => Ok(FieldOperand::Value(FieldValue::of(&text))),
        _ => Err("a field or a value is missing in the filter".into()),
    }
}

fn like(tokens: &mut Tokens) -> Result<LikePattern, String> {
    match tokens.take() {
        Some(Token::Text(text)) => Ok(LikePattern::Part(text)),
        Some(Token::Pattern(regex)) => Ok(LikePattern::Pattern(regex)),
        _ => Err("`like` needs a text in quotes or a pattern between slashes".into()),
    }
}

fn list(tokens: &mut Tokens) -> Result<Vec<FieldValue>, String> {
    let mut values = Vec::new();
    if tokens.takes("[") {
        loop {
            match operand(tokens)? {
                FieldOperand::Value(value) => values.push(value),
                FieldOperand::Field(name) => return Err(format!("`{name}` in a list needs quotes")),
            }
            if tokens.takes("]") {
                return Ok(values);
            }
            if !tokens.takes(",") {
                break;
            }
        }
    }
    Err("`in` needs a list such as [\"a\", \"b\"]".into())
}
