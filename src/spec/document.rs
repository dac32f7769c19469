//! The whole file: its top-level keys, and the way from a checked tree to the desired resources of a target.

use super::desired::{Desired, SpecSection};
use super::error::SpecError;
use super::form::{DEFAULTS, SPEC};
use super::pick::{known, section};
use super::presets;
use super::reading::Reader;
use super::roster::Roster;
use super::slo::{self, SloDraft};
use super::source::SourceFile;
use super::variables::{self, Variable, VariableFiller};
use super::yaml::Parsed;
use crate::model::node::{Data, MapEntry, Node, Span};
use crate::model::shape::{self, Shape};
use crate::model::{Layers, Partition, SpecProblem, Target};
use crate::resources::scope::DeclarationScope;
use crate::resources::{Address, FunctionFacts, Kind, Resource, alarm, composite_alarm, dashboard, tag};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that has been parsed. Its variables are open, and its mistakes are not yet looked for.
#[derive(Debug, Clone)]
pub struct Spec {
    name: Arc<str>,
    text: Arc<str>,
    root: Node,
    variables: Vec<Variable>,
    accounts: Option<AccountsSection>,
    /// Mistakes that did not keep the file from being parsed.
    problems: Vec<SpecProblem>,
    comments: Arc<[Span]>,
}

/// What a spec says of its roster.
#[derive(Debug, Clone)]
enum AccountsSection {
    Listed(Roster),
    /// A file, and where it is named.
    In(PathBuf),
}

impl Spec {
    pub(super) fn new(name: &str, text: String, parsed: Parsed) -> Self {
        let Parsed { mut root, mut problems, comments } = parsed;
        let variables = variables::declared(root.get("vars"));
        let accounts = accounts(&root, name, &text, &mut problems);
        if accounts.is_some()
            && let Data::Map(entries) = &mut root.data
        {
            // Read once and for all: a roster can be longer than all the rest, which is read anew for each of its accounts.
            entries.retain(|entry| entry.name.text != ACCOUNTS);
        }
        Self { name: name.into(), text: text.into(), root, variables, accounts, problems, comments: comments.into() }
    }

    /// The roster that the file lists or names, if it does.
    pub fn roster(&self) -> Result<Option<Roster>, SpecError> {
        match &self.accounts {
            None => Ok(None),
            Some(AccountsSection::Listed(roster)) if self.problems.is_empty() => Ok(Some(roster.clone())),
            Some(AccountsSection::Listed(_)) => Err(SpecError::new(&self.name, &self.text, self.problems.clone())),
            Some(AccountsSection::In(path)) => Roster::load(path).map(Some),
        }
    }

    /// The region as it is written, before variables are bound; `None` where it holds one.
    pub fn region(&self) -> Option<&str> {
        self.root.get("region")?.text().filter(|region| !region.contains("${"))
    }

    /// The names under `functions`, in the order of the file; names hold no variables.
    pub fn functions(&self) -> Vec<String> {
        section(&self.root, "functions").iter().map(|entry| entry.name.text.clone()).collect()
    }

    /// The stack as it is written, before variables are bound.
    pub fn stack(&self) -> &str {
        self.root.get("stack").and_then(Node::text).unwrap_or_default()
    }

    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// Fills in the variables and checks everything that can be checked offline: all mistakes of the file at once.
    pub fn bind(&self, values: &BTreeMap<String, String>) -> Result<BoundSpec, SpecError> {
        self.bind_tree(self.root.clone(), values)
    }

    /// Binds a file that is bound only once: its tree, much larger than its text, is not copied.
    pub fn into_bound(mut self, values: &BTreeMap<String, String>) -> Result<BoundSpec, SpecError> {
        let root = std::mem::replace(&mut self.root, Node::new(Span::default(), Data::Null));
        self.bind_tree(root, values)
    }

    fn bind_tree(&self, mut root: Node, values: &BTreeMap<String, String>) -> Result<BoundSpec, SpecError> {
        let mut problems = self.problems.clone();
        variables::check_names(root.get("vars"), &mut problems);
        let mut filler = VariableFiller::new(&self.variables, values);
        if let Data::Map(entries) = &mut root.data {
            for entry in entries.iter_mut().filter(|entry| entry.name.text != "vars") {
                filler.fill(&mut entry.value);
            }
        }
        problems.extend(filler.done());
        shape::check(&root, &Shape::Object(&SPEC), "the spec", &mut problems);
        let bound = BoundSpec::new(self, root);
        let region = bound.region().unwrap_or_default();
        let partition = bound.region().map(Partition::of_region);
        let (_, found) = bound.read(&Target::new("000000000000", region), partition, &BTreeMap::new());
        problems.extend(found);
        if problems.is_empty() { Ok(bound) } else { Err(SpecError::new(&self.name, &self.text, problems)) }
    }
}

