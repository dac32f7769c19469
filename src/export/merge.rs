//! The same resources with several sets of values -> one, with parameters where they differ: one for each column that stands in a text
//! as it was given, and else one for the property.

use super::link::{SECRET, escape};
use super::{ExportColumn, camel};
use crate::model::secret;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A parameter of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentParameter {
    pub is_number: bool,
    pub description: Option<String>,
    /// Whether it has no default and is shown nowhere.
    pub is_secret: bool,
    /// In every row.
    pub values: Vec<Value>,
}

/// The columns and the parameters that they have become so far.
#[derive(Debug)]
pub struct RowMerge<'a> {
    columns: &'a [ExportColumn],
    /// By row, by column.
    values: &'a [Vec<String>],
    /// Names that a parameter cannot have: those of resources.
    taken: BTreeSet<String>,
    pub parameters: BTreeMap<String, DocumentParameter>,
}

/// A text in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum TextPiece {
    Text(String),
    Column(usize),
}

impl<'a> RowMerge<'a> {
    pub fn new(columns: &'a [ExportColumn], values: &'a [Vec<String>], taken: BTreeSet<String>) -> Self {
        Self { columns, values, taken, parameters: BTreeMap::new() }
    }

    /// One value of those of all rows; `path` is where it stands, in words.
    ///
    /// # Errors
    /// Where the rows differ in more than a value.
    pub fn merge(&mut self, path: &str, rows: &[&Value]) -> Result<Value, String> {
        let Some(first) = rows.first() else { return Ok(Value::Null) };
        if let Some(texts) = every(rows, |value| value.get(SECRET)) {
            return Ok(self.leaf(path, &texts, true));
        }
        if rows.iter().all(|value| value == first) && !holds_secret(first) {
            return Ok((*first).clone());
        }
        if let Some(texts) = every(rows, |value| value.get("Fn::Sub")?.as_str()) {
            let pieces = self.pattern(&texts).ok_or_else(|| differs(path))?;
            return Ok(json!({ "Fn::Sub": self.joined(&pieces, str::to_owned) }));
        }
        if let Some(maps) = every(rows, |value| value.as_object()) {
            return self.maps(path, &maps);
        }
        if let Some(lists) = every(rows, |value| value.as_array()) {
            return self.lists(path, &lists);
        }
        match rows.iter().all(|value| value.is_string() || value.is_number() || value.is_boolean()) {
            true => Ok(self.leaf(path, rows, false)),
            false => Err(differs(path)),
        }
    }

    fn maps(&mut self, path: &str, maps: &[&Map<String, Value>]) -> Result<Value, String> {
        if maps.iter().any(|map| !map.keys().eq(maps[0].keys())) {
            return Err(differs(path));
        }
        let mut merged = Map::new();
        for key in maps[0].keys() {
            let values: Vec<&Value> = maps.iter().map(|map| &map[key]).collect();
            let inner = if key == "Value" { path.to_owned() } else { format!("{path} {key}") };
            merged.insert(key.clone(), self.merge(&inner, &values)?);
        }
        Ok(Value::Object(merged))
    }

    fn lists(&mut self, path: &str, lists: &[&Vec<Value>]) -> Result<Value, String> {
        if lists.iter().any(|list| list.len() != lists[0].len()) {
            return Err(differs(path));
        }
        let mut merged = Vec::new();
        for at in 0..lists[0].len() {
            let items: Vec<&Value> = lists.iter().map(|list| &list[at]).collect();
            // A tag is known by its key.
            let word = items[0].get("Key").and_then(Value::as_str).map_or_else(|| at.to_string(), str::to_owned);
            merged.push(self.merge(&format!("{path} {word}"), &items)?);
        }
        Ok(Value::Array(merged))
    }

