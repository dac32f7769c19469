//! A file of another engine -> a spec and the account of it: what is carried over whole, in part, or not, each with its place.

use super::assemble::{AssembledImport, assemble};
use super::item::{ImportDocument, NotCarried};
use super::{FilePosition, ImportFormat, ImportSettings, ImportSource, cloudformation, described, format, terraform};
use crate::model::Target;
use crate::model::node::Span;
use crate::resources::{Address, Kind, Resource};
use crate::spec::{self, SpecError, WriterInput, WrittenSpec};
use std::collections::{BTreeMap, BTreeSet};

/// How many resources of a file there are of each outcome. A resource of a file may be several of ours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// The spec says everything of it.
    pub whole: usize,
    /// The spec has it, but for what is named.
    pub partly: usize,
    pub not: usize,
}

/// Something that was not carried over, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOutcome {
    pub position: FilePosition,
    pub lost: NotCarried,
}

/// A file as a spec.
#[derive(Debug)]
pub struct ImportedSpec {
    pub format: ImportFormat,
    /// The file, as messages name it.
    pub file: String,
    pub target: Target,
    pub written: WrittenSpec,
    /// What is in the text, by kind.
    pub kinds: BTreeMap<Kind, usize>,
    pub counts: ImportCounts,
    /// In the order of the file.
    pub not_carried: Vec<ImportOutcome>,
    /// Types of other services, which are nothing that a spec is about.
    pub others: BTreeMap<String, usize>,
    pub notes: Vec<String>,
    /// What the file calls each resource of the spec, by which its engine lets go of it: a logical id, a Terraform address.
    pub sources: BTreeMap<Address, String>,
}

/// Reads a document of a format, or of the one that it is recognised as, and writes it as a spec.
///
/// # Errors
/// What the file is not; a stack that no spec can name.
pub fn write_import(
    source: &ImportSource,
    asked: Option<ImportFormat>,
    settings: &ImportSettings,
) -> Result<ImportedSpec, SpecError> {
    let Some(format) = asked.or_else(|| ImportFormat::of(&source.root)) else {
        let start = source.root.span.start;
        let start = Span::new(start, start);
        if let Some((message, help)) = format::other(&source.root) {
            return Err(source.mistake(start, message, help));
        }
        let message = "this is no file of an engine that is known";
        let help = format!("it can be {}; --from says which", format::UNDERSTOOD);
        return Err(source.mistake(start, message, help));
    };
    match format {
        ImportFormat::Cloudformation => {
            let inner = cloudformation::body(source)?;
            let source = inner.as_ref().unwrap_or(source);
            written(source, format, cloudformation::read(source, settings)?, settings)
        }
        ImportFormat::Terraform => written(source, format, terraform::read(source, settings)?, settings),
        ImportFormat::DescribeAlarms => written(source, format, described::read(source, settings)?, settings),
    }
}

