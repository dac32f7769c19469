//! Patterns of JSON events: `{ $.level = "ERROR" && ($.ms > 500 || $.user.id NOT EXISTS) }`.

use serde_json::Value;

/// What of an event has to hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Is(Vec<Step>, Test),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Member(String),
    Item(usize),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// A text, in which `*` stands for anything.
    Like(String),
    Unlike(String),
    Number(Comparison, f64),
    Null,
    True,
    False,
    Missing,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

const COMPARISONS: [(&str, Comparison); 6] = [
    ("!=", Comparison::Unequal),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("=", Comparison::Equal),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];
/// Brackets within brackets; a pattern has 1024 characters.
const DEEPEST: usize = 64;

impl Condition {
    pub fn holds(&self, event: &Value) -> bool {
        match self {
            Condition::All(all) => all.iter().all(|condition| condition.holds(event)),
            Condition::Any(any) => any.iter().any(|condition| condition.holds(event)),
            Condition::Is(path, test) => {
                let found = path.iter().try_fold(event, |value, step| match step {
                    Step::Member(name) => value.get(name),
                    Step::Item(index) => value.get(index),
                });
                match found {
                    None => *test == Test::Missing,
                    Some(value) => test.holds(value),
                }
            }
        }
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        match self {
            Test::Like(wanted) => text(value).is_some_and(|text| like(&text, wanted)),
            Test::Unlike(wanted) => text(value).is_some_and(|text| !like(&text, wanted)),
            Test::Number(comparison, wanted) => value.as_f64().is_some_and(|number| match comparison {
                Comparison::Equal => number == *wanted,
                Comparison::Unequal => number != *wanted,
                Comparison::Less => number < *wanted,
                Comparison::LessOrEqual => number <= *wanted,
                Comparison::Greater => number > *wanted,
                Comparison::GreaterOrEqual => number >= *wanted,
            }),
            Test::Null => value.is_null(),
            Test::True => *value == Value::Bool(true),
            Test::False => *value == Value::Bool(false),
            Test::Missing => false,
        }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        _ => None,
    }
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

pub fn parse(text: &str) -> Result<Condition, String> {
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    let mut parser = Parser { rest: inner.ok_or_else(|| wrong("a closing } is missing"))?, depth: 0 };
    let condition = parser.any()?;
    parser.skip_space();
    if parser.rest.is_empty() { Ok(condition) } else { Err(wrong(&format!("{:?} is not understood", parser.rest))) }
}

fn wrong(what: &str) -> String {
    format!("Invalid filter pattern: {what}.")
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, word: &str) -> bool {
        self.skip_space();
        let after = self.rest.strip_prefix(word);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn any(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.all()?];
        while self.take("||") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::Any(parts) })
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.one()?];
        while self.take("&&") {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) })
    }

    fn one(&mut self) -> Result<Condition, String> {
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
            (["IS", "NULL"], Test::Null),
            (["IS", "TRUE"], Test::True),
            (["IS", "FALSE"], Test::False),
            (["NOT", "EXISTS"], Test::Missing),
        ] {
            let before = self.rest;
            if self.take(words[0]) && self.take(words[1]) {
                return Ok(Condition::Is(path, test));
            }
            self.rest = before;
        }
        let found = COMPARISONS.iter().find(|(sign, _)| self.take(sign));
        let (sign, comparison) = found.ok_or_else(|| wrong("a comparison is missing"))?;
        let (value, quoted) = self.value()?;
        let test = match (value.parse::<f64>(), comparison) {
            (Ok(number), comparison) if !quoted => Test::Number(*comparison, number),
            (_, Comparison::Equal) => Test::Like(value),
            (_, Comparison::Unequal) => Test::Unlike(value),
            _ => return Err(wrong(&format!("{sign} compares numbers only"))),
        };
        Ok(Condition::Is(path, test))
    }

    /// `$.a.b[0]["c d"]`.
    fn path(&mut self) -> Result<Vec<Step>, String> {
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
                path.push(Step::Member(rest[..end].to_owned()));
                self.rest = &rest[end..];
            } else if let Some(rest) = self.rest.strip_prefix('[') {
                let (step, after) = if rest.starts_with('"') {
                    let (name, after) = super::unquote(rest)?;
                    (Step::Member(name), after)
                } else {
                    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                    let index = rest[..end].parse().map_err(|_| wrong("[ ] holds no index and no name"))?;
                    (Step::Item(index), &rest[end..])
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
    fn value(&mut self) -> Result<(String, bool), String> {
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
