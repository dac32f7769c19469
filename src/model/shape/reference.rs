//! The keys of a declared file as Markdown: a table of contents, and for each kind of object its keys, where it is used, and an
//! example out of a file that is tested.

use super::super::node::{Data, Node, Span};
use super::{ObjectSchema, Shape};
use std::fmt::Write as _;

/// A file to take examples from.
#[derive(Debug)]
pub struct SampleFile {
    /// Its path below the project.
    pub name: String,
    pub text: String,
    pub root: Node,
    /// Taken only where no other file has an example.
    pub is_reserve: bool,
}

/// Every object below `root`, each once, in the order in which it is named. Fails with those that no sample shows.
pub fn reference(root: &'static ObjectSchema, samples: &[SampleFile]) -> String {
    let mut objects: Vec<&'static ObjectSchema> = vec![root];
    let mut at = 0;
    while let Some(object) = objects.get(at).copied() {
        object.all_keys().for_each(|key| collect(&key.shape, &mut objects));
        at += 1;
    }
    let contents: Vec<String> = objects.iter().map(|object| linked(&title(object), object)).collect();
    let mut out = format!("\n{}\n", contents.join(" · "));
    let mut without = Vec::new();
    for object in &objects {
        let _ = write!(out, "\n## {}\n\n{}", title(object), object.doc);
        let users = users(object, &objects);
        if !users.is_empty() {
            let _ = write!(out, " Used by {}.", users.join(", "));
        }
        out.push_str("\n\n| Key | Value | |\n|---|---|---|\n");
        for key in object.all_keys() {
            let required = if key.required { " **Required.**" } else { "" };
            let null = if key.null { ", or `null`" } else { "" };
            let value = value(&key.shape).replace('|', "\\|") + null;
            let _ = writeln!(out, "| `{}` | {value} | {}{required} |", key.name, key.doc.replace('|', "\\|"));
        }
        match example(object, root, samples) {
            Some((file, lines)) => {
                let _ = write!(out, "\nFrom `{file}`:\n\n```yaml\n{lines}```\n");
            }
            None => without.push(object.what),
        }
    }
    assert!(without.is_empty(), "no sample has an example of {without:?}");
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

fn title(object: &ObjectSchema) -> String {
    let bare = object.what.strip_prefix("a ").or(object.what.strip_prefix("an ")).unwrap_or(object.what);
    let mut letters = bare.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// A link to the section of an object.
fn linked(text: &str, object: &ObjectSchema) -> String {
    format!("[{text}](#{})", title(object).to_lowercase().replace(' ', "-"))
}

/// The keys that take such an object, by the sections that have them.
fn users(object: &ObjectSchema, objects: &[&'static ObjectSchema]) -> Vec<String> {
    let of = |user: &&'static ObjectSchema| {
        let takes = |shape: &'static Shape| {
            let mut found = Vec::new();
            collect(shape, &mut found);
            found.iter().any(|found| found.what == object.what)
        };
        let keys: Vec<String> =
            user.all_keys().filter(|key| takes(&key.shape)).map(|key| format!("`{}`", key.name)).collect();
        (!keys.is_empty()).then(|| format!("{} of {}", keys.join(", "), linked(&title(user), user)))
    };
    objects.iter().filter_map(of).collect()
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
        Shape::Object(object) | Shape::Open(object, _) => linked(object.what, object),
        Shape::Either(shapes) => {
            let mut values: Vec<String> = shapes.iter().map(value).collect();
            values.dedup();
            values.join("; or ")
        }
        Shape::Json => "YAML, or JSON text".into(),
    }
}

/// How many lines an example within a file has at most.
const LINES: usize = 32;

/// The file and the lines that show an object with the most keys; of the file itself, all of the first sample.
fn example(object: &ObjectSchema, root: &'static ObjectSchema, samples: &[SampleFile]) -> Option<(String, String)> {
    if object.what == root.what {
        return samples.first().map(|sample| (sample.name.clone(), whole(&sample.text)));
    }
    for reserve in [false, true] {
        let mut best: Option<((bool, usize), String, String)> = None;
        for sample in samples.iter().filter(|sample| sample.is_reserve == reserve) {
            let mut search = ExampleSearch { sample, wanted: object.what, above: Vec::new(), found: Vec::new() };
            search.object(&sample.root, root);
            for (keys, lines) in search.found {
                if best.as_ref().is_none_or(|(most, ..)| keys > *most) {
                    best = Some((keys, sample.name.clone(), lines));
                }
            }
        }
        if let Some((_, name, lines)) = best {
            return Some((name, lines));
        }
    }
    None
}

