use super::*;
use crate::report::apply_text::tests::partial;
use crate::report::testing::every_kind_of_change;

const SCHEMA: &str = include_str!("../../../docs/plan-output.schema.json");

/// The part of JSON Schema that the published schema uses; an unknown keyword is an error, so that none is skipped.
fn check(schema: &Value, root: &Value, value: &Value, path: &str) -> Vec<String> {
    let Some(rules) = schema.as_object() else { return vec![format!("{path}: the schema is no object")] };
    let mut wrong = Vec::new();
    for (keyword, rule) in rules {
        match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" => {}
            "$ref" => {
                let name = rule.as_str().unwrap_or_default().trim_start_matches("#/$defs/");
                wrong.extend(check(&root["$defs"][name], root, value, path));
            }
            "const" if rule != value => wrong.push(format!("{path}: is not {rule}")),
            "enum" if !rule.as_array().is_some_and(|all| all.contains(value)) => {
                wrong.push(format!("{path}: not one of {rule}"))
            }
            "const" | "enum" => {}
            "type" => {
                let types: Vec<&str> = match rule {
                    Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
                    one => one.as_str().into_iter().collect(),
                };
                if !types.contains(&type_of(value)) {
                    wrong.push(format!("{path}: is {}, not {types:?}", type_of(value)));
                }
            }
            "required" => {
                for name in rule.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    if value.get(name).is_none() {
                        wrong.push(format!("{path}: {name} is missing"));
                    }
                }
            }
            "properties" => {
                for (name, own) in value.as_object().into_iter().flatten() {
                    match rule.get(name) {
                        Some(rule) => wrong.extend(check(rule, root, own, &format!("{path}.{name}"))),
                        None if rules.get("additionalProperties") == Some(&json!(false)) => {
                            wrong.push(format!("{path}: {name} is not described"));
                        }
                        None => {}
                    }
                }
            }
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    wrong.extend(check(rule, root, item, &format!("{path}[{n}]")));
                }
            }
            "additionalProperties" | "minimum" | "pattern" => {}
            other => wrong.push(format!("the schema uses {other}, which this test does not know")),
        }
    }
    wrong
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_i64() || n.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn violations(text: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    check(&schema, &schema, &serde_json::from_str(text).unwrap(), "$")
}

#[test]
fn the_plan_is_as_the_published_schema_says() {
    let plan = every_kind_of_change();
    assert_eq!(violations(&plans([(&plan, None)])), Vec::<String>::new());
    let mistake = Diagnostic { summary: "x".into(), line: Some(3), ..Diagnostic::default() };
    assert_eq!(violations(&failure(&[mistake])), Vec::<String>::new());
}

#[test]
fn the_schema_test_can_fail() {
    let mut value: Value = serde_json::from_str(&plans([(&every_kind_of_change(), None)])).unwrap();
    value["summary"]["add"] = json!("4");
    value["resource_changes"][0]["change"]["actions"] = json!(["invent"]);
    value["surplus"] = json!(1);
    assert_eq!(violations(&value.to_string()).len(), 3);
}

#[test]
fn a_change_has_the_promised_parts() {
    let value: Value = serde_json::from_str(&plans([(&every_kind_of_change(), None)])).unwrap();
    assert_eq!(value["format_version"], "1");
    assert_eq!(value["summary"], json!({ "add": 4, "change": 1, "destroy": 1, "adopt": 1 }));
    let update = value["resource_changes"].as_array().unwrap().iter().find(|c| c["name"] == "threshold").unwrap();
    assert_eq!(update["address"], "alarm/threshold");
    assert_eq!(update["change"]["actions"], json!(["update"]));
    assert_eq!(
        (&update["change"]["before"]["threshold"], &update["change"]["after"]["threshold"]),
        (&json!(5), &json!(6))
    );
    assert_eq!(update["change"]["fields"], json!([{ "field": "threshold", "from": 5, "to": 6 }]));
    let errors: Vec<&Value> =
        value["diagnostics"].as_array().unwrap().iter().filter(|d| d["severity"] == "error").collect();
    let addresses: Vec<&Value> = errors.iter().map(|error| &error["address"]).collect();
    assert_eq!(addresses, [&Value::Null, &json!("alarm/taken")]);
}

#[test]
fn the_report_names_failures() {
    let value: Value = serde_json::from_str(&report(&partial())).unwrap();
    assert_eq!(value["summary"]["add"], 1);
    assert_eq!(value["results"][1]["outcome"], "failed");
    assert_eq!(value["results"][2]["because_of"], "alarm/b");
    assert_eq!(value["diagnostics"][0]["address"], "alarm/b");
}
