//! A rubric: what is looked at in each account, and what it is worth. What stands in an account is not known here.

mod read;
mod shape;
#[cfg(test)]
mod tests;

use crate::model::shape as shapes;
use crate::spec::{SpecError, SpecLikeDocument, Template, Variable};
use std::collections::BTreeMap;
use std::path::Path;

/// Regions that an account has without opting in (AWS account management reference, "Enable or disable AWS Regions").
const DEFAULT_REGIONS: &[&str] = &[
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-north-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
];

/// A rubric whose variables are open: each account fills in its own.
#[derive(Debug)]
pub struct OpenRubric(Template);

/// What is graded in one account.
#[derive(Debug, Clone, PartialEq)]
pub struct Rubric {
    pub title: String,
    /// Percent from which the whole is passed.
    pub pass: Option<f64>,
    /// Where to look for what is missing.
    pub other_regions: Vec<String>,
    pub items: Vec<RubricItem>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RubricItem {
    /// The column of the grade book.
    pub name: String,
    pub says: String,
    pub points: f64,
    /// False where its `only_if` is empty: the account is not asked.
    pub asked: bool,
    pub test: RubricTest,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RubricTest {
    pub kind: RequirementKind,
    /// What each part earns; 1 where it is not named.
    pub parts: BTreeMap<String, f64>,
    pub partial: bool,
    /// Of an `all_of`.
    pub share: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum RequirementKind {
    Alarm(AlarmTest),
    NoAlarm(AlarmTest),
    Topic { name: Option<String>, publishable: bool },
    Subscription { protocol: Option<String>, endpoint: Option<String>, confirmed: bool },
    LogRetention { of: LogsOf, days: Range },
    Function { name: String, runtimes: Vec<String>, memory: Option<Range>, timeout: Option<Range> },
    Metric { metric: MetricName, statistic: String, within: i64, value: Range, invocations: bool },
    Http(HttpTest),
    InState { metric: MetricName, state: String, within: Option<i64> },
    AnyOf(Vec<RubricTest>),
    AllOf(Vec<RubricTest>),
}

/// Whose logs.
#[derive(Debug, Clone, PartialEq)]
pub enum LogsOf {
    Function(String),
    Group(String),
}

/// A metric by meaning: its dimensions are some of those that it has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricName {
    pub namespace: String,
    pub name: String,
    pub dimensions: BTreeMap<String, String>,
}

/// What an alarm has to be like; what is `None` or empty is not asked.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmTest {
    pub metric: MetricName,
    pub statistics: Vec<String>,
    pub below: bool,
    pub threshold: Option<Range>,
    /// Seconds that `threshold` is meant for, where the metric counts something.
    pub per: Option<i64>,
    pub share: Option<Share>,
    /// Seconds.
    pub period: Option<Range>,
    /// Seconds.
    pub window: Option<Range>,
    pub missing_data: Vec<String>,
    pub has_data: bool,
    pub notifies: Option<Whom>,
}

/// A threshold in percent of another metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    pub of: String,
    pub percent: Range,
}

/// Who has to be reached: anybody, where neither is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whom {
    pub protocol: Option<String>,
    pub endpoint: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct HttpTest {
    /// Without its path; `None` where the URL of `function` is meant.
    pub url: Option<String>,
    pub function: Option<String>,
    pub path: String,
    pub status: u16,
    /// Field path to value, as YAML reads it.
    pub json: Vec<(String, serde_json::Value)>,
    /// Seconds.
    pub timeout: i64,
}

/// From and up to, both included.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Range {
    pub from: Option<f64>,
    pub to: Option<f64>,
}

impl Range {
    pub fn holds(self, value: f64) -> bool {
        // Scaling must not put a value that lies on an end beyond it.
        let slack = 1e-9 * value.abs().max(1.0);
        self.from.is_none_or(|from| value >= from - slack) && self.to.is_none_or(|to| value <= to + slack)
    }

