//! Terraform's and OpenTofu's state, and what `show -json` prints of a state or a plan -> items. Names are written out there, so nothing is
//! left to resolve but what a plan does not know yet.

mod address;
mod instance;
mod place;
mod plan;
mod sensitive;
mod state;
#[cfg(test)]
mod tests;

use super::item::{ImportDocument, ImportItem, NotCarried};
use super::{ImportSettings, ImportSource};
use crate::model::node::{Data, Node, Span};
use crate::resources::terraform;
use crate::spec::SpecError;
use instance::TerraformInstance;
use sensitive::SecretTexts;
use std::collections::BTreeMap;

/// What a file holds of Terraform's.
#[derive(Debug, Default)]
struct TerraformFile<'n> {
    instances: Vec<TerraformInstance<'n>>,
    not_carried: Vec<NotCarried>,
    notes: Vec<String>,
    /// The region that the configuration gives its provider.
    region: Option<String>,
}

/// A form of Terraform's that is told by its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TerraformForm {
    State,
    /// Of Terraform 0.11 and older.
    OldState,
    /// OpenTofu's.
    EncryptedState,
    /// What `show -json` prints of a state.
    Shown,
    Plan,
    /// A configuration in JSON syntax.
    Configuration,
    /// What `terraform plan -json` prints, line by line.
    Log,
}

impl TerraformForm {
    fn of(root: &Node) -> Option<Self> {
        let has = |key: &str| root.get(key).is_some();
        let version = root.get("version").and_then(Node::integer);
        let root = if let Data::List(items) = &root.data { items.first()? } else { root };
        Some(match () {
            () if root.get("@level").is_some() => TerraformForm::Log,
            () if has("encrypted_data") && has("encryption_version") => TerraformForm::EncryptedState,
            () if has("modules") && version.is_some_and(|version| version <= 3) => TerraformForm::OldState,
            () if version == Some(4) && (has("terraform_version") || has("lineage")) => TerraformForm::State,
            () if has("format_version") && (has("planned_values") || has("resource_changes")) => TerraformForm::Plan,
            () if has("format_version") && (has("values") || has("terraform_version")) => TerraformForm::Shown,
            () if has("format_version") && root.entries().len() == 1 => TerraformForm::Shown,
            () if (has("resource") || has("terraform") || has("module")) && !has("Resources") => {
                TerraformForm::Configuration
            }
            () => return None,
        })
    }
}

/// Whether a document is one of Terraform's, understood or not.
pub fn is_terraform(root: &Node) -> bool {
    TerraformForm::of(root).is_some()
}

/// Makes items of a document.
///
/// # Errors
/// What the file is instead, or that it is about several accounts or regions.
pub fn read(source: &ImportSource, settings: &ImportSettings) -> Result<ImportDocument, SpecError> {
    let root = &source.root;
    let whole = Span::new(root.span.start, root.span.start);
    let file = match TerraformForm::of(root) {
        Some(TerraformForm::State) => state::file(root),
        Some(TerraformForm::Shown) => plan::shown(root),
        Some(TerraformForm::Plan) => plan::file(root),
        Some(TerraformForm::OldState) => {
            let message = "this is a state of Terraform 0.11 or older";
            return Err(source.mistake(
                whole,
                message,
                "write it anew with a newer one: terraform show -json > state.json",
            ));
        }
        Some(TerraformForm::EncryptedState) => {
            return Err(source.mistake(
                whole,
                "this state is encrypted",
                "write what it holds: tofu show -json > state.json",
            ));
        }
        Some(TerraformForm::Configuration) => {
            let message = "this is a configuration, whose expressions Terraform alone evaluates";
            return Err(source.mistake(whole, message, "import its state: terraform show -json > state.json"));
        }
        Some(TerraformForm::Log) => {
            let message = "this is what terraform plan -json says while it runs";
            let help = "write the plan: terraform plan -out plan && terraform show -json plan > plan.json";
            return Err(source.mistake(whole, message, help));
        }
        None => {
            let help = "import terraform.tfstate, or what terraform show -json prints of a state or a plan";
            return Err(source.mistake(whole, "this is neither a state nor a plan of Terraform", help));
        }
    };
    document(source, settings, file)
}

fn document(
    source: &ImportSource,
    settings: &ImportSettings,
    file: TerraformFile<'_>,
) -> Result<ImportDocument, SpecError> {
    let TerraformFile { instances, mut not_carried, mut notes, region } = file;
    let (managed, other): (Vec<_>, Vec<_>) =
        instances.into_iter().partition(|one| terraform::kinds_of(&one.type_name).next().is_some());
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    for one in other {
        match is_near(&one.type_name) {
            true => not_carried.push(one.lost("mlopsctl does not manage this type")),
            false => *others.entry(one.type_name).or_default() += 1,
        }
    }
    let places = place::places(source, settings, &managed, region, &mut notes)?;
    let mut items = Vec::new();
    let mut secrets = SecretTexts::of(&source.text);
    for (one, elsewhere) in managed.iter().zip(&places.elsewhere) {
        match elsewhere {
            Some(why) => not_carried.push(one.lost(why)),
            None => items.push(item(one, &mut secrets)),
        }
    }
    Ok(ImportDocument {
        target: places.target,
        read: terraform::from_arguments,
        items,
        not_carried,
        others,
        notes,
        open: secrets.open,
    })
}

/// Whether a type is one of CloudWatch, SNS or Logs. Those of EventBridge are still named after CloudWatch Events.
fn is_near(type_name: &str) -> bool {
    let name = type_name.strip_prefix("awscc_").or(type_name.strip_prefix("aws_")).unwrap_or_default();
    let services = ["cloudwatch_", "sns_", "logs_"];
    services.iter().any(|service| name.starts_with(service)) && !name.starts_with("cloudwatch_event_")
}

fn item(one: &TerraformInstance<'_>, secrets: &mut SecretTexts) -> ImportItem {
    let (mut known, mut unresolved) = one.known();
    secrets.hide(one, &mut known, &mut unresolved);
    ImportItem {
        id: one.address.clone(),
        type_name: one.type_name.clone(),
        span: one.span,
        properties: terraform::state::arguments(&one.type_name, &known),
        spans: one.spans(),
        unresolved,
        remarks: one.remarks.clone(),
    }
}
