//! Fields -> properties.

use super::path::{get, set};
use super::{PropertyForm, PropertyMap, Writing};
use crate::model::{Target, field};
use crate::resources::declared::AttributeNames;
use serde_json::{Map, Value};

/// A field that a document cannot carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostField {
    pub field: String,
    pub why: &'static str,
}

/// Properties of one resource of a document, and what of the resource they do not say.
#[derive(Debug, Default)]
pub struct WrittenProperties {
    pub properties: Value,
    pub lost: Vec<LostField>,
}

const EMPTY_TAG: &str = "no empty value is taken there";

/// Writes the fields of a serialised resource as properties. `named`: fields that the spec names, so that they are written also at
/// their default.
pub fn write(
    tables: &[&[PropertyMap]],
    fields: &Value,
    target: &Target,
    named: Option<&AttributeNames>,
) -> WrittenProperties {
    let mut written = WrittenProperties { properties: Value::Object(Map::new()), lost: Vec::new() };
    for map in tables.iter().flat_map(|table| table.iter()) {
        let is_named = named.is_some_and(|names| names.contains(map.attribute()));
        let Some(value) = get(fields, map.field).filter(|value| !value.is_null()) else { continue };
        let is_written = match map.writing {
            Writing::Never => false,
            Writing::Always => true,
            Writing::WhereDifferent => !is_default(value, &map.form),
            Writing::WhereSet => is_named || !is_default(value, &map.form),
        };
        if is_written {
            written.put(map, value, target);
        }
    }
    written.properties = field::canonical(written.properties);
    written
}

fn is_default(value: &Value, form: &PropertyForm) -> bool {
    match (value, form) {
        (Value::Bool(flag), PropertyForm::Flag { absent }) => flag == absent,
        (Value::Bool(flag), _) => !flag,
        (Value::String(text), _) => text.is_empty(),
        // An empty document is one: a filter policy of `{}`.
        (Value::Object(_), PropertyForm::Document { .. }) => false,
        (Value::Object(map), PropertyForm::Map | PropertyForm::Pairs(..) | PropertyForm::FilledPairs(..)) => {
            map.is_empty()
        }
        (Value::Array(items), _) => items.is_empty(),
        _ => false,
    }
}

impl WrittenProperties {
    fn put(&mut self, map: &PropertyMap, value: &Value, target: &Target) {
        let lost = |why| LostField { field: map.field.to_owned(), why };
        let property = match &map.form {
            PropertyForm::Lacking(why) => return self.lost.push(lost(why)),
            PropertyForm::Silent => return,
            PropertyForm::FilledPairs(..) => {
                let empty = value.as_object().into_iter().flatten().filter(|(_, value)| value.as_str() == Some(""));
                self.lost
                    .extend(empty.map(|(key, _)| LostField { field: format!("{}.{key}", map.field), why: EMPTY_TAG }));
                written(&map.form, value, target)
            }
            PropertyForm::Each(table) => {
                let mut items = Vec::new();
                for item in value.as_array().into_iter().flatten() {
                    let each = write(&[table], item, target, None);
                    let inside =
                        |inner: LostField| LostField { field: format!("{}.{}", map.field, inner.field), ..inner };
                    self.lost.extend(each.lost.into_iter().map(inside));
                    items.push(each.properties);
                }
                Some(Value::Array(items))
            }
            form => written(form, value, target),
        };
        if let Some(property) = property {
            set(&mut self.properties, map.property, property);
        }
    }
}

/// A value as the document has it; `None` of what is left out.
fn written(form: &PropertyForm, value: &Value, target: &Target) -> Option<Value> {
    Some(match form {
        PropertyForm::Pairs(key, held) | PropertyForm::FilledPairs(key, held) => {
            let filled = matches!(form, PropertyForm::FilledPairs(..));
            let pairs = value.as_object().into_iter().flatten();
            let pairs = pairs.filter(|(_, value)| !filled || value.as_str() != Some(""));
            let pair = |(name, value): (&String, &Value)| {
                let members = [((*key).to_owned(), name.as_str().into()), ((*held).to_owned(), value.clone())];
                Value::Object(Map::from_iter(members))
            };
            let pairs: Vec<Value> = pairs.map(pair).collect();
            return (!pairs.is_empty()).then_some(Value::Array(pairs));
        }
        // What is a text already is none that could be read.
        PropertyForm::Document { .. } if value.is_string() => value.clone(),
        PropertyForm::Document { as_text } if *as_text || reads_as_function(value) => {
            field::canonical(value.clone()).to_string().into()
        }
        PropertyForm::Converted { write, .. } => return write(value, target),
        _ => value.clone(),
    })
}

/// Whether a document has a member that CloudFormation would take for a function of its own; in a text it does not.
fn reads_as_function(document: &Value) -> bool {
    match document {
        Value::Object(members) => {
            members.iter().any(|(key, value)| key == "Ref" || key.starts_with("Fn::") || reads_as_function(value))
        }
        Value::Array(items) => items.iter().any(reads_as_function),
        _ => false,
    }
}
