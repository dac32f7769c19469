//! A value of a template -> JSON with nothing left to resolve, or why not. Bounded: in depth, in steps, in what texts may grow to.

use super::open::OpenTexts;
use super::template::{TemplateSections, function, is_mixed, twice};
use super::value::{Evaluated, ResourceName, UnknownValue, join, plain, scalar_text};
use crate::import::item::{PathSpans, UnresolvedValue};
use crate::model::Target;
use crate::model::node::{Data, Node, Span};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Values inside values, each a few frames: references count, too.
const DEEPEST: usize = 160;
/// Values that are looked at; a template of a megabyte has 100,000.
const MOST_STEPS: usize = 3_000_000;
/// Bytes of all texts that functions make.
const MOST_TEXT: usize = 32 << 20;
/// Bytes of one text.
const LONGEST_TEXT: usize = 1 << 20;

/// What is known beside the template.
#[derive(Debug)]
pub struct StackFacts {
    pub target: Target,
    pub stack_name: Option<String>,
    pub parameters: BTreeMap<String, String>,
    pub physical: BTreeMap<String, String>,
}

/// Evaluates the values of one template.
pub struct Evaluator<'t> {
    pub sections: TemplateSections<'t>,
    pub facts: &'t StackFacts,
    pub open: OpenTexts,
    /// `None` while it is worked out.
    pub conditions: BTreeMap<&'t str, Option<Result<bool, UnknownValue>>>,
    /// The names of resources; `None` while one is worked out.
    pub names: BTreeMap<&'t str, Option<Result<ResourceName, UnknownValue>>>,
    /// Pseudo parameters that were asked for.
    pub pseudo: std::collections::BTreeSet<&'static str>,
    depth: usize,
    steps: usize,
    text: usize,
}

/// The properties of one resource while they are evaluated.
#[derive(Debug, Default)]
pub struct PropertySink {
    pub spans: PathSpans,
    pub unresolved: Vec<UnresolvedValue>,
}

impl PropertySink {
    pub fn lose(&mut self, path: &str, unknown: UnknownValue) {
        let UnknownValue { span, why } = unknown;
        self.unresolved.push(UnresolvedValue { path: path.to_owned(), span, why, is_replaced: false });
    }
}

impl<'t> Evaluator<'t> {
    pub fn new(root: &'t Node, facts: &'t StackFacts, open: OpenTexts) -> Self {
        Self {
            sections: TemplateSections::of(root),
            facts,
            open,
            conditions: BTreeMap::new(),
            names: BTreeMap::new(),
            pseudo: std::collections::BTreeSet::new(),
            depth: 0,
            steps: 0,
            text: 0,
        }
    }

