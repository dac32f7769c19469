//! The file of alarm tests -> cases. Every mistake of the file at once; what the alarms do is not known here.

use crate::backtest::history::file::time;
use crate::backtest::notation;
use crate::model::shape::{ObjectSchema, SchemaKey, Shape, TextFormat};
use crate::model::{Node, Span, SpecProblem};
use crate::resources::alarm::statistic;
use crate::spec::{SpecError, SpecLikeDocument, read_document};
use mlops_cloudwatch::state::AlarmState;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where the time of a test begins unless it says so: a Monday at midnight, UTC.
const START: i64 = 1_767_571_200;

const STATES: &[&str] = &["OK", "ALARM", "INSUFFICIENT_DATA"];

static VALUES: TextFormat = TextFormat {
    what: "values such as 0x5 10x3 _x4",
    check: |text| notation::parse(text).map(|_| ()).map_err(|why| format!("does not read: {why}")),
    pattern: None,
};

static TIME: TextFormat = TextFormat {
    what: "a time such as 2026-01-05T00:00:00Z",
    check: |text| time(text).map(|_| ()).map_err(|_| "is no time such as 2026-01-05T00:00:00Z".into()),
    pattern: None,
};

static SERIES: ObjectSchema = ObjectSchema {
    what: "a series",
    doc: "What a metric says: one value each interval.",
    keys: &[&[
        SchemaKey::required("namespace", Shape::Text(255), "The metric's namespace, such as AWS/Lambda."),
        SchemaKey::required("metric_name", Shape::Text(255), "The metric's name, such as Errors."),
        SchemaKey::new("dimensions", Shape::Map(&Shape::Text(1024)), "The metric's dimensions: name to value."),
        SchemaKey::new(
            "statistic",
            Shape::Format(&statistic::ANY),
            "What the values are. Default: one measurement each, of which every statistic follows.",
        ),
        SchemaKey::required(
            "values",
            Shape::Format(&VALUES),
            "10, 10x3 (three of them), 0+5x4 (0 5 10 15), _ or _x4 (no data).",
        ),
    ]],
};

static EXPECTED: ObjectSchema = ObjectSchema {
    what: "an expectation",
    doc: "The state of an alarm at a time.",
    keys: &[&[
        SchemaKey::required(
            "at",
            Shape::Duration,
            "How long after the start, e.g. 8m. An evaluation at this moment counts.",
        ),
        SchemaKey::required("alarm", Shape::Text(255), "The alarm's name."),
        SchemaKey::required("state", Shape::OneOf(STATES), "The state it is in."),
        SchemaKey::new("reason", Shape::Text(1024), "A part of the reason that CloudWatch gives for the last change."),
    ]],
};

static NOTIFICATION: ObjectSchema = ObjectSchema {
    what: "a notification",
    doc: "What is sent when an alarm changes its state.",
    keys: &[&[
        SchemaKey::required("at", Shape::Duration, "How long after the start."),
        SchemaKey::required("alarm", Shape::Text(255), "The alarm's name."),
        SchemaKey::required("state", Shape::OneOf(STATES), "The state that is told."),
        SchemaKey::new(
            "to",
            Shape::List(&Shape::Text(1024)),
            "Names of topics, or ARNs. Default: wherever the alarm sends it.",
        ),
    ]],
};

static CASE: ObjectSchema = ObjectSchema {
    what: "a test",
    doc: "Series and what the alarms are to make of them.",
    keys: &[&[
        SchemaKey::required("name", Shape::Text(255), "What is tested."),
        SchemaKey::new("interval", Shape::Duration, "How long one value lasts. Default: 1m."),
        SchemaKey::new(
            "start",
            Shape::Format(&TIME),
            "When the test begins, and the alarms are created. Default: 2026-01-05T00:00:00Z.",
        ),
        SchemaKey::new(
            "series",
            Shape::List(&Shape::Object(&SERIES)),
            "What the metrics say. A metric that is not here has no data.",
        ),
        SchemaKey::new(
            "history",
            Shape::Text(4096),
            "A history file (JSON or CSV), beside this one, instead of `series`.",
        ),
        SchemaKey::new(
            "states",
            Shape::Map(&Shape::OneOf(STATES)),
            "Alarms that are not in the spec, and the state they are in.",
        ),
        SchemaKey::new(
            "evaluation_range",
            Shape::Integer(1, 10_000),
            "How many periods one evaluation looks at. Default: N + 2 from 5m on, else N + 5.",
        ),
        SchemaKey::new("expect", Shape::List(&Shape::Object(&EXPECTED)), "States that have to hold."),
        SchemaKey::new(
            "notifications",
            Shape::List(&Shape::Object(&NOTIFICATION)),
            "Exactly what is sent; [] is nothing.",
        ),
    ]],
};

