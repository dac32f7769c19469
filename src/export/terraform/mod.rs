//! Terraform configuration in JSON syntax: resources of the AWS provider, and `import` blocks for what exists already.

mod expression;

use super::assemble::Assembly;
use super::draft::Engine;
use super::merge::DocumentParameter;
use super::{ExportColumn, ExportNote, ExportRow};
use crate::model::Target;
use crate::resources::{Address, Kind, MetricFilter};
use expression::Expressions;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The provider whose arguments the tables hold.
const PROVIDER: &str = ">= 6.69";
/// A name with a kind before it, since kinds share names and types do not.
const APART: char = '.';

const ENGINE: Engine =
    Engine { form: |facts| facts.terraform, name: |words, kind| format!("{kind}{APART}{}", snake(words)) };

/// What is known of the account that the configuration is for.
#[derive(Debug, Default)]
pub struct TerraformImports {
    /// Twelve digits; without it a topic has no import ID.
    pub account: Option<String>,
    /// ARNs of subscriptions, which AWS makes up.
    pub subscriptions: BTreeMap<Address, String>,
    /// What exists, where it is known: nothing else has a block.
    pub existing: Option<BTreeSet<Address>>,
}

/// Configuration, and what it lacks.
#[derive(Debug)]
pub struct TerraformDocument {
    pub document: Value,
    pub notes: Vec<ExportNote>,
}

/// Makes the configuration of a stack. `imports`: with import blocks for everything whose ID is known.
///
/// # Errors
/// Where a secret cannot be made a variable, in words.
pub fn configuration(
    rows: &[ExportRow<'_>],
    columns: &[ExportColumn],
    imports: Option<&TerraformImports>,
) -> Result<TerraformDocument, String> {
    let assembly = Assembly::new(rows, columns, ENGINE)?;
    let region = rows.first().map(|row| row.desired.region.as_str()).unwrap_or_default();
    let mut notes = assembly.notes.clone();
    let all: BTreeSet<&str> = assembly.resources().iter().map(|one| one.id.as_str()).collect();
    let assembled = assembly.document(&all)?;
    let expressions = Expressions::new(assembly.resources(), &assembled.parameters);
    let mut resources: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut blocks = Vec::new();
    for one in &assembled.resources {
        let mut arguments = expressions.value(&one.properties);
        if one.draft.is_retained {
            arguments["skip_destroy"] = true.into();
        }
        if !one.depends.is_empty() {
            arguments["depends_on"] = one.depends.iter().filter_map(|id| expressions.address(id)).collect();
        }
        let kind = one.draft.mapping.type_name;
        resources.entry(kind).or_default().insert(name(&one.draft.id).to_owned(), arguments);
        let exists = |imports: &&TerraformImports| {
            imports.existing.as_ref().is_none_or(|existing| existing.contains(&one.draft.address))
        };
        if let (Some(imports), Some(to)) = (imports.filter(exists), expressions.address(&one.draft.id)) {
            match import_id(&one.draft.address, region, imports) {
                Some(id) => blocks.push(json!({ "to": to, "id": expression::literal(&id) })),
                None => notes
                    .push(ExportNote::new(format!("{} has no import block: its ARN is not known", one.draft.address))),
            }
        }
    }
    let mut document = json!({
        "terraform": { "required_providers": { "aws": { "source": "hashicorp/aws", "version": PROVIDER } } },
        "provider": { "aws": { "region": region } },
        "resource": resources,
    });
    if !assembly.notes.is_empty() {
        // A comment (Terraform, "JSON Configuration Syntax").
        document["//"] = assembly.notes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ").into();
    }
    let data = expressions.data();
    if !data.is_empty() {
        document["data"] = data.into();
    }
    if !assembled.parameters.is_empty() {
        document["variable"] =
            assembled.parameters.iter().map(|(name, parameter)| (snake(name), declared(parameter))).collect();
    }
    if !blocks.is_empty() {
        document["import"] = blocks.into();
    }
    Ok(TerraformDocument { document, notes })
}

/// What an `import` block calls a resource (Terraform Registry, AWS provider, "Import" of each resource).
fn import_id(address: &Address, region: &str, imports: &TerraformImports) -> Option<String> {
    match address.kind {
        Kind::Topic => address.arn(&Target::new(imports.account.as_ref()?, region)),
        Kind::Subscription | Kind::ExternalSubscription => imports.subscriptions.get(address).cloned(),
        Kind::MetricFilter => MetricFilter::split(&address.name).map(|(group, filter)| format!("{group}:{filter}")),
        _ => Some(address.name.clone()),
    }
}

/// The part of an ID that is the resource's name in the configuration.
fn name(id: &str) -> &str {
    id.split_once(APART).map_or(id, |(_, name)| name)
}

fn declared(parameter: &DocumentParameter) -> Value {
    let mut declared = json!({ "type": if parameter.is_number { "number" } else { "string" } });
    if let Some(description) = &parameter.description {
        declared["description"] = description.as_str().into();
    }
    if parameter.is_secret {
        declared["sensitive"] = true.into();
    } else if let Some(first) = parameter.values.first() {
        declared["default"] = first.clone();
    }
    declared
}

/// Small letters, digits and underscores, a letter first; a capital begins a word.
fn snake(text: &str) -> String {
    let mut out = String::new();
    let mut after_small = false;
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            if c.is_ascii_uppercase() && after_small {
                out.push('_');
            }
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        after_small = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    let words = out.trim_end_matches('_');
    if words.starts_with(|c: char| c.is_ascii_alphabetic()) { words.to_owned() } else { format!("x_{words}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_with_underscores() {
        for (text, expected) in [
            ("mlops-lambda-high-errors", "mlops_lambda_high_errors"),
            ("/aws/lambda/x", "aws_lambda_x"),
            ("AlertsHttpsSubscriptionEndpoint", "alerts_https_subscription_endpoint"),
            ("5xx", "x_5xx"),
            ("a.fifo--b-", "a_fifo_b"),
        ] {
            assert_eq!(snake(text), expected);
        }
    }
}
