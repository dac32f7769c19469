//! Templates as values: parameters and resources, over one row of values or many.

use super::super::ExportNote;
use super::super::assemble::AssembledDocument;
use super::super::merge::DocumentParameter;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What one template may hold.
#[derive(Debug, Clone, Copy)]
pub struct TemplateLimits {
    /// Bytes in a request.
    pub inline: usize,
    /// Bytes of a file in S3.
    pub stored: usize,
    pub resources: usize,
    pub parameters: usize,
}

/// One template.
#[derive(Debug)]
pub struct StackTemplate {
    pub document: Value,
    pub parameters: BTreeMap<String, DocumentParameter>,
}

/// A template of assembled resources. `name` says what it is of.
pub fn template(name: &str, notes: &[ExportNote], assembled: AssembledDocument<'_>) -> StackTemplate {
    let mut resources = Map::new();
    for one in assembled.resources {
        let mut resource = Map::new();
        resource.insert("Type".into(), one.draft.mapping.type_name.into());
        if one.draft.is_retained {
            resource.insert("DeletionPolicy".into(), "Retain".into());
            resource.insert("UpdateReplacePolicy".into(), "Retain".into());
        }
        if !one.depends.is_empty() {
            resource.insert("DependsOn".into(), json!(one.depends));
        }
        resource.insert("Properties".into(), one.properties);
        resources.insert(one.draft.id.clone(), Value::Object(resource));
    }
    whole(name, notes, resources, assembled.parameters)
}

/// A template of resources that are written.
pub fn whole(
    name: &str,
    notes: &[ExportNote],
    resources: Map<String, Value>,
    parameters: BTreeMap<String, DocumentParameter>,
) -> StackTemplate {
    let mut document = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("{name}: exported by mlopsctl"),
        "Resources": resources,
    });
    if !notes.is_empty() {
        document["Metadata"] = json!({ "LeftOut": notes.iter().map(ToString::to_string).collect::<Vec<_>>() });
    }
    if !parameters.is_empty() {
        document["Parameters"] =
            parameters.iter().map(|(name, parameter)| (name.clone(), declared(parameter))).collect();
    }
    StackTemplate { document, parameters }
}

/// A parameter as a template declares it. Its default is what the first row has, where that is no secret.
fn declared(parameter: &DocumentParameter) -> Value {
    let mut declared = json!({ "Type": if parameter.is_number { "Number" } else { "String" } });
    if let Some(description) = &parameter.description {
        declared["Description"] = description.as_str().into();
    }
    if parameter.is_secret {
        declared["NoEcho"] = true.into();
    } else if let Some(first) = parameter.values.first() {
        declared["Default"] = first.clone();
    }
    declared
}
