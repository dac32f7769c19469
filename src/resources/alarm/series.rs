//! What an alarm watches: one metric, metric math, an anomaly band, or a PromQL query.

use super::{Alarm, PromQl, metrics, statistic};
use crate::model::duration::format_seconds;
use crate::model::problem::Problem;
use crate::model::shape::{Format, Key, Object, Shape};
use crate::model::{Layers, Name, Node, Span};
use crate::resources::scope::Scope;
use std::collections::BTreeMap;

/// Seconds a period lasts where nobody says: the lab's five minutes, and what AWS keeps for 63 days.
pub const DEFAULT_PERIOD: i32 = 300;
/// Seconds between two evaluations of a PromQL query where nobody says.
const DEFAULT_INTERVAL: i32 = 60;

/// What kind of series an alarm watches: it decides which other keys make sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Metric,
    Math,
    Band,
    PromQl,
}

static PROMQL: Object = Object {
    what: "a PromQL query",
    doc: "A PromQL query; every series it returns is in alarm.",
    keys: &[&[
        Key::required("query", Shape::Text(10_000), "The query, with its own comparison."),
        Key::new("pending_period", Shape::Duration, "How long it must be bad before ALARM: 0s to 1d."),
        Key::new("recovery_period", Shape::Duration, "How long it must be good before OK: 0s to 1d."),
    ]],
};

pub static NAMESPACE_FORM: Format = Format {
    what: "a namespace such as AWS/Lambda",
    check: |text| match text {
        "" => Err("is empty; a namespace looks like AWS/Lambda".into()),
        t if t.starts_with(':') => Err("begins with a colon; AWS does not allow that".into()),
        t if t.chars().count() > 255 => Err("has more than 255 characters".into()),
        _ => Ok(()),
    },
    pattern: None,
};

pub static METRIC_NAME: Format = Format {
    what: "a metric's name such as Errors",
    check: |text| match text.chars().count() {
        0 => Err("is empty; a metric's name looks like Errors".into()),
        1..=255 => Ok(()),
        count => Err(format!("has {count} characters; AWS allows at most 255")),
    },
    pattern: None,
};

pub static UNITS: &[&str] = &[
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

pub static NAMESPACE: [Key; 2] = [
    Key::new("namespace", Shape::Format(&NAMESPACE_FORM), "The metric's namespace, such as AWS/Lambda."),
    Key::new("dimensions", Shape::Map(&Shape::Text(1024)), "The metric's dimensions: name to value; at most 30."),
];

pub static STATISTIC: [Key; 2] = [
    Key::new(
        "statistic",
        Shape::Format(&statistic::ANY),
        "SampleCount, Average, Sum, Minimum or Maximum; an extended statistic such as p95 is right here too.",
    ),
    Key::new(
        "extended_statistic",
        Shape::Format(&statistic::EXTENDED),
        "p95, p99.9, tm90, tc, ts, wm, IQM, PR(a:b), TM(a%:b%), …; instead of `statistic`.",
    ),
];

pub static PERIOD: [Key; 1] =
    [Key::new("period", Shape::Duration, "How long one datapoint lasts: 10s, 20s, 30s or whole minutes. Default: 5m.")];

pub static INTERVAL: [Key; 1] = [Key::new(
    "evaluation_interval",
    Shape::Duration,
    "How often a PromQL query is asked: 10s, 20s, 30s or whole minutes up to 1h. Default: 1m.",
)];

/// The metric of a single series.
pub static METRIC: [Key; 2] = [
    Key::new("metric_name", Shape::Format(&METRIC_NAME), "The metric's name, such as Errors."),
    Key::new("unit", Shape::OneOf(UNITS), "Leave it out: a wrong unit keeps the alarm in INSUFFICIENT_DATA."),
];

/// What an alarm can watch instead of a single metric.
pub static FORMS: [Key; 5] = [
    Key::new("expression", Shape::Text(2048), "The metric math or Metrics Insights expression that is watched."),
    Key::new(
        "metrics",
        Shape::Either(&[Shape::Map(&Shape::Object(&metrics::QUERY)), Shape::List(&Shape::Object(&metrics::LISTED))]),
        "The series of the expression: id to metric; or CloudWatch's own list with `id` and `return_data`.",
    ),
    Key::new("threshold_metric_id", Shape::Text(255), "The id of the ANOMALY_DETECTION_BAND expression in `metrics`."),
    Key::new("anomaly", Shape::Object(&metrics::ANOMALY), "Watches whether a metric leaves the band AWS expects."),
    Key::new("promql", Shape::Object(&PROMQL), "Watches a PromQL query; it has its own comparison."),
];

/// Keys that decide the form, and those that only some forms know.
const DECIDING: [&str; 5] = ["metric_name", "metrics", "expression", "anomaly", "promql"];
const SINGLE_ONLY: &[&str] = &["namespace", "dimensions", "statistic", "extended_statistic", "unit"];
const NOT_PROMQL: &[&str] = &[
    "period",
    "threshold",
    "comparison_operator",
    "evaluation_periods",
    "datapoints_to_alarm",
    "treat_missing_data",
    "evaluate_low_sample_count_percentile",
    "evaluation_window",
];

/// Fills in what the alarm watches; `None` where that cannot be told.
pub fn read(name: &Name, layers: &Layers<'_>, alarm: &mut Alarm, scope: &mut Scope<'_>) -> Option<Form> {
    let form = form(name, layers, scope)?;
    let others = |scope: &mut Scope<'_>, keys: &[&str], why: &str, help: &str| {
        for key in keys.iter().filter(|key| layers.own(key).is_some()) {
            scope.problem(layers.key_span(key), format!("`{key}` {why}"), help);
        }
    };
    if form != Form::PromQl {
        others(scope, &["evaluation_interval"], "is for PromQL alarms only", "leave it out: see `period`");
    }
    match form {
        Form::Metric => {
            others(scope, &["threshold_metric_id"], "is for anomaly bands in `metrics` only", "leave it out");
            single(name, layers, alarm, scope);
        }
        Form::PromQl => {
            others(scope, SINGLE_ONLY, "does not go with `promql`", "the query says it");
            others(scope, NOT_PROMQL, "does not go with `promql`", "a PromQL query has its own comparison and periods");
            others(scope, &["threshold_metric_id"], "does not go with `promql`", "leave it out");
            promql(layers, alarm, scope);
        }
        Form::Math | Form::Band => {
            others(
                scope,
                SINGLE_ONLY,
                "does not go with a metrics expression",
                "say it of each metric under `metrics`",
            );
            alarm.metrics = metrics::read(layers, scope);
            alarm.threshold_metric_id = metrics::threshold_id(layers, &alarm.metrics, scope);
        }
    }
    Some(form)
}

