//! Templates as values: parameters and resources, over one row of values or many.

use super::super::draft::{DraftDocument, DraftResource, depends};
use super::super::{ExportColumn, ExportNote, ExportRow};
use super::link::TemplateLinks;
use super::merge::{RowMerge, TemplateParameter};
use super::{ENGINE, nested};
use crate::model::Target;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

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
pub struct Template {
    pub document: Value,
    pub parameters: BTreeMap<String, TemplateParameter>,
}

/// What an export becomes: one template, or a parent and its children by their names.
#[derive(Debug)]
pub struct TemplateSet {
    pub root: Template,
    pub children: BTreeMap<String, Template>,
    pub notes: Vec<ExportNote>,
}

/// Makes the templates of a stack. `target`: its account is none that exists.
///
/// # Errors
/// Where rows differ in more than values, in words.
pub fn templates(
    stack: &str,
    rows: &[ExportRow<'_>],
    columns: &[ExportColumn],
    targets: &[Target],
    limits: TemplateLimits,
) -> Result<TemplateSet, String> {
    let mut drafts: Vec<DraftDocument> =
        rows.iter().zip(targets).map(|(row, target)| DraftDocument::of(row.desired, target, ENGINE)).collect();
    let Some(first) = drafts.first_mut() else { return Err("there is nothing to export".to_owned()) };
    let notes = std::mem::take(&mut first.notes);
    let ids = |draft: &DraftDocument| draft.resources.iter().map(|one| one.id.clone()).collect::<BTreeSet<_>>();
    let all = ids(&drafts[0]);
    if let Some(other) = drafts.iter().find(|draft| ids(draft) != all) {
        let odd = ids(other).symmetric_difference(&all).next().cloned().unwrap_or_default();
        return Err(format!("{odd} is not asked for in every account"));
    }
    let values: Vec<Vec<String>> = rows.iter().map(|row| row.values.clone()).collect();
    let maker = TemplateMaker { stack, columns, values: &values, targets, drafts: &drafts, notes: &notes };
    let whole = maker.template(&drafts[0].resources.iter().collect::<Vec<_>>(), "")?;
    let fits = whole.parameters.len() <= limits.parameters
        && drafts[0].resources.len() <= limits.resources
        && whole.document.to_string().len() <= limits.stored;
    if fits {
        return Ok(TemplateSet { root: whole, children: BTreeMap::new(), notes });
    }
    let (root, children) = nested::split(&maker, limits)?;
    Ok(TemplateSet { root, children, notes })
}

/// What all templates of an export are made of.
#[derive(Debug)]
pub struct TemplateMaker<'a> {
    stack: &'a str,
    columns: &'a [ExportColumn],
    values: &'a [Vec<String>],
    targets: &'a [Target],
    /// By row.
    pub drafts: &'a [DraftDocument],
    notes: &'a [ExportNote],
}

impl TemplateMaker<'_> {
    /// A template of some of the resources; `part` says which of several it is.
    pub fn template(&self, resources: &[&DraftResource], part: &str) -> Result<Template, String> {
        let ids: BTreeSet<String> = resources.iter().map(|one| one.id.clone()).collect();
        let own: Vec<Vec<DraftResource>> = self
            .drafts
            .iter()
            .map(|draft| draft.resources.iter().filter(|one| ids.contains(&one.id)).cloned().collect())
            .collect();
        let links: Vec<TemplateLinks<'_>> =
            own.iter().zip(self.targets).map(|(own, target)| TemplateLinks::new(own, target)).collect();
        let depends = depends(&own[0]);
        let mut merge = RowMerge::new(self.columns, self.values, ids);
        let mut written = Map::new();
        for one in &own[0] {
            let mut linked = Vec::new();
            for (links, own) in links.iter().zip(&own) {
                linked.extend(own.iter().find(|other| other.id == one.id).map(|other| links.link(other)));
            }
            let rows: Vec<&Value> = linked.iter().map(|linked| &linked.properties).collect();
            let mut resource = Map::new();
            resource.insert("Type".into(), one.mapping.type_name.into());
            if one.is_retained {
                resource.insert("DeletionPolicy".into(), "Retain".into());
                resource.insert("UpdateReplacePolicy".into(), "Retain".into());
            }
            let implied = &linked[0].linked;
            let stated: Vec<&String> =
                depends.get(&one.id).into_iter().flatten().filter(|id| !implied.contains(*id)).collect();
            if !stated.is_empty() {
                resource.insert("DependsOn".into(), json!(stated));
            }
            resource.insert("Properties".into(), merge.merge(&one.id, &rows)?);
            written.insert(one.id.clone(), Value::Object(resource));
        }
        let document = self.document(part, &merge.parameters, written);
        Ok(Template { document, parameters: merge.parameters })
    }

    /// A whole template of resources that are written.
    pub fn document(
        &self,
        part: &str,
        parameters: &BTreeMap<String, TemplateParameter>,
        resources: Map<String, Value>,
    ) -> Value {
        let mut about = json!({ "Stack": self.stack });
        if part.is_empty() && !self.notes.is_empty() {
            about["LeftOut"] = self.notes.iter().map(ToString::to_string).collect();
        }
        let name = if part.is_empty() { self.stack.to_owned() } else { format!("{}, {part}", self.stack) };
        let mut document = json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": format!("{name}: exported by mlopsctl"),
            "Metadata": { "Mlopsctl": about },
            "Resources": resources,
        });
        if !parameters.is_empty() {
            document["Parameters"] =
                parameters.iter().map(|(name, parameter)| (name.clone(), declared(parameter))).collect();
        }
        document
    }
}

/// A parameter as a template declares it. Its default is what the first row has, where that is no secret.
pub fn declared(parameter: &TemplateParameter) -> Value {
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
