//! The whole file: its top-level keys, and the way from a checked tree to the desired resources of a target.

use super::coverage::{self, CoveredFunctions, FunctionPattern};
use super::desired::{Desired, SpecSection};
use super::error::SpecError;
use super::form::{DEFAULTS, SPEC};
use super::golden_signals;
use super::one_alarm;
use super::pick::{known, section};
use super::presets;
use super::reading::Reader;
use super::regions::{self, RegionPart};
use super::roster::{PassOver, Roster};
use super::slo::{self, SloDraft};
use super::source::SourceFile;
use super::variables::{self, Variable, VariableFiller};
use super::written_region::WrittenRegion;
use super::yaml::Parsed;
use crate::model::node::{Data, MapEntry, Node, Span};
use crate::model::shape::{self, Shape};
use crate::model::{Layers, Partition, SpecProblem, Target};
use crate::resources::scope::DeclarationScope;
use crate::resources::{
    Address, FunctionFacts, Kind, Resource, alarm, composite_alarm, dashboard, external_subscription, tag,
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
        self.roster_part(&mut |_| None)
    }

    /// The same; of one that it names, without the accounts that are passed over.
    pub fn roster_part(&self, pass_over: PassOver<'_>) -> Result<Option<Roster>, SpecError> {
        match &self.accounts {
            None => Ok(None),
            Some(AccountsSection::Listed(roster)) if self.problems.is_empty() => Ok(Some(roster.clone())),
            Some(AccountsSection::Listed(_)) => Err(SpecError::new(&self.name, &self.text, self.problems.clone())),
            Some(AccountsSection::In(path)) => Roster::load_part(path, pass_over).map(Some),
        }
    }

    /// Whether the file says by `regions` which it has.
    pub fn lists_regions(&self) -> bool {
        regions::cut(self.root.clone(), &mut Vec::new()).iter().any(|part| part.is_listed)
    }

    /// Whether it says by `accounts` which it is for.
    pub fn has_accounts(&self) -> bool {
        self.accounts.is_some()
    }

    /// Whether it has more than one.
    pub fn has_regions(&self) -> bool {
        self.root.get(regions::REGIONS).is_some() && regions::cut(self.root.clone(), &mut Vec::new()).len() > 1
    }

    /// The regions of the file as they are written, before variables are bound; there is always one, the home region first.
    pub fn written_regions(&self) -> Vec<WrittenRegion> {
        // What is wrong with them is said where the file is bound.
        let parts = regions::cut(self.root.clone(), &mut Vec::new());
        parts.into_iter().map(|part| WrittenRegion::new(part.root)).collect()
    }

    /// The stack as it is written, before variables are bound.
    pub fn stack(&self) -> &str {
        self.root.get("stack").and_then(Node::text).unwrap_or_default()
    }

    /// The file, as it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// Fills in the variables and checks everything that can be checked offline: all mistakes of the file at once. Returns the spec
    /// of each region, the home region first; there is always one.
    ///
    /// # Errors
    /// Every mistake of the file, of whichever region, each once.
    pub fn bind_regions(&self, values: &BTreeMap<String, String>) -> Result<Vec<BoundSpec>, SpecError> {
        self.bind_tree(self.root.clone(), values)
    }

    /// The same of a file that is bound only once: its tree, much larger than its text, is not copied.
    ///
    /// # Errors
    /// As `bind_regions`.
    pub fn into_regions(mut self, values: &BTreeMap<String, String>) -> Result<Vec<BoundSpec>, SpecError> {
        let root = std::mem::replace(&mut self.root, Node::new(Span::default(), Data::Null));
        self.bind_tree(root, values)
    }

    /// The spec of one region: of the one that is named, of any where the file lists none; `None` where it has no such region.
    ///
    /// # Errors
    /// As `bind_regions`.
    pub fn bind_in(&self, region: &str, values: &BTreeMap<String, String>) -> Result<Option<BoundSpec>, SpecError> {
        let mut all = self.bind_regions(values)?;
        let at = all.iter().position(|one| !one.lists_regions() || one.region() == Some(region));
        Ok(at.map(|at| all.swap_remove(at)))
    }

    /// The spec of the home region.
    #[cfg(test)]
    pub fn bind(&self, values: &BTreeMap<String, String>) -> Result<BoundSpec, SpecError> {
        Ok(self.bind_regions(values)?.remove(0))
    }

    /// As `bind`, of a file that is bound only once.
    #[cfg(test)]
    pub fn into_bound(self, values: &BTreeMap<String, String>) -> Result<BoundSpec, SpecError> {
        Ok(self.into_regions(values)?.remove(0))
    }

    fn bind_tree(&self, mut root: Node, values: &BTreeMap<String, String>) -> Result<Vec<BoundSpec>, SpecError> {
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
        let parts = regions::cut(root, &mut problems);
        let mut all: Vec<BoundSpec> = parts.into_iter().map(|part| BoundSpec::new(self, part)).collect();
        // What an account has once is the home region's.
        all.iter_mut().skip(1).for_each(|one| one.keeps_account = false);
        let mut siblings = Siblings::default();
        if all.len() > 1 {
            siblings.topics = all.iter().flat_map(BoundSpec::topics).collect();
            siblings.patterns = all.iter().flat_map(BoundSpec::patterns).collect();
            let siblings = Arc::new(siblings.clone());
            all.iter_mut().for_each(|one| one.siblings = siblings.clone());
        }
        for one in &all {
            let region = one.region().unwrap_or_default();
            let partition = one.region().map(Partition::of_region);
            let (desired, mut found) = one.read(&Target::new("000000000000", region), partition, &BTreeMap::new());
            if all.len() > 1 {
                // What the regions have in common is read in each of them, and is wrong once.
                found.retain(|problem| !problems.contains(problem));
                siblings.addresses.extend(desired.resources.into_keys());
            }
            problems.extend(found);
        }
        if !problems.is_empty() {
            return Err(SpecError::new(&self.name, &self.text, problems));
        }
        let siblings = Arc::new(siblings);
        all.iter_mut().for_each(|one| one.siblings = siblings.clone());
        Ok(all)
    }
}

