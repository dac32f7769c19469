//! `anomaly_detectors.<alarm>`, or `detector` beside an alarm's `anomaly` -> the settings of a detector.

use super::{AnomalyDetector, ExcludedRange, LearntSeries, SPEEDS, STRENGTHS};
use crate::model::shape::{ObjectSchema, SchemaKey, Shape};
use crate::model::{Node, SpannedName, SpecProblem};
use crate::resources::Alarm;
use crate::resources::mute_rule::spec::{MOMENT, moment};
use crate::resources::scope::DeclarationScope;
use mlops_cloudwatch::zone::{TimeZone, names};

static RANGE: ObjectSchema = ObjectSchema {
    what: "a range",
    doc: "Times that the model does not learn from: a deployment, a holiday, an outage.",
    keys: &[&[
        SchemaKey::required("start", Shape::Format(&MOMENT), "From when on, in UTC."),
        SchemaKey::required("end", Shape::Format(&MOMENT), "Until when, in UTC; this minute is not among them."),
    ]],
};

static RANGE_SHAPE: Shape = Shape::Object(&RANGE);

pub static DETECTOR: ObjectSchema = ObjectSchema {
    what: "an anomaly detector",
    doc: "How CloudWatch learns the band that an alarm watches.",
    keys: &[&[
        SchemaKey::new("excluded_ranges", Shape::List(&RANGE_SHAPE), "Times that the model does not learn from."),
        SchemaKey::new(
            "metric_timezone",
            Shape::Text(50),
            "The zone by whose days and weeks the metric goes, such as Europe/Berlin: the band then changes with its daylight saving time.",
        ),
        SchemaKey::new(
            "adaptation_speed",
            Shape::OneOf(SPEEDS),
            "How fast the model follows a lasting change. Default: NORMAL.",
        ),
        SchemaKey::new(
            "outlier_filtering_strength",
            Shape::OneOf(STRENGTHS),
            "How many outliers the model leaves out: more makes a tighter band. Default: MODERATE.",
        ),
        SchemaKey::new(
            "periodic_spikes",
            Shape::Bool,
            "Whether the metric has spikes at regular times that belong to it. Default: false.",
        ),
    ]],
};

pub static SECTION: SchemaKey = SchemaKey::new(
    "anomaly_detectors",
    Shape::Map(&Shape::Object(&DETECTOR)),
    "How the bands of alarms are learnt, by the alarm's name.",
);

/// Reads the settings of one alarm's detector; what is wrong goes to the scope. `alarm`: where a metric alarm of the name is declared.
pub fn read(
    name: &SpannedName,
    node: &Node,
    alarm: Option<&Alarm>,
    scope: &mut DeclarationScope<'_>,
) -> Option<AnomalyDetector> {
    let Some(alarm) = alarm else {
        let problem = SpecProblem::new(name.span, format!("no metric alarm `{name}` is declared in this file"));
        let near = scope.nearest(&name.text, &scope.alarms, "the alarms are");
        scope.problems.push(near.into_iter().fold(problem, SpecProblem::help));
        return None;
    };
    let Some(learns) = LearntSeries::of(alarm) else {
        // Where something is wrong with the alarm, that is said already.
        if !alarm.metrics.is_empty() || alarm.metric_name.is_some() || alarm.promql.is_some() {
            let help =
                "a detector is of an alarm with `anomaly`, or with an ANOMALY_DETECTION_BAND among its `metrics`";
            scope.problem(name.span, format!("alarm `{name}` watches no anomaly band"), help);
        }
        return None;
    };
    let word = |key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
    let ranges = node.get("excluded_ranges").map(Node::items).unwrap_or_default();
    let mut detector = AnomalyDetector {
        alarm: name.text.clone(),
        learns,
        excluded_ranges: ranges.iter().filter_map(|range| excluded(range, scope)).collect(),
        metric_timezone: node.get("metric_timezone").and_then(|node| zone(node, scope)),
        adaptation_speed: word("adaptation_speed"),
        outlier_filtering_strength: word("outlier_filtering_strength"),
        periodic_spikes: node.get("periodic_spikes").and_then(Node::boolean).unwrap_or_default(),
    };
    detector.excluded_ranges.sort();
    detector.excluded_ranges.dedup();
    if detector.is_default() && node.entries().iter().all(|entry| DETECTOR.key(&entry.name.text).is_some()) {
        let help = "AWS makes a detector like that for every alarm with a band: leave it out, or set something";
        scope.problem(name.span, format!("the detector of `{name}` sets nothing"), help);
    }
    Some(detector)
}

fn excluded(node: &Node, scope: &mut DeclarationScope<'_>) -> Option<ExcludedRange> {
    let at = |key: &str| node.get(key).and_then(Node::text).and_then(moment);
    let (start, end) = (at("start")?, at("end")?);
    if start >= end {
        scope.problem(node.span, "the range ends before it starts", "write a later `end`");
    }
    Some(ExcludedRange { start, end })
}

/// AWS takes names alone (AnomalyDetectorConfiguration).
fn zone(node: &Node, scope: &mut DeclarationScope<'_>) -> Option<String> {
    let text = node.text()?;
    if TimeZone::parse(text).is_none() || text.starts_with(['+', '-']) {
        let near = crate::model::problem::nearest(text, names()).map(|name| format!("did you mean `{name}`?"));
        let help = near.unwrap_or_else(|| "write an IANA name such as Europe/Berlin".to_owned());
        scope.problem(node.span, format!("`{text}` is no name of a time zone"), help);
    }
    Some(text.to_owned())
}
