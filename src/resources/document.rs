//! JSON documents inside a file (policies): written as YAML, or as a JSON text.

use crate::model::{Node, Span, SpecProblem};
use crate::resources::scope::DeclarationScope;
use serde_json::Value;

/// The JSON object that a node holds; what is wrong goes to the scope.
pub fn object(node: &Node, key: &str, scope: &mut DeclarationScope<'_>) -> Option<Value> {
    let value = match node.text() {
        None => node.to_json(),
        Some(text) => match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => {
                let at = offset(text, error.line(), error.column());
                let span = if node.part(at, at + 1) == node.span { node.span } else { node.part(at, at + 1) };
                let problem = SpecProblem::new(first_line(span, text), format!("`{key}` is not JSON: {error}"));
                scope.problems.push(problem.help("write it as YAML, or as a JSON text"));
                return None;
            }
        },
    };
    if !value.is_object() {
        scope.problem(node.span, format!("`{key}` takes a JSON object"), "write it as YAML, or as a JSON text");
        return None;
    }
    Some(value)
}

/// The byte of a text that a JSON error's line and column mean; both count from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
    (start + column.saturating_sub(1)).min(text.len())
}

fn first_line(span: Span, text: &str) -> Span {
    Span::new(span.start, span.end.min(span.start + text.lines().next().map_or(1, str::len) + 1))
}

/// A place on one line: of a map its first key.
pub fn place(node: &Node) -> Span {
    node.entries().first().map_or(node.span, |entry| entry.name.span)
}
