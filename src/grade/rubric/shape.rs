//! What a rubric may say, declared once: the checks, the JSON Schema and the reference in `docs/grading.md` come from it.

use crate::model::shape::{ObjectSchema, SchemaKey, Shape, TextFormat};
use crate::resources::alarm::{metric, statistic};
use crate::resources::subscription::PROTOCOLS;
use crate::spec::VARIABLE;
use mlops_cloudwatch::missing::MissingData;

/// Short, since it heads a column of the grade book.
static NAME: TextFormat = TextFormat {
    what: "a short name of letters, digits, - _ and ., at most 40",
    check: |text| {
        let right = |c: char| c.is_alphanumeric() || "-_.".contains(c);
        match text {
            "" => Err("is empty".into()),
            text if text.chars().count() > 40 => Err("has more than 40 characters".into()),
            text if !text.chars().all(right) => Err("cannot head a column of the grade book".into()),
            _ => Ok(()),
        }
    },
    pattern: None,
};

static POINTS: TextFormat = TextFormat {
    what: "a number of points above 0, at most 10000",
    check: |text| match crate::model::node::parse_number(text) {
        Some(points) if points > 0.0 && points <= 10_000.0 => Ok(()),
        Some(_) => Err("is no number of points".into()),
        None => Err("is not a number".into()),
    },
    pattern: Some(r"^[0-9]+(\.[0-9]+)?$"),
};

static PERCENT: TextFormat = TextFormat {
    what: "a percentage from 0 to 100",
    check: |text| match crate::model::node::parse_number(text) {
        Some(percent) if (0.0..=100.0).contains(&percent) => Ok(()),
        _ => Err("is no percentage".into()),
    },
    pattern: Some(r"^[0-9]+(\.[0-9]+)?$"),
};

static STATES: &[&str] = &["OK", "ALARM", "INSUFFICIENT_DATA"];
static TREATMENTS: &[&str] = MissingData::WORDS;
static ENDPOINT_PROTOCOLS: &[&str] = PROTOCOLS;

static NUMBERS: ObjectSchema = ObjectSchema {
    what: "a range",
    doc: "From and up to, both included; one of the two may be left out.",
    keys: &[&[
        SchemaKey::new("from", Shape::Number, "The lowest right value."),
        SchemaKey::new("to", Shape::Number, "The highest right value."),
    ]],
};

static DURATIONS: ObjectSchema = ObjectSchema {
    what: "a range of durations",
    doc: "From and up to, both included; one of the two may be left out.",
    keys: &[&[
        SchemaKey::new("from", Shape::Duration, "The shortest right duration, e.g. 1m."),
        SchemaKey::new("to", Shape::Duration, "The greatest right duration, e.g. 15m."),
    ]],
};

static THRESHOLD: ObjectSchema = ObjectSchema {
    what: "a threshold range",
    doc: "Where the threshold has to lie, both ends included.",
    keys: &[&[
        SchemaKey::new("from", Shape::Number, "The lowest right threshold."),
        SchemaKey::new("to", Shape::Number, "The highest right threshold."),
        SchemaKey::new(
            "per",
            Shape::Duration,
            "The metric counts something, and the range is meant for so long a time: a threshold of 2 in 1m is 10 in 5m, \
             and `>= 6` is `> 5`. Without it the threshold is taken as it is written.",
        ),
    ]],
};

static SHARE: ObjectSchema = ObjectSchema {
    what: "a share of another metric",
    doc: "An alarm on the share counts as well: metric math that divides by the other metric, in whatever unit, or the Average \
          of a metric that is 1 for each failure.",
    keys: &[&[
        SchemaKey::new(
            "of",
            Shape::Format(&metric::METRIC_NAME),
            "The metric that is divided by. Default: Invocations.",
        ),
        SchemaKey::new("from", Shape::Number, "The lowest right threshold, in percent."),
        SchemaKey::new("to", Shape::Number, "The highest right threshold, in percent."),
    ]],
};

