//! `${name}` in texts and keys: what is declared, and putting the values in. A value is data, never YAML.

use crate::model::node::{Data, Node, Scalar, Span, SpannedName};
use crate::model::problem::{SpecProblem, nearest};
use crate::model::secret;
use crate::model::shape::{ObjectSchema, SchemaKey, Shape};
use std::collections::{BTreeMap, BTreeSet};

/// A declared variable. Without a default it is required, unless the file says otherwise (then it is empty).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    pub description: Option<String>,
    pub default: Option<String>,
    pub required: bool,
    /// Its value is shown nowhere: hidden in all that is printed, and in saved plans and reports.
    pub secret: bool,
}

pub static VARIABLE: ObjectSchema = ObjectSchema {
    what: "a variable",
    doc: "A value that the file leaves open.",
    keys: &[&[
        SchemaKey::new("description", Shape::Text(1024), "What the value is for; shown when it is asked for."),
        SchemaKey::new("default", Shape::Text(10_240), "The value where none is given."),
        SchemaKey::new("required", Shape::Bool, "Whether a value has to be given. Default: true without a `default`."),
        SchemaKey::new(
            "secret",
            Shape::Bool,
            "Whether the value is hidden in all output and saved plans. Default: false.",
        ),
    ]],
};

/// The variables that can be read; what is wrong with the others is for `check_names` and the shape to say.
pub fn declared(vars: Option<&Node>) -> Vec<Variable> {
    let entries = vars.map(Node::entries).unwrap_or_default();
    let variable = |name: &SpannedName, value: &Node| {
        let text = |key| value.get(key).and_then(Node::text).map(str::to_owned);
        let default = value.text().map(str::to_owned).or_else(|| text("default"));
        let said = value.get("required").and_then(Node::boolean);
        Variable {
            name: name.text.clone(),
            description: text("description"),
            required: said.unwrap_or(default.is_none()),
            secret: value.get("secret").and_then(Node::boolean).unwrap_or(false),
            default,
        }
    };
    entries.iter().map(|entry| variable(&entry.name, &entry.value)).collect()
}

