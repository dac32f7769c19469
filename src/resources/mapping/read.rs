//! Properties -> fields.

use super::path::{leaves, set, take};
use super::{PropertyForm, PropertyMap, Writing};
use crate::model::{Target, field};
use serde_json::{Map, Value};

/// Fields that properties say, as a resource is serialised, and the properties that they could not take.
#[derive(Debug, Default)]
pub struct ReadFields {
    pub fields: Value,
    /// Paths of properties that no field carries, such as `Metrics.0.Statistics`.
    pub uncarried: Vec<String>,
    /// Paths of properties whose values have another form than the field's.
    pub wrong: Vec<String>,
}

/// Reads properties, with nothing left to resolve in them, as the fields of a serialised resource.
pub fn read(tables: &[&[PropertyMap]], properties: &Value, target: &Target) -> ReadFields {
    let mut answer = ReadFields { fields: Value::Object(Map::new()), ..ReadFields::default() };
    let mut rest = properties.clone();
    for map in tables.iter().flat_map(|table| table.iter()) {
        if map.property.is_empty() {
            continue;
        }
        match take(&mut rest, map.property) {
            Some(value) if !value.is_null() => answer.take(map, &value, target),
            _ => {
                let is_said = matches!(map.writing, Writing::Always | Writing::WhereDifferent);
                if let PropertyForm::Flag { absent } = map.form
                    && is_said
                {
                    set(&mut answer.fields, map.field, absent.into());
                }
            }
        }
    }
    leaves(&rest, "", &mut answer.uncarried);
    answer
}

impl ReadFields {
    fn take(&mut self, map: &PropertyMap, property: &Value, target: &Target) {
        let value = match &map.form {
            PropertyForm::Silent => return,
            PropertyForm::SilentAt(default) => {
                if scalar_text(property).as_deref() != Some(default) {
                    self.uncarried.push(map.property.to_owned());
                }
                return;
            }
            PropertyForm::Each(table) => {
                let Some(items) = property.as_array() else { return self.wrong.push(map.property.to_owned()) };
                let mut read_items = Vec::new();
                for (at, item) in items.iter().enumerate() {
                    let each = read(&[table], item, target);
                    let inside = |path: String| format!("{}.{at}.{path}", map.property);
                    self.uncarried.extend(each.uncarried.into_iter().map(inside));
                    self.wrong.extend(each.wrong.into_iter().map(inside));
                    read_items.push(each.fields);
                }
                Some(Value::Array(read_items))
            }
            form => taken(form, property, target),
        };
        match value {
            Some(value) => set(&mut self.fields, map.field, value),
            None => self.wrong.push(map.property.to_owned()),
        }
    }
}

/// A value as the field has it; `None` where it has another form. Engines take texts for numbers and flags, and scalars for texts.
fn taken(form: &PropertyForm, property: &Value, target: &Target) -> Option<Value> {
    match form {
        PropertyForm::Text => scalar_text(property).map(Value::String),
        PropertyForm::Number => match property {
            Value::Number(_) => Some(field::canonical(property.clone())),
            Value::String(text) => {
                let number: f64 = text.trim().parse().ok()?;
                Some(field::canonical(serde_json::Number::from_f64(number)?.into()))
            }
            _ => None,
        },
        PropertyForm::Flag { .. } => match property {
            Value::Bool(flag) => Some((*flag).into()),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true.into()),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false.into()),
            _ => None,
        },
        PropertyForm::Texts => {
            let one_or_many = property.as_array().map_or(std::slice::from_ref(property), Vec::as_slice);
            let texts: Option<Vec<Value>> =
                one_or_many.iter().map(|item| scalar_text(item).map(Value::String)).collect();
            texts.map(Value::Array)
        }
        PropertyForm::Pairs(key, held) | PropertyForm::FilledPairs(key, held) => {
            let mut map = Map::new();
            for pair in property.as_array()? {
                let members = pair.as_object().filter(|members| members.len() == 2)?;
                map.insert(scalar_text(members.get(*key)?)?, scalar_text(members.get(*held)?)?.into());
            }
            Some(Value::Object(map))
        }
        PropertyForm::Map => {
            let members = property.as_object()?.iter();
            let texts = members.map(|(key, value)| Some((key.clone(), scalar_text(value)?.into())));
            texts.collect::<Option<Map<String, Value>>>().map(Value::Object)
        }
        PropertyForm::Document { .. } => match property {
            Value::Object(_) => Some(property.clone()),
            Value::String(text) => serde_json::from_str(text).ok().filter(Value::is_object),
            _ => None,
        },
        PropertyForm::Converted { read, .. } => read(property, target),
        PropertyForm::Each(_) | PropertyForm::Lacking(_) | PropertyForm::Silent | PropertyForm::SilentAt(_) => None,
    }
}

fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) => Some(field::canonical(value.clone()).to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