fn written(
    source: &ImportSource,
    format: ImportFormat,
    document: ImportDocument,
    settings: &ImportSettings,
) -> Result<ImportedSpec, SpecError> {
    let AssembledImport { resources, places, mut not_carried, remarks } = assemble(&document);
    let functions = BTreeMap::new();
    let stack = settings.stack.clone().unwrap_or_else(|| stack_of(settings.stack_name.as_deref(), &source.name));
    let head = [
        "yaml-language-server: $schema=alarms.schema.json".to_owned(),
        format!("Written by mlopsctl import of {}.", source.name),
    ];
    let input = WriterInput {
        stack: &stack,
        target: &document.target,
        resources: &resources,
        functions: &functions,
        remarks: &remarks,
        head: &head,
        parameters: &document.open,
    };
    let written = spec::write(&input)?;
    for (address, why) in &written.left_out {
        if let Some(place) = places.get(address) {
            let why = format!("no spec can say it: {why}");
            not_carried.push(lost(place, None, why));
        }
    }
    for (address, fields) in differences(&written, &resources, &document.target) {
        if let Some(place) = places.get(&address) {
            not_carried.push(lost(place, Some(fields.join(", ")), "the spec does not say it exactly".to_owned()));
        }
    }
    let kept = |address: &&Address| !written.left_out.contains_key(*address);
    let sources = places.iter().filter(|(address, _)| kept(address));
    let sources = sources.map(|(address, place)| (address.clone(), place.id.clone())).collect();
    let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
    resources.keys().filter(kept).for_each(|address| *kinds.entry(address.kind).or_default() += 1);
    let counts = counts(&document, &not_carried);
    not_carried.extend(document.not_carried);
    let positions = source.positions(&not_carried.iter().map(|one| one.span).collect::<Vec<_>>());
    let mut outcomes: Vec<ImportOutcome> =
        not_carried.into_iter().zip(positions).map(|(lost, position)| ImportOutcome { position, lost }).collect();
    outcomes.sort_by(|a, b| key(a).cmp(&key(b)));
    outcomes.dedup();
    Ok(ImportedSpec {
        format,
        file: source.name.clone(),
        target: document.target,
        written,
        kinds,
        counts,
        not_carried: outcomes,
        others: document.others,
        notes: document.notes,
        sources,
    })
}

fn key(outcome: &ImportOutcome) -> (usize, usize, &str, &Option<String>, &str) {
    let ImportOutcome { position, lost } = outcome;
    (position.line, position.column, &lost.id, &lost.property, &lost.why)
}

fn lost(place: &super::assemble::ImportPlace, property: Option<String>, why: String) -> NotCarried {
    NotCarried { span: place.span, id: place.id.clone(), type_name: place.type_name.clone(), property, why }
}

/// Of each item one outcome: a loss of the whole outweighs one of a part.
fn counts(document: &ImportDocument, not_carried: &[NotCarried]) -> ImportCounts {
    let whole: BTreeSet<&str> =
        not_carried.iter().filter(|one| one.property.is_none()).map(|one| one.id.as_str()).collect();
    let partly: BTreeSet<&str> =
        not_carried.iter().map(|one| one.id.as_str()).filter(|id| !whole.contains(id)).collect();
    let elsewhere: BTreeSet<&str> = document.not_carried.iter().map(|one| one.id.as_str()).collect();
    ImportCounts {
        whole: document.items.len().saturating_sub(whole.len() + partly.len()),
        partly: partly.len(),
        not: whole.len() + elsewhere.len(),
    }
}

/// The fields of what the text says otherwise than it was read.
fn differences(
    written: &WrittenSpec,
    resources: &BTreeMap<Address, Resource>,
    target: &Target,
) -> BTreeMap<Address, Vec<String>> {
    if written.differing.is_empty() {
        return BTreeMap::new();
    }
    let read = written.bound().and_then(|bound| bound.desired(target, &BTreeMap::new()));
    let read = read.map(|desired| desired.resources).unwrap_or_default();
    let fields = |address: &Address| {
        let (Some(wanted), Some(read)) = (resources.get(address), read.get(address)) else {
            return vec!["the resource".to_owned()];
        };
        let (wanted, read) = (wanted.fields(), read.fields());
        let names: BTreeSet<&String> = wanted.keys().chain(read.keys()).collect();
        let names = names.into_iter().filter(|name| wanted.get(*name) != read.get(*name));
        let names: Vec<String> = names.map(|name| name.to_string()).collect();
        if names.is_empty() { vec!["what it names or its tags".to_owned()] } else { names }
    };
    written.differing.iter().map(|address| (address.clone(), fields(address))).collect()
}

/// A name for the stack: the other engine's, else the file's.
fn stack_of(stack_name: Option<&str>, file: &str) -> String {
    let stem = std::path::Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c.to_ascii_lowercase() } else { '-' };
    let name: String = stack_name.unwrap_or(stem).chars().map(safe).take(40).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "imported".to_owned() } else { name.to_owned() }
}
