//! Attributes as Terraform's state and plans have them -> arguments as a configuration has them: a block that there is one of is a list of
//! one there, and what is not set is empty, 0 or false.

use super::kinds_of;
use crate::model::topic_policy;
use crate::resources::mapping::{PropertyForm, PropertyMap};
use serde_json::Value;

/// Numbers that no one can set to 0: the provider has no other word for what is not set. A log group that keeps its events for ever has 0.
const UNSET_AT_ZERO: [&str; 6] = [
    "period",
    "datapoints_to_alarm",
    "evaluation_interval",
    "evaluation_periods",
    "retention_in_days",
    "signature_version",
];

/// Returns the arguments that attributes of a type stand for. Those of a type that mlopsctl does not manage stay as they are.
pub fn arguments(type_name: &str, attributes: &Value) -> Value {
    let Some((_, mapping)) = kinds_of(type_name).next() else { return attributes.clone() };
    let block = Block(mapping.tables);
    let mut arguments = block.settled(attributes, "").unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    if let Some(members) = arguments.as_object_mut() {
        // What an alarm is compared with has one place.
        if members.contains_key("threshold_metric_id") || members.contains_key("evaluation_criteria") {
            members.retain(|key, value| key != "threshold" || value.as_f64() != Some(0.0));
        }
        // It is what AWS gives every topic, and state has it of every topic, whatever the configuration says.
        members.retain(|key, value| key != "policy" || !is_default_policy(value));
        if !members.contains_key("filter_policy") {
            members.remove("filter_policy_scope");
        }
    }
    arguments
}

fn is_default_policy(policy: &Value) -> bool {
    let parsed = policy.as_str().and_then(|text| serde_json::from_str(text).ok());
    topic_policy::is_default(parsed.as_ref().unwrap_or(policy))
}

/// The properties of a resource, or of the items of one of its lists.
#[derive(Clone, Copy)]
struct Block<'a>(&'a [&'a [PropertyMap]]);

impl Block<'_> {
    fn properties(&self) -> impl Iterator<Item = &PropertyMap> {
        self.0.iter().flat_map(|table| table.iter()).filter(|map| !map.property.is_empty())
    }

    /// Whether something at the path, or in it, is a property.
    fn knows(&self, path: &str) -> bool {
        self.properties().any(|map| map.property == path) || self.is_above(path)
    }

    /// Whether there are properties in what stands at the path.
    fn is_above(&self, path: &str) -> bool {
        self.properties().any(|map| map.property.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
    }

    /// A value as a configuration has it; `None` where it is not set.
    fn settled(&self, value: &Value, path: &str) -> Option<Value> {
        let form = self.properties().find(|map| map.property == path).map(|map| &map.form);
        let form = form.filter(|form| !matches!(form, PropertyForm::Silent));
        match (form, value) {
            (_, Value::Null) => None,
            (Some(PropertyForm::Map), Value::Object(members)) => (!members.is_empty()).then(|| value.clone()),
            (Some(PropertyForm::Each(table)), Value::Array(items)) => {
                let tables = [*table];
                let item = |item: &Value| Block(&tables).settled(item, "").unwrap_or_else(|| item.clone());
                (!items.is_empty()).then(|| items.iter().map(item).collect())
            }
            (Some(PropertyForm::Converted { .. }), Value::Array(items)) => match items.as_slice() {
                [] => None,
                [Value::Null] => Some(Value::Object(serde_json::Map::new())),
                [one @ Value::Object(_)] => Some(self.members(one, path)),
                _ => Some(value.clone()),
            },
            (_, Value::Array(items)) => match items.as_slice() {
                [] => None,
                [one @ Value::Object(_)] if self.is_above(path) => self.settled(one, path),
                _ => Some(value.clone()),
            },
            (None, Value::Object(_)) => {
                Some(self.members(value, path)).filter(|kept| kept.as_object().is_none_or(|kept| !kept.is_empty()))
            }
            (_, Value::String(text)) if text.is_empty() => None,
            (_, Value::Number(number)) if number.as_f64() == Some(0.0) => {
                let name = path.rsplit('.').next().unwrap_or(path);
                (self.knows(path) && !UNSET_AT_ZERO.contains(&name)).then(|| value.clone())
            }
            (None, Value::Bool(false)) => None,
            // State does not tell who has set it: what is AWS's default may be left to AWS.
            (Some(PropertyForm::Flag { absent }), Value::Bool(flag)) if flag == absent => None,
            _ => Some(value.clone()),
        }
    }

    /// An object with what is set in it.
    fn members(&self, value: &Value, path: &str) -> Value {
        let members = value.as_object().into_iter().flatten();
        let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        members.filter_map(|(key, value)| Some((key.clone(), self.settled(value, &below(key))?))).collect()
    }
}

#[cfg(test)]
mod tests;
