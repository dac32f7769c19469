//! One resource of Terraform's: what is known of it, what is not yet, and where that stands.

use crate::import::item::{NotCarried, PathSpans, UnresolvedValue};
use crate::model::node::{Data, Node, Span};
use crate::resources::terraform;
use serde_json::Value;
use std::collections::BTreeSet;

/// Values that deep in a resource have a place of their own; what is deeper stands where that does.
const DEEPEST: usize = 6;

/// A resource that Terraform has, or will have.
#[derive(Debug)]
pub struct TerraformInstance<'n> {
    pub address: String,
    pub type_name: String,
    pub span: Span,
    /// The provider that has it, as the file names it.
    pub provider: &'n str,
    pub attributes: &'n Node,
    /// Of a plan: `true` where a value is not known before it is applied.
    pub unknown: Option<&'n Node>,
    /// Of a plan: the expressions of its configuration.
    pub expressions: Option<&'n Node>,
    /// Attributes that are secret, or hold something that is.
    pub sensitive: BTreeSet<&'n str>,
    pub remarks: Vec<String>,
}

impl TerraformInstance<'_> {
    pub fn lost(&self, why: &str) -> NotCarried {
        lost(&self.address, &self.type_name, self.span, why)
    }

    /// An attribute that is a text and not empty.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute)?.text().filter(|text| !text.is_empty())
    }

    /// Its attributes but for those that are not known yet, and these.
    pub fn known(&self) -> (Value, Vec<UnresolvedValue>) {
        let mut known = self.attributes.to_json();
        let mut unresolved = Vec::new();
        let unknown = self.unknown.map(Node::entries).unwrap_or_default();
        for entry in unknown {
            let name = entry.name.text.as_str();
            let mut paths = Vec::new();
            let is_all = take_unknown(known.get_mut(name).unwrap_or(&mut Value::Null), &entry.value, name, &mut paths);
            if is_all && let Some(members) = known.as_object_mut() {
                members.remove(name);
            }
            // What AWS makes up is no loss: nobody has asked for it.
            if self.is_asked_for(name) {
                let why = self.why(name);
                let span = self.attributes.entries().iter().find(|own| own.name.text == name);
                let span = span.map_or(self.span, |own| own.name.span);
                let value = |path| UnresolvedValue { path, span, why: why.clone(), is_replaced: false };
                unresolved.extend(paths.into_iter().map(value));
            }
        }
        (known, unresolved)
    }

    /// Whether the configuration sets it; where there is none, whether a resource of ours has it. A name is always asked for.
    fn is_asked_for(&self, name: &str) -> bool {
        let is_set = || self.expressions.is_none_or(|expressions| expressions.get(name).is_some());
        terraform::is_name(&self.type_name, name) || (terraform::is_argument(&self.type_name, name) && is_set())
    }

    fn why(&self, name: &str) -> String {
        let mut references = Vec::new();
        if let Some(expression) = self.expressions.and_then(|expressions| expressions.get(name)) {
            collect_references(expression, &mut references, DEEPEST);
        }
        let to = references.first().map(|first| format!(": it refers to {first}")).unwrap_or_default();
        format!("it is not known before the plan is applied{to}")
    }

    /// Where its attributes stand.
    pub fn spans(&self) -> PathSpans {
        let mut spans = PathSpans::default();
        place(self.attributes, "", DEEPEST, &mut spans);
        spans
    }
}

pub fn lost(address: &str, type_name: &str, span: Span, why: &str) -> NotCarried {
    NotCarried { span, id: address.to_owned(), type_name: type_name.to_owned(), property: None, why: why.to_owned() }
}

/// Takes what is not known out of a value and tells its paths; `true` where nothing of it is known.
fn take_unknown(value: &mut Value, unknown: &Node, path: &str, paths: &mut Vec<String>) -> bool {
    let below = |part: &str| format!("{path}.{part}");
    match &unknown.data {
        Data::Scalar(_) if unknown.boolean() == Some(true) => {
            paths.push(path.to_owned());
            true
        }
        Data::Map(entries) => {
            for entry in entries {
                let key = entry.name.text.as_str();
                let held = value.get_mut(key);
                if take_unknown(held.unwrap_or(&mut Value::Null), &entry.value, &below(key), paths)
                    && let Some(members) = value.as_object_mut()
                {
                    members.remove(key);
                }
            }
            false
        }
        Data::List(items) => {
            let mut kept = Vec::new();
            for (at, item) in items.iter().enumerate() {
                let held = value.get_mut(at);
                if !take_unknown(held.unwrap_or(&mut Value::Null), item, &below(&at.to_string()), paths) {
                    kept.push(at);
                }
            }
            if let Some(held) = value.as_array_mut().filter(|_| kept.len() < items.len()) {
                let all = std::mem::take(held);
                let is_kept = |at: &usize| *at >= items.len() || kept.binary_search(at).is_ok();
                held.extend(all.into_iter().enumerate().filter(|(at, _)| is_kept(at)).map(|(_, item)| item));
            }
            false
        }
        _ => false,
    }
}

fn collect_references<'n>(expression: &'n Node, found: &mut Vec<&'n str>, deepest: usize) {
    if deepest == 0 {
        return;
    }
    for entry in expression.entries() {
        match entry.name.text.as_str() {
            "references" => found.extend(entry.value.items().iter().filter_map(Node::text)),
            _ => collect_references(&entry.value, found, deepest - 1),
        }
    }
    expression.items().iter().for_each(|item| collect_references(item, found, deepest - 1));
}

fn place(node: &Node, above: &str, deepest: usize, spans: &mut PathSpans) {
    if deepest == 0 {
        return;
    }
    let path = |part: &str| if above.is_empty() { part.to_owned() } else { format!("{above}.{part}") };
    for entry in node.entries() {
        let path = path(&entry.name.text);
        spans.insert(&path, entry.name.span);
        place(&entry.value, &path, deepest - 1, spans);
    }
    for (at, item) in node.items().iter().enumerate() {
        let path = path(&at.to_string());
        spans.insert(&path, item.span);
        place(item, &path, deepest - 1, spans);
    }
}
