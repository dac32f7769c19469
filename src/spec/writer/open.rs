//! Values that a file leaves open -> variables, the same value under one name.

use crate::model::writing::{OpenValue, SpecMap, SpecValue};
use std::collections::BTreeMap;

/// A variable that the file declares, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenVariable {
    pub name: String,
    pub open: OpenValue,
    /// The value where another text stands for it in `open`.
    pub given: Option<String>,
}

/// A value that is not known at all: a text that stands for it, in texts or as one, and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenParameter {
    pub placeholder: String,
    /// What the variable is best called.
    pub name: String,
    pub description: String,
    pub secret: bool,
    /// The value, of a secret that was given.
    pub value: Option<String>,
}

/// Puts a variable in the place of every open value below, and of what stands for one; returns them in the order of the file.
pub fn variables(root: &mut SpecMap, parameters: &[OpenParameter]) -> Vec<WrittenVariable> {
    let mut namer = VariableNamer { parameters, ..VariableNamer::default() };
    root.entries_mut().for_each(|entry| namer.replace(&mut entry.value));
    namer.variables
}

#[derive(Default)]
struct VariableNamer<'a> {
    parameters: &'a [OpenParameter],
    names: BTreeMap<(String, String), String>,
    counts: BTreeMap<String, usize>,
    variables: Vec<WrittenVariable>,
}

impl VariableNamer<'_> {
    fn replace(&mut self, value: &mut SpecValue) {
        match value {
            SpecValue::Open(open) => {
                let known = self.parameters.iter().find(|parameter| parameter.placeholder == open.value);
                let name = match known {
                    Some(parameter) => self.parameter(parameter),
                    None => self.name(open.name, open, None),
                };
                *value = SpecValue::Variable(name);
            }
            SpecValue::Text(text) if !self.parameters.is_empty() => {
                if let Some(filled) = self.filled(text) {
                    *value = SpecValue::Filled(filled);
                }
            }
            SpecValue::List(items) => items.iter_mut().for_each(|item| self.replace(item)),
            SpecValue::Map(map) => map.entries_mut().for_each(|entry| self.replace(&mut entry.value)),
            _ => {}
        }
    }

    fn parameter(&mut self, parameter: &OpenParameter) -> String {
        let open = OpenValue {
            name: "value",
            value: parameter.placeholder.clone(),
            description: parameter.description.clone(),
            secret: parameter.secret,
            unknown: parameter.value.is_none(),
        };
        self.name(&parameter.name, &open, parameter.value.as_deref())
    }

    /// The text with variables for what stands for a value; `None` where nothing does.
    fn filled(&mut self, text: &str) -> Option<String> {
        let (mut out, mut rest) = (String::new(), text);
        let parameters = self.parameters;
        loop {
            // The longest of those that begin first: one form may hold another.
            let found = parameters.iter().filter_map(|one| Some((rest.find(&one.placeholder)?, one)));
            let first = found.min_by_key(|(at, one)| (*at, usize::MAX - one.placeholder.len()));
            let Some((at, parameter)) = first else { break };
            out += &rest[..at].replace("${", "$${");
            out += &format!("${{{}}}", self.parameter(parameter));
            rest = &rest[at + parameter.placeholder.len()..];
        }
        let has_some = !std::ptr::eq(rest, text);
        out += &rest.replace("${", "$${");
        has_some.then_some(out)
    }

    fn name(&mut self, wanted: &str, open: &OpenValue, given: Option<&str>) -> String {
        let key = (wanted.to_owned(), open.value.clone());
        if let Some(name) = self.names.get(&key) {
            return name.clone();
        }
        let count = self.counts.entry(wanted.to_owned()).or_default();
        let name = loop {
            *count += 1;
            let name = if *count == 1 { wanted.to_owned() } else { format!("{wanted}_{count}") };
            if self.variables.iter().all(|known| known.name != name) {
                break name;
            }
        };
        self.names.insert(key, name.clone());
        self.variables.push(WrittenVariable {
            name: name.clone(),
            open: open.clone(),
            given: given.map(str::to_owned),
        });
        name
    }
}

/// The section that declares them.
pub fn section(variables: &[WrittenVariable]) -> SpecMap {
    let mut section = SpecMap::default();
    for WrittenVariable { name, open, .. } in variables {
        let declared = SpecMap::default().put("description", &open.description).put("required", true);
        section.set(name, declared.put_some("secret", open.secret.then_some(true)));
    }
    section
}
