//! What may stand in a spec, declared once: the top-level keys and what they share. The checks, the schema and the reference all
//! come from it.

use super::coverage::{self, MATCHING};
use super::presets::GOLDEN_SIGNALS;
use super::region::REGION;
use super::regions::REGIONS;
use super::slo::form::{FUNCTION_SLOS, SLO};
use super::{roster, variables};
use crate::model::shape::{self, ObjectSchema, SchemaKey, Shape, TextFormat};
use crate::resources::alarm::{actions, evaluation, metric, series};
use crate::resources::{OF_THE_ACCOUNT, SECTIONS, alarm, log_group, metric_filter};

static STACK: TextFormat = TextFormat {
    what: "a name of letters, digits, - _ and ., at most 128",
    check: |text| {
        let right = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        match text {
            "" => Err("is empty".into()),
            text if text.len() > 128 => Err("has more than 128 characters".into()),
            text if !text.chars().all(right) => Err("cannot name a stack".into()),
            _ => Ok(()),
        }
    },
    pattern: Some("^[A-Za-z0-9._-]{1,128}$"),
};

static FUNCTION: ObjectSchema = ObjectSchema {
    what: "a function",
    doc: "A monitored Lambda function: it must exist, and is only looked at. Of a pattern, every function that it covers.",
    keys: &[
        &[
            SchemaKey::new(
                coverage::MATCH,
                Shape::Object(&MATCHING),
                "The entry covers the functions of the account that match, new ones, too; entries that name a function win.",
            ),
            SchemaKey::new(
                "retention",
                Shape::Format(&log_group::spec::RETENTION),
                "How long the logs are kept of the log group that the function really writes to: 14d, … or never.",
            ),
            SchemaKey::or_null(
                "kms_key_id",
                Shape::Text(256),
                "ARN of the KMS key that encrypts the logs of that log group.",
            ),
            SchemaKey::new(
                "golden_signals",
                Shape::Either(&[Shape::Bool, Shape::Object(&GOLDEN_SIGNALS)]),
                "Alarms on latency, errors, traffic and saturation, each of which can be changed or switched off.",
            ),
            SchemaKey::new("slo", Shape::Object(&FUNCTION_SLOS), "Service level objectives: availability and latency."),
        ],
        std::slice::from_ref(&metric_filter::spec::UNDER_GROUP),
    ],
};

static LOG_GROUP_DEFAULTS: [SchemaKey; 1] = [SchemaKey::new(
    "retention",
    Shape::Format(&log_group::spec::RETENTION),
    "For log groups under `log_groups`: how long logs are kept.",
)];

pub static DEFAULTS: ObjectSchema = ObjectSchema {
    what: "the defaults",
    doc: "What every alarm inherits that does not say it itself; composite alarms and log alarms inherit whom to notify.",
    keys: &[
        &metric::NAMESPACE,
        &series::STATISTIC,
        &metric::PERIOD,
        &series::INTERVAL,
        &evaluation::KEYS,
        &actions::KEYS,
        &alarm::spec::WARM_UPS,
        &LOG_GROUP_DEFAULTS,
    ],
};

/// What `mlopsctl lint` is to do with one of its rules. Which rules there are, and what they measure, is for `lint` to know.
static LINT_RULE: ObjectSchema = ObjectSchema {
    what: "a lint rule",
    doc: "How a rule of `mlopsctl lint` is to be applied.",
    keys: &[&[
        SchemaKey::new("level", Shape::OneOf(LEVELS), "How much a finding weighs; off switches the rule off."),
        SchemaKey::new(
            "min",
            Shape::Text(40),
            "The lowest value that the rule accepts: a number or a duration, as its page says.",
        ),
        SchemaKey::new(
            "max",
            Shape::Text(40),
            "The highest value that the rule accepts: a number or a duration, as its page says.",
        ),
    ]],
};

const LEVELS: &[&str] = &["off", "error", "warning", "hint"];