    /// `1 to 10`, `at least 5`, `at most 10`.
    pub fn words(self, write: impl Fn(f64) -> String) -> String {
        match (self.from, self.to) {
            (Some(from), Some(to)) => format!("{} to {}", write(from), write(to)),
            (Some(from), None) => format!("at least {}", write(from)),
            (None, Some(to)) => format!("at most {}", write(to)),
            (None, None) => "anything".to_owned(),
        }
    }
}

impl RequirementKind {
    /// The parts that the test asks for, by name; the first is the one without which nothing counts.
    pub fn parts(&self) -> Vec<&'static str> {
        match self {
            RequirementKind::Alarm(test) => test.parts(),
            RequirementKind::NoAlarm(_) | RequirementKind::AnyOf(_) | RequirementKind::AllOf(_) => Vec::new(),
            RequirementKind::Topic { publishable, .. } => asked(&[("exists", true), ("publishable", *publishable)]),
            RequirementKind::Subscription { confirmed, .. } => asked(&[("exists", true), ("confirmed", *confirmed)]),
            RequirementKind::LogRetention { .. } => vec!["retention"],
            RequirementKind::Function { runtimes, memory, timeout, .. } => asked(&[
                ("exists", true),
                ("runtime", !runtimes.is_empty()),
                ("memory", memory.is_some()),
                ("timeout", timeout.is_some()),
            ]),
            RequirementKind::Metric { invocations: true, .. } => vec!["times"],
            RequirementKind::Metric { value, .. } => asked(&[("data", true), ("value", *value != Range::default())]),
            RequirementKind::Http(test) => asked(&[("status", true), ("json", !test.json.is_empty())]),
            RequirementKind::InState { .. } => vec!["metric", "state"],
        }
    }
}

impl AlarmTest {
    pub fn asks_for_a_threshold(&self) -> bool {
        self.threshold.is_some() || self.share.as_ref().is_some_and(|share| share.percent != Range::default())
    }

    fn parts(&self) -> Vec<&'static str> {
        asked(&[
            ("metric", true),
            ("statistic", !self.statistics.is_empty()),
            ("threshold", self.asks_for_a_threshold()),
            ("period", self.period.is_some()),
            ("window", self.window.is_some()),
            ("missing_data", !self.missing_data.is_empty()),
            ("data", self.has_data),
            ("actions", self.notifies.is_some()),
            ("reachable", self.notifies.is_some()),
        ])
    }
}

fn asked(parts: &[(&'static str, bool)]) -> Vec<&'static str> {
    parts.iter().filter(|(_, asked)| *asked).map(|(name, _)| *name).collect()
}

impl OpenRubric {
    /// Reads the file; its mistakes are found by `bind`.
    pub fn read(path: &Path) -> Result<Self, SpecError> {
        Template::read(path, &shape::FILE).map(Self)
    }

    #[cfg(test)]
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        Template::parse("rubric.yaml", text, &shape::FILE).map(Self)
    }

    pub fn variables(&self) -> &[Variable] {
        self.0.variables()
    }

    /// The rubric of one account: every mistake of the file at once.
    pub fn bind(&self, values: &BTreeMap<String, String>) -> Result<Rubric, SpecError> {
        let document: SpecLikeDocument = self.0.bind(values)?;
        read::rubric(&document)
    }

    /// The mistakes that are the file's own, whatever an account fills in.
    pub fn check(&self) -> Result<(), SpecError> {
        let stand_in = |variable: &Variable| (variable.name.clone(), "0".to_owned());
        let open = self.variables().iter().filter(|variable| variable.default.is_none());
        self.bind(&open.map(stand_in).collect()).map(drop)
    }
}

/// The JSON Schema of the file, for editors and for `mlopsctl schema --rubric`.
pub fn schema() -> serde_json::Value {
    shapes::schema(&shape::FILE, "urn:mlopsctl:schema:rubric:1", "mlopsctl rubric")
}

/// Every key of the file, as Markdown, with examples from these files: the second half of `docs/grading.md`.
#[cfg(test)]
pub fn reference(samples: &[shapes::SampleFile]) -> String {
    shapes::reference(&shape::FILE, samples)
}
