//! One changed field as `threshold: 5 -> 6`; a changed document as the few places in it that differ.

use super::{RenderOptions, Tone, layout, mask, phrase};
use crate::model::{FieldChange, Target};
use crate::resources::{ResourceTags, mark};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// More differing places than this in one document say less than the two documents do.
const PLACES: usize = 8;

/// A place that differs, with both sides in words.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldDifference {
    pub path: String,
    pub from: String,
    pub to: String,
}

/// Whether a field is the owner's mark, which people need not read.
pub fn is_mark(change: &FieldChange) -> bool {
    change.field.strip_prefix("tags.").is_some_and(mark::is_mark)
}

/// The places of a field that differ.
pub fn places(change: &FieldChange, target: &Target) -> Vec<FieldDifference> {
    let mut found = Vec::new();
    walk(change.field.clone(), change.from.as_ref(), change.to.as_ref(), target, &mut found);
    if found.len() > PLACES {
        found.clear();
        found.push(place(change.field.clone(), change.from.as_ref(), change.to.as_ref(), target));
    }
    found
}

fn walk(path: String, from: Option<&Value>, to: Option<&Value>, target: &Target, found: &mut Vec<FieldDifference>) {
    if from == to {
        return;
    }
    match (from, to) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                walk(format!("{path}.{key}"), a.get(key), b.get(key), target, found);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => match (named(a), named(b)) {
            (Some(a), Some(b)) => {
                let names: BTreeSet<&str> = a.keys().chain(b.keys()).copied().collect();
                for name in names {
                    walk(format!("{path}.{name}"), a.get(name).copied(), b.get(name).copied(), target, found);
                }
            }
            _ => found.push(place(path, from, to, target)),
        },
        _ => found.push(place(path, from, to, target)),
    }
}

/// The items by their name, where each has one of its own: metric queries by `id`, policy statements by `Sid`.
fn named(items: &[Value]) -> Option<BTreeMap<&str, &Value>> {
    let mut names = BTreeMap::new();
    for item in items {
        names.insert(item.get("id").or_else(|| item.get("Sid"))?.as_str()?, item);
    }
    (names.len() == items.len()).then_some(names)
}

fn place(path: String, from: Option<&Value>, to: Option<&Value>, target: &Target) -> FieldDifference {
    let leaf = path.rsplit('.').next().unwrap_or_default();
    let words = |value: Option<&Value>| match value {
        Some(value) => phrase::value(leaf, value, target),
        None => phrase::absent(leaf).to_owned(),
    };
    FieldDifference { from: words(from), to: words(to), path: mask::line(&path) }
}

/// The lines of a changed field, indented; long ones as two lines, cut around the first difference.
pub fn changed(change: &FieldChange, target: &Target, look: &RenderOptions, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let mut text = String::new();
    for FieldDifference { path, from, to } in places(change, target) {
        let room = look.width.saturating_sub(indent + layout::width(&path) + 2).max(24);
        let label = look.paint(Tone::Quiet, &format!("{path}:"));
        if layout::width(&from) + 4 + layout::width(&to) <= room {
            text += &format!("{pad}{label} {from} -> {to}\n");
        } else {
            let gap = " ".repeat(layout::width(&path).saturating_sub(2));
            let (from, to) = layout::cut_both(&from, &to, room);
            text += &format!("{pad}{label} {from}\n{pad}{gap} -> {to}\n");
        }
    }
    text
}

/// Every field and tag of a resource that is to be, indented.
pub fn whole(
    fields: &crate::model::ResourceFields,
    tags: Option<&ResourceTags>,
    target: &Target,
    look: &RenderOptions,
    indent: usize,
) -> String {
    let pad = " ".repeat(indent);
    let mut text = String::new();
    let mut put = |name: &str, value: &str| {
        let name = mask::line(name);
        let room = look.width.saturating_sub(indent + layout::width(&name) + 2).max(24);
        text += &format!("{pad}{} {}\n", look.paint(Tone::Quiet, &format!("{name}:")), layout::cut(value, room));
    };
    for (name, value) in fields {
        put(name, &phrase::value(name, value, target));
    }
    for (key, value) in tags.into_iter().flatten() {
        put(&format!("tags.{key}"), &mask::line(value));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::target;
    use serde_json::json;

    fn lines(field: &str, from: Value, to: Value, width: usize) -> String {
        let some = |value: Value| (!value.is_null()).then_some(value);
        let change = FieldChange { field: field.into(), from: some(from), to: some(to) };
        changed(&change, &target(), &RenderOptions { width, ..RenderOptions::PLAIN }, 2)
    }

    #[test]
    fn a_field_is_one_line() {
        assert_eq!(lines("threshold", json!(5), json!(6), 80), "  threshold: 5 -> 6\n");
        assert_eq!(lines("period", json!(60), json!(300), 80), "  period: 1m -> 5m\n");
        assert_eq!(
            lines("retention_in_days", json!(null), json!(14), 80),
            "  retention_in_days: never expires -> 14 days\n"
        );
        assert_eq!(
            lines("treat_missing_data", json!("ignore"), json!(null), 80),
            "  treat_missing_data: ignore -> (not set)\n"
        );
    }

    #[test]
    fn of_a_document_only_what_differs_is_shown() {
        let policy = |action: &str| {
            json!({ "Statement": [
            { "Sid": "a", "Action": "sns:Publish" }, { "Sid": "b", "Action": action } ] })
        };
        let text = lines("policy", policy("sns:Publish"), policy("sns:Subscribe"), 100);
        assert_eq!(text, "  policy.Statement.b.Action: sns:Publish -> sns:Subscribe\n");
    }

    #[test]
    fn metrics_are_matched_by_their_id() {
        let metrics = |period: i32| json!([{ "id": "e", "metric": { "period": period } }, { "id": "i" }]);
        assert_eq!(lines("metrics", metrics(60), metrics(300), 80), "  metrics.e.metric.period: 1m -> 5m\n");
    }

    #[test]
    fn a_long_value_is_cut_around_the_difference() {
        let text = lines("description", json!("x".repeat(300) + "a"), json!("x".repeat(300) + "b"), 60);
        assert_eq!(text.lines().count(), 2);
        assert!(text.lines().all(|line| layout::width(line) <= 60), "{text}");
        assert!(text.contains("xa") && text.contains("xb"));
    }
}