pub fn check_names(vars: Option<&Node>, problems: &mut Vec<SpecProblem>) {
    for entry in vars.map(Node::entries).unwrap_or_default() {
        if !is_name(&entry.name.text) {
            problems.push(
                SpecProblem::new(entry.name.span, format!("`{}` cannot name a variable", entry.name))
                    .help("a name has letters, digits and _, and does not begin with a digit"),
            );
        }
        if entry.value.get("default").is_some() && entry.value.get("secret").and_then(Node::boolean) == Some(true) {
            problems.push(
                SpecProblem::new(entry.name.span, format!("variable `{}` is secret and has a default", entry.name))
                    .help("a secret does not stand in the file: give it with --var-file or the environment each time"),
            );
        }
        if entry.value.get("default").is_some() && entry.value.get("required").and_then(Node::boolean) == Some(true) {
            problems.push(
                SpecProblem::new(entry.name.span, format!("variable `{}` is required and has a default", entry.name))
                    .help("leave one of the two out: a required value has to be given each time"),
            );
        }
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Fills the values into a tree.
pub struct VariableFiller<'a> {
    variables: &'a [Variable],
    values: &'a BTreeMap<String, String>,
    /// Variables whose missing value is already a problem: said once, where they are first used.
    missing: BTreeSet<String>,
    /// As `missing`, of secret ones whose value is too short.
    short: BTreeSet<String>,
    problems: Vec<SpecProblem>,
}

impl<'a> VariableFiller<'a> {
    /// From here on the values of secret variables are hidden in whatever is shown.
    pub fn new(variables: &'a [Variable], values: &'a BTreeMap<String, String>) -> Self {
        for variable in variables.iter().filter(|variable| variable.secret) {
            if let Some(value) = values.get(&variable.name).or(variable.default.as_ref()) {
                secret::declare(value);
            }
        }
        Self { variables, values, missing: BTreeSet::new(), short: BTreeSet::new(), problems: Vec::new() }
    }

    pub fn done(self) -> Vec<SpecProblem> {
        self.problems
    }

    pub fn fill(&mut self, node: &mut Node) {
        if node.text().is_some_and(|text| text.contains("${")) {
            // What comes out of a variable is a text, even where it looks like a number.
            let (text, right) = self.filled(node);
            let scalar = Scalar { text, quoted: true, pieces: Vec::new() };
            node.data = if right { Data::Scalar(scalar) } else { Data::Hole };
            return;
        }
        match &mut node.data {
            Data::List(items) => items.iter_mut().for_each(|item| self.fill(item)),
            Data::Map(entries) => {
                for entry in entries {
                    if entry.name.text.contains("${") {
                        let name = Node::written(entry.name.span, entry.name.text.clone());
                        entry.name.text = self.filled(&name).0;
                    }
                    self.fill(&mut entry.value);
                }
            }
            _ => {}
        }
    }

    /// The text of a node with its variables filled in, and whether all had a value; a variable without one leaves its
    /// name, so that a key made of it still looks like a key.
    fn filled(&mut self, node: &Node) -> (String, bool) {
        let text = node.text().unwrap_or_default();
        let (mut out, mut right, mut at) = (String::with_capacity(text.len()), true, 0);
        while let Some(found) = text[at..].find("${") {
            let start = at + found;
            if text[at..start].ends_with('$') {
                out.push_str(&text[at..start - 1]);
                out.push_str("${");
                at = start + 2;
                continue;
            }
            out.push_str(&text[at..start]);
            let Some(length) = text[start..].find('}') else {
                self.problems.push(
                    SpecProblem::new(node.part(start, text.len()), "`${` is never closed")
                        .help("write ${name}, or $${ for the two characters themselves"),
                );
                return (out, false);
            };
            let end = start + length + 1;
            let name = &text[start + 2..end - 1];
            let value = self.value(name, node.part(start, end));
            right &= value.is_some();
            out.push_str(value.unwrap_or(name));
            at = end;
        }
        out.push_str(&text[at..]);
        (out, right)
    }

    fn value(&mut self, name: &str, span: Span) -> Option<&'a str> {
        let Some(variable) = self.variables.iter().find(|variable| variable.name == name) else {
            let problem = SpecProblem::new(span, format!("`{name}` is not a variable of this file"));
            let help = match nearest(name, self.variables.iter().map(|v| v.name.as_str())) {
                Some(near) if is_name(name) => format!("did you mean `{near}`?"),
                None if is_name(name) => format!("declare it: vars: {{ {name}: {{ required: true }} }}"),
                _ => "between the braces is a name only; write $${ for the two characters themselves".into(),
            };
            self.problems.push(problem.help(help));
            return None;
        };
        if let Some(value) = self.values.get(name).or(variable.default.as_ref()) {
            if variable.secret
                && (1..secret::SHORTEST).contains(&value.chars().count())
                && self.short.insert(name.to_owned())
            {
                let problem = SpecProblem::new(
                    span,
                    format!("the value of the secret variable `{name}` is too short to be hidden"),
                );
                let least = secret::SHORTEST;
                self.problems.push(
                    problem.help(format!("a secret has {least} characters or more; or leave out `secret: true`")),
                );
            }
            return Some(value);
        }
        if !variable.required {
            return Some("");
        }
        if self.missing.insert(name.to_owned()) {
            let what = variable.description.as_ref().map(|d| format!(" ({d})")).unwrap_or_default();
            self.problems.push(
                SpecProblem::new(span, format!("variable `{name}`{what} has no value"))
                    .help(format!("give it: --var {name}=…, or set MLOPSCTL_VAR_{}", name.to_uppercase())),
            );
        }
        None
    }
}
