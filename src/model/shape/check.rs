//! Holds a tree against its shape and says everything that does not fit; what the values mean is not looked at.

use super::super::node::{Data, Node, Span};
use super::super::problem::{SpecProblem, nearest, nearest_or_all};
use super::{ObjectSchema, Shape};
use std::collections::HashMap;

/// From so many mistakes on, the file is something else, and no help is looked for.
pub const MANY: usize = 200;

/// Adds every mistake of the tree. `label` names the value in messages: "`period`", "the file".
pub fn check(node: &Node, shape: &Shape, label: &str, problems: &mut Vec<SpecProblem>) {
    match (&node.data, shape) {
        (Data::Hole, _) | (_, Shape::Json) => repeated_keys_below(node, problems),
        (Data::Null, Shape::Map(_) | Shape::List(_)) => {}
        (Data::Null, Shape::Object(object)) if object.all_keys().all(|key| !key.required) => {}
        (Data::Null, _) => problems.push(
            SpecProblem::new(node.span, format!("{label} has no value"))
                .help(format!("write {}, or leave the key out", expected(shape))),
        ),
        (Data::Map(_), Shape::Object(object)) => check_object(node, object, None, label, problems),
        (Data::Map(_), Shape::Open(object, further)) => check_object(node, object, Some(further), label, problems),
        (Data::Map(entries), Shape::Map(inner)) => {
            repeated_keys(node, problems);
            for entry in entries {
                check(&entry.value, inner, &format!("`{}`", entry.name), problems);
            }
        }
        (Data::List(items), Shape::List(inner)) => {
            for item in items {
                check(item, inner, &format!("an item of {label}"), problems);
            }
        }
        (_, Shape::Either(shapes)) => match pick(node, shapes) {
            Some(shape) => check(node, shape, label, problems),
            None => problems.push(mismatch(node, shape, label)),
        },
        (Data::Scalar(_), _) => check_scalar(node, shape, label, problems),
        _ => problems.push(mismatch(node, shape, label)),
    }
}

