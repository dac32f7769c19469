//! What an alarm watches: one metric, metric math, an anomaly band, or a PromQL query.

use super::metric::{METRIC_NAME, dimensions, period};
use super::{Alarm, PromQl, metrics, statistic};
use crate::model::duration::format_seconds;
use crate::model::problem::SpecProblem;
use crate::model::shape::{ObjectSchema, SchemaKey, Shape};
use crate::model::{Layers, Node, SpannedName};
use crate::resources::scope::DeclarationScope;
use mlops_cloudwatch::alarm::DEFAULT_PERIOD;
use mlops_cloudwatch::unit::UNITS;

/// Seconds between two evaluations of a PromQL query where nobody says.
pub const DEFAULT_INTERVAL: i32 = 60;

/// What kind of series an alarm watches: it decides which other keys make sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeriesForm {
    Metric,
    Math,
    Band,
    PromQl,
}

static PROMQL: ObjectSchema = ObjectSchema {
    what: "a PromQL query",
    doc: "A PromQL query; every series it returns is in alarm.",
    keys: &[&[
        SchemaKey::required("query", Shape::Text(10_000), "The query, with its own comparison."),
        SchemaKey::new("pending_period", Shape::Duration, "How long it must be bad before ALARM: 0s to 1d."),
        SchemaKey::new("recovery_period", Shape::Duration, "How long it must be good before OK: 0s to 1d."),
    ]],
};

pub static STATISTIC: [SchemaKey; 2] = [
    SchemaKey::new(
        "statistic",
        Shape::Format(&statistic::ANY),
        "SampleCount, Average, Sum, Minimum or Maximum; an extended statistic such as p95 is right here too.",
    ),
    SchemaKey::new(
        "extended_statistic",
        Shape::Format(&statistic::EXTENDED),
        "p95, p99.9, tm90, tc, ts, wm, IQM, PR(a:b), TM(a%:b%), …; instead of `statistic`.",
    ),
];

pub static INTERVAL: [SchemaKey; 1] = [SchemaKey::new(
    "evaluation_interval",
    Shape::Duration,
    "How often a PromQL query is asked: 10s, 20s, 30s or whole minutes up to 1h. Default: 1m.",
)];

/// The metric of a single series.
pub static METRIC: [SchemaKey; 2] = [
    SchemaKey::new("metric_name", Shape::Format(&METRIC_NAME), "The metric's name, such as Errors."),
    SchemaKey::new("unit", Shape::OneOf(UNITS), "Leave it out: a wrong unit keeps the alarm in INSUFFICIENT_DATA."),
];

/// What an alarm can watch instead of a single metric.
pub static FORMS: [SchemaKey; 5] = [
    SchemaKey::new("expression", Shape::Text(2048), "The metric math or Metrics Insights expression that is watched."),
    SchemaKey::new(
        "metrics",
        Shape::Either(&[Shape::Map(&Shape::Object(&metrics::QUERY)), Shape::List(&Shape::Object(&metrics::LISTED))]),
        "The series of the expression: id to metric; or CloudWatch's own list with `id` and `return_data`.",
    ),
    SchemaKey::new(
        "threshold_metric_id",
        Shape::Text(255),
        "The id of the ANOMALY_DETECTION_BAND expression in `metrics`.",
    ),
    SchemaKey::new(
        "anomaly",
        Shape::Object(&metrics::ANOMALY),
        "Watches whether a metric leaves the band AWS expects.",
    ),
    SchemaKey::new("promql", Shape::Object(&PROMQL), "Watches a PromQL query; it has its own comparison."),
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
pub fn read(
    name: &SpannedName,
    layers: &Layers<'_>,
    alarm: &mut Alarm,
    scope: &mut DeclarationScope<'_>,
) -> Option<SeriesForm> {
    let form = form(name, layers, scope)?;
    let others = |scope: &mut DeclarationScope<'_>, keys: &[&str], why: &str, help: &str| {
        for key in keys.iter().filter(|key| layers.own(key).is_some()) {
            scope.problem(layers.key_span(key), format!("`{key}` {why}"), help);
        }
    };
    if form != SeriesForm::PromQl {
        others(scope, &["evaluation_interval"], "is for PromQL alarms only", "leave it out: see `period`");
    }
    match form {
        SeriesForm::Metric => {
            others(scope, &["threshold_metric_id"], "is for anomaly bands in `metrics` only", "leave it out");
            single(name, layers, alarm, scope);
        }
        SeriesForm::PromQl => {
            others(scope, SINGLE_ONLY, "does not go with `promql`", "the query says it");
            others(scope, NOT_PROMQL, "does not go with `promql`", "a PromQL query has its own comparison and periods");
            others(scope, &["threshold_metric_id"], "does not go with `promql`", "leave it out");
            promql(layers, alarm, scope);
        }
        SeriesForm::Math | SeriesForm::Band => {
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

fn form(name: &SpannedName, layers: &Layers<'_>, scope: &mut DeclarationScope<'_>) -> Option<SeriesForm> {
    let deciding = layers.group(&DECIDING);
    let said: Vec<&str> = DECIDING.into_iter().filter(|key| deciding.get(key).is_some()).collect();
    match said.as_slice() {
        ["metric_name"] => Some(SeriesForm::Metric),
        ["promql"] => Some(SeriesForm::PromQl),
        ["anomaly"] => Some(SeriesForm::Band),
        ["metrics"] | ["expression"] | ["metrics", "expression"] => {
            let band = deciding.get("threshold_metric_id").is_some();
            Some(if band { SeriesForm::Band } else { SeriesForm::Math })
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
            let problem = SpecProblem::new(deciding.key_span(last), message).help(help);
            scope.problems.push(problem.also(deciding.key_span(first), "the other one"));
            None
        }
        [_] => None,
    }
}

fn single(name: &SpannedName, layers: &Layers<'_>, alarm: &mut Alarm, scope: &mut DeclarationScope<'_>) {
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

fn promql(layers: &Layers<'_>, alarm: &mut Alarm, scope: &mut DeclarationScope<'_>) {
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
