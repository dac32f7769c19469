//! What a file of alarm tests may hold, declared once: the checks, the JSON Schema and the reference come from it.

use crate::backtest::history::file::time;
use crate::backtest::notation::Notation;
use crate::model::shape::{self, ObjectSchema, SchemaKey, Shape, TextFormat};
use crate::resources::alarm::statistic;

const STATES: &[&str] = &["OK", "ALARM", "INSUFFICIENT_DATA"];

/// The value of a period without data.
pub const NO_VALUE: &str = "none";

/// What reads in either notation; which one counts is not known here.
static VALUES: TextFormat = TextFormat {
    what: "values such as 0x5 10x3 _x4",
    check: |text| {
        let own = Notation::Own.parse(text);
        let either = own.or_else(|why| Notation::Promtool.parse(text).map_err(|_| why));
        either.map(|_| ()).map_err(|why| format!("does not read: {why}"))
    },
    pattern: None,
};

static TIME: TextFormat = TextFormat {
    what: "a time such as 2026-01-05T00:00:00Z",
    check: |text| time(text).map(|_| ()).map_err(|_| "is no time such as 2026-01-05T00:00:00Z".into()),
    pattern: None,
};

static SERIES: ObjectSchema = ObjectSchema {
    what: "a series",
    doc: "What a metric says: one value each interval. Some alarm of the spec has to watch the metric.",
    keys: &[&[
        SchemaKey::required("namespace", Shape::Text(255), "The metric's namespace, such as AWS/Lambda."),
        SchemaKey::required("metric_name", Shape::Text(255), "The metric's name, such as Errors."),
        SchemaKey::new("dimensions", Shape::Map(&Shape::Text(1024)), "The metric's dimensions: name to value."),
        SchemaKey::new("account_id", Shape::Text(12), "The account it is in, where that is not the alarm's own."),
        SchemaKey::new(
            "statistic",
            Shape::Format(&statistic::ANY),
            "What the values are. Default: one measurement each, of which every statistic follows.",
        ),
        SchemaKey::new("interval", Shape::Duration, "How long one value lasts. Default: the test's."),
        SchemaKey::required(
            "values",
            Shape::Format(&VALUES),
            "10, 10x3 (three of them), 0+5x4 (0 5 10 15), _ or _x4 (no data); see `notation`.",
        ),
    ]],
};

static RESULT: ObjectSchema = ObjectSchema {
    what: "a result",
    doc: "What CloudWatch alone can compute for an alarm: one value each period of the alarm.",
    keys: &[&[
        SchemaKey::required("alarm", Shape::Text(255), "The alarm's name."),
        SchemaKey::new("id", Shape::Text(255), "The query's id. Default: the one that the alarm watches, or its band."),
        SchemaKey::new(
            "values",
            Shape::Format(&VALUES),
            "Of a Metrics Insights query, or of a function such as INSIGHT_RULE_METRIC. Of PromQL: a value where the query \
             returns a series, _ where it returns none.",
        ),
        SchemaKey::new("lower", Shape::Format(&VALUES), "The lower edge of an anomaly band."),
        SchemaKey::new("upper", Shape::Format(&VALUES), "The upper edge of an anomaly band."),
    ]],
};

static EXPECTED: ObjectSchema = ObjectSchema {
    what: "an expectation",
    doc: "The state of an alarm at a time, or the value that it compares then.",
    keys: &[&[
        SchemaKey::required(
            "at",
            Shape::Duration,
            "How long after the start, e.g. 8m. An evaluation at this moment counts.",
        ),
        SchemaKey::required("alarm", Shape::Text(255), "The alarm's name."),
        SchemaKey::new("state", Shape::OneOf(STATES), "The state it is in."),
        SchemaKey::new("reason", Shape::Text(1024), "A part of the reason that CloudWatch gives for the last change."),
        SchemaKey::new(
            "value",
            Shape::Either(&[Shape::Number, Shape::OneOf(&[NO_VALUE])]),
            "The newest datapoint that is compared: that of the last period that has ended; none where there is no data.",
        ),
    ]],
};

static NOTIFICATION: ObjectSchema = ObjectSchema {
    what: "a notification",
    doc: "What is sent when an alarm changes its state.",
    keys: &[
        &[
            SchemaKey::required("at", Shape::Duration, "How long after the start."),
            SchemaKey::required("alarm", Shape::Text(255), "The alarm's name."),
        ],
        SENT,
    ],
};

static NOTIFICATION_OF_ALARM: ObjectSchema = ObjectSchema {
    what: "a notification of this alarm",
    doc: "What the alarm sends when it changes its state.",
    keys: &[&[SchemaKey::required("at", Shape::Duration, "How long after the start.")], SENT],
};

const SENT: &[SchemaKey] = &[
    SchemaKey::required("state", Shape::OneOf(STATES), "The state that is notified."),
    SchemaKey::new(
        "to",
        Shape::List(&Shape::Text(1024)),
        "Names of topics, or ARNs. Default: wherever the alarm sends it.",
    ),
];

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
            "results",
            Shape::List(&Shape::Object(&RESULT)),
            "What CloudWatch alone can compute: bands, Metrics Insights, PromQL, queries of logs. Without one the alarm's states are not known.",
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
        SchemaKey::new("expect", Shape::List(&Shape::Object(&EXPECTED)), "States and values that have to hold."),
        SchemaKey::new(
            "notifications",
            Shape::Either(&[
                Shape::List(&Shape::Object(&NOTIFICATION)),
                Shape::Map(&Shape::List(&Shape::Object(&NOTIFICATION_OF_ALARM))),
            ]),
            "Exactly what is sent: a list for all alarms, or by the name of an alarm for this one alone; [] is nothing.",
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
        SchemaKey::new(
            "region",
            Shape::Text(40),
            "Of a spec with several regions, the one whose alarms are tested. Default: all, a name that several have as in the first.",
        ),
        SchemaKey::new(
            "notation",
            Shape::OneOf(Notation::WORDS),
            "How the values count: mlopsctl (10x3 is three values), or promtool (it is four). Default: mlopsctl.",
        ),
        SchemaKey::required("tests", Shape::List(&Shape::Object(&CASE)), "The tests."),
    ]],
};

/// The JSON Schema of a file of alarm tests, for editors.
pub fn schema() -> serde_json::Value {
    shape::schema(&FILE, "urn:mlopsctl:schema:tests:1", "mlopsctl alarm tests")
}

/// Every key of the file, as Markdown, with examples from these files: the second half of `docs/alarm-tests.md`.
#[cfg(test)]
pub fn reference(samples: &[shape::SampleFile]) -> String {
    shape::reference(&FILE, samples)
}