fn form(name: &Name, layers: &Layers<'_>, scope: &mut Scope<'_>) -> Option<Form> {
    let deciding = layers.group(&DECIDING);
    let said: Vec<&str> = DECIDING.into_iter().filter(|key| deciding.get(key).is_some()).collect();
    match said.as_slice() {
        ["metric_name"] => Some(Form::Metric),
        ["promql"] => Some(Form::PromQl),
        ["anomaly"] => Some(Form::Band),
        ["metrics"] | ["expression"] | ["metrics", "expression"] => {
            let band = deciding.get("threshold_metric_id").is_some();
            Some(if band { Form::Band } else { Form::Math })
        }
        [] if DECIDING.iter().any(|key| !layers.lacks(key)) => None,
        [] => {
            let help = "give it a `metric_name`, or `metrics` with an `expression`, or `anomaly`, or `promql`";
            scope.problem(name.span, format!("alarm `{name}` watches nothing"), help);
            None
        }
        [first, .., last] => {
            let message = format!("`{last}` does not go with `{first}`");
            let help = "an alarm watches one thing: a metric, an expression, an anomaly band or a PromQL query";
            let problem = Problem::new(deciding.key_span(last), message).help(help);
            scope.problems.push(problem.also(deciding.key_span(first), "the other one"));
            None
        }
        [_] => None,
    }
}

fn single(name: &Name, layers: &Layers<'_>, alarm: &mut Alarm, scope: &mut Scope<'_>) {
    alarm.metric_name = layers.text("metric_name");
    alarm.namespace = layers.text("namespace");
    alarm.dimensions = dimensions(layers.get("dimensions"), scope);
    alarm.unit = layers.text("unit");
    alarm.period = Some(period(layers.get("period"), "period", scope).unwrap_or(DEFAULT_PERIOD));
    if layers.lacks("namespace") {
        let help = "add it: AWS's own metrics of Lambda are in AWS/Lambda";
        scope.problem(name.span, format!("alarm `{name}` has no `namespace`"), help);
    }
    let said = layers.group(&["statistic", "extended_statistic"]);
    match (said.get("statistic"), said.get("extended_statistic")) {
        (Some(_), Some(extended)) => {
            let help = "leave one of the two out";
            scope.problem(extended.span, "`statistic` and `extended_statistic` do not go together", help);
        }
        (Some(node), None) | (None, Some(node)) => match node.text() {
            Some(text) if statistic::is_plain(text) => alarm.statistic = Some(text.to_owned()),
            other => alarm.extended_statistic = other.map(str::to_owned),
        },
        (None, None) if !layers.lacks("statistic") || !layers.lacks("extended_statistic") => {}
        (None, None) => {
            let help = "add it: Sum for counts such as Errors, p95 or Average for durations, Maximum for levels";
            scope.problem(name.span, format!("alarm `{name}` has no `statistic`"), help);
        }
    }
}