    /// Counts a step of work, one level further down.
    ///
    /// # Errors
    /// Where that is too deep, or too much.
    pub fn enter(&mut self, span: Span) -> Result<(), UnknownValue> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return Err(UnknownValue::new(span, "the template asks for too much work"));
        }
        if self.depth >= DEEPEST {
            return Err(UnknownValue::new(span, "it is nested too deep"));
        }
        self.depth += 1;
        Ok(())
    }

    pub fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Counts a text that a function has made.
    ///
    /// # Errors
    /// Where it, or all of them, are too long.
    pub fn made(&mut self, length: usize, span: Span) -> Result<(), UnknownValue> {
        self.text = self.text.saturating_add(length);
        if length > LONGEST_TEXT || self.text > MOST_TEXT {
            return Err(UnknownValue::new(span, "the functions of the template make too long a text"));
        }
        Ok(())
    }

    /// Evaluates a value; everything in it has to be known.
    pub fn evaluate(&mut self, node: &'t Node) -> Evaluated {
        self.enter(node.span)?;
        let value = self.entered(node);
        self.leave();
        value
    }

    fn entered(&mut self, node: &'t Node) -> Evaluated {
        match &node.data {
            Data::Null | Data::Hole => Ok(Some(Value::Null)),
            Data::Scalar(scalar) => {
                self.made(scalar.text.len(), node.span)?;
                Ok(Some(plain(scalar)))
            }
            Data::List(items) => {
                let mut values = Vec::new();
                for item in items {
                    values.extend(self.evaluate(item)?);
                }
                Ok(Some(Value::Array(values)))
            }
            Data::Map(entries) => {
                if let Some((name, argument)) = function(node) {
                    return self.call(name, argument, node.span);
                }
                not_mixed(node)?;
                let mut members = Map::new();
                for entry in entries {
                    if let Some(value) = self.evaluate(&entry.value)? {
                        members.insert(entry.name.text.clone(), value);
                    }
                }
                Ok(Some(Value::Object(members)))
            }
        }
    }

    /// Evaluates a value that has to be a single one.
    pub fn text(&mut self, node: &'t Node) -> Result<String, UnknownValue> {
        match self.evaluate(node)? {
            Some(value) => scalar_text(&value).ok_or_else(|| UnknownValue::new(node.span, "this is no single value")),
            None => Err(UnknownValue::new(node.span, "this is AWS::NoValue")),
        }
    }

    /// The same, of which every letter is known.
    pub fn known_text(&mut self, node: &'t Node) -> Result<String, UnknownValue> {
        let text = self.text(node)?;
        self.known(&text, node.span)?;
        Ok(text)
    }

    /// # Errors
    /// Where a text holds a value that nobody has given.
    pub fn known(&self, text: &str, span: Span) -> Result<(), UnknownValue> {
        match self.open.in_text(text) {
            Some(open) => Err(UnknownValue::new(span, open.missing())),
            None => Ok(()),
        }
    }

    /// Evaluates a property: what is not known in it is left out, and said.
    pub fn property(&mut self, node: &'t Node, path: &str, sink: &mut PropertySink) -> Option<Value> {
        sink.spans.insert(path, node.span);
        if let Err(unknown) = self.enter(node.span) {
            sink.lose(path, unknown);
            return None;
        }
        let value = self.entered_property(node, path, sink);
        self.leave();
        value
    }

    fn entered_property(&mut self, node: &'t Node, path: &str, sink: &mut PropertySink) -> Option<Value> {
        match &node.data {
            Data::List(items) => {
                let mut values = Vec::new();
                for item in items {
                    let before = sink.unresolved.len();
                    let value = self.property(item, &join(path, &values.len().to_string()), sink);
                    // Half an entry of a list is none.
                    let is_half = sink.unresolved.len() > before && matches!(item.data, Data::Map(_));
                    values.extend(value.filter(|_| !is_half));
                }
                Some(Value::Array(values))
            }
            Data::Map(entries) => match function(node) {
                Some(("Fn::If", argument)) => match self.branch(argument, node.span) {
                    Ok(Some(branch)) => self.property(branch, path, sink),
                    Ok(None) => None,
                    Err(unknown) => {
                        sink.lose(path, unknown);
                        None
                    }
                },
                Some(_) => self.leaf(node, path, sink),
                None => {
                    if let Err(unknown) = not_mixed(node) {
                        sink.lose(path, unknown);
                        return None;
                    }
                    let mut members = Map::new();
                    for entry in entries {
                        let name = &entry.name.text;
                        if let Some(value) = self.property(&entry.value, &join(path, name), sink) {
                            members.insert(name.clone(), value);
                        }
                    }
                    Some(Value::Object(members))
                }
            },
            _ => self.leaf(node, path, sink),
        }
    }

    /// A property that is known as a whole or not at all.
    fn leaf(&mut self, node: &'t Node, path: &str, sink: &mut PropertySink) -> Option<Value> {
        let settled = match self.evaluate(node) {
            Ok(None) => return None,
            Ok(Some(value)) => self.open.settle(value, path).map_err(|why| UnknownValue::new(node.span, why)),
            Err(unknown) => Err(unknown),
        };
        settled.map_err(|unknown| sink.lose(path, unknown)).ok()
    }
}

fn not_mixed(node: &Node) -> Result<(), UnknownValue> {
    if is_mixed(node) {
        return Err(UnknownValue::new(node.span, "a function has other keys beside it"));
    }
    match twice(node.entries()) {
        Some(entry) => Err(UnknownValue::new(entry.name.span, format!("{} is given twice", entry.name.text))),
        None => Ok(()),
    }
}
