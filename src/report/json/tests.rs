use super::*;
use crate::report::apply_text::tests::partial;
use crate::report::testing::{check, every_kind_of_change};

const SCHEMA: &str = include_str!("../../../docs/schemas/plan.schema.json");

fn violations(text: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    check(&schema, &serde_json::from_str(text).unwrap())
}

#[test]
fn the_plan_is_as_the_published_schema_says() {
    let plan = every_kind_of_change();
    assert_eq!(violations(&plans([(&plan, None)])), Vec::<String>::new());
    let prices = crate::cost::Prices::shipped().unwrap();
    let cost = crate::cost::of_plan(&plan, &prices);
    assert!(!cost.usage.is_empty());
    assert_eq!(violations(&plans([(&plan, Some(&cost)), (&plan, None)])), Vec::<String>::new());
    let mistake = Diagnostic { summary: "x".into(), line: Some(3), ..Diagnostic::default() };
    let failed = FailedRun { code: "invalid_spec", exit_code: 65, diagnostics: &[mistake] };
    assert_eq!(violations(&plan_failure(&failed)), Vec::<String>::new());
    let error: Value = serde_json::from_str(include_str!("../../../docs/schemas/error.schema.json")).unwrap();
    for text in [plan_failure(&failed), super::failure(&failed)] {
        assert_eq!(check(&error, &serde_json::from_str(&text).unwrap()), Vec::<String>::new());
    }
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
    assert_eq!(value["summary"], json!({ "add": 4, "change": 1, "destroy": 1, "adopt": 1, "stop_managing": 1 }));
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
    let plan = every_kind_of_change();
    let cost = crate::cost::of_plan(&plan, &crate::cost::Prices::shipped().unwrap());
    let value: Value = serde_json::from_str(&report(&partial(), &plan, &cost)).unwrap();
    let plan: Value = serde_json::from_str(&plans([(&plan, Some(&cost))])).unwrap();
    assert_eq!(value["plan"], plan, "the report holds what plan shows");
    let schema: Value = serde_json::from_str(include_str!("../../../docs/schemas/apply.schema.json")).unwrap();
    assert_eq!(check(&schema, &value), Vec::<String>::new());
    assert_eq!(value["summary"]["add"], 1);
    assert_eq!(value["results"][1]["outcome"], "failed");
    assert_eq!(value["results"][2]["because_of"], "alarm/b");
    assert_eq!(value["diagnostics"][0]["address"], "alarm/b");
}
