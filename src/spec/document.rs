//! The whole file: its top-level keys, and the way from a checked tree to the desired resources of a target.

use super::error::SpecError;
use super::presets::{self, GOLDEN_SIGNALS};
use super::source::Source;
use super::variables::{self, Filler, Variable};
use crate::model::node::{Data, Entry, Name, Node, Span};
use crate::model::shape::{self, Format, Key, Object, Shape};
use crate::model::{Layers, Problem, Target};
use crate::resources::alarm::{actions, evaluation, series};
use crate::resources::scope::Scope;
use crate::resources::{
    Address, FunctionFacts, Kind, Resource, alarm, composite_alarm, log_group, subscription, tag, topic,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

static STACK: Format = Format {
    what: "a name of letters, digits, - _ and ., at most 128",
    check: |text| {
        let right = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        match text {
            "" => Err("is empty".into()),
            text if text.len() > 128 => Err("has more than 128 characters".into()),
            text if !text.chars().all(right) => Err("cannot name a stack".into()),
            _ => Ok(()),
        }
    },
    pattern: Some("^[A-Za-z0-9._-]{1,128}$"),
};

static REGION: Format = Format {
    what: "an AWS region such as us-east-1",
    check: |text| {
        let parts: Vec<&str> = text.split('-').collect();
        let word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
        let right = match parts.as_slice() {
            [words @ .., number] => {
                (2..=3).contains(&words.len()) && words.iter().all(word) && matches!(number.as_bytes(), [b'0'..=b'9'])
            }
            [] => false,
        };
        if right { Ok(()) } else { Err("is not a region".into()) }
    },
    pattern: Some("^[a-z]+(-[a-z]+){1,2}-[0-9]$"),
};

static FUNCTION: Object = Object {
    what: "a function",
    doc: "A monitored Lambda function: it must exist, and is only looked at.",
    keys: &[&[
        Key::new(
            "retention",
            Shape::Format(&log_group::spec::RETENTION),
            "How long the logs are kept of the log group that the function really writes to: 14d, … or never.",
        ),
        Key::new(
            "golden_signals",
            Shape::Either(&[Shape::Bool, Shape::Object(&GOLDEN_SIGNALS)]),
            "Alarms on latency, errors, traffic and saturation, each of which can be changed or switched off.",
        ),
    ]],
};

static LOG_GROUP_DEFAULTS: [Key; 1] = [Key::new(
    "retention",
    Shape::Format(&log_group::spec::RETENTION),
    "For log groups under `log_groups`: how long logs are kept.",
)];

static DEFAULTS: Object = Object {
    what: "the defaults",
    doc: "What every alarm inherits that does not say it itself; composite alarms inherit whom to tell.",
    keys: &[
        &series::NAMESPACE,
        &series::STATISTIC,
        &series::PERIOD,
        &series::INTERVAL,
        &evaluation::KEYS,
        &actions::KEYS,
        &alarm::spec::WARM_UPS,
        &LOG_GROUP_DEFAULTS,
    ],
};

/// What `mlopsctl lint` is to do with one of its rules. Which rules there are, and what they measure, is for `lint` to know.
static LINT_RULE: Object = Object {
    what: "a lint rule",
    doc: "How a rule of `mlopsctl lint` is to be applied.",
    keys: &[&[
        Key::new("level", Shape::OneOf(LEVELS), "How much a finding weighs; off switches the rule off."),
        Key::new(
            "min",
            Shape::Text(40),
            "The lowest value that the rule accepts: a number or a duration, as its page says.",
        ),
        Key::new(
            "max",
            Shape::Text(40),
            "The highest value that the rule accepts: a number or a duration, as its page says.",
        ),
    ]],
};

const LEVELS: &[&str] = &["off", "error", "warning", "hint"];

/// The file.
static SPEC: Object = Object {
    what: "a spec",
    doc: "Alarms of AWS Lambda functions as code: what should be, in one file.",
    keys: &[&[
        Key::required("version", Shape::OneOf(&["1"]), "The version of this language: 1."),
        Key::required(
            "stack",
            Shape::Format(&STACK),
            "Marks everything in the file as ours, with the tag mlopsctl:stack.",
        ),
        Key::new("region", Shape::Format(&REGION), "Where it all is. Default: the region of the AWS configuration."),
        Key::new(
            "vars",
            Shape::Map(&Shape::Either(&[Shape::Object(&variables::VARIABLE), Shape::Text(10_240)])),
            "Variables: name to default, or to {description, default, required}. Used as ${name}.",
        ),
        Key::new("tags", Shape::Map(&Shape::Text(256)), "Tags of everything in the file."),
        Key::new("defaults", Shape::Object(&DEFAULTS), "What every alarm inherits."),
        Key::new("topics", Shape::Map(&Shape::Object(&topic::spec::TOPIC)), "SNS topics, by name."),
        Key::new(
            "subscriptions",
            Shape::List(&Shape::Object(&subscription::spec::SUBSCRIPTION)),
            "Subscriptions that are not written under their topic.",
        ),
        Key::new("functions", Shape::Map(&Shape::Object(&FUNCTION)), "The monitored Lambda functions, by name."),
        Key::new("alarms", Shape::Map(&Shape::Object(&alarm::spec::ALARM)), "Metric alarms, by name."),
        Key::new(
            "composite_alarms",
            Shape::Map(&Shape::Object(&composite_alarm::spec::COMPOSITE)),
            "Alarms over the states of other alarms, by name.",
        ),
        Key::new("log_groups", Shape::Map(&Shape::Object(&log_group::spec::LOG_GROUP)), "Log groups, by name."),
        Key::new(
            "lint",
            Shape::Map(&Shape::Either(&[Shape::OneOf(LEVELS), Shape::Object(&LINT_RULE)])),
            "Rules of `mlopsctl lint`, by id: a level, off, or what the rule accepts.",
        ),
    ]],
};

/// The JSON Schema of the file, for editors and for `mlopsctl schema`.
pub fn schema() -> serde_json::Value {
    shape::schema(&SPEC, "mlopsctl alarms.schema.json", "mlopsctl spec")
}

/// Every key of the file, as Markdown: `docs/spec.md` is this text.
pub fn reference() -> String {
    let head = "# The spec, key by key\n\nMade from the program's own declarations; the JSON Schema has the same. A duration is \
                `30s`, `5m`, `1h`, `1d`, or a number of seconds. `${name}` in any text is a variable.\n";
    head.to_owned() + &shape::reference(&SPEC)
}

/// A file that has been parsed. Its variables are open, and its mistakes are not yet looked for.
#[derive(Debug, Clone)]
pub struct Spec {
    name: String,
    text: String,
    root: Node,
    variables: Vec<Variable>,
    /// Mistakes that did not keep the file from being parsed.
    problems: Vec<Problem>,
}

impl Spec {
    pub(super) fn new(name: &str, text: &str, root: Node, problems: Vec<Problem>) -> Self {
        let variables = variables::declared(root.get("vars"));
        Self { name: name.to_owned(), text: text.to_owned(), root, variables, problems }
    }

    /// The region as it is written, before variables are bound; `None` where it holds one.
    pub fn region(&self) -> Option<&str> {
        self.root.get("region")?.text().filter(|region| !region.contains("${"))
    }

    /// The names under `functions`, in the order of the file; names hold no variables.
    pub fn functions(&self) -> Vec<String> {
        section(&self.root, "functions").iter().map(|entry| entry.name.text.clone()).collect()
    }

    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// Fills in the variables and checks everything that can be checked offline: all mistakes of the file at once.
    pub fn bind(&self, values: &BTreeMap<String, String>) -> Result<Bound, SpecError> {
        let mut problems = self.problems.clone();
        let mut root = self.root.clone();
        variables::check_names(root.get("vars"), &mut problems);
        let mut filler = Filler::new(&self.variables, values);
        if let Data::Map(entries) = &mut root.data {
            for entry in entries.iter_mut().filter(|entry| entry.name.text != "vars") {
                filler.fill(&mut entry.value);
            }
        }
        problems.extend(filler.done());
        shape::check(&root, &Shape::Object(&SPEC), "the spec", &mut problems);
        let bound = Bound::new(self.name.clone(), self.text.clone(), root);
        let region = bound.region().unwrap_or("us-east-1");
        let (_, found) = bound.read(&Target::new("000000000000", region), &BTreeMap::new());
        problems.extend(found);
        if problems.is_empty() { Ok(bound) } else { Err(SpecError::new(&self.name, &self.text, problems)) }
    }
}

/// A right spec with its variables filled in.
#[derive(Debug, Clone)]
pub struct Bound {
    name: String,
    text: String,
    root: Node,
    functions: Vec<String>,
}

/// What a spec asks of one target.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    pub stack: String,
    /// With the tags of the file; the owner's mark is not among them.
    pub resources: BTreeMap<Address, Resource>,
    /// Where each resource is declared, as bytes of the file.
    pub spans: BTreeMap<Address, Span>,
    /// Log groups that a function's `retention` asks for, not a declaration of their own.
    pub implied: BTreeSet<Address>,
}

