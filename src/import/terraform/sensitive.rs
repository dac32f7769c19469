//! What Terraform keeps secret: a spec shows no such value. Where it can have a variable, it has a secret one; elsewhere the value is left out.

use super::instance::TerraformInstance;
use crate::import::item::UnresolvedValue;
use crate::model::node::{Data, Node};
use crate::resources::terraform;
use crate::spec::OpenParameter;
use serde_json::Value;
use std::collections::BTreeSet;

/// Texts that a variable may be. Endpoints are variables anyway.
const TEXTS: [&str; 3] = ["alarm_description", "description", "display_name"];
const OPEN_ANYWAY: &str = "endpoint";

/// The attributes that an instance of a state lists as sensitive.
pub fn of_state(instance: &Node) -> BTreeSet<&str> {
    let paths = instance.get("sensitive_attributes").map(Node::items).unwrap_or_default().iter();
    paths.filter_map(|path| path.items().first()?.get("value")?.text()).collect()
}

/// The attributes of which `sensitive_values` says that something is.
pub fn of_values(values: Option<&Node>) -> BTreeSet<&str> {
    let entries = values.map(Node::entries).unwrap_or_default().iter();
    entries.filter(|entry| says_yes(&entry.value, DEEPEST)).map(|entry| entry.name.text.as_str()).collect()
}

/// Values in values.
const DEEPEST: usize = 16;

fn says_yes(node: &Node, deepest: usize) -> bool {
    let Some(deeper) = deepest.checked_sub(1) else { return true };
    match &node.data {
        Data::Map(entries) => entries.iter().any(|entry| says_yes(&entry.value, deeper)),
        Data::List(items) => items.iter().any(|item| says_yes(item, deeper)),
        _ => node.boolean() == Some(true),
    }
}

/// The secrets that become variables.
#[derive(Debug)]
pub struct SecretTexts {
    /// How what stands for one begins: the file has it nowhere.
    stem: String,
    pub open: Vec<OpenParameter>,
}

impl SecretTexts {
    pub fn of(file: &str) -> Self {
        let mut stem = "secretvalue".to_owned();
        while file.contains(&stem) && stem.len() < 40 {
            stem.push('q');
        }
        Self { stem, open: Vec::new() }
    }

    /// Takes the secrets out of what is known of an instance.
    pub fn hide(&mut self, one: &TerraformInstance<'_>, known: &mut Value, unresolved: &mut Vec<UnresolvedValue>) {
        for name in one.sensitive.iter().filter(|name| terraform::is_argument(&one.type_name, name)) {
            let Some(value) = known.get_mut(*name).filter(|_| *name != OPEN_ANYWAY) else { continue };
            match value.as_str() {
                Some("") => {}
                Some(text) if TEXTS.contains(name) => {
                    let placeholder = format!("{}{}x", self.stem, self.open.len());
                    self.open.push(OpenParameter {
                        placeholder: placeholder.clone(),
                        name: (*name).to_owned(),
                        description: format!("The {name} of {}, which Terraform keeps secret", one.address),
                        secret: true,
                        value: Some(text.to_owned()),
                    });
                    *value = placeholder.into();
                }
                _ => {
                    *value = Value::Null;
                    let why = "Terraform keeps it secret, and a spec would show it".to_owned();
                    let path = (*name).to_owned();
                    unresolved.push(UnresolvedValue { path, span: one.span, why, is_replaced: false });
                }
            }
        }
    }
}
