//! Declarations that a preset writes as if by hand: values, and what switches one on or off.

use crate::model::node::{Data, MapEntry, Node, Span, SpannedName};

pub enum Value {
    Text(String),
    /// A list without items.
    Nobody,
    Map(Vec<(&'static str, Value)>),
    /// What the file itself says.
    Copied(Node),
}

pub fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// The value as a tree, all of it at the place of what asked for it.
pub fn node(value: &Value, span: Span) -> Node {
    match value {
        Value::Text(text) => Node::written(span, text),
        Value::Nobody => Node::new(span, Data::List(Vec::new())),
        Value::Copied(node) => node.clone(),
        Value::Map(entries) => {
            let entry = |(key, value): &(&str, Value)| MapEntry {
                name: SpannedName { text: (*key).to_owned(), span },
                value: node(value, span),
            };
            Node::new(span, Data::Map(entries.iter().map(entry).collect()))
        }
    }
}

/// Whether a preset is switched on or off: `on`, `off`, `true`, `false`; `None` where the file does not say.
pub fn switch(node: &Node) -> Option<bool> {
    node.boolean().or(match node.text()? {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    })
}
