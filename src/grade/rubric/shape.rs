//! What a rubric may say, declared once: the checks, the JSON Schema and the reference in `docs/grading.md` come from it.

use crate::model::shape::{Format, Key, Object, Shape};
use crate::resources::alarm::{metric, statistic};
use crate::resources::subscription::PROTOCOLS;
use crate::spec::VARIABLE;
use mlops_cloudwatch::missing::MissingData;

/// Short, since it heads a column of the grade book.
static NAME: Format = Format {
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

static POINTS: Format = Format {
    what: "a number of points above 0, at most 10000",
    check: |text| match crate::model::node::parse_number(text) {
        Some(points) if points > 0.0 && points <= 10_000.0 => Ok(()),
        Some(_) => Err("is no number of points".into()),
        None => Err("is not a number".into()),
    },
    pattern: Some(r"^[0-9]+(\.[0-9]+)?$"),
};

static PERCENT: Format = Format {
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

static NUMBERS: Object = Object {
    what: "a range",
    doc: "From and up to, both included; one of the two may be left out.",
    keys: &[&[
        Key::new("from", Shape::Number, "The lowest right value."),
        Key::new("to", Shape::Number, "The highest right value."),
    ]],
};

static DURATIONS: Object = Object {
    what: "a range of durations",
    doc: "From and up to, both included; one of the two may be left out.",
    keys: &[&[
        Key::new("from", Shape::Duration, "The shortest right duration, e.g. 1m."),
        Key::new("to", Shape::Duration, "The longest right duration, e.g. 15m."),
    ]],
};

static THRESHOLD: Object = Object {
    what: "a threshold range",
    doc: "Where the threshold has to lie, both ends included.",
    keys: &[&[
        Key::new("from", Shape::Number, "The lowest right threshold."),
        Key::new("to", Shape::Number, "The highest right threshold."),
        Key::new(
            "per",
            Shape::Duration,
            "The metric counts something, and the range is meant for so long a time: a threshold of 2 in 1m is 10 in 5m, \
             and `>= 6` is `> 5`. Without it the threshold is taken as it is written.",
        ),
    ]],
};

static SHARE: Object = Object {
    what: "a share of another metric",
    doc: "An alarm on the share counts as well: metric math that divides by the other metric, in whatever unit, or the Average \
          of a metric that is 1 for each failure.",
    keys: &[&[
        Key::new("of", Shape::Format(&metric::METRIC_NAME), "The metric that is divided by. Default: Invocations."),
        Key::new("from", Shape::Number, "The lowest right threshold, in percent."),
        Key::new("to", Shape::Number, "The highest right threshold, in percent."),
    ]],
};

static NOTIFIES: Object = Object {
    what: "a notification",
    doc: "Who has to be reached.",
    keys: &[&[
        Key::new("protocol", Shape::OneOf(ENDPOINT_PROTOCOLS), "Only subscriptions of this protocol count."),
        Key::new("endpoint", Shape::Text(2048), "Only this endpoint counts, e.g. ${email}; case does not matter."),
    ]],
};

/// The metric that is meant. Groups are shared by the tests that look at one.
static METRIC: [Key; 3] = [
    Key::new("namespace", Shape::Format(&metric::NAMESPACE_FORM), "The metric's namespace. Default: AWS/Lambda."),
    Key::required("metric_name", Shape::Format(&metric::METRIC_NAME), "The metric's name, such as Errors."),
    Key::new(
        "dimensions",
        Shape::Map(&Shape::Text(1024)),
        "Dimensions that the metric has to have; it may have more. Usually { FunctionName: \"${function}\" }.",
    ),
];

static ALARM: Object = Object {
    what: "an alarm test",
    doc: "A metric alarm on this metric, whatever its name, with these properties. The one that has most of them counts. Parts: \
          `metric` (without it nothing counts), then `statistic`, `threshold`, `period`, `window`, `missing_data`, `data`, \
          `actions` and `reachable` as far as the test asks for them.",
    keys: &[
        &METRIC,
        &[
            Key::new(
                "statistic",
                Shape::List(&Shape::Format(&statistic::ANY)),
                "Statistics that are right, e.g. [Sum]. An alarm on a share is not asked.",
            ),
            Key::new(
                "direction",
                Shape::OneOf(&["above", "below"]),
                "Whether the alarm fires above its threshold or below it. Default: above. Belongs to the part `threshold`.",
            ),
            Key::new("threshold", Shape::Object(&THRESHOLD), "Where the threshold has to lie."),
            Key::new("or_share", Shape::Object(&SHARE), "An alarm on a share of another metric counts as well."),
            Key::new("period", Shape::Object(&DURATIONS), "How long a period may be."),
            Key::new(
                "window",
                Shape::Object(&DURATIONS),
                "How long it has to be bad before the alarm fires: datapoints to alarm times the period.",
            ),
            Key::new("missing_data", Shape::List(&Shape::OneOf(TREATMENTS)), "Right treatments of missing data."),
            Key::new("has_data", Shape::Bool, "Whether the alarm must not be in INSUFFICIENT_DATA. Part `data`."),
            Key::new(
                "notifies",
                Shape::Either(&[Shape::Bool, Shape::Object(&NOTIFIES)]),
                "Whether somebody has to hear of an ALARM: actions are enabled and tell a topic (part `actions`), and CloudWatch \
                 may publish to that topic and a confirmed subscription is there (part `reachable`). A composite alarm may do it.",
            ),
        ],
    ],
};

static TOPIC: Object = Object {
    what: "a topic test",
    doc: "An SNS topic, whatever its name. Parts: `exists` (without it nothing counts), `publishable`.",
    keys: &[&[
        Key::new("name", Shape::Text(256), "Only this topic counts."),
        Key::new(
            "publishable",
            Shape::Bool,
            "Whether CloudWatch alarms must be allowed to publish to it: its policy, and its key.",
        ),
    ]],
};

static SUBSCRIPTION: Object = Object {
    what: "a subscription test",
    doc: "A subscription to any topic. Parts: `exists` (without it nothing counts), `confirmed`.",
    keys: &[&[
        Key::new("protocol", Shape::OneOf(ENDPOINT_PROTOCOLS), "The protocol, e.g. email."),
        Key::new("endpoint", Shape::Text(2048), "The endpoint, e.g. ${email}; case does not matter."),
        Key::new("confirmed", Shape::Bool, "Whether it must be confirmed."),
    ]],
};

static LOG_RETENTION: Object = Object {
    what: "a retention test",
    doc: "How long logs are kept, of the group that the function really writes to or of a named one; a policy of the account \
          counts before the group's own setting. Part: `retention`.",
    keys: &[&[
        Key::new("function", Shape::Text(140), "The function whose logs are meant."),
        Key::new("log_group", Shape::Text(512), "The log group, where it is no function's."),
        Key::new("from", Shape::Duration, "The shortest right retention, e.g. 7d."),
        Key::new("to", Shape::Duration, "The longest right retention, e.g. 30d."),
    ]],
};

static FUNCTION: Object = Object {
    what: "a function test",
    doc: "A Lambda function. Parts: `exists` (without it nothing counts), `runtime`, `memory`, `timeout`.",
    keys: &[&[
        Key::required("name", Shape::Text(140), "The function's name."),
        Key::new(
            "runtime",
            Shape::List(&Shape::Text(64)),
            "Right runtimes; python3 stands for python3.12 and all its like.",
        ),
        Key::new("memory", Shape::Object(&NUMBERS), "Megabytes."),
        Key::new("timeout", Shape::Object(&DURATIONS), "How long a call may take."),
    ]],
};

static INVOKED: Object = Object {
    what: "an invocation test",
    doc: "How often a Lambda function was called. Part: `times`.",
    keys: &[&[
        Key::required("function", Shape::Text(140), "The function's name."),
        Key::new("times", Shape::Integer(1, i64::MAX), "How often at least. Default: 1."),
        Key::new("within", Shape::Duration, "In how long a time, up to now: at most 455d. Default: 14d."),
    ]],
};

static DATA: Object = Object {
    what: "a metric test",
    doc: "A metric has data, and its value over a time lies in a range. Parts: `data` (without it nothing counts), `value`.",
    keys: &[
        &METRIC,
        &[
            Key::new(
                "statistic",
                Shape::OneOf(&["Sum", "Average", "Minimum", "Maximum", "SampleCount"]),
                "The statistic over the whole time. Default: Sum.",
            ),
            Key::new("within", Shape::Duration, "Over how long a time, up to now: at most 455d. Default: 14d."),
            Key::new("from", Shape::Number, "The lowest right value."),
            Key::new("to", Shape::Number, "The highest right value."),
        ],
    ],
};

static HTTP: Object = Object {
    what: "an HTTP test",
    doc: "A GET is answered as it should be. Redirects are not followed. Parts: `status` (without it nothing counts), `json`.",
    keys: &[&[
        Key::new("url", Shape::Text(2048), "Address without its path, e.g. ${url}. Empty: the URL of `function`."),
        Key::new("function", Shape::Text(140), "The Lambda function whose function URL is asked where `url` is empty."),
        Key::new("path", Shape::Text(1024), "What is added to the address, e.g. /health."),
        Key::new("status", Shape::Integer(100, 599), "The right status. Default: 200."),
        Key::new(
            "json",
            Shape::Map(&Shape::Text(1024)),
            "Fields of the answer and their values; a.b is field b of field a. Every value must be there and equal.",
        ),
        Key::new("timeout", Shape::Duration, "How long to wait: at most 1m. Default: 10s."),
    ]],
};

static IN_STATE: Object = Object {
    what: "a state test",
    doc: "An alarm on this metric is, or was, in a state. Parts: `metric` (without it nothing counts), `state`.",
    keys: &[
        &METRIC,
        &[
            Key::required("state", Shape::OneOf(STATES), "The state."),
            Key::new(
                "within",
                Shape::Duration,
                "That it was in this state once, in so long a time up to now, is enough: at most 30d. Default: it is so now.",
            ),
        ],
    ],
};

/// The tests; an item, and each part of `any_of` and `all_of`, has exactly one of them.
pub static TESTS: [Key; 12] = [
    Key::new("alarm", Shape::Object(&ALARM), "A metric alarm with these properties exists."),
    Key::new(
        "no_alarm",
        Shape::Object(&ALARM),
        "No metric alarm has all these properties. True of an empty account, too: put it beside an `alarm` in an `all_of`.",
    ),
    Key::new("topic", Shape::Object(&TOPIC), "An SNS topic exists."),
    Key::new("subscription", Shape::Object(&SUBSCRIPTION), "Somebody is subscribed to a topic."),
    Key::new("log_retention", Shape::Object(&LOG_RETENTION), "Logs are kept for a right time."),
    Key::new("function", Shape::Object(&FUNCTION), "A Lambda function exists."),
    Key::new("invoked", Shape::Object(&INVOKED), "A Lambda function was called."),
    Key::new("metric", Shape::Object(&DATA), "A metric has data."),
    Key::new("http", Shape::Object(&HTTP), "An address answers."),
    Key::new("in_state", Shape::Object(&IN_STATE), "An alarm is, or was, in a state."),
    Key::new("any_of", Shape::List(&Shape::Object(&TEST)), "The best of several tests counts."),
    Key::new("all_of", Shape::List(&Shape::Object(&TEST)), "Several tests together, each with its share."),
];

static CREDIT: [Key; 2] = [
    Key::new(
        "parts",
        Shape::Map(&Shape::Number),
        "Shares of the test's parts, by name; each is 1 where nothing is said. A part of 0 is looked at and not counted.",
    ),
    Key::new("partial", Shape::Bool, "false: all or nothing. Default: true, a part that holds earns its share."),
];

static TEST: Object = Object {
    what: "a test",
    doc: "One of the tests, and how it counts.",
    keys: &[&TESTS, &CREDIT, &[Key::new("share", Shape::Number, "Its share of an `all_of`. Default: 1.")]],
};

static ITEM: Object = Object {
    what: "an item",
    doc: "A sentence, its points, and exactly one test on what stands in the account.",
    keys: &[
        &[
            Key::required("name", Shape::Format(&NAME), "A short name: the column of the grade book."),
            Key::required("says", Shape::Text(300), "What has to be true, as a sentence that students read."),
            Key::required("points", Shape::Format(&POINTS), "What it is worth."),
            Key::new(
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
pub static FILE: Object = Object {
    what: "a rubric",
    doc: "What is looked at in each account, and what it is worth.",
    keys: &[&[
        Key::required("version", Shape::OneOf(&["1"]), "The version of this language: 1."),
        Key::required("title", Shape::Text(200), "What is graded."),
        Key::new(
            "vars",
            Shape::Map(&Shape::Either(&[Shape::Object(&VARIABLE), Shape::Text(10_240)])),
            "Variables: name to default, or to {description, default, required}. A column of the roster fills the variable of \
             its name. Used as ${name}.",
        ),
        Key::new("pass", Shape::Format(&PERCENT), "From how many percent on the whole is passed."),
        Key::new(
            "other_regions",
            Shape::List(&Shape::Text(32)),
            "Where to look for what is missing, to say that it is in the wrong region. Default: every region that an account \
             has from the beginning.",
        ),
        Key::required("items", Shape::List(&Shape::Object(&ITEM)), "What is graded, in the order of the report."),
    ]],
};
