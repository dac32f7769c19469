//! What a file says, as a tree in which every value and every key knows where it stands. Knows nothing of YAML.

use std::fmt;

/// A byte range of the source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }
}

/// One value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub span: Span,
    pub data: Data,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Nothing, `~` or `null`.
    Null,
    Scalar(Scalar),
    List(Vec<Node>),
    /// In the order of the file; a repeated key is kept, so that it can be reported.
    Map(Vec<MapEntry>),
    /// A value whose mistake is already reported: every check passes over it.
    Hole,
}

/// A text as it is written: what it means (a number, a duration, a name) is for its reader to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    pub text: String,
    /// Quoted or a block: a text even when it looks like a number.
    pub quoted: bool,
    /// Where the text stands in the source letter by letter: its lines, or one piece that is all of it. Empty where it
    /// holds escapes or comes from a variable.
    pub pieces: Vec<Piece>,
}

/// `length` bytes of a text from `text` on, and of the source from `source` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    pub text: usize,
    pub source: usize,
    pub length: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct MapEntry {
    pub name: SpannedName,
    pub value: Node,
}

/// A key, or any other text that names something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpannedName {
    pub text: String,
    pub span: Span,
}

impl Node {
    pub fn new(span: Span, data: Data) -> Self {
        Self { span, data }
    }

    /// A text that stands nowhere letter by letter: one that a preset writes.
    pub fn written(span: Span, text: impl Into<String>) -> Self {
        Self::new(span, Data::Scalar(Scalar { text: text.into(), quoted: true, pieces: Vec::new() }))
    }

    /// The value of a key, where this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.name.text == key).map(|entry| &entry.value)
    }

    /// The entries of a map; of anything else, none.
    pub fn entries(&self) -> &[MapEntry] {
        match &self.data {
            Data::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; of anything else, none.
    pub fn items(&self) -> &[Node] {
        match &self.data {
            Data::List(items) => items,
            _ => &[],
        }
    }

    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.data {
            Data::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        self.scalar().map(|scalar| scalar.text.as_str())
    }

    /// A finite decimal number, quoted or not.
    pub fn number(&self) -> Option<f64> {
        self.text().and_then(parse_number)
    }

    pub fn integer(&self) -> Option<i64> {
        self.text()?.parse().ok()
    }

    /// `true` or `false`; `on`, `off`, `yes` and `no` are texts, as in YAML 1.2.
    pub fn boolean(&self) -> Option<bool> {
        match self.text()? {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }

    /// Seconds: a duration such as `5m`, or a whole number.
    pub fn seconds(&self) -> Option<i64> {
        let text = self.text()?;
        text.parse().ok().or_else(|| super::duration::parse_seconds(text))
    }

    /// The part of a text from byte `start` to byte `end`, as far as it is on one line; the first line of the whole text
    /// where it does not stand letter by letter.
    pub fn part(&self, start: usize, end: usize) -> Span {
        let pieces = self.scalar().map(|scalar| scalar.pieces.as_slice()).unwrap_or_default();
        let within = |piece: &&Piece| (piece.text..=piece.text + piece.length).contains(&start);
        pieces.iter().rfind(within).map_or(self.span, |piece| {
            let at = |offset: usize| piece.source + offset.clamp(piece.text, piece.text + piece.length) - piece.text;
            Span::new(at(start), at(end))
        })
    }

    /// The JSON value that YAML's core schema sees; a quoted text stays a text.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.data {
            Data::Null | Data::Hole => Value::Null,
            Data::List(items) => items.iter().map(Node::to_json).collect(),
            Data::Map(entries) => entries.iter().map(|e| (e.name.text.clone(), e.value.to_json())).collect(),
            Data::Scalar(scalar) if scalar.quoted => Value::String(scalar.text.clone()),
            Data::Scalar(scalar) => {
                let number = || match scalar.text.parse::<i64>() {
                    Ok(n) if n.to_string() == scalar.text => Some(Value::from(n)),
                    _ if scalar.text.starts_with('0') && !scalar.text.starts_with("0.") => None,
                    _ => parse_number(&scalar.text).map(Value::from),
                };
                self.boolean().map(Value::Bool).or_else(number).unwrap_or_else(|| Value::String(scalar.text.clone()))
            }
        }
    }

    /// What this is, in words, for "but this is ...".
    pub fn what(&self) -> &'static str {
        match &self.data {
            Data::Null => "empty",
            Data::Scalar(_) => "a single value",
            Data::List(_) => "a list",
            Data::Map(_) => "a map of keys and values",
            Data::Hole => "unknown",
        }
    }
}

/// A finite number that starts like one: neither `inf` nor `nan`.
pub fn parse_number(text: &str) -> Option<f64> {
    let starts_like_one = text.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit() || c == '.');
    text.parse::<f64>().ok().filter(|n| starts_like_one && n.is_finite())
}

impl fmt::Display for SpannedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