impl Bound {
    fn new(name: String, text: String, root: Node) -> Self {
        let functions = section(&root, "functions").iter().map(|entry| entry.name.text.clone()).collect();
        Self { name, text, root, functions }
    }

    pub fn stack(&self) -> &str {
        self.root.get("stack").and_then(Node::text).unwrap_or_default()
    }

    pub fn region(&self) -> Option<&str> {
        self.root.get("region")?.text()
    }

    /// The file, for those who show a place of it.
    pub fn source(&self) -> Source<'_> {
        Source { name: &self.name, text: &self.text }
    }

    /// What the file says of lint rules: id to level or object.
    pub fn lint(&self) -> &[Entry] {
        self.root.get("lint").map(Node::entries).unwrap_or_default()
    }

    /// Where a function is named under `functions`.
    pub fn function_span(&self, function: &str) -> Option<Span> {
        section(&self.root, "functions").into_iter().find(|e| e.name.text == function).map(|e| e.name.span)
    }

    /// Where the first of these keys stands in the declaration of a resource; `None` where the declaration has none of them.
    pub fn key_span(&self, address: &Address, keys: &[&str]) -> Option<Span> {
        let section_name = match address.kind {
            Kind::Topic => "topics",
            Kind::LogGroup => "log_groups",
            Kind::Alarm => "alarms",
            Kind::CompositeAlarm => "composite_alarms",
            Kind::Subscription => return None,
        };
        let declared = section(&self.root, section_name).into_iter().find(|entry| entry.name.text == address.name)?;
        let entries = declared.value.entries();
        keys.iter().find_map(|key| entries.iter().find(|entry| entry.name.text == *key)).map(|entry| entry.name.span)
    }

    /// The names under `functions`, in the order of the file.
    pub fn functions(&self) -> &[String] {
        &self.functions
    }

    /// The resources of a target. Topic names become ARNs of the target; a function without facts has Lambda's defaults.
    pub fn desired(&self, target: &Target, facts: &BTreeMap<String, FunctionFacts>) -> Result<Desired, SpecError> {
        let (desired, problems) = self.read(target, facts);
        if problems.is_empty() { Ok(desired) } else { Err(SpecError::new(&self.name, &self.text, problems)) }
    }

    fn read(&self, target: &Target, facts: &BTreeMap<String, FunctionFacts>) -> (Desired, Vec<Problem>) {
        let root = &self.root;
        let facts: BTreeMap<&str, FunctionFacts> = self
            .functions
            .iter()
            .map(|name| (name.as_str(), facts.get(name).cloned().unwrap_or_else(|| presets::stand_in(name))))
            .collect();
        let presets = presets_of(root, &facts);
        let mut problems = Vec::new();
        let tags = root.get("tags").map(|node| tag::values(node, &mut problems)).unwrap_or_default();
        let names = |key: &str| section(root, key).into_iter().map(|entry| entry.name.text.as_str());
        let preset_names = presets.iter().map(|(_, preset)| preset.name.text.as_str());
        let alarms = names("alarms").chain(names("composite_alarms")).chain(preset_names).collect();
        let scope = Scope { target, topics: names("topics").collect(), alarms, tags, problems };
        let mut reader = Reader { scope, desired: Desired::of(self.stack()), alarm_names: HashMap::new() };
        let defaults = root.get("defaults").map(|node| known(node, &DEFAULTS));
        let defaults = defaults.as_ref();

        for Entry { name, value } in section(root, "topics") {
            let topic = topic::spec::read(name, &Layers::new(name.span, [value]), &mut reader.scope);
            reader.add(Resource::Topic(topic), name.span);
            for item in value.get("subscriptions").map(Node::items).unwrap_or_default() {
                let topic = Name { text: name.text.clone(), span: item.span };
                reader.subscription(&topic, item);
            }
        }
        for item in root.get("subscriptions").map(Node::items).unwrap_or_default() {
            let topic =
                item.get("topic").and_then(|node| Some(Name { text: node.text()?.to_owned(), span: node.span }));
            if let Some(topic) = topic {
                reader.subscription(&topic, item);
            }
        }
        let retention = defaults.map(|node| only(node, "retention"));
        for Entry { name, value } in section(root, "log_groups") {
            let layers = Layers::new(name.span, [value].into_iter().chain(&retention));
            let group = log_group::spec::read(name, &layers, &mut reader.scope);
            reader.add(Resource::LogGroup(group), name.span);
        }
        for Entry { name, value } in section(root, "functions") {
            reader.function(name, value, &facts);
        }
        for (golden, preset) in &presets {
            let layers = preset.over.iter().chain([&preset.written, *golden]).chain(defaults);
            let layers = Layers::new(preset.name.span, layers);
            let alarm = alarm::spec::read(&preset.name, &layers, &mut reader.scope);
            reader.add(Resource::Alarm(Box::new(alarm)), preset.name.span);
        }
        for Entry { name, value } in section(root, "alarms") {
            let layers = Layers::new(name.span, [value].into_iter().chain(defaults));
            let alarm = alarm::spec::read(name, &layers, &mut reader.scope);
            reader.add(Resource::Alarm(Box::new(alarm)), name.span);
        }
        let composites = section(root, "composite_alarms");
        for Entry { name, value } in composites.iter().copied() {
            let layers = Layers::new(name.span, [value].into_iter().chain(defaults));
            let alarm = composite_alarm::spec::read(name, &layers, &mut reader.scope);
            reader.add(Resource::CompositeAlarm(alarm), name.span);
        }
        composite_alarm::cycle::check(&composites, &mut reader.scope);
        (reader.desired, reader.scope.problems)
    }
}