static NOTIFIES: ObjectSchema = ObjectSchema {
    what: "a notification",
    doc: "Who has to be reached.",
    keys: &[&[
        SchemaKey::new("protocol", Shape::OneOf(ENDPOINT_PROTOCOLS), "Only subscriptions of this protocol count."),
        SchemaKey::new(
            "endpoint",
            Shape::Text(2048),
            "Only this endpoint counts, e.g. ${email}; case does not matter.",
        ),
    ]],
};

/// The metric that is meant. Groups are shared by the tests that look at one.
static METRIC: [SchemaKey; 3] = [
    SchemaKey::new("namespace", Shape::Format(&metric::NAMESPACE_FORM), "The metric's namespace. Default: AWS/Lambda."),
    SchemaKey::required("metric_name", Shape::Format(&metric::METRIC_NAME), "The metric's name, such as Errors."),
    SchemaKey::new(
        "dimensions",
        Shape::Map(&Shape::Text(1024)),
        "Dimensions that the metric has to have; it may have more. Usually { FunctionName: \"${function}\" }.",
    ),
];

static ALARM: ObjectSchema = ObjectSchema {
    what: "an alarm test",
    doc: "A metric alarm on this metric, whatever its name, with these properties. The one that has most of them counts. Parts: \
          `metric` (without it nothing counts), then `statistic`, `threshold`, `period`, `window`, `missing_data`, `data`, \
          `actions` and `reachable` as far as the test asks for them.",
    keys: &[
        &METRIC,
        &[
            SchemaKey::new(
                "statistic",
                Shape::List(&Shape::Format(&statistic::ANY)),
                "Statistics that are right, e.g. [Sum]. An alarm on a share is not asked.",
            ),
            SchemaKey::new(
                "direction",
                Shape::OneOf(&["above", "below"]),
                "Whether the alarm fires above its threshold or below it. Default: above. Belongs to the part `threshold`.",
            ),
            SchemaKey::new("threshold", Shape::Object(&THRESHOLD), "Where the threshold has to lie."),
            SchemaKey::new("or_share", Shape::Object(&SHARE), "An alarm on a share of another metric counts as well."),
            SchemaKey::new("period", Shape::Object(&DURATIONS), "How long a period may be."),
            SchemaKey::new(
                "window",
                Shape::Object(&DURATIONS),
                "How long it has to be bad before the alarm fires: datapoints to alarm times the period.",
            ),
            SchemaKey::new("missing_data", Shape::List(&Shape::OneOf(TREATMENTS)), "Right treatments of missing data."),
            SchemaKey::new("has_data", Shape::Bool, "Whether the alarm must not be in INSUFFICIENT_DATA. Part `data`."),
            SchemaKey::new(
                "notifies",
                Shape::Either(&[Shape::Bool, Shape::Object(&NOTIFIES)]),
                "Whether somebody has to be notified of an ALARM: actions are enabled and name a topic (part `actions`), and CloudWatch \
                 may publish to that topic and a confirmed subscription is there (part `reachable`). A composite alarm may do it.",
            ),
        ],
    ],
};

static TOPIC: ObjectSchema = ObjectSchema {
    what: "a topic test",
    doc: "An SNS topic, whatever its name. Parts: `exists` (without it nothing counts), `publishable`.",
    keys: &[&[
        SchemaKey::new("name", Shape::Text(256), "Only this topic counts."),
        SchemaKey::new(
            "publishable",
            Shape::Bool,
            "Whether CloudWatch alarms must be allowed to publish to it: its policy, and its key.",
        ),
    ]],
};

static SUBSCRIPTION: ObjectSchema = ObjectSchema {
    what: "a subscription test",
    doc: "A subscription to any topic. Parts: `exists` (without it nothing counts), `confirmed`.",
    keys: &[&[
        SchemaKey::new("protocol", Shape::OneOf(ENDPOINT_PROTOCOLS), "The protocol, e.g. email."),
        SchemaKey::new("endpoint", Shape::Text(2048), "The endpoint, e.g. ${email}; case does not matter."),
        SchemaKey::new("confirmed", Shape::Bool, "Whether it must be confirmed."),
    ]],
};

