//! The whole file: its top-level keys, and the way from a checked tree to the desired resources of a target.

use super::coverage::{self, CoveredFunctions, FunctionPattern};
use super::desired::{Desired, SpecSection};
use super::error::SpecError;
use super::form::{DEFAULTS, SPEC};
use super::one_alarm;
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
use crate::resources::function::LiveFunctions;
use crate::resources::scope::DeclarationScope;
use crate::resources::{
    Address, FunctionFacts, Kind, Resource, ResourceTags, alarm, composite_alarm, external_subscription, tag,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
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

    /// The same with each pattern in place of the functions that it stands for; `None` where a pattern asks for tags by a variable.
    pub fn functions_of(&self, live: &LiveFunctions) -> Option<Vec<String>> {
        let by_variable = |tags: &ResourceTags| tags.values().any(|value| value.contains("${"));
        if FunctionPattern::all(&self.root).iter().any(|pattern| by_variable(&pattern.tags)) {
            return None;
        }
        let (_, covered) = coverage::expand(&self.root, live);
        let mut covered = covered.into_iter().map(|one| (one.pattern, one.functions)).collect::<BTreeMap<_, _>>();
        let one = |name: String| covered.remove(&name).unwrap_or_else(|| vec![name]);
        Some(self.functions().into_iter().flat_map(one).collect())
    }

    /// Those of the live functions that nothing of the file watches, as far as it is known before variables are bound.
    pub fn uncovered(&self, live: &LiveFunctions) -> Vec<String> {
        coverage::uncovered(&self.root, live)
    }

    /// The tags that patterns under `functions` ask for; `None` where there is no pattern.
    pub fn matched_tags(&self) -> Option<BTreeSet<ResourceTags>> {
        matched_tags(&self.root)
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
    /// What its patterns stand for in the target that it was expanded for, and the facts of all functions there.
    covered: Option<(Vec<CoveredFunctions>, BTreeMap<String, FunctionFacts>)>,
    /// Where a name of a section stands among its entries.
    declared: HashMap<(SpecSection, String), usize>,
}

impl BoundSpec {
    fn new(spec: &Spec, root: Node) -> Self {
        let (name, text, comments) = (spec.name.clone(), spec.text.clone(), spec.comments.clone());
        let (functions, declared) = (functions(&root), declared(&root));
        Self { name, text, comments, root, functions, covered: None, declared }
    }

    fn with(&self, root: Node) -> Self {
        let (name, text, comments) = (self.name.clone(), self.text.clone(), self.comments.clone());
        let (functions, declared) = (functions(&root), declared(&root));
        Self { name, text, comments, root, functions, covered: None, declared }
    }

    /// The tags that patterns under `functions` ask for; `None` where there is no pattern that is still to be expanded.
    pub fn matched_tags(&self) -> Option<BTreeSet<ResourceTags>> {
        matched_tags(&self.root).filter(|_| self.covered.is_none())
    }

    /// The spec of one target: each pattern under `functions` has given way to the functions there that it stands for.
    pub fn for_functions(&self, live: LiveFunctions) -> Self {
        let (root, covered) = coverage::expand(&self.root, &live);
        Self { covered: Some((covered, live.facts)), ..self.with(root) }
    }

    /// The spec in which these functions, which are not asked for, stand in place of the patterns that name them.
    pub fn for_names(&self, names: &BTreeSet<String>) -> Self {
        match FunctionPattern::all(&self.root).is_empty() {
            true => self.clone(),
            false => self.with(coverage::expand_by_name(&self.root, names)),
        }
    }

    /// What its patterns stand for in its target; empty where it has none.
    pub fn covered(&self) -> &[CoveredFunctions] {
        self.covered.as_ref().map(|(covered, _)| covered.as_slice()).unwrap_or_default()
    }

    /// The facts of all functions of its target, where they were listed for its patterns.
    pub fn listed_functions(&self) -> Option<&BTreeMap<String, FunctionFacts>> {
        self.covered.as_ref().map(|(_, facts)| facts)
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
        let facts_of = |name: &String| facts.get(name).cloned().unwrap_or_else(|| presets::stand_in(name));
        let named = section(root, "functions").into_iter().map(|entry| &entry.name.text);
        let facts: BTreeMap<&str, FunctionFacts> = named.map(|name| (name.as_str(), facts_of(name))).collect();
        let presets = presets_of(root, &facts);
        let mut problems = Vec::new();
        coverage::check(root, &mut problems);
        for pattern in FunctionPattern::all(root).iter().filter(|pattern| pattern.is_one_alarm()) {
            problems.extend(one_alarm::check(pattern, &coverage::others(root, pattern)));
        }
        let tags = root.get("tags").map(|node| tag::values(node, &mut problems)).unwrap_or_default();
        let slos = slo::expand(root, &mut problems);
        let names = |kind: Kind| SpecSection::Of(kind).entries(root).iter().map(|entry| entry.name.text.as_str());
        let preset_names = presets.iter().map(|(_, preset)| preset.name.text.as_str());
        let alarms = names(Kind::Alarm).chain(names(Kind::CompositeAlarm)).chain(preset_names);
        let alarms = alarms.chain(slos.iter().flat_map(SloDraft::names)).collect();
        let (topics, external_topics) = (names(Kind::Topic).collect(), external_topics(root));
        let scope = DeclarationScope { target, partition, topics, external_topics, alarms, tags, problems };
        let mut reader =
            Reader { scope, desired: Desired::of(self.stack(), &target.region), alarm_names: HashMap::new() };
        let defaults = root.get("defaults").map(|node| known(node, &DEFAULTS));
        let defaults = defaults.as_ref();

        for kind in Kind::ALL {
            reader.kind(kind, root, defaults);
            match kind {
                Kind::Subscription => reader.subscriptions(root),
                Kind::ExternalSubscription => reader.external_topics(root),
                Kind::LogGroup => {
                    section(root, "functions").into_iter().for_each(|entry| reader.function(entry, &facts));
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
        let written: Vec<MapEntry> = slos.iter().flat_map(SloDraft::written_composites).collect();
        let composites: Vec<&MapEntry> =
            section(root, SpecSection::Of(Kind::CompositeAlarm).key()).into_iter().chain(&written).collect();
        composite_alarm::cycle::check(&composites, &mut reader.scope);
        (reader.desired, reader.scope.problems)
    }
}

/// The functions of a tree, in its order: those that are named, and patterns that stand for some.
fn functions(root: &Node) -> Vec<String> {
    let one = section(root, "functions").into_iter().filter(|entry| !coverage::is_one_alarm(&entry.value));
    one.map(|entry| entry.name.text.clone()).collect()
}

/// The topics of other owners by the names that the file gives them.
fn external_topics(root: &Node) -> BTreeMap<&str, &str> {
    let entries = section(root, SpecSection::Of(Kind::ExternalSubscription).key()).into_iter();
    entries
        .filter_map(|entry| Some((entry.name.text.as_str(), external_subscription::spec::arn(&entry.value)?)))
        .collect()
}

fn declared(root: &Node) -> HashMap<(SpecSection, String), usize> {
    let mut declared = HashMap::new();
    for section in SpecSection::all() {
        for (at, entry) in section.entries(root).iter().enumerate() {
            declared.entry((section, entry.name.text.clone())).or_insert(at);
        }
    }
    declared
}

fn matched_tags(root: &Node) -> Option<BTreeSet<ResourceTags>> {
    let patterns = FunctionPattern::all(root);
    (!patterns.is_empty())
        .then(|| patterns.into_iter().map(|pattern| pattern.tags).filter(|tags| !tags.is_empty()).collect())
}

/// The preset alarms of all functions and patterns, each with its `golden_signals`.
fn presets_of<'a>(root: &'a Node, facts: &BTreeMap<&str, FunctionFacts>) -> Vec<(&'a Node, presets::Preset)> {
    let mut all = Vec::new();
    for entry in section(root, "functions") {
        let MapEntry { name, value } = entry;
        let Some(golden) = value.entries().iter().find(|entry| entry.name.text == "golden_signals") else { continue };
        let pattern = FunctionPattern::of(entry).filter(FunctionPattern::is_one_alarm);
        let presets = match (pattern, facts.get(name.text.as_str())) {
            (Some(pattern), _) => {
                let others = coverage::others(root, &pattern);
                one_alarm::expand(&pattern, &golden.value, golden.name.span, &others)
            }
            (None, Some(facts)) => presets::expand(&name.text, &golden.value, golden.name.span, facts),
            (None, None) => continue,
        };
        all.extend(presets.into_iter().map(|preset| (&golden.value, preset)));
    }
    all
}