/// The whole file.
pub static FILE: ObjectSchema = ObjectSchema {
    what: "alarm tests",
    doc: "Tests of the alarms of a spec.",
    keys: &[&[
        SchemaKey::new("spec", Shape::Text(4096), "The spec, beside this file. Default: alarms.yaml."),
        SchemaKey::new("vars", Shape::Map(&Shape::Text(10_240)), "Values of the spec's variables."),
        SchemaKey::required("tests", Shape::List(&Shape::Object(&CASE)), "The tests."),
    ]],
};

#[derive(Debug, Clone)]
pub struct File {
    pub spec: PathBuf,
    pub variables: BTreeMap<String, String>,
    pub cases: Vec<UnitTestCase>,
}

/// Times in seconds since 1970.
#[derive(Debug, Clone)]
pub struct UnitTestCase {
    pub name: String,
    pub interval: i64,
    pub start: i64,
    pub series: Vec<InputSeries>,
    pub history: Option<PathBuf>,
    pub states: BTreeMap<String, AlarmState>,
    pub evaluation_range: Option<usize>,
    pub expected: Vec<Expected>,
    /// `None` where it does not matter what is sent.
    pub notifications: Option<Vec<Notification>>,
}

#[derive(Debug, Clone)]
pub struct InputSeries {
    pub namespace: String,
    pub metric_name: String,
    pub dimensions: BTreeMap<String, String>,
    pub statistic: Option<String>,
    pub values: Vec<f64>,
}

#[derive(Debug, Clone)]
pub struct Expected {
    pub at: i64,
    pub alarm: String,
    pub state: AlarmState,
    pub reason: Option<String>,
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
    of_document(path.parent().unwrap_or(Path::new("")), &document)
}

pub fn of_document(folder: &Path, document: &SpecLikeDocument) -> Result<File, SpecError> {
    let root = &document.root;
    let mut problems = Vec::new();
    let tests = root.get("tests").map(Node::items).unwrap_or_default();
    let cases: Vec<UnitTestCase> = tests.iter().map(|node| case(node, folder, &mut problems)).collect();
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
        cases,
    })
}

fn case(node: &Node, folder: &Path, problems: &mut Vec<SpecProblem>) -> UnitTestCase {
    let interval = node.get("interval").and_then(Node::seconds).unwrap_or(60);
    if interval < 1 {
        let place = node.get("interval").map_or(node.span, |node| node.span);
        problems.push(SpecProblem::new(place, "an interval of no time").help("write, for example, interval: 1m"));
    }
    let both = (node.get("series"), node.get("history"));
    if let (Some(_), Some(history)) = both {
        problems.push(
            SpecProblem::new(history.span, "`series` and `history` do not go together")
                .help("leave one of the two out"),
        );
    }
    let items = |key: &str| node.get(key).map(Node::items).unwrap_or_default();
    let start = node.get("start").and_then(Node::text).and_then(|text| time(text).ok()).unwrap_or(START);
    if node.get("expect").is_none() && node.get("notifications").is_none() {
        let problem = SpecProblem::new(node.span, "this test expects nothing").help("add `expect` or `notifications`");
        problems.push(problem);
    }
    UnitTestCase {
        name: text(node, "name"),
        interval: interval.max(1),
        start,
        series: items("series").iter().map(series).collect(),
        history: node.get("history").and_then(Node::text).map(|path| folder.join(path)),
        states: texts(node.get("states")).into_iter().filter_map(|(name, word)| Some((name, state(&word)?))).collect(),
        evaluation_range: node.get("evaluation_range").and_then(Node::integer).and_then(|n| usize::try_from(n).ok()),
        expected: items("expect").iter().filter_map(|item| expected(item, start)).collect(),
        notifications: node
            .get("notifications")
            .map(|list| list.items().iter().filter_map(|item| notification(item, start)).collect()),
    }
}

fn series(node: &Node) -> InputSeries {
    InputSeries {
        namespace: text(node, "namespace"),
        metric_name: text(node, "metric_name"),
        dimensions: texts(node.get("dimensions")),
        statistic: node.get("statistic").and_then(Node::text).map(str::to_owned),
        // The shape has refused what does not read.
        values: notation::parse(&text(node, "values")).unwrap_or_default(),
    }
}

fn expected(node: &Node, start: i64) -> Option<Expected> {
    Some(Expected {
        at: start + node.get("at")?.seconds()?,
        alarm: text(node, "alarm"),
        state: state(&text(node, "state"))?,
        reason: node.get("reason").and_then(Node::text).map(str::to_owned),
    })
}

fn notification(node: &Node, start: i64) -> Option<Notification> {
    let to = node.get("to").map(|list| {
        let mut names: Vec<String> = list.items().iter().filter_map(Node::text).map(str::to_owned).collect();
        names.sort();
        names
    });
    let at = start + node.get("at")?.seconds()?;
    Some(Notification { at, alarm: text(node, "alarm"), state: state(&text(node, "state"))?.word(), to })
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
