//! `log_groups.<name>.metric_filters`, `functions.<name>.metric_filters` and `metric_filters` -> metric filters.

use super::{MetricFilter, ONE};
use crate::model::log_pattern::{LogPattern, MetricRule, PatternFault, RuleFault};
use crate::model::shape::{ObjectSchema, SchemaKey, Shape, TextFormat};
use crate::model::{Node, Span, SpannedName};
use crate::resources::alarm::metric::NAMESPACE_FORM;
use crate::resources::scope::DeclarationScope;
use mlops_cloudwatch::unit::UNITS;
use std::collections::BTreeMap;

/// Limits of the CloudWatch Logs API reference, PutMetricFilter and MetricTransformation.
const LONGEST_NAME: usize = 512;
const LONGEST_VALUE: usize = 100;
const MOST_DIMENSIONS: usize = 3;
/// Filters of one group.
pub const MOST: usize = 100;

static PATTERN: TextFormat = TextFormat {
    what: "a filter pattern of at most 1024 characters",
    check: |text| match text.parse::<LogPattern>() {
        // AWS knows regular expressions, and judges them.
        Ok(_) | Err(PatternFault::Unsupported(_)) => Ok(()),
        Err(PatternFault::Wrong(message)) => Err(format!("is not one: {message}")),
    },
    pattern: None,
};

/// `[^:*$]*`, which is narrower than what metrics may be named.
static MADE_NAME: TextFormat = TextFormat {
    what: "a name of at most 255 characters without : * and $",
    check: |text| match text.chars().count() {
        0 => Err("is empty".into()),
        1..=255 if !text.contains([':', '*', '$']) => Ok(()),
        1..=255 => Err("holds one of : * $, which a metric filter's metric cannot be named with".into()),
        count => Err(format!("has {count} characters; AWS allows at most 255")),
    },
    pattern: Some("^[^:*$]{1,255}$"),
};

static KEYS: [SchemaKey; 10] = [
    SchemaKey::required(
        "pattern",
        Shape::Format(&PATTERN),
        "Which lines count: ERROR -timeout, { $.level = \"ERROR\" }, or [ip, ..., status = 5*, bytes]. Empty: every line.",
    ),
    SchemaKey::required("metric_name", Shape::Format(&MADE_NAME), "The name of the metric that it makes."),
    SchemaKey::required("namespace", Shape::Format(&MADE_NAME), "The namespace of that metric; none of AWS's."),
    SchemaKey::new(
        "value",
        Shape::Text(LONGEST_VALUE),
        "What counts of a line: a number, or what is selected of it, $.latency or $bytes. Default: 1.",
    ),
    SchemaKey::new(
        "default_value",
        Shape::Number,
        "What counts in a minute in which lines came and none matched; not together with dimensions. Default: nothing.",
    ),
    SchemaKey::new(
        "dimensions",
        Shape::Map(&Shape::Text(255)),
        "The metric's dimensions: name to what is selected of a line, such as $.route; at most 3. Each value is a metric that is billed.",
    ),
    SchemaKey::new("unit", Shape::OneOf(UNITS), "The metric's unit. Default: None."),
    SchemaKey::new(
        "apply_on_transformed_logs",
        Shape::Bool,
        "Look at the lines as the group's transformer leaves them. Default: false.",
    ),
    SchemaKey::new(
        "field_selection_criteria",
        Shape::Text(2000),
        "Which lines are looked at, by system fields: @aws.region = \"us-east-1\".",
    ),
    SchemaKey::new(
        "emit_system_field_dimensions",
        Shape::List(&Shape::OneOf(&["@aws.account", "@aws.region"])),
        "System fields that are dimensions, too: @aws.account, @aws.region.",
    ),
];

/// A filter under its log group or function.
pub static OF_GROUP: ObjectSchema = ObjectSchema {
    what: "a metric filter",
    doc: "Which lines of a log group become a metric, which alarms can watch.",
    keys: &[&KEYS],
};

/// A filter under the top-level `metric_filters`.
pub static METRIC_FILTER: ObjectSchema = ObjectSchema {
    what: "a metric filter of a log group",
    doc: "Which lines of a log group become a metric: the group, the filter's name, and what it does.",
    keys: &[
        &[
            SchemaKey::required("log_group", Shape::Text(512), "The log group's name. Naming it makes it managed."),
            SchemaKey::required("name", Shape::Text(LONGEST_NAME), "The filter's name."),
        ],
        &KEYS,
    ],
};

pub static SECTION: SchemaKey = SchemaKey::new(
    "metric_filters",
    Shape::List(&Shape::Object(&METRIC_FILTER)),
    "Metric filters that are not written under their log group.",
);

