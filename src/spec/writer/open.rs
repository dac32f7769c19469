//! Values that a file leaves open -> variables, the same value under one name.

use crate::model::writing::{OpenValue, SpecMap, SpecValue};
use std::collections::BTreeMap;

/// A variable that the file declares, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenVariable {
    pub name: String,
    pub open: OpenValue,
}

/// Puts a variable in the place of every open value below, and returns them in the order of the file.
pub fn variables(root: &mut SpecMap) -> Vec<WrittenVariable> {
    let mut namer = VariableNamer::default();
    root.entries_mut().for_each(|entry| namer.replace(&mut entry.value));
    namer.variables
}

#[derive(Default)]
struct VariableNamer {
    names: BTreeMap<(&'static str, String), String>,
    counts: BTreeMap<&'static str, usize>,
    variables: Vec<WrittenVariable>,
}

impl VariableNamer {
    fn replace(&mut self, value: &mut SpecValue) {
        match value {
            SpecValue::Open(open) => *value = SpecValue::Variable(self.name(open)),
            SpecValue::List(items) => items.iter_mut().for_each(|item| self.replace(item)),
            SpecValue::Map(map) => map.entries_mut().for_each(|entry| self.replace(&mut entry.value)),
            _ => {}
        }
    }

    fn name(&mut self, open: &OpenValue) -> String {
        let key = (open.name, open.value.clone());
        if let Some(name) = self.names.get(&key) {
            return name.clone();
        }
        let count = self.counts.entry(open.name).or_default();
        *count += 1;
        let name = if *count == 1 { open.name.to_owned() } else { format!("{}_{count}", open.name) };
        self.names.insert(key, name.clone());
        self.variables.push(WrittenVariable { name: name.clone(), open: open.clone() });
        name
    }
}

/// The section that declares them.
pub fn section(variables: &[WrittenVariable]) -> SpecMap {
    let mut section = SpecMap::default();
    for WrittenVariable { name, open } in variables {
        let declared = SpecMap::default().put("description", &open.description).put("required", true);
        section.set(name, declared.put_some("secret", open.secret.then_some(true)));
    }
    section
}
