//! Resources -> the text of a spec, in the short form that a person would write. Reading the text gives the same resources; what no spec
//! can say is left out, and named. Where the resources come from - a live account, another tool's file - it does not ask.

mod golden;
mod open;
mod place;
mod shared;
mod yaml;

pub use open::{OpenParameter, WrittenVariable};

use super::{BoundSpec, SpecError};
use crate::model::writing::{SpecEntry, SpecMap, SpecValue};
use crate::model::{ResourceFields, Target, secret};
use crate::resources::written::WritingScope;
use crate::resources::{Address, FunctionFacts, Kind, Resource, ResourceTags, declared};
use place::Places;
use std::collections::{BTreeMap, BTreeSet};
use yaml::PrintStyle;

/// How a file is printed, and the lines from which on that is too long.
const STYLES: [(PrintStyle, usize); 3] =
    [(PrintStyle::Roomy, 500), (PrintStyle::Dense, 1_000), (PrintStyle::Packed, usize::MAX)];

/// What is to be written.
#[derive(Debug, Clone)]
pub struct WriterInput<'a> {
    pub stack: &'a str,
    /// Whose ARNs are written as names.
    pub target: &'a Target,
    pub resources: &'a BTreeMap<Address, Resource>,
    /// The functions that are known, of which golden signals are recognised.
    pub functions: &'a BTreeMap<String, FunctionFacts>,
    /// Lines of comment above declarations.
    pub remarks: &'a BTreeMap<Address, Vec<String>>,
    /// Lines of comment at the head of the file.
    pub head: &'a [String],
    /// Texts in the resources that stand for values which are not known.
    pub parameters: &'a [OpenParameter],
}

/// A spec as text.
#[derive(Debug, Clone, Default)]
pub struct WrittenSpec {
    pub text: String,
    pub variables: Vec<WrittenVariable>,
    /// What no spec can say, each with the reason.
    pub left_out: BTreeMap<Address, String>,
    /// Alarms that the golden signals of their functions stand for.
    pub folded: BTreeSet<Address>,
    /// What reading the text gives otherwise than it is; nothing that is known of.
    pub differing: BTreeSet<Address>,
}

/// The declarations while they are being shortened.
#[derive(Debug, Default)]
struct Declarations {
    /// Of everything that stands in a section of its own kind, or beside its parent.
    maps: BTreeMap<Address, SpecMap>,
    functions: BTreeMap<String, SpecMap>,
}

/// How much is shortened; what turns out to mean something else is written out.
#[derive(Debug, Clone, Copy)]
struct Shortening {
    golden: bool,
    shared: bool,
}

impl WrittenSpec {
    /// The spec as it is read, its variables filled in.
    ///
    /// # Errors
    /// Mistakes of the text: none of one that `write` has returned.
    pub fn bound(&self) -> Result<BoundSpec, SpecError> {
        let mut regions = super::input::of_text("the written spec", self.text.clone())?.into_regions(&self.values())?;
        // There is always one.
        Ok(regions.swap_remove(0))
    }

    /// A file of the variables' values; what AWS does not tell is left to be filled in.
    pub fn values_text(&self) -> String {
        let mut text = "# The values of the spec's variables: addresses of people, and secrets. For --var-file; keep it out of the repository.\n".to_owned();
        for WrittenVariable { name, open, given } in &self.variables {
            // JSON's texts are YAML's, too; here nothing is a variable.
            let value = serde_json::Value::from(given.as_deref().unwrap_or(&open.value));
            text += &match open.unknown {
                true => format!("# {}\n# {name}:\n", open.description),
                false => format!("{name}: {value}\n"),
            };
        }
        text
    }

    /// The values of its variables.
    pub fn values(&self) -> BTreeMap<String, String> {
        self.variables.iter().map(|variable| (variable.name.clone(), variable.open.value.clone())).collect()
    }
}

/// Writes a spec of these resources.
///
/// # Errors
/// The stack's name or the target's region cannot be in a spec.
pub fn write(input: &WriterInput<'_>) -> Result<WrittenSpec, SpecError> {
    let mut left_out: BTreeMap<Address, String> = BTreeMap::new();
    let mut shortening = Shortening { golden: true, shared: true };
    loop {
        let draft = draft(input, &left_out, shortening);
        let problems = match read_back(input, &draft.written) {
            Ok(resources) => {
                let differing = differing(input.resources, &left_out, &resources);
                if !differing.is_empty() && (shortening.golden || shortening.shared) {
                    shortening = Shortening { golden: shortening.golden && !shortening.shared, shared: false };
                    continue;
                }
                return Ok(WrittenSpec { left_out, differing, ..draft.written });
            }
            Err(error) => error,
        };
        let places = Places::of(&draft.written.text, &draft.children);
        let before = left_out.len();
        for problem in problems.raw() {
            if let Some(address) = places.at(problem.span).filter(|address| input.resources.contains_key(address)) {
                let said = unsaid(input, &address, &problem.message);
                left_out.entry(address).or_insert(said);
            }
        }
        if left_out.len() == before {
            if !shortening.golden && !shortening.shared {
                return Err(problems);
            }
            // It is about what stands for several.
            shortening = Shortening { golden: shortening.golden && !shortening.shared, shared: false };
        }
    }
}

