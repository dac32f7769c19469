//! `golden_signals: { one_alarm: true }` of a pattern -> one alarm a signal over all its functions: a Metrics Insights query with a series a
//! function, so that a new one is watched from its first call on. Each series is judged by itself (CloudWatch user guide, "Create a
//! CloudWatch alarm based on a Metrics Insights query").

use super::coverage::FunctionPattern;
use super::presets::{Preset, evaluation, over};
use super::written::{Value, node, switch, text};
use crate::model::node::{Node, Span, SpannedName};
use crate::model::{SpecProblem, glob};

/// Characters that PutMetricAlarm takes of an expression.
const LONGEST: usize = 2048;

/// A golden signal as a query: what is folded into one value of a function, and when that is bad.
struct QueriedSignal {
    name: &'static str,
    metric: &'static str,
    function: &'static str,
    /// `None` where it depends on the function and the file has to say it.
    threshold: Option<&'static str>,
    points: (u32, u32),
    description: &'static str,
}

/// As the presets of one function have them, as far as a query can say it: there are no percentiles, and no metric math of a group.
const SIGNALS: [QueriedSignal; 4] = [
    QueriedSignal {
        name: "latency",
        metric: "Duration",
        function: "MAX",
        threshold: None,
        points: (3, 3),
        description: "Latency: calls of a function take too long (in ms)",
    },
    QueriedSignal {
        name: "errors",
        metric: "Errors",
        function: "SUM",
        threshold: Some("> 5"),
        points: (2, 3),
        description: "Errors: too many calls of a function fail (number of failed calls)",
    },
    QueriedSignal {
        name: "throttles",
        metric: "Throttles",
        function: "SUM",
        threshold: Some("> 0"),
        points: (1, 1),
        description: "Saturation: calls of a function are rejected; it needs more concurrency",
    },
    QueriedSignal {
        name: "concurrency",
        metric: "ConcurrentExecutions",
        function: "MAX",
        threshold: Some("> 900"),
        points: (2, 2),
        description: "Saturation: a function runs too many times at once",
    },
];

/// The alarms of a pattern, in a fixed order. `golden` stands at `span`; `others` are the functions that have entries of their own.
pub fn expand(pattern: &FunctionPattern<'_>, golden: &Node, span: Span, others: &[&str]) -> Vec<Preset> {
    let mut presets = Vec::new();
    for signal in &SIGNALS {
        let own = golden.get(signal.name);
        let on = own.and_then(switch).unwrap_or(signal.threshold.is_some() || own.is_some());
        if !on {
            continue;
        }
        let entry = golden.entries().iter().find(|entry| entry.name.text == signal.name);
        let span = entry.map_or(span, |entry| entry.name.span);
        let name = SpannedName { text: format!("{}-{}", pattern.label(), signal.name), span };
        let mut written = evaluation(signal.threshold.unwrap_or("> 0"), signal.points, signal.description);
        written.push(("expression", text(query(signal, pattern, others))));
        presets.push(Preset { name, written: node(&Value::Map(written), span), over: over(own) });
    }
    presets
}

fn query(signal: &QueriedSignal, pattern: &FunctionPattern<'_>, others: &[&str]) -> String {
    // What cannot be written in a query is a mistake already.
    let tags = pattern.tags.iter().filter(|(key, value)| !has_quotes(key) && !has_quotes(value));
    let tags = tags.map(|(key, value)| format!("tag.\"{key}\" = '{value}'"));
    let left_out = pattern.except.iter().chain(others).map(|name| format!("FunctionName != '{name}'"));
    let conditions: Vec<String> = tags.chain(left_out).collect();
    let filter = if conditions.is_empty() { String::new() } else { format!("WHERE {} ", conditions.join(" AND ")) };
    let QueriedSignal { function, metric, .. } = signal;
    format!(
        "SELECT {function}({metric}) FROM SCHEMA(\"AWS/Lambda\", FunctionName) {filter}GROUP BY FunctionName \
         ORDER BY {function}() DESC"
    )
}

fn has_quotes(text: &str) -> bool {
    text.contains(['\'', '"', '\\'])
}

/// Finds what a query cannot say of a pattern.
pub fn check(pattern: &FunctionPattern<'_>, others: &[&str]) -> Vec<SpecProblem> {
    let mut problems = Vec::new();
    let (key, Some(golden)) = (pattern.key(), pattern.golden()) else { return problems };
    let mut wrong = |span, message: String, help: &str| problems.push(SpecProblem::new(span, message).help(help));
    if pattern.glob != "*" {
        let message = format!("one alarm cannot watch the functions `{}`", pattern.glob);
        wrong(key.span, message, "a Metrics Insights query compares whole names: write \"*\", or match tags");
    }
    if let Some(item) = pattern.except.iter().find(|name| glob::is_pattern(name)) {
        let help = "a Metrics Insights query compares whole names: name each function";
        wrong(key.span, format!("`{item}` cannot be left out of one alarm"), help);
    }
    if pattern.tags.iter().any(|(key, value)| has_quotes(key) || has_quotes(value)) {
        wrong(key.span, "a tag has a quotation mark in it".into(), "a Metrics Insights query cannot ask for it");
    }
    if let Some(traffic) = golden.get("traffic").filter(|node| switch(node) != Some(false)) {
        let help = "a function that nobody calls has no series: watch the traffic of each function that matters";
        wrong(traffic.span, "one alarm cannot watch for silence".into(), help);
    }
    let says = |node: &Node| node.get("threshold").is_some();
    if let Some(latency) = golden.get("latency").filter(|node| switch(node) != Some(false) && !says(node)) {
        let help = "latency: { threshold: \"> 5000\" }, in ms: timeouts differ from function to function";
        wrong(latency.span, "one alarm on latency needs a `threshold`".into(), help);
    }
    let most = SIGNALS.iter().map(|signal| query(signal, pattern, others).len()).max().unwrap_or_default();
    if most > LONGEST {
        let message = format!("the query that leaves {} functions out has {most} characters", others.len());
        wrong(key.span, message, "AWS takes 2048: give fewer functions entries of their own, or match tags");
    }
    problems
}
