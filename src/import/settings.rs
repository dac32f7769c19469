//! What an import knows beside the file: flags, values of parameters, what a deployed stack is made of.

use super::source::ImportSource;
use crate::model::Arn;
use crate::model::node::{Data, Node};
use crate::spec::SpecError;
use std::collections::BTreeMap;
use std::path::Path;

/// What was given on the command line.
#[derive(Debug, Clone, Default)]
pub struct ImportSettings {
    pub account: Option<String>,
    pub region: Option<String>,
    /// The name of the spec's stack.
    pub stack: Option<String>,
    /// The name of the CloudFormation stack.
    pub stack_name: Option<String>,
    /// Values of parameters.
    pub parameters: BTreeMap<String, String>,
    /// Of a deployed stack: the physical id of each logical id.
    pub physical: BTreeMap<String, String>,
}

impl ImportSettings {
    /// The account where nothing says which: AWS's own example.
    pub const ACCOUNT: &str = "123456789012";
    pub const REGION: &str = "us-east-1";
}

/// What a deployed stack says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeployedStack {
    pub stack_name: Option<String>,
    pub account: Option<String>,
    pub region: Option<String>,
    pub physical: BTreeMap<String, String>,
}

/// Reads values of parameters: a list of `ParameterKey` and `ParameterValue`, or a map of names and values.
///
/// # Errors
/// What the file is not.
pub fn read_parameters(path: &Path) -> Result<BTreeMap<String, String>, SpecError> {
    parameters(&ImportSource::read(path)?)
}

fn parameters(source: &ImportSource) -> Result<BTreeMap<String, String>, SpecError> {
    // The configuration files of CodePipeline have them one level down.
    let root = source.root.get("Parameters").unwrap_or(&source.root);
    let mut values = BTreeMap::new();
    match &root.data {
        Data::List(items) => {
            for item in items {
                let text = |key: &str| item.get(key).and_then(Node::text).map(str::to_owned);
                match (text("ParameterKey"), text("ParameterValue")) {
                    (Some(key), Some(value)) => drop(values.insert(key, value)),
                    // The stack keeps the one that it has.
                    (Some(_), None) if item.get("UsePreviousValue").is_some() => {}
                    _ => return Err(source.mistake(item.span, "this is no parameter", HELP)),
                }
            }
        }
        Data::Map(entries) => {
            for entry in entries {
                let Some(value) = list_text(&entry.value) else {
                    return Err(source.mistake(entry.value.span, "this is no value of a parameter", HELP));
                };
                values.insert(entry.name.text.clone(), value);
            }
        }
        _ => return Err(source.mistake(root.span, "this is no file of parameters", HELP)),
    }
    Ok(values)
}

const HELP: &str = r#"write [{"ParameterKey": "Name", "ParameterValue": "value"}], or a map of names and values"#;

/// A single value, or a list of them with commas between, which is how parameters have lists.
pub fn list_text(node: &Node) -> Option<String> {
    match &node.data {
        Data::Scalar(scalar) => Some(scalar.text.clone()),
        Data::List(items) => items.iter().map(Node::text).collect::<Option<Vec<_>>>().map(|texts| texts.join(",")),
        _ => None,
    }
}

/// Reads what `describe-stack-resources` or `list-stack-resources` prints.
///
/// # Errors
/// What the file is not.
pub fn read_physical_ids(path: &Path) -> Result<DeployedStack, SpecError> {
    physical_ids(&ImportSource::read(path)?)
}

fn physical_ids(source: &ImportSource) -> Result<DeployedStack, SpecError> {
    let root = &source.root;
    let Some(list) = ["StackResources", "StackResourceSummaries"].iter().find_map(|key| root.get(key)) else {
        let help = "it is what aws cloudformation describe-stack-resources prints";
        return Err(source.mistake(root.span, "this is no list of a stack's resources", help));
    };
    let mut stack = DeployedStack::default();
    for item in list.items() {
        let text = |key: &str| item.get(key).and_then(Node::text);
        let gone = text("ResourceStatus") == Some("DELETE_COMPLETE");
        if let (Some(logical), Some(physical)) = (text("LogicalResourceId"), text("PhysicalResourceId"))
            && !gone
        {
            stack.physical.insert(logical.to_owned(), physical.to_owned());
        }
        stack.stack_name = stack.stack_name.or_else(|| text("StackName").map(str::to_owned));
        for arn in [text("StackId"), text("PhysicalResourceId")].into_iter().flatten().filter_map(Arn::parse) {
            if stack.account.is_none() && arn.account.len() == 12 && !arn.region.is_empty() {
                stack.account = Some(arn.account.to_owned());
                stack.region = Some(arn.region.to_owned());
            }
        }
    }
    Ok(stack)
}
