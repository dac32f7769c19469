//! How good and bad requests are counted: the queries of an indicator, and the expressions over them.

use super::form::{bound, cut};
use crate::model::node::{MapEntry, Node, Span, SpannedName};
use crate::model::problem::SpecProblem;
use crate::spec::written::{Value, node, text};

/// The metrics of an indicator and expressions over their ids.
pub struct Counting {
    /// By id.
    pub metrics: Vec<(SpannedName, Node)>,
    pub bad: String,
    pub total: String,
    /// The share of requests that are bad: this over a share that may be.
    pub share: BadShare,
}

/// A share of requests as metric math.
pub enum BadShare {
    /// So many of so many.
    Of { bad: String, total: String },
    /// Per cent.
    Percent(String),
}

impl BadShare {
    /// How many times the share that may be bad (per cent) is bad.
    pub fn over(&self, percent: f64) -> String {
        match self {
            BadShare::Of { bad, total } => format!("{bad} / ({} * {total})", cut(percent / 100.0)),
            BadShare::Percent(share) => format!("{share} / {percent}"),
        }
    }
}

/// What is counted: of a function, or of the file's own metrics.
pub enum CountedRequests<'a> {
    Errors { function: &'a str },
    Latency { function: &'a str, bound: &'a str },
    Ratio(&'a Node),
}

/// The indicator that a map says; a problem where it says none or several.
pub fn read<'a>(indicator: &'a Node, problems: &mut Vec<SpecProblem>) -> Option<CountedRequests<'a>> {
    let said: Vec<&MapEntry> = indicator
        .entries()
        .iter()
        .filter(|entry| ["errors", "latency", "ratio"].contains(&entry.name.text.as_str()))
        .collect();
    match said.as_slice() {
        [one] => match one.name.text.as_str() {
            "errors" => Some(CountedRequests::Errors { function: one.value.text()? }),
            "latency" => {
                let (function, bound) = (one.value.get("function")?.text()?, one.value.get("bound")?.text()?);
                Some(CountedRequests::Latency { function, bound })
            }
            _ => Some(CountedRequests::Ratio(&one.value)),
        },
        [first, .., last] => {
            let message = format!("`{}` does not go with `{}`", last.name, first.name);
            let problem = SpecProblem::new(last.name.span, message).help("an SLO has one indicator: write two SLOs");
            problems.push(problem.also(first.name.span, "the other one"));
            None
        }
        [] => {
            // A misspelt key is a mistake that is told already.
            if indicator.entries().is_empty() {
                let problem = SpecProblem::new(indicator.span, "the indicator says nothing");
                problems
                    .push(problem.help("write errors: FUNCTION, latency: {function, bound}, or ratio: {bad, total}"));
            }
            None
        }
    }
}

/// The queries of an indicator, at the place of what asked for them.
pub fn count(counted: &CountedRequests<'_>, span: Span, problems: &mut Vec<SpecProblem>) -> Option<Counting> {
    let of_function = |function: &str, metric: &str, statistic: String| {
        let fields = vec![
            ("namespace", text("AWS/Lambda")),
            ("metric_name", text(metric)),
            ("dimensions", Value::Map(vec![("FunctionName", text(function))])),
            ("statistic", text(statistic)),
        ];
        node(&Value::Map(fields), span)
    };
    let named = |id: &str, node: Node| (SpannedName { text: id.to_owned(), span }, node);
    match counted {
        CountedRequests::Errors { function } => Some(Counting {
            metrics: vec![
                named("errors", of_function(function, "Errors", "Sum".into())),
                named("invocations", of_function(function, "Invocations", "Sum".into())),
            ],
            bad: "errors".into(),
            total: "invocations".into(),
            share: BadShare::Of { bad: "errors".into(), total: "invocations".into() },
        }),
        // PR(:x) is the per cent of samples that are at most x (CloudWatch user guide, "Statistics definitions").
        CountedRequests::Latency { function, bound: written } => Some(Counting {
            metrics: vec![
                named("fast", of_function(function, "Duration", format!("PR(:{})", bound(written)?))),
                named("calls", of_function(function, "Duration", "SampleCount".into())),
            ],
            bad: "calls * (100 - fast) / 100".into(),
            total: "calls".into(),
            share: BadShare::Percent("(100 - fast)".into()),
        }),
        CountedRequests::Ratio(written) => ratio(written, problems),
    }
}

fn ratio(ratio: &Node, problems: &mut Vec<SpecProblem>) -> Option<Counting> {
    let which = match (ratio.get("bad"), ratio.get("good")) {
        (Some(_), None) => "bad",
        (None, Some(_)) => "good",
        (Some(_), Some(good)) => {
            let problem = SpecProblem::new(good.span, "`bad` and `good` say the same thing");
            problems.push(problem.help("leave one of the two out"));
            return None;
        }
        (None, None) => {
            let problem = SpecProblem::new(ratio.span, "this ratio counts neither bad nor good requests");
            problems.push(problem.help("add `bad` or `good` beside `total`"));
            return None;
        }
    };
    let mut metrics: Vec<(SpannedName, Node)> = Vec::new();
    let own = ratio.get("metrics").map(Node::entries).unwrap_or_default();
    for MapEntry { name, value } in own {
        if [which, "total"].contains(&name.text.as_str()) {
            let problem = SpecProblem::new(name.span, format!("`{name}` is the id of what is counted"));
            problems.push(problem.help("call this metric otherwise"));
            return None;
        }
        metrics.push((name.clone(), value.clone()));
    }
    for id in [which, "total"] {
        let entry = ratio.entries().iter().find(|entry| entry.name.text == id)?;
        // A text is metric math over the other ids.
        let value = match entry.value.text() {
            Some(_) => {
                let fields = vec![("expression", Value::Copied(entry.value.clone()))];
                node(&Value::Map(fields), entry.value.span)
            }
            None => entry.value.clone(),
        };
        metrics.push((entry.name.clone(), value));
    }
    let bad = if which == "bad" { "bad" } else { "(total - good)" };
    let share = BadShare::Of { bad: bad.into(), total: "total".into() };
    Some(Counting { metrics, bad: bad.into(), total: "total".into(), share })
}
