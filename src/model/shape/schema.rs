//! The JSON Schema (draft 2020-12) of a shape: what editors complete and check from.

use super::{ObjectSchema, SchemaKey, Shape};
use serde_json::{Map, Value, json};

/// The schema of a whole document. A text with `${…}` is allowed wherever a number or a word is.
pub fn schema(root: &'static ObjectSchema, id: &str, title: &str) -> Value {
    let mut defs = Map::new();
    let Value::Object(mut top) = object(root, &mut defs) else { return Value::Null };
    top.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    top.insert("$id".into(), id.into());
    top.insert("title".into(), title.into());
    let pattern = r"\$\{[A-Za-z_][A-Za-z0-9_]*\}";
    defs.insert("placeholder".into(), json!({"type": "string", "pattern": pattern, "description": "A variable."}));
    top.insert("$defs".into(), Value::Object(defs));
    Value::Object(top)
}

fn object(object: &'static ObjectSchema, defs: &mut Map<String, Value>) -> Value {
    let properties: Map<String, Value> =
        object.all_keys().map(|key| (key.name.to_owned(), property(key, defs))).collect();
    let required: Vec<&str> = object.all_keys().filter(|key| key.required).map(|key| key.name).collect();
    // A map without a required key may be left empty: `my-topic:`.
    let kind = if required.is_empty() { json!(["object", "null"]) } else { json!("object") };
    let mut schema = json!({
        "type": kind, "description": object.doc, "additionalProperties": false, "properties": properties,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// A reference to the object's schema among the definitions.
fn named(inner: &'static ObjectSchema, further: Option<&'static Shape>, defs: &mut Map<String, Value>) -> Value {
    let name = inner.what.split_once(' ').map_or(inner.what, |(_, name)| name).replace([' ', '\''], "_");
    if !defs.contains_key(&name) {
        defs.insert(name.clone(), Value::Null);
        let mut schema = object(inner, defs);
        if let Some(further) = further {
            schema["additionalProperties"] = shape(further, defs);
        }
        defs.insert(name.clone(), schema);
    }
    json!({"$ref": format!("#/$defs/{name}")})
}

fn property(key: &'static SchemaKey, defs: &mut Map<String, Value>) -> Value {
    let mut schema = shape(&key.shape, defs);
    if key.null {
        schema = json!({"anyOf": [schema, {"type": "null"}]});
    }
    schema["description"] = key.doc.into();
    schema
}

fn shape(shape_: &'static Shape, defs: &mut Map<String, Value>) -> Value {
    let or_variable = |schema: Value| json!({"anyOf": [schema, {"$ref": "#/$defs/placeholder"}]});
    let quoted =
        |pattern: &str, schema: Value| or_variable(json!({"anyOf": [schema, {"type": "string", "pattern": pattern}]}));
    match shape_ {
        Shape::Text(limit) => json!({"type": ["string", "number", "boolean"], "maxLength": limit}),
        Shape::Format(format) => match format.pattern {
            Some(pattern) => or_variable(json!({"type": ["string", "number"], "pattern": pattern})),
            None => json!({"type": ["string", "number"]}),
        },
        Shape::OneOf(words) => {
            let mut values: Vec<Value> = words.iter().map(|word| json!(word)).collect();
            values.extend(words.iter().filter_map(|word| word.parse::<i64>().ok()).map(Value::from));
            or_variable(json!({"enum": values}))
        }
        Shape::Bool => or_variable(json!({"type": "boolean"})),
        Shape::Integer(low, high) if *high >= i64::from(i32::MAX) => {
            quoted("^[0-9]+$", json!({"type": "integer", "minimum": low}))
        }
        Shape::Integer(low, high) => quoted("^-?[0-9]+$", json!({"type": "integer", "minimum": low, "maximum": high})),
        Shape::Number => quoted(r"^[-+]?[0-9.]+([eE][-+]?[0-9]+)?$", json!({"type": "number"})),
        Shape::Duration => or_variable(
            json!({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+\\s*[smhdw]?$"}]}),
        ),
        Shape::List(inner) => json!({"type": ["array", "null"], "items": shape(inner, defs)}),
        Shape::Map(inner) => json!({"type": ["object", "null"], "additionalProperties": shape(inner, defs)}),
        Shape::Object(inner) => named(inner, None, defs),
        Shape::Open(inner, further) => named(inner, Some(further), defs),
        Shape::Either(shapes) => {
            let alternatives: Vec<Value> = shapes.iter().map(|inner| shape(inner, defs)).collect();
            json!({"anyOf": alternatives})
        }
        Shape::Json => json!({"type": ["object", "string", "array"]}),
    }
}