static LOG_RETENTION: ObjectSchema = ObjectSchema {
    what: "a retention test",
    doc: "How long logs are kept, of the group that the function really writes to or of a named one; a policy of the account \
          counts before the group's own setting. Part: `retention`.",
    keys: &[&[
        SchemaKey::new("function", Shape::Text(140), "The function whose logs are meant."),
        SchemaKey::new("log_group", Shape::Text(512), "The log group, where it is no function's."),
        SchemaKey::new("from", Shape::Duration, "The shortest right retention, e.g. 7d."),
        SchemaKey::new("to", Shape::Duration, "The greatest right retention, e.g. 30d."),
    ]],
};

static FUNCTION: ObjectSchema = ObjectSchema {
    what: "a function test",
    doc: "A Lambda function. Parts: `exists` (without it nothing counts), `runtime`, `memory`, `timeout`.",
    keys: &[&[
        SchemaKey::required("name", Shape::Text(140), "The function's name."),
        SchemaKey::new(
            "runtime",
            Shape::List(&Shape::Text(64)),
            "Right runtimes; python3 means python3.12 and all its like.",
        ),
        SchemaKey::new("memory", Shape::Object(&NUMBERS), "Megabytes."),
        SchemaKey::new("timeout", Shape::Object(&DURATIONS), "How long a call may take."),
    ]],
};

static INVOKED: ObjectSchema = ObjectSchema {
    what: "an invocation test",
    doc: "How often a Lambda function was called. Part: `times`.",
    keys: &[&[
        SchemaKey::required("function", Shape::Text(140), "The function's name."),
        SchemaKey::new("times", Shape::Integer(1, i64::MAX), "How often at least. Default: 1."),
        SchemaKey::new("within", Shape::Duration, "In how long a time, up to now: at most 455d. Default: 14d."),
    ]],
};

static DATA: ObjectSchema = ObjectSchema {
    what: "a metric test",
    doc: "A metric has data, and its value over a time lies in a range. Parts: `data` (without it nothing counts), `value`.",
    keys: &[
        &METRIC,
        &[
            SchemaKey::new(
                "statistic",
                Shape::OneOf(&["Sum", "Average", "Minimum", "Maximum", "SampleCount"]),
                "The statistic over the whole time. Default: Sum.",
            ),
            SchemaKey::new("within", Shape::Duration, "Over how long a time, up to now: at most 455d. Default: 14d."),
            SchemaKey::new("from", Shape::Number, "The lowest right value."),
            SchemaKey::new("to", Shape::Number, "The highest right value."),
        ],
    ],
};

static HTTP: ObjectSchema = ObjectSchema {
    what: "an HTTP test",
    doc: "A GET is answered as it should be. Redirects are not followed. Parts: `status` (without it nothing counts), `json`.",
    keys: &[&[
        SchemaKey::new(
            "url",
            Shape::Text(2048),
            "Address without its path, e.g. ${url}. Empty: the URL of `function`.",
        ),
        SchemaKey::new(
            "function",
            Shape::Text(140),
            "The Lambda function whose function URL is asked where `url` is empty.",
        ),
        SchemaKey::new("path", Shape::Text(1024), "What is added to the address, e.g. /health."),
        SchemaKey::new("status", Shape::Integer(100, 599), "The right status. Default: 200."),
        SchemaKey::new(
            "json",
            Shape::Map(&Shape::Text(1024)),
            "Fields of the answer and their values; a.b is field b of field a. Every value must be there and equal.",
        ),
        SchemaKey::new("timeout", Shape::Duration, "How long to wait: at most 1m. Default: 10s."),
    ]],
};

static IN_STATE: ObjectSchema = ObjectSchema {
    what: "a state test",
    doc: "An alarm on this metric is, or was, in a state. Parts: `metric` (without it nothing counts), `state`.",
    keys: &[
        &METRIC,
        &[
            SchemaKey::required("state", Shape::OneOf(STATES), "The state."),
            SchemaKey::new(
                "within",
                Shape::Duration,
                "That it was in this state once, in so long a time up to now, is enough: at most 30d. Default: it is so now.",
            ),
        ],
    ],
};

