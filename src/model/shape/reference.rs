//! The reference of a shape in Markdown: every object with its keys, for the documentation.

use super::{ObjectSchema, Shape};
use std::fmt::Write;

/// Every object that can be reached from `root`, in the order in which it is first met.
pub fn reference(root: &'static ObjectSchema) -> String {
    let mut objects: Vec<&'static ObjectSchema> = vec![root];
    let mut at = 0;
    while let Some(object) = objects.get(at).copied() {
        object.all_keys().for_each(|key| collect(&key.shape, &mut objects));
        at += 1;
    }
    let mut out = String::new();
    for object in objects {
        let title = object.what.strip_prefix("a ").or(object.what.strip_prefix("an ")).unwrap_or(object.what);
        let mut letters = title.chars();
        let title: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        let _ = write!(out, "\n## {title}\n\n{}\n\n| Key | Value | |\n|---|---|---|\n", object.doc);
        for key in object.all_keys() {
            let required = if key.required { " **Required.**" } else { "" };
            let null = if key.null { ", or `null`" } else { "" };
            let value = value(&key.shape).replace('|', "\\|") + null;
            let _ = writeln!(out, "| `{}` | {value} | {}{required} |", key.name, key.doc.replace('|', "\\|"));
        }
    }
    out
}

fn collect(shape: &'static Shape, objects: &mut Vec<&'static ObjectSchema>) {
    match shape {
        Shape::Object(object) | Shape::Open(object, _) if !objects.iter().any(|known| known.what == object.what) => {
            objects.push(object)
        }
        Shape::List(inner) | Shape::Map(inner) => collect(inner, objects),
        Shape::Either(shapes) => shapes.iter().for_each(|shape| collect(shape, objects)),
        _ => {}
    }
}

/// What a key takes, in few words.
fn value(shape: &Shape) -> String {
    match shape {
        Shape::Text(_) => "text".into(),
        Shape::Format(format) => format.what.into(),
        Shape::OneOf(words) if words.len() > 8 => format!("`{}`, …", words[..4].join("`, `")),
        Shape::OneOf(words) => format!("`{}`", words.join("`, `")),
        Shape::Bool => "`true`, `false`".into(),
        Shape::Integer(low, _) => format!("whole number from {low}"),
        Shape::Number => "number".into(),
        Shape::Duration => "duration".into(),
        Shape::List(inner) => format!("list of: {}", value(inner)),
        Shape::Map(inner) => format!("name to: {}", value(inner)),
        Shape::Object(object) | Shape::Open(object, _) => object.what.into(),
        Shape::Either(shapes) => {
            let mut values: Vec<String> = shapes.iter().map(value).collect();
            values.dedup();
            values.join("; or ")
        }
        Shape::Json => "YAML, or JSON text".into(),
    }
}