const ACCOUNTS: &str = "accounts";

/// Reads `accounts`. No variable is filled in there, since it is where their values come from.
fn accounts(root: &Node, name: &str, text: &str, problems: &mut Vec<SpecProblem>) -> Option<AccountsSection> {
    let mut entries = root.entries().iter().filter(|entry| entry.name.text == ACCOUNTS);
    let (first, again) = (entries.next()?, entries.next());
    let fits = match &first.value.data {
        Data::List(_) => {
            return again
                .is_none()
                .then(|| AccountsSection::Listed(Roster::written(name, text, &first.value, problems)));
        }
        Data::Scalar(path) if again.is_none() && !path.text.is_empty() => path.text.as_str(),
        // Whatever else it is, the shape of the file has words for it.
        _ => return None,
    };
    Some(AccountsSection::In(Path::new(name).parent().unwrap_or(Path::new("")).join(fits)))
}

/// A right spec with its variables filled in.
#[derive(Debug, Clone)]
pub struct BoundSpec {
    name: Arc<str>,
    text: Arc<str>,
    root: Node,
    comments: Arc<[Span]>,
    functions: Vec<String>,
    /// Whether what an account has once, whatever the region, is asked for here.
    keeps_account: bool,
    /// Where a name of a section stands among its entries.
    declared: HashMap<(SpecSection, String), usize>,
}

impl BoundSpec {
    fn new(spec: &Spec, root: Node) -> Self {
        let functions = section(&root, "functions").iter().map(|entry| entry.name.text.clone()).collect();
        let mut declared = HashMap::new();
        for section in SpecSection::all() {
            for (at, entry) in section.entries(&root).iter().enumerate() {
                declared.entry((section, entry.name.text.clone())).or_insert(at);
            }
        }
        Self {
            name: spec.name.clone(),
            text: spec.text.clone(),
            comments: spec.comments.clone(),
            root,
            functions,
            keeps_account: true,
            declared,
        }
    }

    /// For another region of an account whose dashboards the run of one region keeps: it neither makes nor deletes them.
    pub fn without_the_account(self) -> Self {
        Self { keeps_account: false, ..self }
    }

    /// Whether a resource is one that this target of the spec is about.
    pub fn is_about(&self, address: &Address) -> bool {
        self.keeps_account || !address.kind.is_of_the_account()
    }

    fn declaration(&self, section: SpecSection, name: &str) -> Option<&MapEntry> {
        let at = self.declared.get(&(section, name.to_owned()))?;
        section.entries(&self.root).get(*at)
    }

    pub fn stack(&self) -> &str {
        self.root.get("stack").and_then(Node::text).unwrap_or_default()
    }

    pub fn region(&self) -> Option<&str> {
        self.root.get("region")?.text()
    }

    /// The only accounts that may be touched; empty where all may.
    pub fn allowed_accounts(&self) -> impl Iterator<Item = &str> {
        self.root.get("allowed_accounts").map(Node::items).unwrap_or_default().iter().filter_map(Node::text)
    }

