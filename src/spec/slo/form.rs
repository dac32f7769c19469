//! What may be written of a service level objective: its keys, for the checks, the schema and the reference.

use crate::model::shape::{ObjectSchema, SchemaKey, Shape, TextFormat};
use crate::resources::alarm::{actions, metrics, spec as alarm};
use crate::resources::composite_alarm::spec as composite;
use crate::resources::tag;

static OBJECTIVE: TextFormat = TextFormat {
    what: "an objective such as 99.9%",
    check: |text| objective(text).map(|_| ()),
    pattern: Some(r"^[0-9.]+\s*%$"),
};

static BOUND: TextFormat = TextFormat {
    what: "a time such as 500ms or 2s",
    check: |text| bound(text).map(|_| ()).ok_or_else(|| "is not a time such as 500ms or 2s".into()),
    pattern: Some(r"^[0-9.]+\s*(ms|s)$"),
};

/// Per cent of requests that have to be good; why not, where it is none.
pub fn objective(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').trim_end();
    let percent: f64 = number.parse().map_err(|_| "is not an objective such as 99.9%".to_owned())?;
    match percent {
        100.0 => Err("leaves no error budget: write for example 99.9%".into()),
        p if p > 0.0 && p <= 1.0 => Err(format!("is in per cent: did you mean {}%?", cut(p * 100.0))),
        // More nines than this are a request in ten million.
        p if p > 1.0 && p <= 99.99999 => Ok(percent),
        _ => Err("is not an objective: write more than 1% and at most 99.99999%".into()),
    }
}

/// Without the tail of a broken number.
pub fn cut(number: f64) -> f64 {
    (number * 1e9).round() / 1e9
}

/// Milliseconds.
pub fn bound(text: &str) -> Option<f64> {
    let text = text.trim();
    let (number, scale) = match text.strip_suffix("ms") {
        Some(number) => (number, 1.0),
        None => (text.strip_suffix('s')?, 1_000.0),
    };
    let number: f64 = number.trim().parse().ok()?;
    let milliseconds = cut(number * scale);
    (milliseconds.is_finite() && milliseconds > 0.0 && milliseconds <= 1e9).then_some(milliseconds)
}

static COUNTED: [Shape; 2] = [Shape::Text(1024), Shape::Object(&metrics::QUERY)];

static RATIO: ObjectSchema = ObjectSchema {
    what: "a ratio",
    doc: "Bad or good requests and all of them: metrics, or metric math over the ids under `metrics`.",
    keys: &[&[
        SchemaKey::new(
            "bad",
            Shape::Either(&COUNTED),
            "Counts bad requests: a metric, or an expression. This or `good`.",
        ),
        SchemaKey::new("good", Shape::Either(&COUNTED), "Counts good requests: a metric, or an expression."),
        SchemaKey::required("total", Shape::Either(&COUNTED), "Counts all requests: a metric, or an expression."),
        SchemaKey::new(
            "metrics",
            Shape::Map(&Shape::Object(&metrics::QUERY)),
            "Metrics that the expressions name, by id.",
        ),
    ]],
};

static LATENCY: ObjectSchema = ObjectSchema {
    what: "a latency indicator",
    doc: "A call of a Lambda function is good if it takes no longer than the bound: the percentile rank of its `Duration`.",
    keys: &[&[
        SchemaKey::required("function", Shape::Text(64), "The Lambda function."),
        SchemaKey::required("bound", Shape::Format(&BOUND), "How long a good call may take: 500ms, 2s."),
    ]],
};

static INDICATOR: ObjectSchema = ObjectSchema {
    what: "an indicator",
    doc: "Which requests are good, and how they are counted; exactly one of the three.",
    keys: &[&[
        SchemaKey::new(
            "errors",
            Shape::Text(64),
            "The name of a Lambda function: `Errors` of its `Invocations` are bad.",
        ),
        SchemaKey::new("latency", Shape::Object(&LATENCY), "Calls of a Lambda function that take too long are bad."),
        SchemaKey::new("ratio", Shape::Object(&RATIO), "Own metrics or expressions."),
    ]],
};

pub static COMPOSITE_OVERRIDE: ObjectSchema = ObjectSchema {
    what: "an alert of an SLO",
    doc: "A composite alarm that an SLO makes; every key here wins over what the SLO writes.",
    keys: &[&composite::DESCRIPTION, &composite::SUPPRESSORS, &actions::KEYS, &tag::KEYS],
};

pub static PART_OVERRIDE: ObjectSchema = ObjectSchema {
    what: "a burn-rate alarm of an SLO",
    doc: "An alarm on the burn rate over one window; every key here wins over what the SLO writes.",
    keys: alarm::MATH_OVERRIDE,
};

macro_rules! part {
    ($name:literal, $doc:literal) => {
        SchemaKey::new(
            $name,
            Shape::Either(&[Shape::Bool, Shape::OneOf(&["on", "off"]), Shape::Object(&PART_OVERRIDE)]),
            $doc,
        )
    };
}

