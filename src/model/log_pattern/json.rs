//! Patterns of JSON events: `{ $.level = "ERROR" && ($.ms > 500 || $.user.id NOT EXISTS) }`.

use super::{PatternFault, like, wrong};
use serde_json::Value;

/// What of an event has to hold.
#[derive(Debug, Clone, PartialEq)]
pub enum PatternCondition {
    All(Vec<PatternCondition>),
    Any(Vec<PatternCondition>),
    Is(Vec<SelectorStep>, PatternTest),
}

#[derive(Debug, Clone, PartialEq)]
pub enum SelectorStep {
    Member(String),
    Item(usize),
}

#[derive(Debug, Clone, PartialEq)]
pub enum PatternTest {
    /// A text, in which `*` stands for anything.
    Like(String),
    Unlike(String),
    Number(FieldComparison, f64),
    Null,
    True,
    False,
    Missing,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldComparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

pub const COMPARISONS: [(&str, FieldComparison); 6] = [
    ("!=", FieldComparison::Unequal),
    ("<=", FieldComparison::LessOrEqual),
    (">=", FieldComparison::GreaterOrEqual),
    ("=", FieldComparison::Equal),
    ("<", FieldComparison::Less),
    (">", FieldComparison::Greater),
];
/// Brackets within brackets; a pattern has 1024 characters.
const DEEPEST: usize = 64;

impl PatternCondition {
    pub fn holds(&self, event: &Value) -> bool {
        match self {
            PatternCondition::All(all) => all.iter().all(|condition| condition.holds(event)),
            PatternCondition::Any(any) => any.iter().any(|condition| condition.holds(event)),
            PatternCondition::Is(path, test) => match select(event, path) {
                None => *test == PatternTest::Missing,
                Some(value) => test.holds(value),
            },
        }
    }
}

/// What a selector finds in an event.
pub fn select<'a>(event: &'a Value, path: &[SelectorStep]) -> Option<&'a Value> {
    path.iter().try_fold(event, |value, step| match step {
        SelectorStep::Member(name) => value.get(name),
        SelectorStep::Item(index) => value.get(index),
    })
}

/// Reads a selector that stands alone: `$.a.b[0]`.
pub fn selector(text: &str) -> Result<Vec<SelectorStep>, PatternFault> {
    let mut parser = PatternParser { rest: text, depth: 0 };
    let path = parser.path()?;
    if parser.rest.is_empty() { Ok(path) } else { Err(wrong(&format!("{:?} is not understood", parser.rest))) }
}

impl FieldComparison {
    pub fn holds(self, number: f64, wanted: f64) -> bool {
        match self {
            FieldComparison::Equal => number == wanted,
            FieldComparison::Unequal => number != wanted,
            FieldComparison::Less => number < wanted,
            FieldComparison::LessOrEqual => number <= wanted,
            FieldComparison::Greater => number > wanted,
            FieldComparison::GreaterOrEqual => number >= wanted,
        }
    }
}

impl PatternTest {
    fn holds(&self, value: &Value) -> bool {
        match self {
            PatternTest::Like(wanted) => text(value).is_some_and(|text| like(&text, wanted)),
            PatternTest::Unlike(wanted) => text(value).is_some_and(|text| !like(&text, wanted)),
            PatternTest::Number(comparison, wanted) => {
                value.as_f64().is_some_and(|number| comparison.holds(number, *wanted))
            }
            PatternTest::Null => value.is_null(),
            PatternTest::True => *value == Value::Bool(true),
            PatternTest::False => *value == Value::Bool(false),
            PatternTest::Missing => false,
        }
    }
}

pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        _ => None,
    }
}

pub fn parse(text: &str) -> Result<PatternCondition, PatternFault> {
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    let mut parser = PatternParser { rest: inner.ok_or_else(|| wrong("a closing } is missing"))?, depth: 0 };
    let condition = parser.any()?;
    parser.skip_space();
    if parser.rest.is_empty() { Ok(condition) } else { Err(wrong(&format!("{:?} is not understood", parser.rest))) }
}