    /// The file, for those who show a place of it.
    pub fn source(&self) -> SourceFile<'_> {
        SourceFile::new(&self.name, &self.text, &self.comments)
    }

    /// What the file says of lint rules: id to level or object.
    pub fn lint(&self) -> &[MapEntry] {
        self.root.get("lint").map(Node::entries).unwrap_or_default()
    }

    /// Where a function is named under `functions`.
    pub fn function_span(&self, function: &str) -> Option<Span> {
        self.declaration(SpecSection::Functions, function).map(|entry| entry.name.span)
    }

    /// Where the first of these keys stands in the declaration of a resource; `None` where the declaration has none of them.
    pub fn key_span(&self, address: &Address, keys: &[&str]) -> Option<Span> {
        let entries = self.declaration(SpecSection::Of(address.kind), &address.name)?.value.entries();
        keys.iter().find_map(|key| entries.iter().find(|entry| entry.name.text == *key)).map(|entry| entry.name.span)
    }

    /// The names under `functions`, in the order of the file.
    pub fn functions(&self) -> &[String] {
        &self.functions
    }

    /// The resources of a target. Topic names become ARNs of the target; a function without facts has Lambda's defaults.
    pub fn desired(&self, target: &Target, facts: &BTreeMap<String, FunctionFacts>) -> Result<Desired, SpecError> {
        let (desired, problems) = self.read(target, Some(Partition::of_region(&target.region)), facts);
        if problems.is_empty() { Ok(desired) } else { Err(SpecError::new(&self.name, &self.text, problems)) }
    }

    /// `partition`: where the region is known.
    fn read(
        &self,
        target: &Target,
        partition: Option<&'static Partition>,
        facts: &BTreeMap<String, FunctionFacts>,
    ) -> (Desired, Vec<SpecProblem>) {
        let root = &self.root;
        let facts: BTreeMap<&str, FunctionFacts> = self
            .functions
            .iter()
            .map(|name| (name.as_str(), facts.get(name).cloned().unwrap_or_else(|| presets::stand_in(name))))
            .collect();
        let presets = presets_of(root, &facts);
        let mut problems = Vec::new();
        let tags = root.get("tags").map(|node| tag::values(node, &mut problems)).unwrap_or_default();
        let slos = slo::expand(root, &mut problems);
        let names = |kind: Kind| SpecSection::Of(kind).entries(root).iter().map(|entry| entry.name.text.as_str());
        let preset_names = presets.iter().map(|(_, preset)| preset.name.text.as_str());
        let alarms = names(Kind::Alarm).chain(names(Kind::CompositeAlarm)).chain(preset_names);
        let alarms = alarms.chain(slos.iter().flat_map(SloDraft::names)).collect();
        let scope =
            DeclarationScope { target, partition, topics: names(Kind::Topic).collect(), alarms, tags, problems };
        let mut reader =
            Reader { scope, desired: Desired::of(self.stack(), &target.region), alarm_names: HashMap::new() };
        let defaults = root.get("defaults").map(|node| known(node, &DEFAULTS));
        let defaults = defaults.as_ref();

        for kind in Kind::ALL {
            reader.kind(kind, root, defaults);
            match kind {
                Kind::Subscription => reader.subscriptions(root),
                Kind::LogGroup => {
                    for MapEntry { name, value } in section(root, "functions") {
                        reader.function(name, value, &facts);
                    }
                    for (golden, preset) in &presets {
                        let layers = preset.over.iter().chain([&preset.written, *golden]).chain(defaults);
                        let layers = Layers::new(preset.name.span, layers);
                        let alarm = alarm::spec::read(&preset.name, &layers, &mut reader.scope);
                        reader.add(Resource::Alarm(Box::new(alarm)), preset.name.span);
                    }
                    slos.iter().for_each(|slo| reader.slo(slo, defaults));
                }
                _ => {}
            }
        }
        let functions = self.functions.iter().filter_map(|name| Some((name.as_str(), facts.get(name.as_str())?)));
        let Desired { stack, resources, slos: measured, .. } = &mut reader.desired;
        dashboard::fill(stack, target, resources, measured, functions.collect());
        let written: Vec<MapEntry> = slos.iter().flat_map(SloDraft::written_composites).collect();
        let composites: Vec<&MapEntry> =
            section(root, SpecSection::Of(Kind::CompositeAlarm).key()).into_iter().chain(&written).collect();
        composite_alarm::cycle::check(&composites, &mut reader.scope);
        reader.desired.resources.retain(|address, _| self.is_about(address));
        (reader.desired, reader.scope.problems)
    }
}

/// The preset alarms of all functions, each with its `golden_signals`.
fn presets_of<'a>(root: &'a Node, facts: &BTreeMap<&str, FunctionFacts>) -> Vec<(&'a Node, presets::Preset)> {
    let mut all = Vec::new();
    for MapEntry { name, value } in section(root, "functions") {
        let entry = value.entries().iter().find(|entry| entry.name.text == "golden_signals");
        if let (Some(entry), Some(facts)) = (entry, facts.get(name.text.as_str())) {
            let presets = presets::expand(&name.text, &entry.value, entry.name.span, facts);
            all.extend(presets.into_iter().map(|preset| (&entry.value, preset)));
        }
    }
    all
}