/// The entries of a top-level map, each name once: that a name is repeated is said by the shape.
fn section<'a>(root: &'a Node, key: &str) -> Vec<&'a Entry> {
    let mut seen = BTreeSet::new();
    let entries = root.get(key).map(Node::entries).unwrap_or_default();
    entries.iter().filter(|entry| seen.insert(entry.name.text.as_str())).collect()
}

/// A map without the keys that its object does not know: they are mistakes already, and nobody shall inherit them.
fn known(node: &Node, object: &'static Object) -> Node {
    let entries = node.entries().iter().filter(|entry| object.key(&entry.name.text).is_some());
    Node::new(node.span, Data::Map(entries.cloned().collect()))
}

/// A map with one of its keys alone.
fn only(node: &Node, key: &str) -> Node {
    let entries = node.entries().iter().filter(|entry| entry.name.text == key);
    Node::new(node.span, Data::Map(entries.cloned().collect()))
}

/// The preset alarms of all functions, each with its `golden_signals`.
fn presets_of<'a>(root: &'a Node, facts: &BTreeMap<&str, FunctionFacts>) -> Vec<(&'a Node, presets::Preset)> {
    let mut all = Vec::new();
    for Entry { name, value } in section(root, "functions") {
        let entry = value.entries().iter().find(|entry| entry.name.text == "golden_signals");
        if let (Some(entry), Some(facts)) = (entry, facts.get(name.text.as_str())) {
            let presets = presets::expand(&name.text, &entry.value, entry.name.span, facts);
            all.extend(presets.into_iter().map(|preset| (&entry.value, preset)));
        }
    }
    all
}