fn promql(layers: &Layers<'_>, alarm: &mut Alarm, scope: &mut Scope<'_>) {
    let Some(node) = layers.get("promql") else { return };
    let mut wait = |key: &str| {
        let value = node.get(key)?;
        let seconds = value.seconds()?;
        if !(0..=86_400).contains(&seconds) {
            let message = format!("`{key}` cannot be `{}`", value.text().unwrap_or_default());
            scope.problem(value.span, message, "AWS allows 0s to 1d");
        }
        i32::try_from(seconds).ok()
    };
    let (pending_period, recovery_period) = (wait("pending_period"), wait("recovery_period"));
    let query = node.get("query").and_then(Node::text).unwrap_or_default().to_owned();
    if let Some(empty) = node.get("query").filter(|query| query.text() == Some("")) {
        scope.problem(empty.span, "the query is empty", "AWS allows 1 to 10000 characters");
    }
    alarm.promql = Some(PromQl { query, pending_period, recovery_period });
    let interval = period(layers.get("evaluation_interval"), "evaluation_interval", scope).unwrap_or(DEFAULT_INTERVAL);
    if interval > 3_600 {
        let message = format!("`evaluation_interval` cannot be {}", format_seconds(interval.into()));
        scope.problem(layers.span(&["evaluation_interval"]), message, "AWS allows at most 1h");
    }
    alarm.evaluation_interval = Some(interval);
}

/// A period in seconds: 10, 20, 30 or a multiple of 60.
pub fn period(node: Option<&Node>, key: &str, scope: &mut Scope<'_>) -> Option<i32> {
    let node = node?;
    let seconds = node.seconds()?;
    let right = [10, 20, 30].contains(&seconds) || (seconds > 0 && seconds % 60 == 0);
    let small = i32::try_from(seconds).ok().filter(|s| *s <= 604_800);
    if !right || small.is_none() {
        let text = node.text().unwrap_or_default();
        let mut problem = Problem::new(node.span, format!("`{key}` cannot be `{text}`"));
        if (1..60).contains(&seconds) && text.parse() == Ok(seconds) {
            problem = problem.help(format!("a plain number is in seconds: did you mean `{text}m`?"));
        }
        let allowed =
            if small.is_none() { "AWS allows 7d at most" } else { "AWS allows 10s, 20s, 30s, or whole minutes" };
        scope.problems.push(problem.help(allowed));
    }
    small.filter(|_| right)
}

/// Dimensions: name to value, at most 30, both printable ASCII.
pub fn dimensions(node: Option<&Node>, scope: &mut Scope<'_>) -> BTreeMap<String, String> {
    let entries = node.map(Node::entries).unwrap_or_default();
    if let Some(extra) = entries.get(30) {
        scope.problem(extra.name.span, format!("{} dimensions", entries.len()), "AWS allows at most 30");
    }
    let mut dimensions = BTreeMap::new();
    for entry in entries {
        let mut ascii = |text: &str, span: Span, what: &str, limit: usize| {
            let count = text.chars().count();
            if count == 0 || count > limit || text.trim().is_empty() {
                scope.problem(
                    span,
                    format!("a dimension's {what} of {count} characters"),
                    format!("AWS allows 1 to {limit}, not all blank"),
                );
            } else if let Some(bad) = text.chars().find(|c| !c.is_ascii() || c.is_ascii_control()) {
                scope.problem(
                    span,
                    format!("a dimension's {what} cannot hold {bad:?}"),
                    "AWS allows printable ASCII only",
                );
            } else if what == "name" && text.starts_with(':') {
                scope.problem(span, "a dimension's name begins with a colon", "AWS does not allow that");
            }
        };
        ascii(&entry.name.text, entry.name.span, "name", 255);
        if let Some(value) = entry.value.text() {
            ascii(value, entry.value.span, "value", 1024);
            dimensions.insert(entry.name.text.clone(), value.to_owned());
        }
    }
    dimensions
}
