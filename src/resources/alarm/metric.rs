//! A metric as a spec writes it, wherever it does: its name, namespace and dimensions, its unit and its period.

use crate::model::problem::SpecProblem;
use crate::model::shape::{SchemaKey, Shape, TextFormat};
use crate::model::{Node, Span};
use crate::resources::scope::DeclarationScope;
use std::collections::BTreeMap;

pub static NAMESPACE_FORM: TextFormat = TextFormat {
    what: "a namespace such as AWS/Lambda",
    check: |text| match text {
        "" => Err("is empty; a namespace looks like AWS/Lambda".into()),
        t if t.starts_with(':') => Err("begins with a colon; AWS does not allow that".into()),
        t if t.chars().count() > 255 => Err("has more than 255 characters".into()),
        _ => Ok(()),
    },
    pattern: None,
};

pub static METRIC_NAME: TextFormat = TextFormat {
    what: "a metric's name such as Errors",
    check: |text| match text.chars().count() {
        0 => Err("is empty; a metric's name looks like Errors".into()),
        1..=255 => Ok(()),
        count => Err(format!("has {count} characters; AWS allows at most 255")),
    },
    pattern: None,
};

pub static NAMESPACE: [SchemaKey; 2] = [
    SchemaKey::new("namespace", Shape::Format(&NAMESPACE_FORM), "The metric's namespace, such as AWS/Lambda."),
    SchemaKey::new("dimensions", Shape::Map(&Shape::Text(1024)), "The metric's dimensions: name to value; at most 30."),
];

pub static PERIOD: [SchemaKey; 1] = [SchemaKey::new(
    "period",
    Shape::Duration,
    "How long one datapoint lasts: 10s, 20s, 30s or whole minutes. Default: 5m.",
)];

/// A period in seconds: 10, 20, 30 or a multiple of 60.
pub fn period(node: Option<&Node>, key: &str, scope: &mut DeclarationScope<'_>) -> Option<i32> {
    let node = node?;
    let seconds = node.seconds()?;
    let right = [10, 20, 30].contains(&seconds) || (seconds > 0 && seconds % 60 == 0);
    let small = i32::try_from(seconds).ok().filter(|s| *s <= 604_800);
    if !right || small.is_none() {
        let text = node.text().unwrap_or_default();
        let mut problem = SpecProblem::new(node.span, format!("`{key}` cannot be `{text}`"));
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
pub fn dimensions(node: Option<&Node>, scope: &mut DeclarationScope<'_>) -> BTreeMap<String, String> {
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