impl Desired {
    fn of(stack: &str) -> Self {
        Self { stack: stack.to_owned(), resources: BTreeMap::new(), spans: BTreeMap::new(), implied: BTreeSet::new() }
    }
}

struct Reader<'a> {
    scope: Scope<'a>,
    desired: Desired,
    /// Alarms of both kinds share their names (CloudWatch user guide, "Composite alarms").
    alarm_names: HashMap<String, Span>,
}

impl Reader<'_> {
    fn add(&mut self, resource: Resource, span: Span) {
        let address = resource.address();
        let alarm = matches!(address.kind, Kind::Alarm | Kind::CompositeAlarm);
        let first = match alarm {
            true => self.alarm_names.insert(address.name.clone(), span),
            false => self.desired.spans.get(&address).copied(),
        };
        if let Some(first) = first.filter(|first| *first != span) {
            let what = if alarm { format!("an alarm `{}`", address.name) } else { format!("`{address}`") };
            let problem = Problem::new(span.max(first), format!("{what} is declared twice"));
            self.scope.problems.push(problem.also(span.min(first), "first declared here"));
        }
        self.desired.spans.insert(address.clone(), span);
        self.desired.resources.insert(address, resource);
    }

    fn subscription(&mut self, topic: &Name, item: &Node) {
        if let Some(subscription) = subscription::spec::read(topic, item, &mut self.scope) {
            let place = item.get("endpoint").map_or(topic.span, |endpoint| endpoint.span);
            self.add(Resource::Subscription(subscription), place);
        }
    }

    /// The log group of a function with a `retention`; two functions may write to one group if they agree.
    fn function(&mut self, name: &Name, value: &Node, facts: &BTreeMap<&str, FunctionFacts>) {
        check_function_name(name, &mut self.scope);
        let Some(entry) = value.entries().iter().find(|entry| entry.name.text == "retention") else { return };
        let Some(facts) = facts.get(name.text.as_str()) else { return };
        let mut group = crate::resources::LogGroup::new(&facts.log_group);
        group.retention_in_days = log_group::spec::retention(&entry.value);
        group.tags = self.scope.tags.clone();
        let resource = Resource::LogGroup(group);
        let address = resource.address();
        if self.desired.implied.contains(&address) && self.desired.resources.get(&address) == Some(&resource) {
            return;
        }
        self.desired.implied.insert(address);
        self.add(resource, entry.name.span);
    }
}

/// Letters, digits, `-` and `_`, at most 64 (Lambda API reference, FunctionName).
fn check_function_name(name: &Name, scope: &mut Scope<'_>) {
    let right = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if name.text.starts_with("arn:") {
        let help = "write the function's name: the account and region are those of the plan";
        scope.problem(name.span, "a function is named here, not its ARN", help);
    } else if name.text.is_empty() || name.text.len() > 64 || !name.text.chars().all(right) {
        let message = format!("`{name}` cannot name a Lambda function");
        scope.problem(name.span, message, "AWS allows 1 to 64 letters, digits, - and _");
    }
}