/// The tests; an item, and each part of `any_of` and `all_of`, has exactly one of them.
pub static TESTS: [SchemaKey; 12] = [
    SchemaKey::new("alarm", Shape::Object(&ALARM), "A metric alarm with these properties exists."),
    SchemaKey::new(
        "no_alarm",
        Shape::Object(&ALARM),
        "No metric alarm has all these properties. True of an empty account, too: put it beside an `alarm` in an `all_of`.",
    ),
    SchemaKey::new("topic", Shape::Object(&TOPIC), "An SNS topic exists."),
    SchemaKey::new("subscription", Shape::Object(&SUBSCRIPTION), "Somebody is subscribed to a topic."),
    SchemaKey::new("log_retention", Shape::Object(&LOG_RETENTION), "Logs are kept for a right time."),
    SchemaKey::new("function", Shape::Object(&FUNCTION), "A Lambda function exists."),
    SchemaKey::new("invoked", Shape::Object(&INVOKED), "A Lambda function was called."),
    SchemaKey::new("metric", Shape::Object(&DATA), "A metric has data."),
    SchemaKey::new("http", Shape::Object(&HTTP), "An address answers."),
    SchemaKey::new("in_state", Shape::Object(&IN_STATE), "An alarm is, or was, in a state."),
    SchemaKey::new("any_of", Shape::List(&Shape::Object(&TEST)), "The best of several tests counts."),
    SchemaKey::new("all_of", Shape::List(&Shape::Object(&TEST)), "Several tests together, each with its share."),
];

static CREDIT: [SchemaKey; 2] = [
    SchemaKey::new(
        "parts",
        Shape::Map(&Shape::Number),
        "Shares of the test's parts, by name; each is 1 where nothing is said. A part of 0 is looked at and not counted.",
    ),
    SchemaKey::new("partial", Shape::Bool, "false: all or nothing. Default: true, a part that holds earns its share."),
];

static TEST: ObjectSchema = ObjectSchema {
    what: "a test",
    doc: "One of the tests, and how it counts.",
    keys: &[&TESTS, &CREDIT, &[SchemaKey::new("share", Shape::Number, "Its share of an `all_of`. Default: 1.")]],
};

static ITEM: ObjectSchema = ObjectSchema {
    what: "an item",
    doc: "A sentence, its points, and exactly one test on live state in the account.",
    keys: &[
        &[
            SchemaKey::required("name", Shape::Format(&NAME), "A short name: the column of the grade book."),
            SchemaKey::required("says", Shape::Text(300), "What has to be true, as a sentence that students read."),
            SchemaKey::required("points", Shape::Format(&POINTS), "What it is worth."),
            SchemaKey::new(
                "only_if",
                Shape::Text(2048),
                "The item counts only where this is not empty, e.g. ${url}: who has given no address is not asked.",
            ),
        ],
        &TESTS,
        &CREDIT,
    ],
};

/// The whole file.
pub static FILE: ObjectSchema = ObjectSchema {
    what: "a rubric",
    doc: "What is looked at in each account, and what it is worth.",
    keys: &[&[
        SchemaKey::required("version", Shape::OneOf(&["1"]), "The version of this language: 1."),
        SchemaKey::required("title", Shape::Text(200), "What is graded."),
        SchemaKey::new(
            "vars",
            Shape::Map(&Shape::Either(&[Shape::Object(&VARIABLE), Shape::Text(10_240)])),
            "Variables: name to default, or to {description, default, required}. A column of the roster fills the variable of \
             its name. Used as ${name}.",
        ),
        SchemaKey::new("pass", Shape::Format(&PERCENT), "From how many percent on the whole is passed."),
        SchemaKey::new(
            "other_regions",
            Shape::List(&Shape::Text(32)),
            "Where to look for what is missing, to say that it is in the wrong region. Default: every region that an account \
             has from the beginning.",
        ),
        SchemaKey::required("items", Shape::List(&Shape::Object(&ITEM)), "What is graded, in the order of the report."),
    ]],
};
