//! The configurable fields of a resource as plain values, and the difference between two sets of them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A resource's configurable fields after normalising: a field at its default is absent, sets are sorted, so that two
/// resources are the same exactly when their fields are equal.
pub type ResourceFields = BTreeMap<String, Value>;

/// One field that differs: `from` is live, `to` is desired; `None` means absent, that is AWS's default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    pub field: String,
    pub from: Option<Value>,
    pub to: Option<Value>,
}

/// What has to change so that `live` becomes `desired`, by field name.
pub fn diff(live: &ResourceFields, desired: &ResourceFields) -> Vec<FieldChange> {
    let names: std::collections::BTreeSet<&String> = live.keys().chain(desired.keys()).collect();
    names
        .into_iter()
        .filter(|name| live.get(*name) != desired.get(*name))
        .map(|name| FieldChange { field: name.clone(), from: live.get(name).cloned(), to: desired.get(name).cloned() })
        .collect()
}

/// Builds `ResourceFields`, leaving out what is at its default, so that each kind says its defaults in one place.
#[derive(Debug, Default)]
pub struct FieldSet(ResourceFields);

impl FieldSet {
    /// A field that is always there.
    pub fn put(mut self, name: &str, value: impl Serialize) -> Self {
        self.0.insert(name.to_owned(), json(value));
        self
    }

    /// A field that AWS fills with `default` when it is absent.
    pub fn put_unless<T: Serialize + PartialEq>(self, default: &T, name: &str, value: &T) -> Self {
        if value == default { self } else { self.put(name, value) }
    }

    /// An optional field; an empty text, list or map counts as absent.
    pub fn put_some<T: Serialize>(mut self, name: &str, value: &Option<T>) -> Self {
        match value.as_ref().map(json) {
            None | Some(Value::Null) => {}
            Some(v) if is_empty(&v) => {}
            Some(v) => {
                self.0.insert(name.to_owned(), v);
            }
        }
        self
    }

    /// A list whose order means nothing to AWS: sorted, without repeats; absent when empty.
    pub fn put_set<T: Serialize>(mut self, name: &str, values: &[T]) -> Self {
        let mut values: Vec<Value> = values.iter().map(json).collect();
        values.sort_by_cached_key(Value::to_string);
        values.dedup();
        if !values.is_empty() {
            self.0.insert(name.to_owned(), Value::Array(values));
        }
        self
    }

    pub fn done(self) -> ResourceFields {
        self.0
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(s) => s.is_empty(),
        Value::Array(a) => a.is_empty(),
        Value::Object(o) => o.is_empty(),
        _ => false,
    }
}

/// Numbers become one form (an integral float is an integer), so that 5 and 5.0 compare equal.
fn json(value: impl Serialize) -> Value {
    canonical(serde_json::to_value(value).unwrap_or(Value::Null))
}

/// A JSON value with one form per meaning of a number; used for documents (policies) too.
pub fn canonical(value: Value) -> Value {
    match value {
        Value::Number(n) => match n.as_f64() {
            Some(f) if n.is_f64() && f.fract() == 0.0 && f.abs() < 9e15 => Value::from(f as i64),
            _ => Value::Number(n),
        },
        Value::Array(items) => Value::Array(items.into_iter().map(canonical).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(k, v)| (k, canonical(v))).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(threshold: f64, actions: &[&str]) -> ResourceFields {
        FieldSet::default()
            .put("threshold", threshold)
            .put_set("alarm_actions", actions)
            .put_unless(&"missing", "treat_missing_data", &"missing")
            .put_some("description", &Some(""))
            .done()
    }

    #[test]
    fn a_changed_field_is_the_only_difference() {
        let changes = diff(&fields(5.0, &["a", "b"]), &fields(6.5, &["b", "a"]));
        assert_eq!(changes, [FieldChange { field: "threshold".into(), from: Some(json!(5)), to: Some(json!(6.5)) }]);
    }

    #[test]
    fn defaults_and_empty_values_are_absent() {
        assert_eq!(fields(5.0, &[]).keys().collect::<Vec<_>>(), ["threshold"]);
    }
}
