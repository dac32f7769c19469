//! The file of alarm tests -> cases. Every mistake of the file at once; what the alarms do is not known here.

use super::form::{FILE, NO_VALUE};
use crate::backtest::history::file::time;
use crate::backtest::notation::Notation;
use crate::model::{Node, Span, SpecProblem, Target, glob};
use crate::resources::{Address, Resource};
use crate::spec::{BoundSpec, Spec, SpecError, SpecLikeDocument, parse_document, read_document};
use mlops_cloudwatch::evaluation::need::MetricIdentity;
use mlops_cloudwatch::state::AlarmState;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Where the time of a test begins unless it says so: a Monday at midnight, UTC.
const START: i64 = 1_767_571_200;

#[derive(Debug)]
pub struct File {
    pub spec: PathBuf,
    pub variables: BTreeMap<String, String>,
    /// The region of the spec that is tested, with its place; `None` where all of them are.
    pub region: Option<(String, Span)>,
    pub cases: Vec<UnitTestCase>,
    /// What mistakes are shown with that only the spec can tell.
    pub document: SpecLikeDocument,
}

/// Times in seconds since 1970.
#[derive(Debug, Clone)]
pub struct UnitTestCase {
    pub name: String,
    pub interval: i64,
    pub start: i64,
    pub series: Vec<InputSeries>,
    pub history: Option<PathBuf>,
    pub results: Vec<GivenResult>,
    pub states: BTreeMap<String, AlarmState>,
    pub evaluation_range: Option<usize>,
    pub expected: Vec<Expected>,
    /// `None` where it does not matter what is sent.
    pub notifications: Option<Notifications>,
}

#[derive(Debug, Clone)]
pub struct InputSeries {
    pub metric: MetricIdentity,
    pub statistic: Option<String>,
    pub interval: Option<i64>,
    pub values: Vec<f64>,
    pub span: Span,
}

/// What CloudWatch alone can compute for an alarm.
#[derive(Debug, Clone)]
pub struct GivenResult {
    pub alarm: String,
    pub id: Option<String>,
    /// One series, or lower and upper edge of a band.
    pub values: Vec<Vec<f64>>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct Expected {
    pub at: i64,
    pub alarm: String,
    pub state: Option<AlarmState>,
    pub reason: Option<String>,
    /// NaN is no value.
    pub value: Option<f64>,
}

/// Exactly what is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notifications {
    /// The alarms that it is about; `None` is all.
    pub of: Option<BTreeSet<String>>,
    pub expected: Vec<Notification>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notification {
    pub at: i64,
    pub alarm: String,
    pub state: &'static str,
    /// Sorted; `None` in a file is whoever it is sent to.
    pub to: Option<Vec<String>>,
}

/// Reads a file of tests; paths in it are beside it.
pub fn read(path: &Path) -> Result<File, SpecError> {
    let document = read_document(path, &FILE)?;
    of_document(path.parent().unwrap_or(Path::new("")), document)
}

/// The same of a text; `name` is what mistakes call it.
pub fn of_text(path: &Path, text: &str) -> Result<File, SpecError> {
    let document = parse_document(&path.display().to_string(), text, &FILE)?;
    of_document(path.parent().unwrap_or(Path::new("")), document)
}

pub fn of_document(folder: &Path, document: SpecLikeDocument) -> Result<File, SpecError> {
    let root = &document.root;
    let notation = root.get("notation").and_then(Node::text).and_then(Notation::from_word).unwrap_or_default();
    let mut reader = CaseReader { folder, notation, problems: Vec::new() };
    let tests = root.get("tests").map(Node::items).unwrap_or_default();
    let cases: Vec<UnitTestCase> = tests.iter().map(|node| reader.case(node)).collect();
    let mut problems = reader.problems;
    if cases.is_empty() {
        let place = root.get("tests").map_or(Span::default(), |node| node.span);
        problems.push(SpecProblem::new(place, "there are no tests").help("write tests: and a list of them"));
    }
    if !problems.is_empty() {
        return Err(document.mistakes(problems));
    }
    Ok(File {
        spec: folder.join(root.get("spec").and_then(Node::text).unwrap_or("alarms.yaml")),
        variables: texts(root.get("vars")),
        region: root.get("region").and_then(|node| Some((node.text()?.to_owned(), node.span))),
        cases,
        document,
    })
}

impl File {
    /// The Lambda functions that the tests name: a pattern under `functions` stands for them, as far as it matches.
    fn functions(&self) -> BTreeSet<String> {
        let series = self.cases.iter().flat_map(|case| &case.series);
        let named = series.filter_map(|series| series.metric.dimensions.get("FunctionName"));
        named.filter(|name| !glob::is_pattern(name)).cloned().collect()
    }

