//! `golden_signals` of a function -> alarms, written as if by hand, so that they are read and checked like any other.
//! A description names no threshold: the file may override it, and the notification has the right one.

use super::written::{Value, node, switch, text};
use crate::model::node::{Data, Node, Span, SpannedName};
use crate::model::shape::{ObjectSchema, SchemaKey, Shape};
use crate::resources::FunctionFacts;
use crate::resources::alarm::{actions, spec as alarm};
use crate::resources::tag;

/// Milliseconds of p95 per second of timeout: an alarm at 80 % leaves time to act before calls are cut off. The lab calls
/// memory above 80 % a risk; the same share of the timeout is ours.
const LATENCY_SHARE: i64 = 800;
/// Of Lambda's default quota of 1000 concurrent executions, AWS recommends an alarm at 90 %.
const CONCURRENCY: i64 = 900;

/// The key that makes one alarm of many.
pub const ONE_ALARM: &str = "one_alarm";

/// One golden signal: what it is called, whether it is on where nobody says, and how it is documented.
struct GoldenSignal {
    name: &'static str,
    on: bool,
    write: fn(&str, &FunctionFacts) -> Vec<(&'static str, Value)>,
}

macro_rules! signal_key {
    ($name:literal, $doc:literal) => {
        SchemaKey::new(
            $name,
            Shape::Either(&[Shape::Bool, Shape::OneOf(&["on", "off"]), Shape::Object(&alarm::OVERRIDE)]),
            $doc,
        )
    };
}

pub static GOLDEN_SIGNALS: ObjectSchema = ObjectSchema {
    what: "the golden signals",
    doc: "Alarms on latency, errors, traffic and saturation of the function. Keys beside the signals hold for all of them.",
    keys: &[
        &[
            signal_key!("latency", "p95 of Duration above 80 % of the timeout, 3 of 3 periods of 5m."),
            signal_key!("errors", "More than 5 % of invocations fail, 2 of 3 periods of 5m."),
            signal_key!("traffic", "No invocation at all in 3 of 3 periods of 5m. Off unless it is named."),
            signal_key!("throttles", "Any throttled invocation in a period of 5m."),
            signal_key!(
                "concurrency",
                "More than 900 concurrent executions (90 % of the default quota), 2 of 2 periods of 5m."
            ),
        ],
        &[SchemaKey::new(
            ONE_ALARM,
            Shape::Bool,
            "Of a pattern such as `\"*\"`: one alarm a signal over all its functions, by a Metrics Insights query, instead of one a \
             function. Errors, throttles and concurrency; latency where it has a threshold.",
        )],
        &actions::KEYS,
        &tag::KEYS,
    ],
};

/// Latency. The lab's p95 is the usual one; 3 of 3 periods of 5m are AWS's recommended 15 of 15 minutes.
fn latency(function: &str, facts: &FunctionFacts) -> Vec<(&'static str, Value)> {
    let threshold = i64::from(facts.timeout_s) * LATENCY_SHARE;
    let text = format!("Latency: calls of {function} take too long (in ms; the timeout is {} s)", facts.timeout_s);
    metric(function, "Duration", "p95", &format!("> {threshold}"), (3, 3), &text)
}

/// Errors as a rate: the lab calls more than 5 to 10 % broken, and a count means nothing without the traffic.
fn errors(function: &str, _: &FunctionFacts) -> Vec<(&'static str, Value)> {
    let sum = |metric: &str| {
        Value::Map(vec![
            ("namespace", text("AWS/Lambda")),
            ("metric_name", text(metric)),
            ("dimensions", Value::Map(vec![("FunctionName", text(function))])),
            ("statistic", text("Sum")),
        ])
    };
    let mut alarm =
        evaluation("> 5", (2, 3), &format!("Errors: too many of the calls of {function} fail (in per cent)"));
    alarm.push(("expression", text("IF(invocations > 0, 100 * errors / invocations, 0)")));
    alarm.push(("metrics", Value::Map(vec![("errors", sum("Errors")), ("invocations", sum("Invocations"))])));
    alarm
}

/// Traffic: silence. Off by default, since a function that nobody calls at night is the rule. No data is no call.
fn traffic(function: &str, _: &FunctionFacts) -> Vec<(&'static str, Value)> {
    let description = format!("Traffic: {function} is called too seldom");
    let mut alarm = metric(function, "Invocations", "Sum", "< 1", (3, 3), &description);
    alarm.retain(|(key, _)| *key != "treat_missing_data");
    alarm.push(("treat_missing_data", text("breaching")));
    alarm
}

/// Saturation: a throttled call is lost or late at once, so one is enough (the lab: Throttles > 0).
fn throttles(function: &str, _: &FunctionFacts) -> Vec<(&'static str, Value)> {
    let description = format!("Saturation: calls of {function} are rejected; it needs more concurrency");
    metric(function, "Throttles", "Sum", "> 0", (1, 1), &description)
}

/// Saturation before it hurts. AWS recommends 10 of 10 minutes at 90 % of the quota.
fn concurrency(function: &str, _: &FunctionFacts) -> Vec<(&'static str, Value)> {
    let description = format!("Saturation: {function} runs too many times at once");
    metric(function, "ConcurrentExecutions", "Maximum", &format!("> {CONCURRENCY}"), (2, 2), &description)
}

static SIGNALS: [GoldenSignal; 5] = [
    GoldenSignal { name: "latency", on: true, write: latency },
    GoldenSignal { name: "errors", on: true, write: errors },
    GoldenSignal { name: "traffic", on: false, write: traffic },
    GoldenSignal { name: "throttles", on: true, write: throttles },
    GoldenSignal { name: "concurrency", on: true, write: concurrency },
];

/// What the presets take for a function that nobody has looked at yet: Lambda's own defaults.
pub fn stand_in(function: &str) -> FunctionFacts {
    let log_group = crate::resources::function::default_log_group(function);
    FunctionFacts { memory_mb: 128, timeout_s: 3, log_group, last_modified: None }
}

/// The signals in the order of their presets, each with whether it is on where nobody says.
pub fn signals() -> impl Iterator<Item = (&'static str, bool)> {
    SIGNALS.iter().map(|signal| (signal.name, signal.on))
}

/// A preset alarm: its name, what the preset says, and what the file says over it.
pub struct Preset {
    pub name: SpannedName,
    pub written: Node,
    pub over: Option<Node>,
}

/// The alarms of a function, in a fixed order. `span` is where `golden_signals` stands.
pub fn expand(function: &str, golden: &Node, span: Span, facts: &FunctionFacts) -> Vec<Preset> {
    if golden.boolean() == Some(false) {
        return Vec::new();
    }
    let mut presets = Vec::new();
    for signal in &SIGNALS {
        let own = golden.get(signal.name);
        let switch = own.and_then(switch);
        if !switch.unwrap_or(signal.on || own.is_some()) {
            continue;
        }
        let entry = golden.entries().iter().find(|entry| entry.name.text == signal.name);
        let span = entry.map_or(span, |entry| entry.name.span);
        let name = SpannedName { text: format!("{function}-{}", signal.name), span };
        let written = node(&Value::Map((signal.write)(function, facts)), span);
        presets.push(Preset { name, written, over: over(own) });
    }
    presets
}

/// What the file says over a preset. A key that no signal knows is a mistake already, and must not change what the alarm watches.
pub fn over(own: Option<&Node>) -> Option<Node> {
    own.filter(|node| !node.entries().is_empty()).map(|node| {
        let entries = node.entries().iter().filter(|entry| alarm::OVERRIDE.key(&entry.name.text).is_some());
        Node::new(node.span, Data::Map(entries.cloned().collect()))
    })
}

pub fn evaluation(threshold: &str, (points, periods): (u32, u32), description: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("description", text(description)),
        ("threshold", text(threshold)),
        ("period", text("5m")),
        ("evaluation_periods", text(periods.to_string())),
        ("datapoints_to_alarm", text(points.to_string())),
        ("treat_missing_data", text("notBreaching")),
    ]
}

fn metric(
    function: &str,
    metric: &str,
    statistic: &str,
    threshold: &str,
    points: (u32, u32),
    description: &str,
) -> Vec<(&'static str, Value)> {
    let mut alarm = evaluation(threshold, points, description);
    alarm.push(("namespace", text("AWS/Lambda")));
    alarm.push(("metric_name", text(metric)));
    alarm.push(("dimensions", Value::Map(vec![("FunctionName", text(function))])));
    alarm.push(("statistic", text(statistic)));
    alarm
}
