//! `Fn::ForEach` of AWS::LanguageExtensions: a template without it, each turn written out. Bounded in what it may grow to.

use super::evaluate::Evaluator;
use super::value::{UnknownValue, scalar_text};
use crate::model::node::{Data, MapEntry, Node, Scalar, SpannedName};
use serde_json::Value;

/// How such a key begins; a name of the loop follows.
pub const LOOP: &str = "Fn::ForEach::";
/// Values that all turns together may make.
const MOST_VALUES: usize = 300_000;
/// Loops in loops.
const DEEPEST: usize = 6;

/// Writes out the loops of a template.
pub struct LoopWriter<'e, 't> {
    /// Of the template as it is, for the lists that loops go through.
    pub evaluator: &'e mut Evaluator<'t>,
    left: usize,
    /// Loops that could not be written out.
    pub failed: Vec<(SpannedName, UnknownValue)>,
}

/// Whether there is a loop anywhere in a tree.
pub fn has_loops(node: &Node) -> bool {
    match &node.data {
        Data::List(items) => items.iter().any(has_loops),
        Data::Map(entries) => entries.iter().any(|entry| entry.name.text.starts_with(LOOP) || has_loops(&entry.value)),
        _ => false,
    }
}

impl<'e, 't> LoopWriter<'e, 't> {
    pub fn new(evaluator: &'e mut Evaluator<'t>) -> Self {
        Self { evaluator, left: MOST_VALUES, failed: Vec::new() }
    }

    /// The tree with its loops written out.
    pub fn written_out(&mut self, node: &Node, depth: usize) -> Node {
        let data = match &node.data {
            Data::List(items) => Data::List(items.iter().map(|item| self.written_out(item, depth)).collect()),
            Data::Map(entries) => {
                let mut all = Vec::new();
                for entry in entries {
                    match entry.name.text.starts_with(LOOP) {
                        true => {
                            if let Err(unknown) = self.turns(entry, depth, &mut all) {
                                self.failed.push((entry.name.clone(), unknown));
                            }
                        }
                        false => all
                            .push(MapEntry { name: entry.name.clone(), value: self.written_out(&entry.value, depth) }),
                    }
                }
                Data::Map(all)
            }
            data => data.clone(),
        };
        Node::new(node.span, data)
    }

    fn turns(&mut self, entry: &MapEntry, depth: usize, all: &mut Vec<MapEntry>) -> Result<(), UnknownValue> {
        let unknown = |why: &str| UnknownValue::new(entry.value.span, why);
        let [identifier, list, body] = entry.value.items() else {
            return Err(unknown("Fn::ForEach takes an identifier, a list and a map"));
        };
        let (Some(identifier), Data::Map(body)) = (identifier.text(), &body.data) else {
            return Err(unknown("Fn::ForEach takes an identifier, a list and a map"));
        };
        if depth >= DEEPEST {
            return Err(unknown("loops are nested too deep"));
        }
        for turn in self.list(list)? {
            for one in body {
                let value = self.filled(&one.value, identifier, &turn)?;
                let name = SpannedName { text: filled_text(&one.name.text, identifier, &turn), span: one.name.span };
                let written = Node::new(one.value.span, Data::Map(vec![MapEntry { name, value }]));
                // Loops inside are written out once the outer one's value is in them.
                if let Data::Map(entries) = self.written_out(&written, depth + 1).data {
                    all.extend(entries);
                }
            }
        }
        Ok(())
    }

    /// What a loop goes through.
    fn list(&mut self, node: &Node) -> Result<Vec<String>, UnknownValue> {
        let unknown = |why: &str| UnknownValue::new(node.span, why);
        let values = match &node.data {
            Data::List(items) => items.iter().map(|item| self.evaluated(item)).collect::<Result<Vec<_>, _>>()?,
            _ => match self.evaluated(node)? {
                Value::Array(values) => values,
                _ => return Err(unknown("Fn::ForEach takes a list")),
            },
        };
        let texts: Option<Vec<String>> = values.iter().map(scalar_text).collect();
        let texts = texts.ok_or_else(|| unknown("Fn::ForEach takes a list of single values"))?;
        texts.iter().try_for_each(|text| self.evaluator.known(text, node.span))?;
        Ok(texts)
    }

    /// Only what names no other node can be evaluated while the tree is being written: a value, a parameter.
    fn evaluated(&mut self, node: &Node) -> Result<Value, UnknownValue> {
        match super::template::function(node) {
            None => match &node.data {
                Data::Scalar(scalar) => Ok(super::value::plain(scalar)),
                _ => Err(UnknownValue::new(node.span, "Fn::ForEach takes a list of single values")),
            },
            Some(("Ref", argument)) => match argument.text() {
                Some(name) => {
                    let value = self.evaluator.reference(name, node.span)?;
                    value.ok_or_else(|| UnknownValue::new(node.span, "this is AWS::NoValue"))
                }
                None => Err(UnknownValue::new(node.span, "Ref takes a name")),
            },
            Some((name, _)) => {
                Err(UnknownValue::new(node.span, format!("the list of a loop is not worked out from {name}")))
            }
        }
    }

    /// A copy in which the identifier is a value.
    fn filled(&mut self, node: &Node, identifier: &str, value: &str) -> Result<Node, UnknownValue> {
        self.left = self.left.checked_sub(1).ok_or_else(|| UnknownValue::new(node.span, "the loops make too much"))?;
        if let Some(("Ref", argument)) = super::template::function(node)
            && argument.text() == Some(identifier)
        {
            return Ok(Node::written(node.span, value));
        }
        let data = match &node.data {
            Data::Scalar(scalar) => {
                let text = filled_text(&scalar.text, identifier, value);
                self.left = self.left.saturating_sub(text.len() / 64);
                Data::Scalar(Scalar { text, quoted: scalar.quoted, pieces: Vec::new() })
            }
            Data::List(items) => {
                let mut all = Vec::new();
                for item in items {
                    all.push(self.filled(item, identifier, value)?);
                }
                Data::List(all)
            }
            Data::Map(entries) => {
                let mut all = Vec::new();
                for entry in entries {
                    let name =
                        SpannedName { text: filled_text(&entry.name.text, identifier, value), span: entry.name.span };
                    all.push(MapEntry { name, value: self.filled(&entry.value, identifier, value)? });
                }
                Data::Map(all)
            }
            data => data.clone(),
        };
        Ok(Node::new(node.span, data))
    }
}

/// `${X}` is the value, `&{X}` its letters and digits alone.
fn filled_text(text: &str, identifier: &str, value: &str) -> String {
    if !text.contains("${") && !text.contains("&{") {
        return text.to_owned();
    }
    let letters: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    text.replace(&format!("${{{identifier}}}"), value).replace(&format!("&{{{identifier}}}"), &letters)
}