static HEAD: [SchemaKey; 7] = [
    SchemaKey::required("version", Shape::OneOf(&["1"]), "The version of this language: 1."),
    SchemaKey::required(
        "stack",
        Shape::Format(&STACK),
        "Marks everything in the file as ours, with the tag mlopsctl:stack.",
    ),
    SchemaKey::new("region", Shape::Format(&REGION), "Where it all is. Default: the region of the AWS configuration."),
    SchemaKey::new(
        REGIONS,
        Shape::Either(&[Shape::List(&Shape::Format(&REGION)), Shape::Map(&Shape::Object(&REGION_SECTION))]),
        "Several regions in one run: a list, for the whole file in each; or region to what is in that one alone, while all else is in \
         `region`.",
    ),
    SchemaKey::new(
        "accounts",
        Shape::Either(&[Shape::List(&roster::ENTRY), Shape::Text(4096)]),
        "The roster, for several accounts in one run: a list, or the name of a file (CSV or YAML) beside this one.",
    ),
    SchemaKey::new(
        "allowed_accounts",
        Shape::List(&Shape::Format(&roster::ACCOUNT_ID)),
        "The only accounts that may be touched: a run that reaches another one refuses to go on.",
    ),
    SchemaKey::new(
        "vars",
        Shape::Map(&Shape::Either(&[Shape::Object(&variables::VARIABLE), Shape::Text(10_240)])),
        "Variables: name to default, or to {description, default, required}. Used as ${name}.",
    ),
];

/// What a region's section has, too.
static SETTINGS: [SchemaKey; 4] = [
    SchemaKey::new("tags", Shape::Map(&Shape::Text(256)), "Tags of everything in the file."),
    SchemaKey::new("defaults", Shape::Object(&DEFAULTS), "What every alarm inherits."),
    SchemaKey::new(
        "functions",
        Shape::Map(&Shape::Object(&FUNCTION)),
        "The monitored Lambda functions, by name or by a pattern of names: `\"*\"` is all of the account.",
    ),
    SchemaKey::new("slos", Shape::Map(&Shape::Object(&SLO)), "Service level objectives, by name."),
];

static TAIL: [SchemaKey; 1] = [SchemaKey::new(
    "lint",
    Shape::Map(&Shape::Either(&[Shape::OneOf(LEVELS), Shape::Object(&LINT_RULE)])),
    "Rules of `mlopsctl lint`, by id: a level, off, or what the rule accepts.",
)];

/// The groups of keys around the sections of all kinds; of a region without those that are the account's.
const fn around(
    before: &[&'static [SchemaKey]; 2],
    after: &'static [SchemaKey],
    of_region: bool,
) -> [&'static [SchemaKey]; GROUPS] {
    let mut keys = [after; GROUPS];
    keys[0] = before[0];
    keys[1] = before[1];
    let mut at = 0;
    while at < SECTIONS.len() {
        if !of_region || !OF_THE_ACCOUNT[at] {
            keys[at + 2] = SECTIONS[at];
        }
        at += 1;
    }
    keys
}

const GROUPS: usize = SECTIONS.len() + 3;

static KEYS: [&[SchemaKey]; GROUPS] = around(&[&HEAD, &SETTINGS], &TAIL, false);
static REGION_KEYS: [&[SchemaKey]; GROUPS] = around(&[&[], &SETTINGS], &[], true);

/// What is in one region of several.
static REGION_SECTION: ObjectSchema = ObjectSchema {
    what: "a region",
    doc: "What is in that region alone. Its `defaults` and `tags` are added to those of the file, and win. Left empty, nothing is there.",
    keys: &REGION_KEYS,
};

/// The file.
pub static SPEC: ObjectSchema = ObjectSchema {
    what: "a spec",
    doc: "Alarms of AWS Lambda functions as code: what should be, in one file.",
    keys: &KEYS,
};

/// The JSON Schema of the file, for editors and for `mlopsctl schema`.
pub fn schema() -> serde_json::Value {
    shape::schema(&SPEC, "urn:mlopsctl:schema:spec:1", "mlopsctl spec")
}

/// Every key of the file, as Markdown, with examples from these files: `docs/spec.md` is this text.
#[cfg(test)]
pub fn reference(samples: &[shape::SampleFile]) -> String {
    let head = "# The spec, key by key\n\nMade from the program's own declarations; the JSON Schema has the same. A duration is \
                `30s`, `5m`, `1h`, `1d`, or a number of seconds. `${name}` in any text is a variable. The examples are taken \
                from files that are tested; what they name and do not show is elsewhere in their file.\n";
    head.to_owned() + &shape::reference(&SPEC, samples)
}

/// A file of the project as a source of examples.
#[cfg(test)]
pub fn sample(name: &str) -> shape::SampleFile {
    let text = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let root = super::yaml::read(&text).unwrap_or_else(|problem| panic!("{name}: {problem:?}")).root;
    let is_reserve = name.starts_with("tests/") || name == "examples/everything.yaml";
    shape::SampleFile { is_reserve, name: name.to_owned(), text, root }
}