/// The text without what the file leaves open of a resource: who is notified stands in no comment.
fn unsaid(input: &WriterInput<'_>, address: &Address, text: &str) -> String {
    let scope = WritingScope { target: input.target, declared: BTreeSet::new() };
    let mut text = text.to_owned();
    if let Some(resource) = input.resources.get(address) {
        let mut root = SpecMap::default().put("it", resource.written(&scope));
        for variable in open::variables(&mut root, input.parameters) {
            text = text.replace(&variable.open.value, "***");
        }
    }
    secret::hide(&text)
}

/// A text, and which children stand in which list of it, in their order.
struct DraftSpec {
    written: WrittenSpec,
    children: place::ListedChildren,
}

fn draft(input: &WriterInput<'_>, left_out: &BTreeMap<Address, String>, shortening: Shortening) -> DraftSpec {
    let kept: BTreeMap<&Address, &Resource> =
        input.resources.iter().filter(|(address, _)| !left_out.contains_key(*address)).collect();
    let scope = WritingScope { target: input.target, declared: kept.keys().copied().collect() };
    let mut declarations = Declarations::default();
    for (address, resource) in &kept {
        declarations.maps.insert((*address).clone(), resource.written(&scope));
    }
    let mut root =
        SpecMap::default().put("version", 1).put("stack", input.stack).put("region", &input.target.region[..]);
    let all: Vec<&Resource> = kept.values().copied().collect();
    let tags = if shortening.shared { shared::tags(&mut declarations, &all) } else { None };
    let (mut folded, mut golden) = (BTreeSet::new(), BTreeMap::new());
    if shortening.golden {
        let fold = golden::fold(&mut declarations, input.resources, input.functions, input.target);
        declarations.functions = fold.functions;
        (folded, golden) = (fold.folded, fold.alarms);
    }
    let defaults = if shortening.shared { shared::defaults(&mut declarations) } else { None };
    shared::restore(&mut declarations);
    root = root.put_some("vars", Some(SpecMap::default())).put_some("tags", tags).put_some("defaults", defaults);
    if !declarations.functions.is_empty() {
        let mut functions = SpecMap::default();
        for (name, map) in std::mem::take(&mut declarations.functions) {
            let signals = golden.get(&name).map(|alarms| format!("its golden signals are {}", alarms.join(", ")));
            functions.add(entry(&name, map, signals.into_iter().collect()));
        }
        root.set("functions", functions);
    }
    let remark = |address: &Address| input.remarks.get(address).cloned().unwrap_or_default();
    let children = place::put(&mut root, declarations.maps, &kept, remark);
    let variables = open::variables(&mut root, input.parameters);
    match variables.is_empty() {
        true => drop(root.remove("vars")),
        false => root.set("vars", open::section(&variables)),
    }
    let mut head = input.head.to_vec();
    if !left_out.is_empty() {
        head.push("Left out, since no spec can say it:".to_owned());
        let line = |(address, reason): (&Address, &String)| {
            format!("- {}: {reason}", unsaid(input, address, &address.to_string()))
        };
        head.extend(left_out.iter().map(line));
    }
    let mut text = String::new();
    for (style, most) in STYLES {
        text = yaml::print(&head, &root, style);
        if text.lines().count() <= most {
            break;
        }
    }
    DraftSpec { written: WrittenSpec { text, variables, folded, ..WrittenSpec::default() }, children }
}

/// What the reader makes of the text.
fn read_back(input: &WriterInput<'_>, written: &WrittenSpec) -> Result<BTreeMap<Address, Resource>, SpecError> {
    Ok(written.bound()?.desired(input.target, input.functions)?.resources)
}

fn differing(
    wanted: &BTreeMap<Address, Resource>,
    left_out: &BTreeMap<Address, String>,
    read: &BTreeMap<Address, Resource>,
) -> BTreeSet<Address> {
    let meaning = |resource: &Resource| -> (ResourceFields, Option<ResourceTags>) {
        let tags = resource.tags().map(|tags| {
            crate::resources::written::sayable(tags).map(|(key, value)| (key.clone(), value.clone())).collect()
        });
        (resource.fields(), tags)
    };
    // An endpoint whose password nobody knows is another one for now.
    let unknown =
        |resource: &Resource| matches!(resource, Resource::Subscription(one) if one.endpoint.contains(":****@"));
    let differs = |(address, resource): &(&Address, &Resource)| match read.get(*address) {
        Some(read) => meaning(read) != meaning(resource) || !declared_of(resource).is_subset(&declared::by_spec(read)),
        None => !unknown(resource),
    };
    let kept = wanted.iter().filter(|(address, _)| !left_out.contains_key(*address));
    kept.filter(differs).map(|(address, _)| address.clone()).collect()
}

fn declared_of(resource: &Resource) -> declared::AttributeNames {
    resource.declared().cloned().unwrap_or_default()
}

/// A section's entries by kind, in the order of the spec.
fn sections() -> impl Iterator<Item = (Kind, &'static str)> {
    Kind::ALL.into_iter().map(|kind| (kind, kind.facts().section.name))
}

/// An entry with its lines of comment.
fn entry(key: &str, value: impl Into<SpecValue>, comments: Vec<String>) -> SpecEntry {
    SpecEntry { key: key.to_owned(), value: value.into(), comments }
}