macro_rules! alert {
    ($name:literal, $doc:literal) => {
        SchemaKey::new(
            $name,
            Shape::Either(&[Shape::Bool, Shape::OneOf(&["on", "off"]), Shape::Object(&COMPOSITE_OVERRIDE)]),
            $doc,
        )
    };
}

static PROMISE: [SchemaKey; 3] = [
    SchemaKey::required(
        "objective",
        Shape::Format(&OBJECTIVE),
        "How many requests have to be good: 99.9%. The rest is the error budget.",
    ),
    SchemaKey::new("window", Shape::Duration, "Over how long the objective holds: 1d to 365d. Default: 30d."),
    SchemaKey::new("description", Shape::Text(512), "Added to the descriptions of the alarms that notify."),
];

static ALARMS: [SchemaKey; 9] = [
    SchemaKey::new(
        "min_requests",
        Shape::Integer(0, 1_000_000_000),
        "A long window with fewer requests than this fires no alarm. Default: 20.",
    ),
    alert!("page", "The composite alarm for what cannot wait: the budget is gone within days."),
    alert!("ticket", "The composite alarm for what can wait until the next working day."),
    part!("page_1h", "2 % of the budget of 30d in 1h: burn rate 14.4, over 1h."),
    part!("page_5m", "The short window beside `page_1h`: the same burn rate over 5m."),
    part!("page_6h", "5 % of the budget of 30d in 6h: burn rate 6, over 6h."),
    part!("page_30m", "The short window beside `page_6h`: the same burn rate over 30m."),
    part!("ticket_3d", "10 % of the budget of 30d in 3d: burn rate 1, over 3d."),
    part!("ticket_6h", "The short window beside `ticket_3d`: the same burn rate over 6h."),
];

/// What its composite alarms inherit of an SLO.
pub static INHERITED: ObjectSchema =
    ObjectSchema { what: "an SLO", doc: "Whom an SLO notifies.", keys: &[&actions::KEYS, &tag::KEYS] };

/// An SLO under `slos`.
pub static SLO: ObjectSchema = ObjectSchema {
    what: "an SLO",
    doc: "A service level objective. It makes multi-window, multi-burn-rate alarms; `docs/slo.md` has the table. The actions here are \
          those of `page` and `ticket`.",
    keys: &[
        &PROMISE,
        &[SchemaKey::required("indicator", Shape::Object(&INDICATOR), "Which requests are good.")],
        &ALARMS,
        &actions::KEYS,
        &tag::KEYS,
    ],
};

static AVAILABILITY_SLO: ObjectSchema = ObjectSchema {
    what: "an availability SLO",
    doc: "An SLO on the errors of a function.",
    keys: &[&PROMISE, &ALARMS, &actions::KEYS, &tag::KEYS],
};

static LATENCY_SLO: ObjectSchema = ObjectSchema {
    what: "a latency SLO",
    doc: "An SLO on how long the calls of a function take.",
    keys: &[
        &PROMISE,
        &[SchemaKey::required("bound", Shape::Format(&BOUND), "How long a good call may take: 500ms, 2s.")],
        &ALARMS,
        &actions::KEYS,
        &tag::KEYS,
    ],
};

/// `slo` of a function: the short form.
pub static FUNCTION_SLOS: ObjectSchema = ObjectSchema {
    what: "the SLOs of a function",
    doc: "SLOs named FUNCTION-availability and FUNCTION-latency; the same as under `slos`, without an `indicator`.",
    keys: &[&[
        SchemaKey::new(
            "availability",
            Shape::Either(&[Shape::Format(&OBJECTIVE), Shape::Object(&AVAILABILITY_SLO)]),
            "How many calls have to succeed: an objective such as 99.9%, or a map of it and more.",
        ),
        SchemaKey::new("latency", Shape::Object(&LATENCY_SLO), "How many calls have to be fast."),
    ]],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objectives_and_bounds_are_read() {
        for (text, percent) in [("99.9%", 99.9), ("99.9 %", 99.9), ("99", 99.0), ("99.99999%", 99.99999), ("50%", 50.0)]
        {
            assert_eq!(objective(text), Ok(percent), "{text}");
        }
        for (text, why) in [
            ("100%", "no error budget"),
            ("0.999", "did you mean 99.9%?"),
            ("100.5%", "at most 99.99999%"),
            ("-3", "at most"),
            ("nan", "at most"),
            ("many", "is not an objective such as"),
        ] {
            assert!(objective(text).unwrap_err().contains(why), "{text}");
        }
        for (text, milliseconds) in [("500ms", Some(500.0)), ("2s", Some(2_000.0)), ("0.3 s", Some(300.0))] {
            assert_eq!(bound(text), milliseconds, "{text}");
        }
        for text in ["", "500", "0ms", "-1s", "2m", "infs", "nanms"] {
            assert_eq!(bound(text), None, "{text}");
        }
    }
}
