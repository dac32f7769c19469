//! A template that is too large -> a parent with children (CloudFormation user guide, "Split a template into reusable pieces using nested
//! stacks"). Children are filled in the order in which resources can be made, so that each only refers to those before it.

use super::super::assemble::Assembly;
use super::super::draft::{DraftResource, depends};
use super::super::merge::DocumentParameter;
use super::template::{StackTemplate, TemplateLimits, template, whole};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The parent's parameter that says where the children are.
const BASE: &str = "TemplateBase";
const BASE_DESCRIPTION: &str =
    "The address of the folder that the parts are in, such as https://BUCKET.s3.amazonaws.com/PREFIX";
/// A linked resource can be longer than a plain one: one part in so many of a file is left free.
const FREE: usize = 4;

/// Returns the parent and its children by name.
///
/// # Errors
/// As for one template; and where there are more children or parameters than a parent can have.
pub fn split(
    stack: &str,
    assembly: &Assembly<'_>,
    limits: TemplateLimits,
) -> Result<(StackTemplate, BTreeMap<String, StackTemplate>), String> {
    let resources = assembly.resources();
    let groups = groups(resources, limits);
    let too_many = |count: usize, what: &str, most: usize| {
        let message = format!("{count} {what} are more than a template takes ({most})");
        if count > most { Err(message) } else { Ok(()) }
    };
    too_many(groups.len(), "nested stacks", limits.resources)?;
    let depends = depends(resources);
    let child = |at: usize| format!("Part{}", at + 1);
    let place: BTreeMap<&str, usize> =
        groups.iter().enumerate().flat_map(|(at, group)| group.iter().map(move |one| (one.id.as_str(), at))).collect();
    let (mut children, mut parameters, mut stacks) = (BTreeMap::new(), BTreeMap::new(), Map::new());
    for (at, group) in groups.iter().enumerate() {
        let ids = group.iter().map(|one| one.id.as_str()).collect();
        let part = template(&format!("{stack}, part {}", at + 1), &[], assembly.document(&ids)?);
        let before = group.iter().filter_map(|one| depends.get(&one.id)).flatten();
        let before = before.filter_map(|id| place.get(id.as_str()).copied()).filter(|place| *place != at);
        let before: BTreeSet<usize> = before.collect();
        let mut properties = json!({ "TemplateURL": { "Fn::Sub": format!("${{{BASE}}}/{}.json", child(at)) } });
        if !part.parameters.is_empty() {
            let passed = part.parameters.keys().map(|name| (name.clone(), json!({ "Ref": name })));
            properties["Parameters"] = passed.collect::<Map<String, Value>>().into();
        }
        let mut nested = json!({ "Type": "AWS::CloudFormation::Stack", "Properties": properties });
        if !before.is_empty() {
            nested["DependsOn"] = before.into_iter().map(child).collect();
        }
        stacks.insert(child(at), nested);
        for (name, parameter) in &part.parameters {
            let known = parameters.entry(name.clone()).or_insert_with(|| parameter.clone());
            if known != parameter {
                return Err(format!("parameter {name} would have two meanings"));
            }
        }
        children.insert(child(at), part);
    }
    let description = Some(BASE_DESCRIPTION.to_owned());
    let base = DocumentParameter { is_number: false, description, is_secret: false, values: Vec::new() };
    parameters.insert(BASE.to_owned(), base);
    too_many(parameters.len(), "parameters", limits.parameters)?;
    Ok((whole(stack, &assembly.notes, stacks, parameters), children))
}

/// The resources in groups that fit. What is only a part of a resource stays with it.
fn groups(resources: &[DraftResource], limits: TemplateLimits) -> Vec<Vec<&DraftResource>> {
    let most = limits.stored - limits.stored / FREE;
    let mut groups: Vec<Vec<&DraftResource>> = Vec::new();
    let mut size = usize::MAX;
    for one in resources {
        let length = one.properties.to_string().len() + one.id.len();
        let fits =
            size.saturating_add(length) <= most && groups.last().is_some_and(|group| group.len() < limits.resources);
        if !fits {
            groups.push(Vec::new());
            size = 0;
        }
        size += length;
        if let Some(group) = groups.last_mut() {
            group.push(one);
        }
    }
    groups
}
