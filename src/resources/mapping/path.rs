//! Paths in JSON: parts with dots between, a number for a place in a list.

use serde_json::{Map, Value};

/// Returns the value at a path.
pub fn get<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, part| match value {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        other => other.get(part),
    })
}

/// Takes the value at a path out.
pub fn take(value: &mut Value, path: &str) -> Option<Value> {
    let (above, last) = path.rsplit_once('.').map_or((None, path), |(above, last)| (Some(above), last));
    let holder = match above {
        None => value,
        Some(above) => above.split('.').try_fold(value, |value, part| match value {
            Value::Array(items) => items.get_mut(part.parse::<usize>().ok()?),
            other => other.get_mut(part),
        })?,
    };
    holder.as_object_mut()?.remove(last)
}

/// Puts a value at a path, with what is above it.
pub fn set(value: &mut Value, path: &str, held: Value) {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let place = match first.parse::<usize>() {
        Ok(at) => {
            if !value.is_array() {
                *value = Value::Array(Vec::new());
            }
            let Value::Array(items) = value else { return };
            while items.len() <= at {
                items.push(Value::Null);
            }
            &mut items[at]
        }
        Err(_) => {
            if !value.is_object() {
                *value = Value::Object(Map::new());
            }
            let Value::Object(members) = value else { return };
            members.entry(first).or_insert(Value::Null)
        }
    };
    match rest {
        Some(rest) => set(place, rest, held),
        None => *place = held,
    }
}

/// The paths of everything that a value still says.
pub fn leaves(value: &Value, above: &str, found: &mut Vec<String>) {
    let path = |part: &str| if above.is_empty() { part.to_owned() } else { format!("{above}.{part}") };
    match value {
        Value::Null => {}
        Value::Object(members) => members.iter().for_each(|(key, value)| leaves(value, &path(key), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| leaves(value, &path(&at.to_string()), found));
        }
        _ => found.push(above.to_owned()),
    }
}
