//! What `aws cloudformation create-stack-set` and `create-stack-instances` take, for a service-managed StackSet: the accounts of a
//! roster, whose columns are the template's parameters.

use super::super::ExportNote;
use super::super::merge::DocumentParameter;
use super::template::StackTemplate;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// One account and region of a StackSet; the rows of the template stand in the same order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackSetAccount {
    pub account: String,
    pub region: String,
}

/// Parameters of an account that are not the defaults, with their values.
type OwnValues = Vec<(String, String)>;

/// The inputs of the two calls.
#[derive(Debug)]
pub struct StackSetInput {
    pub create_stack_set: Value,
    /// One a group of accounts with equal values.
    pub create_stack_instances: Vec<Value>,
    pub notes: Vec<ExportNote>,
}

/// Where the template of a StackSet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplatePlace<'a> {
    /// In the request, as it is written.
    Request(&'a str),
    /// In a file of its own, which the call names.
    File,
    /// In S3, since no request takes one of its size.
    S3,
}

/// Makes the inputs for a stack. `units`: organizational units, or roots, that the accounts are in.
pub fn stack_set(
    stack: &str,
    template: &StackTemplate,
    accounts: &[StackSetAccount],
    units: &[String],
    place: TemplatePlace<'_>,
) -> StackSetInput {
    let name = set_name(stack);
    let mut notes = Vec::new();
    let varied =
        |parameter: &DocumentParameter| parameter.values.iter().any(|value| Some(value) != parameter.values.first());
    let secret: Vec<&String> = template.parameters.iter().filter(|(_, p)| p.is_secret).map(|(name, _)| name).collect();
    for name in &secret {
        notes.push(ExportNote::new(format!("parameter {name} is secret: give its value in every call yourself")));
    }
    let is_varied = template.parameters.values().any(varied);
    if is_varied {
        // An account that comes later would have the values of the first one.
        notes.push(ExportNote::new(
            "accounts have values of their own, so the StackSet does not deploy to new accounts by itself",
        ));
    }
    let mut create = json!({
        "StackSetName": name,
        "Description": format!("{stack}: exported by mlopsctl"),
        "PermissionModel": "SERVICE_MANAGED",
        "AutoDeployment": match is_varied {
            true => json!({ "Enabled": false }),
            false => json!({ "Enabled": true, "RetainStacksOnAccountRemoval": false }),
        },
    });
    match place {
        TemplatePlace::Request(body) => create["TemplateBody"] = body.into(),
        TemplatePlace::File => {}
        TemplatePlace::S3 => {
            notes.push(ExportNote::new(
                "the template is too large for a request: put it into S3 and add --template-url",
            ));
        }
    }
    let mut regions: BTreeMap<(OwnValues, &str), BTreeSet<&str>> = BTreeMap::new();
    for (row, at) in accounts.iter().enumerate() {
        regions.entry((overrides(template, row), &at.account)).or_default().insert(&at.region);
    }
    let mut groups: BTreeMap<(OwnValues, BTreeSet<&str>), Vec<&str>> = BTreeMap::new();
    for ((own, account), regions) in regions {
        groups.entry((own, regions)).or_default().push(account);
    }
    let instances = groups.into_iter().map(|((own, regions), accounts)| {
        let overrides: Vec<Value> =
            own.iter().map(|(key, value)| json!({ "ParameterKey": key, "ParameterValue": value })).collect();
        let mut instances = json!({
            "StackSetName": name,
            "DeploymentTargets": {
                "OrganizationalUnitIds": units,
                "Accounts": accounts,
                "AccountFilterType": "INTERSECTION",
            },
            "Regions": regions,
        });
        if !overrides.is_empty() {
            instances["ParameterOverrides"] = overrides.into();
        }
        instances
    });
    StackSetInput { create_stack_instances: instances.collect(), create_stack_set: create, notes }
}

/// The values of a row that are not the defaults of the template.
fn overrides(template: &StackTemplate, row: usize) -> OwnValues {
    let open = template.parameters.iter().filter(|(_, parameter)| !parameter.is_secret);
    let own = open.filter_map(|(name, parameter)| {
        let value = parameter.values.get(row).filter(|value| Some(*value) != parameter.values.first())?;
        Some((name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    });
    own.collect()
}

/// Letters, digits and hyphens, a letter first, 128 characters at most (CloudFormation API reference, CreateStackSet).
fn set_name(stack: &str) -> String {
    let hyphen = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!("mlopsctl-{}", stack.chars().map(hyphen).collect::<String>()).chars().take(128).collect()
}
