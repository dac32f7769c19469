//! A template that is too large -> a parent with children (CloudFormation user guide, "Split a template into reusable pieces using nested
//! stacks"). Children are filled in the order in which resources can be made, so that each only refers to those before it.

use super::super::draft::{DraftResource, depends};
use super::merge::TemplateParameter;
use super::template::{Template, TemplateLimits, TemplateMaker};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The parent's parameter that says where the children are.
pub const BASE: &str = "TemplateBase";
/// A linked resource can be longer than a plain one; this part of a limit is left free.
const SLACK: usize = 4;

/// Returns the parent and its children by name.
///
/// # Errors
/// As for one template; and where there are more children than a parent can have.
pub fn split(
    maker: &TemplateMaker<'_>,
    limits: TemplateLimits,
) -> Result<(Template, BTreeMap<String, Template>), String> {
    let resources = &maker.drafts[0].resources;
    let groups = groups(resources, limits);
    if groups.len() > limits.resources {
        return Err(format!("{} resources are more than one parent of nested stacks can hold", resources.len()));
    }
    let depends = depends(resources);
    let child = |at: usize| format!("Part{}", at + 1);
    let place: BTreeMap<&str, usize> =
        groups.iter().enumerate().flat_map(|(at, group)| group.iter().map(move |one| (one.id.as_str(), at))).collect();
    let (mut children, mut parameters, mut stacks) = (BTreeMap::new(), BTreeMap::new(), Map::new());
    for (at, group) in groups.iter().enumerate() {
        let template = maker.template(group, &format!("part {}", at + 1))?;
        let before = group.iter().filter_map(|one| depends.get(&one.id)).flatten();
        let before: BTreeSet<usize> =
            before.filter_map(|id| place.get(id.as_str()).copied()).filter(|n| *n != at).collect();
        let passed: Map<String, Value> =
            template.parameters.keys().map(|name| (name.clone(), json!({ "Ref": name }))).collect();
        let mut properties = json!({ "TemplateURL": { "Fn::Sub": format!("${{{BASE}}}/{}.json", child(at)) } });
        if !passed.is_empty() {
            properties["Parameters"] = passed.into();
        }
        let mut stack = json!({ "Type": "AWS::CloudFormation::Stack", "Properties": properties });
        if !before.is_empty() {
            stack["DependsOn"] = before.iter().map(|n| child(*n)).collect();
        }
        stacks.insert(child(at), stack);
        parameters.extend(template.parameters.clone());
        children.insert(child(at), template);
    }
    let base = TemplateParameter {
        is_number: false,
        description: Some(
            "The address of the folder that the parts are in, such as https://BUCKET.s3.amazonaws.com/PREFIX."
                .to_owned(),
        ),
        is_secret: false,
        values: Vec::new(),
    };
    parameters.insert(BASE.to_owned(), base);
    if parameters.len() > limits.parameters {
        return Err(format!("{} parameters are more than a template takes ({})", parameters.len(), limits.parameters));
    }
    let document = maker.document("", &parameters, stacks);
    Ok((Template { document, parameters }, children))
}

/// The resources in groups that fit. What is only a part of a resource stays with it.
fn groups(resources: &[DraftResource], limits: TemplateLimits) -> Vec<Vec<&DraftResource>> {
    let most = limits.stored - limits.stored / SLACK;
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
