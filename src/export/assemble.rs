//! Rows of drafts -> resources of one document, with parameters where the rows differ.

use super::draft::{DraftDocument, DraftResource, Engine, depends};
use super::link::DocumentLinks;
use super::merge::{DocumentParameter, RowMerge};
use super::{ExportColumn, ExportNote, ExportRow};
use crate::model::Target;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that the documents of an export are made of.
#[derive(Debug)]
pub struct Assembly<'a> {
    columns: &'a [ExportColumn],
    targets: Vec<Target>,
    values: Vec<Vec<String>>,
    /// By row.
    drafts: Vec<DraftDocument>,
    pub notes: Vec<ExportNote>,
}

/// Resources of one document, in the order in which they can be made.
#[derive(Debug)]
pub struct AssembledDocument<'a> {
    pub resources: Vec<AssembledResource<'a>>,
    pub parameters: BTreeMap<String, DocumentParameter>,
}

/// A resource with the references and parameters of its document.
#[derive(Debug)]
pub struct AssembledResource<'a> {
    pub draft: &'a DraftResource,
    pub properties: Value,
    /// What it has to be made after, beside what its properties refer to.
    pub depends: Vec<String>,
}

impl<'a> Assembly<'a> {
    /// Drafts every row.
    ///
    /// # Errors
    /// Where rows do not ask for the same resources, or for none at all, in words.
    pub fn new(rows: &'a [ExportRow<'a>], columns: &'a [ExportColumn], engine: Engine) -> Result<Self, String> {
        let targets: Vec<Target> = rows.iter().map(ExportRow::target).collect();
        let mut drafts: Vec<DraftDocument> =
            rows.iter().zip(&targets).map(|(row, target)| DraftDocument::of(row.desired, target, engine)).collect();
        let ids = |draft: &DraftDocument| draft.resources.iter().map(|one| one.id.clone()).collect::<BTreeSet<_>>();
        let Some(first) = drafts.first_mut() else { return Err("there is no account to export for".to_owned()) };
        let notes = std::mem::take(&mut first.notes);
        if first.resources.is_empty() {
            return Err("the spec asks for nothing that could be exported".to_owned());
        }
        let all = ids(first);
        let odd = drafts.iter().find_map(|draft| ids(draft).symmetric_difference(&all).next().cloned());
        match odd {
            Some(odd) => Err(format!("{odd} is not asked for in every account")),
            None => {
                let values = rows.iter().map(|row| row.values.clone()).collect();
                Ok(Self { columns, targets, values, drafts, notes })
            }
        }
    }

    /// The resources of the first row, in the order in which they can be made.
    pub fn resources(&self) -> &[DraftResource] {
        self.drafts.first().map(|draft| draft.resources.as_slice()).unwrap_or_default()
    }

    /// Assembles a document of some of the resources.
    ///
    /// # Errors
    /// Where rows differ in more than values, in words.
    pub fn document(&'a self, ids: &BTreeSet<&str>) -> Result<AssembledDocument<'a>, String> {
        let chosen = |draft: &'a DraftDocument| {
            let own = draft.resources.iter().filter(|one| ids.contains(one.id.as_str()));
            own.map(|one| (one.id.as_str(), one)).collect::<BTreeMap<_, _>>()
        };
        let rows: Vec<BTreeMap<&str, &DraftResource>> = self.drafts.iter().map(chosen).collect();
        let links: Vec<DocumentLinks<'_>> = rows
            .iter()
            .zip(&self.targets)
            .map(|(row, target)| DocumentLinks::new(row.values().copied(), target))
            .collect();
        let depends = depends(rows.first().into_iter().flat_map(|row| row.values().copied()));
        let taken = ids.iter().map(|id| (*id).to_owned()).collect();
        let mut merge = RowMerge::new(self.columns, &self.values, taken);
        let mut resources = Vec::new();
        for draft in self.resources().iter().filter(|one| ids.contains(one.id.as_str())) {
            let own = rows.iter().filter_map(|row| row.get(draft.id.as_str()));
            let linked: Vec<_> = links.iter().zip(own).map(|(links, own)| links.link(own)).collect();
            let properties = merge.merge(&draft.id, &linked.iter().map(|one| &one.properties).collect::<Vec<_>>())?;
            let implied = |id: &&String| linked.iter().any(|one| one.linked.contains(*id));
            let stated = depends.get(&draft.id).into_iter().flatten().filter(|id| !implied(id));
            resources.push(AssembledResource { draft, properties, depends: stated.cloned().collect() });
        }
        Ok(AssembledDocument { resources, parameters: merge.parameters })
    }
}