/// What the regions of a file have, all together; nothing of a file of one region.
#[derive(Debug, Clone, Default)]
struct Siblings {
    /// Topics by name, each with its region.
    topics: Vec<(String, String)>,
    addresses: BTreeSet<Address>,
    /// What functions are called that patterns stand for.
    patterns: Vec<String>,
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

/// A right spec with its variables filled in; of a file of several regions, what it asks for in one of them.
#[derive(Debug, Clone)]
pub struct BoundSpec {
    name: Arc<str>,
    text: Arc<str>,
    pub(super) root: Node,
    comments: Arc<[Span]>,
    functions: Vec<String>,
    /// What its patterns stand for in the target that it was expanded for, and the facts of all functions there.
    pub(super) covered: Option<(Vec<CoveredFunctions>, BTreeMap<String, FunctionFacts>)>,
    /// Whether what an account has once, whatever the region, is asked for here.
    keeps_account: bool,
    /// Where a name of a section stands among its entries.
    declared: HashMap<(SpecSection, String), usize>,
    lists_regions: bool,
    siblings: Arc<Siblings>,
}

impl BoundSpec {
    fn new(spec: &Spec, part: RegionPart) -> Self {
        let comments = match part.is_whole() {
            true => spec.comments.clone(),
            false => spec.comments.iter().copied().filter(|comment| part.holds(*comment)).collect(),
        };
        let (root, lists_regions) = (part.root, part.is_listed);
        let (functions, declared) = (functions(&root), declared(&root));
        Self {
            name: spec.name.clone(),
            text: spec.text.clone(),
            comments,
            root,
            functions,
            covered: None,
            keeps_account: true,
            declared,
            lists_regions,
            siblings: Arc::default(),
        }
    }

