//! Another file of ours with variables, such as a rubric: read once, bound once for each account. Knows no key but `vars`.

use super::error::SpecError;
use super::file;
use super::input::SpecLikeDocument;
use super::variables::{self, Variable, VariableFiller};
use super::yaml::{self, Parsed};
use crate::model::Node;
use crate::model::node::Data;
use crate::model::problem::SpecProblem;
use crate::model::shape::{self, ObjectSchema, Shape};
use std::collections::BTreeMap;
use std::path::Path;

/// A file whose variables are open: its mistakes are found when it is bound.
#[derive(Debug)]
pub struct Template {
    name: String,
    text: String,
    root: Node,
    object: &'static ObjectSchema,
    variables: Vec<Variable>,
    /// Mistakes that did not keep the file from being parsed.
    problems: Vec<SpecProblem>,
}

impl Template {
    /// Reads the file; fails where it is not YAML.
    pub fn read(path: &Path, object: &'static ObjectSchema) -> Result<Self, SpecError> {
        let (name, text) = file::read(path, &file::SPEC)?;
        Self::parse(&name, &text, object)
    }

    /// The same of a text.
    pub fn parse(name: &str, text: &str, object: &'static ObjectSchema) -> Result<Self, SpecError> {
        let Parsed { root, problems, .. } =
            yaml::read(text).map_err(|problem| SpecError::new(name, text, vec![problem]))?;
        let variables = variables::declared(root.get("vars"));
        Ok(Self { name: name.to_owned(), text: text.to_owned(), root, object, variables, problems })
    }

    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// Fills in the variables and holds the file against its shape: all mistakes at once.
    pub fn bind(&self, values: &BTreeMap<String, String>) -> Result<SpecLikeDocument, SpecError> {
        let (mut root, mut problems) = (self.root.clone(), self.problems.clone());
        variables::check_names(root.get("vars"), &mut problems);
        let mut filler = VariableFiller::new(&self.variables, values);
        if let Data::Map(entries) = &mut root.data {
            for entry in entries.iter_mut().filter(|entry| entry.name.text != "vars") {
                filler.fill(&mut entry.value);
            }
        }
        problems.extend(filler.done());
        let label = format!("the file of {}", self.object.what.trim_start_matches("a "));
        shape::check(&root, &Shape::Object(self.object), &label, &mut problems);
        let document = SpecLikeDocument::new(&self.name, &self.text, root);
        if problems.is_empty() { Ok(document) } else { Err(document.mistakes(problems)) }
    }
}