    /// What is tested: the resources of the region that the file names, else of all regions of the spec; a name that several have
    /// is that of the first of them, the home region before others.
    pub fn resources(&self, spec: &Spec, account: &str) -> Result<BTreeMap<Address, Resource>, SpecError> {
        let all = spec.bind_regions(&self.variables)?;
        let mut resources = BTreeMap::new();
        let is_wanted = |bound: &&BoundSpec| {
            self.region.as_ref().is_none_or(|(region, _)| all.len() == 1 || bound.region() == Some(region))
        };
        let wanted: Vec<&BoundSpec> = all.iter().filter(is_wanted).collect();
        if let (Some((region, span)), []) = (&self.region, wanted.as_slice()) {
            let problem = SpecProblem::new(*span, format!("the spec has no region {region}"));
            let regions = all.iter().filter_map(BoundSpec::region).collect::<Vec<_>>().join(", ");
            return Err(self.document.mistakes(vec![problem.help(format!("its regions are {regions}"))]));
        }
        let functions = self.functions();
        for bound in wanted {
            let target = Target::new(account, bound.region().unwrap_or("us-east-1"));
            let bound = bound.for_names(&functions);
            for (address, resource) in bound.desired(&target, &BTreeMap::new())?.resources {
                resources.entry(address).or_insert(resource);
            }
        }
        Ok(resources)
    }
}

struct CaseReader<'a> {
    folder: &'a Path,
    notation: Notation,
    problems: Vec<SpecProblem>,
}

