//! The published JSON Schemas of what commands write for programs, as `docs/schemas` has them.

/// The schema of one output.
#[derive(Debug)]
pub struct OutputSchema {
    /// Of `mlopsctl schema NAME` and of the file.
    pub name: &'static str,
    /// Its JSON Schema, as text.
    pub text: &'static str,
}

macro_rules! published {
    ($($name:literal)*) => {
        &[$(OutputSchema {
            name: $name,
            text: include_str!(concat!("../../docs/schemas/", $name, ".schema.json")),
        }),*]
    };
}

/// Every one, by name.
pub const OUTPUTS: &[OutputSchema] = published! {
    "accounts" "apply" "backtest" "check" "doctor" "drift" "drill" "drill-clean" "error" "fleet-report" "import" "lint" "log-line" "log-report"
    "mute" "plan" "sandbox-mail" "sandbox-show" "signals" "status" "subscriptions" "subscriptions-resend" "test" "traffic" "unmute"
};

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    fn parsed(schema: &OutputSchema) -> Value {
        serde_json::from_str(schema.text).unwrap_or_else(|error| panic!("{}: {error}", schema.name))
    }

    #[test]
    fn every_file_of_the_folder_is_published_and_names_itself() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schemas");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let files: BTreeSet<String> = files.collect();
        let names: Vec<String> = OUTPUTS.iter().map(|schema| format!("{}.schema.json", schema.name)).collect();
        assert_eq!(files, names.iter().cloned().collect());
        assert!(OUTPUTS.is_sorted_by_key(|schema| schema.name));
        for schema in OUTPUTS {
            let value = parsed(schema);
            assert_eq!(value["$id"], format!("urn:mlopsctl:schema:{}:1", schema.name));
            assert_eq!(value["$schema"], "https://json-schema.org/draft/2020-12/schema");
            assert!(value["title"].is_string() && value["description"].is_string(), "{}", schema.name);
        }
    }

    /// A definition that several schemas have is the same in each.
    #[test]
    fn what_schemas_share_is_one() {
        let mut known: std::collections::BTreeMap<String, (&str, Value)> = std::collections::BTreeMap::new();
        for schema in OUTPUTS {
            for (name, definition) in parsed(schema)["$defs"].as_object().into_iter().flatten() {
                let (first, there) = known.entry(name.clone()).or_insert((schema.name, definition.clone()));
                assert_eq!(there, definition, "{name} of {first} and {}", schema.name);
            }
        }
        assert!(known.contains_key("time") && known.contains_key("note"));
    }

    /// Every object is closed, and every field is described: by itself or by the definition that it refers to.
    #[test]
    fn every_object_is_closed_and_every_field_described() {
        for schema in OUTPUTS {
            let root = parsed(schema);
            let mut faults = Vec::new();
            walk(&root, &root, schema.name, &mut faults);
            assert!(faults.is_empty(), "{}", faults.join("\n"));
        }
    }

    fn walk(schema: &Value, root: &Value, path: &str, faults: &mut Vec<String>) {
        if schema["properties"].is_object() && schema.get("additionalProperties").is_none() {
            faults.push(format!("{path}: an open object"));
        }
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let refers = field["$ref"].as_str().and_then(|target| root.pointer(target.trim_start_matches('#')));
            if !field["description"].is_string() && refers.is_none_or(|target| !target["description"].is_string()) {
                faults.push(format!("{path}.{name}: no description"));
            }
        }
        let parts = schema.as_object().into_iter().flatten().flat_map(|(key, value)| match key.as_str() {
            "properties" | "$defs" => value.as_object().into_iter().flatten().collect(),
            "items" | "additionalProperties" => vec![(key, value)],
            "anyOf" | "oneOf" => value.as_array().into_iter().flatten().map(|value| (key, value)).collect(),
            _ => Vec::new(),
        });
        for (name, part) in parts {
            walk(part, root, &format!("{path}.{name}"), faults);
        }
    }
}
