//! Tags as a file writes them, and what AWS allows in them.

use super::{ResourceTags, mark};
use crate::model::node::SpannedName;
use crate::model::shape::{SchemaKey, Shape};
use crate::model::{Layers, Node, Span, SpecProblem};
use crate::resources::scope::DeclarationScope;

/// AWS allows 50 tags on a resource (AWS General Reference, "Tag naming and usage conventions"); three are for marks.
const LIMIT: usize = 47;

pub static KEYS: [SchemaKey; 1] =
    [SchemaKey::new("tags", Shape::Map(&Shape::Text(256)), "Tags: key to value, beside the tags of the whole file.")];

/// The file's tags with the declaration's own over them.
pub fn read(layers: &Layers<'_>, scope: &mut DeclarationScope<'_>) -> ResourceTags {
    let mut tags = scope.tags.clone();
    if let Some(node) = layers.get("tags") {
        let own = values(node, &mut scope.problems);
        tags.extend(own);
        if tags.len() > LIMIT {
            let message = format!("{} tags, with those of the whole file; AWS allows 50", tags.len());
            scope.problem(place(node), message, format!("mlopsctl needs 3 of them for itself: {LIMIT} are left"));
        }
    }
    tags
}

/// The tags of a map, with everything that AWS or mlopsctl would refuse as a problem.
pub fn values(node: &Node, problems: &mut Vec<SpecProblem>) -> ResourceTags {
    let mut tags = ResourceTags::new();
    for entry in node.entries() {
        check_key(&entry.name, problems);
        if let Some(value) = entry.value.text() {
            if let Some(bad) = value.chars().find(|c| !allowed(*c)) {
                problems.push(refused(entry.value.span, "a tag's value", bad));
            }
            tags.insert(entry.name.text.clone(), value.to_owned());
        }
    }
    if tags.len() > LIMIT {
        problems.push(
            SpecProblem::new(place(node), format!("{} tags; AWS allows 50", tags.len()))
                .help(format!("mlopsctl needs 3 of them for itself: {LIMIT} are left")),
        );
    }
    tags
}

fn check_key(name: &SpannedName, problems: &mut Vec<SpecProblem>) {
    let (text, span) = (name.text.as_str(), name.span);
    let length = text.chars().count();
    if length == 0 || length > 128 {
        problems.push(SpecProblem::new(span, format!("a tag's key has {length} characters; AWS allows 1 to 128")));
    }
    if text.to_ascii_lowercase().starts_with("aws:") {
        problems.push(
            SpecProblem::new(span, format!("the tag `{text}` begins with `aws:`")).help("AWS keeps these to itself"),
        );
    }
    if mark::is_mark(text) {
        problems.push(
            SpecProblem::new(span, format!("the tag `{text}` begins with `mlopsctl:`"))
                .help("mlopsctl writes these itself, to know what belongs to the stack"),
        );
    }
    if let Some(bad) = text.chars().find(|c| !allowed(*c)) {
        problems.push(refused(span, "a tag's key", bad));
    }
}

pub(super) fn allowed(c: char) -> bool {
    c.is_alphanumeric() || c == ' ' || "+-=._:/@".contains(c)
}

fn refused(span: Span, what: &str, bad: char) -> SpecProblem {
    SpecProblem::new(span, format!("{what} cannot hold {bad:?}"))
        .help("AWS allows letters, digits, spaces and + - = . _ : / @ in tags")
}

fn place(node: &Node) -> Span {
    node.entries().first().map_or(node.span, |entry| entry.name.span)
}