/// The alternative that a value is meant to be: of a list or map the first of its kind, of a text the first that it fits.
fn pick(node: &Node, shapes: &'static [Shape]) -> Option<&'static Shape> {
    let same_kind = |shape: &&Shape| match node.data {
        Data::Map(_) => matches!(shape, Shape::Map(_) | Shape::Object(_) | Shape::Open(..) | Shape::Json),
        Data::List(_) => matches!(shape, Shape::List(_) | Shape::Json),
        _ => !matches!(shape, Shape::Map(_) | Shape::Object(_) | Shape::Open(..) | Shape::List(_)),
    };
    let candidates: Vec<&Shape> = shapes.iter().filter(same_kind).collect();
    let fits = |shape: &&&Shape| {
        let mut problems = Vec::new();
        check(node, shape, "", &mut problems);
        problems.is_empty()
    };
    match candidates.as_slice() {
        [] => None,
        [only @ Shape::Text(_)] => Some(only),
        many if node.scalar().is_some() => many.iter().find(fits).copied(),
        [first, ..] => Some(first),
    }
}

fn check_object(
    node: &Node,
    object: &'static ObjectSchema,
    further: Option<&'static Shape>,
    label: &str,
    problems: &mut Vec<SpecProblem>,
) {
    repeated_keys(node, problems);
    for entry in node.entries() {
        match object.key(&entry.name.text) {
            Some(key) if key.required && entry.value.data == Data::Null => problems.push(
                SpecProblem::new(entry.name.span, format!("`{}` has no value", key.name))
                    .help(format!("write {}", expected(&key.shape))),
            ),
            Some(key) if key.null && is_written_null(&entry.value) => {}
            Some(key) if key.null && entry.value.data == Data::Null => problems.push(
                SpecProblem::new(entry.name.span, format!("`{}` has no value", key.name))
                    .help(format!("write {}; write null for AWS's default", expected(&key.shape))),
            ),
            Some(key) => check(&entry.value, &key.shape, &format!("`{}`", key.name), problems),
            None if further.is_some() => {
                let further = further.filter(|_| entry.value.data != Data::Null);
                further
                    .into_iter()
                    .for_each(|shape| check(&entry.value, shape, &format!("`{}`", entry.name), problems));
            }
            None => {
                let names = object.all_keys().map(|key| key.name);
                let help = || nearest_or_all(&entry.name.text, names, &format!("the keys of {} are", object.what));
                let known = (problems.len() < MANY).then(help).flatten();
                let problem =
                    SpecProblem::new(entry.name.span, format!("unknown key `{}` in {}", entry.name, object.what));
                problems.push(SpecProblem { help: known.into_iter().collect(), ..problem });
            }
        }
    }
    let misspelt = |name: &str| {
        let unknown = node.entries().iter().filter(|entry| object.key(&entry.name.text).is_none());
        unknown.into_iter().any(|entry| nearest(&entry.name.text, [name]).is_some())
    };
    for key in object.all_keys().filter(|key| key.required && node.get(key.name).is_none() && !misspelt(key.name)) {
        let whole = if label.starts_with('`') { label } else { object.what };
        problems.push(
            SpecProblem::new(opening(node), format!("{whole} lacks `{}`", key.name))
                .help(format!("`{}`: {}", key.name, key.doc)),
        );
    }
}

/// `null` or `~`, not a key that was left empty: that must not set anything back.
fn is_written_null(node: &Node) -> bool {
    node.data == Data::Null && node.span.start < node.span.end
}

/// Where a map begins: its first key, so that the caret stays on one line.
fn opening(node: &Node) -> Span {
    node.entries().first().map_or(node.span, |entry| entry.name.span)
}

fn repeated_keys(node: &Node, problems: &mut Vec<SpecProblem>) {
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for entry in node.entries() {
        let name = entry.name.text.as_str();
        match seen.get(name) {
            Some(first) => problems.push(
                SpecProblem::new(entry.name.span, format!("`{name}` is given twice")).also(*first, "first given here"),
            ),
            None => {
                seen.insert(name, entry.name.span);
            }
        }
    }
}

fn repeated_keys_below(node: &Node, problems: &mut Vec<SpecProblem>) {
    repeated_keys(node, problems);
    let children = node.entries().iter().map(|entry| &entry.value).chain(node.items());
    children.for_each(|child| repeated_keys_below(child, problems));
}

fn check_scalar(node: &Node, shape: &Shape, label: &str, problems: &mut Vec<SpecProblem>) {
    let Some(text) = node.text() else { return };
    let problem = match shape {
        Shape::Text(limit) => {
            let length = text.chars().count();
            (length > *limit).then(|| {
                SpecProblem::new(node.span, format!("{label} has {length} characters; AWS allows at most {limit}"))
            })
        }
        Shape::Format(format) => (format.check)(text).err().map(|why| {
            let what = if text.is_empty() { label.to_owned() } else { format!("`{}`", shorten(text)) };
            SpecProblem::new(node.span, format!("{what} {why}")).help(format!("{label} is {}", format.what))
        }),
        Shape::OneOf(words) if !words.contains(&text) => {
            let problem = SpecProblem::new(node.span, format!("`{}` is not a value of {label}", shorten(text)));
            let known = nearest_or_all(text, words.iter().copied(), "it can be");
            Some(SpecProblem { help: known.into_iter().collect(), ..problem })
        }
        Shape::Integer(low, high) => match node.integer() {
            Some(n) if n >= *low && n <= *high => None,
            Some(n) if *high >= i64::from(i32::MAX) && n < *low => {
                Some(SpecProblem::new(node.span, format!("{label} is {n}; AWS allows {low} or more")))
            }
            Some(n) => Some(SpecProblem::new(node.span, format!("{label} is {n}; AWS allows {low} to {high}"))),
            None => Some(mismatch(node, shape, label)),
        },
        Shape::Bool if node.boolean().is_none() => Some(mismatch(node, shape, label)),
        Shape::Number if node.number().is_none() => Some(mismatch(node, shape, label)),
        Shape::Duration if node.seconds().is_none() => Some(mismatch(node, shape, label)),
        Shape::List(_) | Shape::Map(_) | Shape::Object(_) | Shape::Open(..) => Some(mismatch(node, shape, label)),
        _ => None,
    };
    problems.extend(problem);
}

fn mismatch(node: &Node, shape: &Shape, label: &str) -> SpecProblem {
    let found = node.text().map_or_else(|| node.what().to_owned(), |text| format!("`{}`", shorten(text)));
    let problem = SpecProblem::new(spot(node), format!("{label} takes {}, not {found}", expected(shape)));
    match (&node.data, shape) {
        (Data::List(_), Shape::Map(_) | Shape::Object(_) | Shape::Open(..)) => {
            problem.help("write `name: value`, not a list")
        }
        (Data::Scalar(scalar), Shape::List(_)) if scalar.text.len() < 80 => {
            problem.help(format!("write [{}]", scalar.text))
        }
        _ => problem,
    }
}

/// A place on one line: of a map or list only its beginning.
fn spot(node: &Node) -> Span {
    match &node.data {
        Data::Map(_) => opening(node),
        Data::List(items) => items.first().map_or(node.span, |item| item.span),
        _ => node.span,
    }
}

/// Long texts are cut in messages; the source line shows the rest.
pub fn shorten(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let cut: String = line.chars().take(80).collect();
    if cut.len() < text.len() { cut + "…" } else { cut }
}

/// What a shape takes, with an article.
fn expected(shape: &Shape) -> String {
    match shape {
        Shape::Text(_) => "a text".into(),
        Shape::Format(format) => format.what.into(),
        Shape::OneOf(words) => format!("one of {}", words.join(", ")),
        Shape::Bool => "true or false".into(),
        Shape::Integer(..) => "a whole number".into(),
        Shape::Number => "a number".into(),
        Shape::Duration => "a duration such as 30s, 5m, 1h, 1d".into(),
        Shape::List(_) => "a list".into(),
        Shape::Map(_) => "a map of names and values".into(),
        Shape::Object(object) | Shape::Open(object, _) => format!("the keys of {}", object.what),
        Shape::Either(shapes) => shapes.iter().map(expected).collect::<Vec<_>>().join(", or "),
        Shape::Json => "a document".into(),
    }
}