/// The text without what is for editors.
fn whole(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with("# yaml-language-server")).map(|line| format!("{line}\n")).collect()
}

struct ExampleSearch<'a> {
    sample: &'a SampleFile,
    wanted: &'a str,
    /// The keys above, each with where it begins: the section, the resource, and what is within it.
    above: Vec<(Span, &'a Node)>,
    /// Whether an example shows its resource as a whole, how many keys it has, and its text.
    found: Vec<((bool, usize), String)>,
}

impl<'a> ExampleSearch<'a> {
    fn object(&mut self, node: &'a Node, object: &'static ObjectSchema) {
        for entry in node.entries() {
            if let Some(key) = object.key(&entry.name.text) {
                self.below(entry.name.span, &entry.value, &key.shape);
            }
        }
    }

    /// A value that stands under a key or is an item.
    fn below(&mut self, begin: Span, node: &'a Node, shape: &'static Shape) {
        self.above.push((begin, node));
        self.value(node, shape);
        self.above.pop();
    }

    fn value(&mut self, node: &'a Node, shape: &'static Shape) {
        match (shape, &node.data) {
            (Shape::Object(object) | Shape::Open(object, _), Data::Map(entries)) => {
                if object.what == self.wanted {
                    let known = entries.iter().filter(|entry| object.key(&entry.name.text).is_some()).count();
                    let short = |text: &String| text.lines().count() <= LINES;
                    let resource = self.text(2.min(self.above.len()));
                    let alone = self.text(self.above.len());
                    if let Some(text) = Some(resource.clone()).filter(short).or(Some(alone).filter(short)) {
                        self.found.push(((text == resource, known), text));
                    }
                }
                self.object(node, object);
            }
            (Shape::Map(inner), Data::Map(entries)) => {
                entries.iter().for_each(|entry| self.below(entry.name.span, &entry.value, inner));
            }
            (Shape::List(inner), Data::List(items)) => {
                items.iter().for_each(|item| self.below(item.span, item, inner));
            }
            (Shape::Either(shapes), _) => {
                let fits = |shape: &&&'static Shape| match node.data {
                    Data::Map(_) => matches!(shape, Shape::Map(_) | Shape::Object(_) | Shape::Open(..)),
                    Data::List(_) => matches!(shape, Shape::List(_)),
                    _ => false,
                };
                let shapes: Vec<&'static Shape> = shapes.iter().collect();
                if let Some(shape) = shapes.iter().find(fits) {
                    self.value(node, shape);
                }
            }
            _ => {}
        }
    }

    fn line(&self, at: usize) -> usize {
        self.sample.text[..at].matches('\n').count()
    }

    /// The lines of the first `depth` keys above, and all lines of the last one's value.
    fn text(&self, depth: usize) -> String {
        let above = &self.above[..depth];
        let mut wanted: Vec<usize> = above.iter().map(|(begin, _)| self.line(begin.start)).collect();
        if let Some((begin, node)) = above.last() {
            wanted.extend(self.line(begin.start)..=self.line(end(node, &self.sample.text)));
        }
        wanted.sort_unstable();
        wanted.dedup();
        let lines: Vec<&str> = self.sample.text.lines().collect();
        wanted.iter().filter_map(|at| lines.get(*at)).map(|line| format!("{line}\n")).collect()
    }
}

/// Where a value's last letter is: a map in blocks may be said to end where the next key begins.
fn end(node: &Node, text: &str) -> usize {
    let flow = text[node.span.start..].starts_with(['{', '[']);
    let last = match &node.data {
        _ if flow => None,
        Data::Map(entries) => entries.last().map(|entry| end(&entry.value, text).max(entry.name.span.end)),
        Data::List(items) => items.last().map(|item| end(item, text)),
        _ => None,
    };
    let end = last.unwrap_or(node.span.end);
    text[..end].trim_end().len().saturating_sub(1).max(node.span.start)
}