    /// The same file in the same region, with another tree.
    pub(super) fn with(&self, root: Node) -> Self {
        Self { functions: functions(&root), declared: declared(&root), root, covered: None, ..self.clone() }
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

    /// Whether the file says by `regions` which it has, so that it is of no other.
    pub fn lists_regions(&self) -> bool {
        self.lists_regions
    }

    /// What the file declares in any of its regions; nothing where it is of one region.
    pub fn declared_anywhere(&self) -> &BTreeSet<Address> {
        &self.siblings.addresses
    }

    /// The same, and those of `asked` that a pattern of some region may stand for.
    pub fn declared_elsewhere<'a>(&'a self, asked: &'a BTreeSet<Address>) -> impl Iterator<Item = &'a Address> {
        let may_be = |address: &&Address| self.siblings.patterns.iter().any(|glob| coverage::may_be_of(glob, address));
        self.declared_anywhere().iter().chain(asked.iter().filter(may_be))
    }

    /// Whether what functions are called in some region of the file is not known here.
    pub fn has_patterns_elsewhere(&self) -> bool {
        !self.siblings.patterns.is_empty()
    }

    fn patterns(&self) -> Vec<String> {
        FunctionPattern::all(&self.root).iter().map(|pattern| pattern.glob.to_owned()).collect()
    }

    /// Whether anything is declared in the section of a kind.
    pub fn declares(&self, kind: Kind) -> bool {
        self.root
            .get(SpecSection::Of(kind).key())
            .is_some_and(|node| !node.entries().is_empty() || !node.items().is_empty())
    }

    fn topics(&self) -> Vec<(String, String)> {
        let region = self.region().unwrap_or_default();
        let topics = SpecSection::Of(Kind::Topic).entries(&self.root).iter();
        topics.map(|topic| (topic.name.text.clone(), region.to_owned())).collect()
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
        let presets = golden_signals::of_functions(root, &facts);
        let mut problems = Vec::new();
        coverage::check(root, &mut problems);
        for pattern in FunctionPattern::all(root).iter().filter(|pattern| pattern.is_one_alarm()) {
            problems.extend(one_alarm::check(pattern, &coverage::others(root, pattern)));
        }
        let tags = root.get("tags").map(|node| tag::values(node, &mut problems)).unwrap_or_default();
        let slos = slo::expand(root, &mut problems);
        let names = |kind: Kind| SpecSection::Of(kind).entries(root).iter().map(|entry| entry.name.text.as_str());
        let preset_names = presets.iter().map(|(_, preset)| preset.name.text.as_str());
        let alarms = Kind::alarms().flat_map(names).chain(preset_names);
        let alarms = alarms.chain(slos.iter().flat_map(SloDraft::names)).collect();
        let (topics, external_topics) = (names(Kind::Topic).collect(), external_subscription::spec::arns(root));
        let elsewhere = self.siblings.topics.iter().map(|(name, region)| (name.as_str(), region.as_str())).collect();
        let scope = DeclarationScope {
            target,
            partition,
            topics,
            external_topics,
            topics_elsewhere: elsewhere,
            alarms,
            tags,
            problems,
        };
        let mut reader =
            Reader { scope, desired: Desired::of(self.stack(), &target.region), alarm_names: HashMap::new() };
        let defaults = root.get("defaults").map(|node| known(node, &DEFAULTS));
        let defaults = defaults.as_ref();

        for kind in Kind::ALL {
            reader.kind(kind, root, defaults);
            match kind {
                Kind::Subscription => reader.subscriptions(root),
                Kind::ExternalSubscription => reader.external_topics(root),
                Kind::AnomalyDetector => reader.detectors(root),
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
                Kind::MetricFilter => reader.metric_filters(root, &facts),
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

/// The functions of a tree, in its order: those that are named, and patterns that stand for some.
fn functions(root: &Node) -> Vec<String> {
    let one = section(root, "functions").into_iter().filter(|entry| !coverage::is_one_alarm(&entry.value));
    one.map(|entry| entry.name.text.clone()).collect()
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
