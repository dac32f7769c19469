//! Documents that a schema has to refuse, made of one that it takes: by what the schema says of each place, a key is left out, a key
//! is added, a value becomes one of another type.

use serde_json::{Map, Value, json};

/// A document with one mistake.
#[derive(Debug)]
pub struct DocumentMutant {
    pub what: String,
    pub document: Value,
}

/// Of lists the first item alone: the others are under the same schema.
pub fn mutants(root: &Value, document: &Value) -> Vec<DocumentMutant> {
    let mut places = Vec::new();
    walk(root, root, document, String::new(), &mut places);
    let made = places.into_iter().map(|(pointer, what, value)| {
        let mut mutant = document.clone();
        *mutant.pointer_mut(&pointer).expect("a place") = value;
        DocumentMutant { what: format!("{pointer}: {what}"), document: mutant }
    });
    made.collect()
}

/// The schema behind references that fits the value; of several alternatives the one of the value's type.
fn resolved<'a>(schema: &'a Value, root: &'a Value, value: &Value) -> &'a Value {
    if let Some(target) = schema["$ref"].as_str() {
        let there = root.pointer(target.trim_start_matches('#')).expect("a definition");
        return resolved(there, root, value);
    }
    let alternatives = schema["anyOf"].as_array().into_iter().flatten();
    let mut alternatives = alternatives.map(|one| resolved(one, root, value));
    let fits = |one: &&Value| match (&one["type"], value) {
        (Value::String(name), Value::Null) => name == "null",
        (Value::String(name), Value::Object(map)) => {
            let needed = one["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            name == "object" && needed.into_iter().all(|key| map.contains_key(key))
        }
        (Value::String(name), _) => name != "null" && name != "object",
        _ => one.get("enum").is_some(),
    };
    alternatives.find(fits).unwrap_or(schema)
}

type Place = (String, String, Value);

fn walk(schema: &Value, root: &Value, value: &Value, pointer: String, places: &mut Vec<Place>) {
    let schema = resolved(schema, root, value);
    let constrained = ["type", "enum", "const", "properties"].iter().any(|key| schema.get(key).is_some());
    if constrained {
        places.push((pointer.clone(), "another type".to_owned(), json!([{ "no": "such value" }])));
    }
    match value {
        Value::Object(map) => object(schema, root, map, &pointer, places),
        Value::Array(items) => {
            if let (Some(first), Some(inner)) = (items.first(), schema.get("items")) {
                walk(inner, root, first, format!("{pointer}/0"), places);
            }
        }
        Value::String(_) if schema.get("pattern").is_some() || schema.get("enum").is_some() => {
            places.push((pointer, "another word".to_owned(), json!("no such word")));
        }
        Value::Number(_) if schema["minimum"] == json!(0) => {
            places.push((pointer, "a negative number".to_owned(), json!(-1)));
        }
        _ => {}
    }
}

fn object(schema: &Value, root: &Value, map: &Map<String, Value>, pointer: &str, places: &mut Vec<Place>) {
    for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let mut less = map.clone();
        assert!(less.remove(key).is_some(), "{pointer} lacks {key}");
        places.push((pointer.to_owned(), format!("without {key}"), Value::Object(less)));
    }
    if schema["additionalProperties"] == json!(false) {
        let mut more = map.clone();
        more.insert("unpublished".to_owned(), json!(1));
        places.push((pointer.to_owned(), "with one key more".to_owned(), Value::Object(more)));
    }
    for (key, value) in map {
        let further = Some(&schema["additionalProperties"]).filter(|further| further.is_object());
        if let Some(inner) = schema["properties"].get(key).or(further) {
            let escaped = key.replace('~', "~0").replace('/', "~1");
            walk(inner, root, value, format!("{pointer}/{escaped}"), places);
        }
    }
}

/// A key and the object schema that has it: its place in memory, since references lead to one place.
pub type SchemaMember = (String, usize);

/// What of the schema the document has.
pub fn keys(root: &Value, document: &Value) -> Vec<SchemaMember> {
    let mut found = Vec::new();
    collect(root, root, document, &mut found);
    found
}

fn collect(schema: &Value, root: &Value, value: &Value, found: &mut Vec<SchemaMember>) {
    let schema = resolved(schema, root, value);
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if let Some(inner) = schema["properties"].get(key) {
                    found.push((key.clone(), std::ptr::from_ref(schema) as usize));
                    collect(inner, root, value, found);
                }
            }
        }
        Value::Array(items) => {
            if let Some(inner) = schema.get("items") {
                items.iter().for_each(|item| collect(inner, root, item, found));
            }
        }
        _ => {}
    }
}

/// Every key of every object of the schema.
pub fn published(schema: &Value) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    let members = schema["properties"].as_object().into_iter().flatten();
    found.extend(members.map(|(key, _)| (key.as_str(), std::ptr::from_ref(schema) as usize)));
    match schema {
        Value::Object(map) => found.extend(map.values().flat_map(published)),
        Value::Array(items) => found.extend(items.iter().flat_map(published)),
        _ => {}
    }
    found
}