    /// A text or a number that differs, or that must not be shown.
    fn leaf(&mut self, path: &str, rows: &[&Value], is_secret: bool) -> Value {
        let text = |value: &&Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let texts: Vec<String> = rows.iter().map(text).collect();
        let pieces = self.pattern(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        // Of what is secret, no part stands in the open.
        let pieces = pieces.filter(|pieces| !is_secret || pieces.iter().all(|piece| self.is_secret(piece)));
        match pieces.as_deref() {
            Some([TextPiece::Column(at)]) => json!({ "Ref": self.reference(*at) }),
            Some(pieces) => json!({ "Fn::Sub": self.joined(pieces, escape) }),
            None => {
                let is_number = rows.iter().all(|value| value.is_number());
                let values = rows.iter().map(|value| (*value).clone()).collect();
                let own = DocumentParameter { is_number, description: None, is_secret, values };
                json!({ "Ref": self.parameter(camel(path, LONGEST), own) })
            }
        }
    }

    fn is_secret(&self, piece: &TextPiece) -> bool {
        match piece {
            TextPiece::Text(text) => secret::hidden(text) == text.as_str(),
            TextPiece::Column(at) => self.columns[*at].is_secret,
        }
    }

    /// The texts of the rows as one, in which columns stand as they were given; `None` where that does not give them all.
    fn pattern(&self, texts: &[&str]) -> Option<Vec<TextPiece>> {
        let first = texts.first()?;
        let mut columns: Vec<usize> = (0..self.columns.len()).filter(|at| self.is_of_use(*at)).collect();
        // What the engine says itself comes before a variable with the same value, a longer value before what is a part of it.
        columns.sort_by_key(|at| (!self.columns[*at].is_pseudo, std::cmp::Reverse(self.values[0][*at].len())));
        let choices = columns.iter().map(|at| vec![*at]).chain([columns.clone()]);
        choices.into_iter().find_map(|columns| {
            let pieces = self.cut(first, &columns);
            let gives = |(row, text): (usize, &&str)| self.filled(&pieces, row) == **text;
            let has_column = pieces.iter().any(|piece| matches!(piece, TextPiece::Column(_)));
            (has_column && texts.iter().enumerate().all(gives)).then_some(pieces)
        })
    }

    /// Whether a column says anything: it differs, or is secret.
    fn is_of_use(&self, at: usize) -> bool {
        let first = &self.values[0][at];
        !first.is_empty() && (self.columns[at].is_secret || self.values.iter().any(|row| row[at] != *first))
    }

    fn cut(&self, text: &str, columns: &[usize]) -> Vec<TextPiece> {
        let mut pieces: Vec<TextPiece> = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let found = columns.iter().find(|at| rest.starts_with(&self.values[0][**at]));
            match (found, pieces.last_mut()) {
                (Some(at), _) => {
                    pieces.push(TextPiece::Column(*at));
                    rest = &rest[self.values[0][*at].len()..];
                    continue;
                }
                (None, Some(TextPiece::Text(text))) => text.push(c),
                (None, _) => pieces.push(TextPiece::Text(c.to_string())),
            }
            rest = &rest[c.len_utf8()..];
        }
        pieces
    }

    fn filled(&self, pieces: &[TextPiece], row: usize) -> String {
        let text = |piece: &TextPiece| match piece {
            TextPiece::Text(text) => text.clone(),
            TextPiece::Column(at) => self.values[row][*at].clone(),
        };
        pieces.iter().map(text).collect()
    }

    /// As `Fn::Sub` takes it.
    fn joined(&mut self, pieces: &[TextPiece], literal: fn(&str) -> String) -> String {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                TextPiece::Text(plain) => text.push_str(&literal(plain)),
                TextPiece::Column(at) => text.push_str(&format!("${{{}}}", self.reference(*at))),
            }
        }
        text
    }

    /// The name by which a column is referred to; it is a parameter from now on.
    fn reference(&mut self, at: usize) -> String {
        let column = &self.columns[at];
        if column.is_pseudo {
            return column.name.clone();
        }
        let values = self.values.iter().map(|row| row[at].as_str().into()).collect();
        let (description, is_secret) = (column.description.clone(), column.is_secret);
        self.parameter(
            camel(&column.name, LONGEST),
            DocumentParameter { is_number: false, description, is_secret, values },
        )
    }

    /// The name of a parameter, the wanted one where no other has it.
    fn parameter(&mut self, wanted: String, own: DocumentParameter) -> String {
        let wanted = if wanted.is_empty() { "Value".to_owned() } else { wanted };
        let names = std::iter::once(wanted.clone()).chain((2..).map(|n| format!("{wanted}Value{n}")));
        let mut free = names.filter(|name| !self.taken.contains(name));
        let name = free.find(|name| self.parameters.get(name).is_none_or(|other| *other == own)).unwrap_or(wanted);
        self.parameters.insert(name.clone(), own);
        name
    }
}

/// Characters of a parameter's name.
const LONGEST: usize = 240;

fn every<'v, T>(rows: &[&'v Value], part: impl Fn(&'v Value) -> Option<T>) -> Option<Vec<T>> {
    rows.iter().map(|value| part(value)).collect()
}

fn holds_secret(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.contains_key(SECRET) || members.values().any(holds_secret),
        Value::Array(items) => items.iter().any(holds_secret),
        _ => false,
    }
}

fn differs(path: &str) -> String {
    format!("{path} differs between the accounts in more than a value")
}