/// Those of a log group or of a function.
pub static UNDER_GROUP: SchemaKey = SchemaKey::new(
    "metric_filters",
    Shape::Map(&Shape::Object(&OF_GROUP)),
    "Which of its lines become metrics, by the name of the metric filter.",
);

/// Reads one filter of a group; what is wrong goes to the scope.
pub fn read(group: &str, name: &SpannedName, node: &Node, scope: &mut DeclarationScope<'_>) -> MetricFilter {
    check_name(name, scope);
    let text = |key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
    let selectors = node.get("dimensions").map(Node::entries).unwrap_or_default();
    let fields = node.get("emit_system_field_dimensions").map(Node::items).unwrap_or_default();
    let filter = MetricFilter {
        log_group: group.to_owned(),
        name: name.text.clone(),
        pattern: text("pattern").unwrap_or_default(),
        metric_name: text("metric_name").unwrap_or_default(),
        namespace: text("namespace").unwrap_or_default(),
        value: text("value").unwrap_or_else(|| ONE.to_owned()),
        default_value: node.get("default_value").and_then(Node::number),
        dimensions: selectors
            .iter()
            .filter_map(|entry| Some((entry.name.text.clone(), entry.value.text()?.to_owned())))
            .collect(),
        unit: text("unit"),
        apply_on_transformed_logs: node.get("apply_on_transformed_logs").and_then(Node::boolean).unwrap_or(false),
        field_selection_criteria: text("field_selection_criteria").filter(|text| !text.is_empty()),
        emit_system_field_dimensions: fields.iter().filter_map(Node::text).map(str::to_owned).collect(),
    };
    let place = |key: &str| node.get(key).map_or(name.span, |node| node.span);
    if filter.namespace.starts_with("AWS/") {
        let help = "choose one of your own, such as the service's name";
        scope.problem(place("namespace"), "a metric filter cannot publish in a namespace of AWS", help);
    } else if let Err(wrong) = (NAMESPACE_FORM.check)(&filter.namespace)
        && !filter.namespace.is_empty()
    {
        scope.problem(place("namespace"), format!("this namespace {wrong}"), "choose another one");
    }
    check_dimensions(&filter, &place, scope);
    check_rule(&filter, &place, scope);
    filter
}

fn check_name(name: &SpannedName, scope: &mut DeclarationScope<'_>) {
    let count = name.text.chars().count();
    if count == 0 || count > LONGEST_NAME || name.text.contains([':', '*']) {
        let help = "AWS allows 1 to 512 characters, none of them : or *";
        scope.problem(name.span, format!("`{name}` cannot name a metric filter"), help);
    }
}

fn check_dimensions(filter: &MetricFilter, place: &impl Fn(&str) -> Span, scope: &mut DeclarationScope<'_>) {
    let dimensions = filter.dimensions.len() + filter.emit_system_field_dimensions.len();
    let key = if filter.dimensions.is_empty() { "emit_system_field_dimensions" } else { "dimensions" };
    if dimensions > MOST_DIMENSIONS {
        let help = format!("AWS allows at most {MOST_DIMENSIONS}, those of system fields included");
        scope.problem(place(key), format!("{dimensions} dimensions"), help);
    }
    if dimensions > 0 && filter.default_value.is_some() {
        let help = "AWS allows only one of the two: a default has no dimensions' values";
        scope.problem(place("default_value"), "`default_value` is not taken beside dimensions", help);
    }
    if filter.value.is_empty() {
        scope.problem(place("value"), "`value` is empty", "write a number, or what is selected of a line: $.latency");
    }
}

/// What a value and dimensions select has to be something that the pattern names.
fn check_rule(filter: &MetricFilter, place: &impl Fn(&str) -> Span, scope: &mut DeclarationScope<'_>) {
    let Ok(pattern) = filter.pattern.parse::<LogPattern>() else { return };
    let dimensions: BTreeMap<String, String> = filter.dimensions.clone();
    match MetricRule::new(pattern, &filter.value, dimensions) {
        Err(RuleFault::Value(message)) if !filter.value.is_empty() => {
            scope.problem(
                place("value"),
                message,
                "write a number, $.field of a pattern of JSON, or $column of a pattern of columns",
            );
        }
        Err(RuleFault::Dimension(name, message)) => {
            let help = "write $.field of a pattern of JSON, or $column of a pattern of columns";
            scope.problem(place("dimensions"), format!("dimension {name}: {message}"), help);
        }
        Ok(_) | Err(RuleFault::Value(_)) => {}
    }
}