struct PatternParser<'a> {
    rest: &'a str,
    depth: usize,
}

impl PatternParser<'_> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, word: &str) -> bool {
        self.skip_space();
        let after = self.rest.strip_prefix(word);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn any(&mut self) -> Result<PatternCondition, PatternFault> {
        let mut parts = vec![self.all()?];
        while self.take("||") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { PatternCondition::Any(parts) })
    }

    fn all(&mut self) -> Result<PatternCondition, PatternFault> {
        let mut parts = vec![self.one()?];
        while self.take("&&") {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { PatternCondition::All(parts) })
    }

    fn one(&mut self) -> Result<PatternCondition, PatternFault> {
        if self.take("(") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(wrong("too many brackets"));
            }
            let inner = self.any()?;
            self.depth -= 1;
            return if self.take(")") { Ok(inner) } else { Err(wrong("a closing ) is missing")) };
        }
        let path = self.path()?;
        for (words, test) in [
            (["IS", "NULL"], PatternTest::Null),
            (["IS", "TRUE"], PatternTest::True),
            (["IS", "FALSE"], PatternTest::False),
            (["NOT", "EXISTS"], PatternTest::Missing),
        ] {
            let before = self.rest;
            if self.take(words[0]) && self.take(words[1]) {
                return Ok(PatternCondition::Is(path, test));
            }
            self.rest = before;
        }
        let found = COMPARISONS.iter().find(|(sign, _)| self.take(sign));
        let (sign, comparison) = found.ok_or_else(|| wrong("a comparison is missing"))?;
        let (value, quoted) = self.value()?;
        let test = match (value.parse::<f64>(), comparison) {
            (Ok(number), comparison) if !quoted => PatternTest::Number(*comparison, number),
            (_, FieldComparison::Equal) => PatternTest::Like(value),
            (_, FieldComparison::Unequal) => PatternTest::Unlike(value),
            _ => return Err(wrong(&format!("{sign} compares numbers only"))),
        };
        Ok(PatternCondition::Is(path, test))
    }

    /// `$.a.b[0]["c d"]`.
    fn path(&mut self) -> Result<Vec<SelectorStep>, PatternFault> {
        if !self.take("$") {
            return Err(wrong("a selector such as $.level is missing"));
        }
        let mut path = Vec::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix('.') {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
                if end == 0 {
                    return Err(wrong("a selector names nothing after a dot"));
                }
                path.push(SelectorStep::Member(rest[..end].to_owned()));
                self.rest = &rest[end..];
            } else if let Some(rest) = self.rest.strip_prefix('[') {
                let (step, after) = if rest.starts_with('"') {
                    let (name, after) = super::unquote(rest)?;
                    (SelectorStep::Member(name), after)
                } else {
                    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                    let index = rest[..end].parse().map_err(|_| wrong("[ ] holds no index and no name"))?;
                    (SelectorStep::Item(index), &rest[end..])
                };
                path.push(step);
                self.rest = after.strip_prefix(']').ok_or_else(|| wrong("a closing ] is missing"))?;
            } else if path.is_empty() {
                return Err(wrong("a selector names nothing"));
            } else {
                return Ok(path);
            }
        }
    }

    /// A value, and whether it was quoted.
    fn value(&mut self) -> Result<(String, bool), PatternFault> {
        self.skip_space();
        match self.rest.chars().next() {
            Some('"') => {
                let (text, after) = super::unquote(self.rest)?;
                self.rest = after;
                Ok((text, true))
            }
            Some('%') => Err(super::no_regex()),
            _ => {
                let end = self.rest.find(|c: char| c.is_whitespace() || "()&|".contains(c)).unwrap_or(self.rest.len());
                let (text, after) = self.rest.split_at(end);
                self.rest = after;
                if text.is_empty() { Err(wrong("a value is missing")) } else { Ok((text.to_owned(), false)) }
            }
        }
    }
}