impl CaseReader<'_> {
    fn case(&mut self, node: &Node) -> UnitTestCase {
        let interval = self.interval(node);
        let both = (node.get("series"), node.get("history"));
        if let (Some(_), Some(history)) = both {
            self.problems.push(
                SpecProblem::new(history.span, "`series` and `history` do not go together")
                    .help("leave one of the two out"),
            );
        }
        let items = |key: &str| node.get(key).map(Node::items).unwrap_or_default();
        let start = node.get("start").and_then(Node::text).and_then(|text| time(text).ok()).unwrap_or(START);
        if node.get("expect").is_none() && node.get("notifications").is_none() {
            let problem =
                SpecProblem::new(node.span, "this test expects nothing").help("add `expect` or `notifications`");
            self.problems.push(problem);
        }
        UnitTestCase {
            name: text(node, "name"),
            interval: interval.unwrap_or(60),
            start,
            series: items("series").iter().map(|node| self.series(node)).collect(),
            history: node.get("history").and_then(Node::text).map(|path| self.folder.join(path)),
            results: items("results").iter().map(|node| self.result(node)).collect(),
            states: texts(node.get("states"))
                .into_iter()
                .filter_map(|(name, word)| Some((name, state(&word)?)))
                .collect(),
            evaluation_range: node
                .get("evaluation_range")
                .and_then(Node::integer)
                .and_then(|n| usize::try_from(n).ok()),
            expected: items("expect").iter().filter_map(|item| self.expected(item, start)).collect(),
            notifications: node.get("notifications").map(|node| notifications(node, start)),
        }
    }

    /// Seconds, at least one.
    fn interval(&mut self, node: &Node) -> Option<i64> {
        let place = node.get("interval")?;
        let interval = place.seconds()?;
        if interval < 1 {
            let problem =
                SpecProblem::new(place.span, "an interval of no time").help("write, for example, interval: 1m");
            self.problems.push(problem);
        }
        Some(interval.max(1))
    }

    fn series(&mut self, node: &Node) -> InputSeries {
        let metric = MetricIdentity {
            account: node.get("account_id").and_then(Node::text).map(str::to_owned),
            namespace: text(node, "namespace"),
            name: text(node, "metric_name"),
            dimensions: texts(node.get("dimensions")),
            unit: None,
        };
        InputSeries {
            metric,
            statistic: node.get("statistic").and_then(Node::text).map(str::to_owned),
            interval: self.interval(node),
            values: self.values(node, "values").unwrap_or_default(),
            span: node.get("metric_name").map_or(node.span, |name| name.span),
        }
    }

    fn result(&mut self, node: &Node) -> GivenResult {
        let given = ["values", "lower", "upper"].map(|key| self.values(node, key));
        let span = node.get("alarm").map_or(node.span, |name| name.span);
        let values = match given {
            [Some(values), None, None] => vec![values],
            [None, Some(lower), Some(upper)] => vec![lower, upper],
            _ => {
                let problem = SpecProblem::new(span, "a result is one series, or the two edges of a band");
                self.problems.push(problem.help("write `values`, or `lower` and `upper`"));
                Vec::new()
            }
        };
        let id = node.get("id").and_then(Node::text).map(str::to_owned);
        GivenResult { alarm: text(node, "alarm"), id, values, span }
    }

    /// In the notation of the file.
    fn values(&mut self, node: &Node, key: &str) -> Option<Vec<f64>> {
        let place = node.get(key)?;
        let values = self.notation.parse(place.text().unwrap_or_default());
        let unread = |why| self.problems.push(SpecProblem::new(place.span, format!("`{key}` does not read: {why}")));
        Some(values.map_err(unread).unwrap_or_default())
    }

    fn expected(&mut self, node: &Node, start: i64) -> Option<Expected> {
        let value = node.get("value").map(|node| match node.text() {
            Some(NO_VALUE) => f64::NAN,
            _ => node.number().unwrap_or(f64::NAN),
        });
        let state = node.get("state").and_then(Node::text).and_then(state);
        if value.is_none() && state.is_none() {
            let place = node.get("alarm").map_or(node.span, |name| name.span);
            self.problems
                .push(SpecProblem::new(place, "nothing is expected of this alarm").help("add `state` or `value`"));
        }
        Some(Expected {
            at: start + node.get("at")?.seconds()?,
            alarm: text(node, "alarm"),
            state,
            reason: node.get("reason").and_then(Node::text).map(str::to_owned),
            value,
        })
    }
}

/// A list is of all alarms, a map of those that it names.
fn notifications(node: &Node, start: i64) -> Notifications {
    let of_alarm = |name: &str, list: &Node| -> Vec<Notification> {
        list.items().iter().filter_map(|item| notification(item, name, start)).collect()
    };
    match node.entries() {
        [] => {
            let read = |item: &Node| notification(item, &text(item, "alarm"), start);
            Notifications { of: None, expected: node.items().iter().filter_map(read).collect() }
        }
        entries => Notifications {
            of: Some(entries.iter().map(|entry| entry.name.text.clone()).collect()),
            expected: entries.iter().flat_map(|entry| of_alarm(&entry.name.text, &entry.value)).collect(),
        },
    }
}

fn notification(node: &Node, alarm: &str, start: i64) -> Option<Notification> {
    let to = node.get("to").map(|list| {
        let mut names: Vec<String> = list.items().iter().filter_map(Node::text).map(str::to_owned).collect();
        names.sort();
        names
    });
    let at = start + node.get("at")?.seconds()?;
    Some(Notification { at, alarm: alarm.to_owned(), state: state(&text(node, "state"))?.word(), to })
}

fn state(word: &str) -> Option<AlarmState> {
    AlarmState::ALL.into_iter().find(|state| state.word() == word)
}

fn text(node: &Node, key: &str) -> String {
    node.get(key).and_then(Node::text).unwrap_or_default().to_owned()
}

fn texts(node: Option<&Node>) -> BTreeMap<String, String> {
    let entries = node.map(Node::entries).unwrap_or_default();
    entries.iter().filter_map(|entry| Some((entry.name.text.clone(), entry.value.text()?.to_owned()))).collect()
}
