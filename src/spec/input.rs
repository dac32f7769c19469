//! Files and texts -> specs and variables.

use super::document::Spec;
use super::error::SpecError;
use super::file;
use super::yaml::{self, Parsed};
use crate::model::node::{Data, Node, Span};
use crate::model::problem::SpecProblem;
use crate::model::shape::{self, ObjectSchema, Shape};
use std::collections::BTreeMap;
use std::path::Path;

/// Reads a spec; `-` is the standard input. Variables are not bound yet: `Spec::bind` finds the mistakes.
pub fn load(path: &Path) -> Result<Spec, SpecError> {
    let (name, text) = file::read(path, &file::SPEC)?;
    of_text(&name, text)
}

#[cfg(test)]
pub fn parse(name: &str, text: &str) -> Result<Spec, SpecError> {
    of_text(name, text.to_owned())
}

/// A spec from its text; `name` is what messages call it. Fails where the text is not YAML or not a map.
pub(super) fn of_text(name: &str, text: String) -> Result<Spec, SpecError> {
    let fail = |problem| SpecError::new(name, &text, vec![problem]);
    let parsed = yaml::read(&text).map_err(fail)?;
    let root = &parsed.root;
    match &root.data {
        Data::Map(_) => Ok(Spec::new(name, text, parsed)),
        Data::Null => Err(fail(
            SpecProblem::new(Span::default(), "the file is empty")
                .help("a spec begins with: version: 1, then stack: and a name"),
        )),
        _ => Err(fail(
            SpecProblem::new(
                Span::new(root.span.start, root.span.start + 1),
                format!("a spec is a map of keys and values, but this is {}", root.what()),
            )
            .help("it begins with: version: 1, then stack: and a name"),
        )),
    }
}

/// Another file of ours that is written like a spec: its tree, and what its mistakes are shown with.
#[derive(Debug)]
pub struct SpecLikeDocument {
    name: String,
    text: String,
    pub root: Node,
}

impl SpecLikeDocument {
    pub(super) fn new(name: &str, text: &str, root: Node) -> Self {
        Self { name: name.to_owned(), text: text.to_owned(), root }
    }

    /// Mistakes that were found while the tree was read.
    pub fn mistakes(&self, problems: Vec<SpecProblem>) -> SpecError {
        SpecError::new(&self.name, &self.text, problems)
    }
}

/// Reads a YAML file and holds it against its shape.
pub fn read_document(path: &Path, object: &'static ObjectSchema) -> Result<SpecLikeDocument, SpecError> {
    let (name, text) = file::read(path, &file::DOCUMENT)?;
    parse_document(&name, &text, object)
}

/// The same of a text.
pub fn parse_document(name: &str, text: &str, object: &'static ObjectSchema) -> Result<SpecLikeDocument, SpecError> {
    let fail = |problems| SpecError::new(name, text, problems);
    let Parsed { root, mut problems, .. } = yaml::read(text).map_err(|problem| fail(vec![problem]))?;
    let label = format!("the file of {}", object.what.trim_start_matches("a "));
    shape::check(&root, &Shape::Object(object), &label, &mut problems);
    match problems.is_empty() {
        true => Ok(SpecLikeDocument::new(name, text, root)),
        false => Err(fail(problems)),
    }
}

/// The name and the text of a file of another engine; `-` is the standard input.
///
/// # Errors
/// What cannot be read.
pub fn read_foreign_text(path: &Path) -> Result<(String, String), SpecError> {
    file::read(path, &file::FOREIGN)
}

/// The tree of another engine's document, YAML or JSON; `!Ref x` is the map `Ref: x` in it, `!Sub x` is `Fn::Sub: x`.
///
/// # Errors
/// Where it is neither. No line of it is shown: it may hold secrets.
pub fn parse_foreign(name: &str, text: &str) -> Result<Node, SpecError> {
    yaml::read_foreign(text).map_err(|problem| SpecError::new(name, text, vec![problem]).without_lines())
}

/// Values of variables from a YAML or JSON file: a map of names and single values.
pub fn read_var_file(path: &Path) -> Result<BTreeMap<String, String>, SpecError> {
    let (name, text) = file::read(path, &file::VARIABLES)?;
    parse_vars(&name, &text)
}

fn parse_vars(name: &str, text: &str) -> Result<BTreeMap<String, String>, SpecError> {
    let Parsed { root, mut problems, .. } =
        yaml::read(text).map_err(|problem| SpecError::new(name, text, vec![problem]))?;
    let mut values = BTreeMap::new();
    if !matches!(root.data, Data::Map(_) | Data::Null) {
        let place = Span::new(root.span.start, root.span.start + 1);
        problems.push(
            SpecProblem::new(place, "a file of variables is a map of names and values").help("write name: value"),
        );
    }
    for entry in root.entries() {
        let key = &entry.name;
        match entry.value.text() {
            _ if values.contains_key(&key.text) => {
                let first = root.entries().iter().find(|e| e.name.text == key.text).map_or(key.span, |e| e.name.span);
                problems.push(
                    SpecProblem::new(key.span, format!("`{key}` is given twice")).also(first, "first given here"),
                );
            }
            Some(value) => {
                values.insert(key.text.clone(), value.to_owned());
            }
            None => {
                let message = format!("the value of `{key}` is {}", entry.value.what());
                problems.push(SpecProblem::new(key.span, message).help("a variable has a single value: name: value"));
            }
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(SpecError::new(name, text, problems)) }
}
