//! Answers of DescribeAlarms as they are kept.

use super::{ImportFormat, ImportSettings, ImportSource, ImportedSpec, write_import};
use crate::resources::Resource;
use std::collections::BTreeMap;

fn import(text: &str, settings: &ImportSettings) -> Result<ImportedSpec, String> {
    let source = ImportSource::of("alarms.json", text.to_owned()).map_err(|error| error.to_string())?;
    write_import(&source, None, settings).map_err(|error| error.to_string())
}

#[test]
fn an_answer_is_its_alarms() {
    let imported = import(include_str!("tests/seeds/alarms.json"), &ImportSettings::default()).unwrap();
    assert_eq!(imported.format, ImportFormat::DescribeAlarms);
    assert_eq!(imported.target.to_string(), "210987654321 eu-west-1");
    let sources: Vec<String> = imported.sources.iter().map(|(address, id)| format!("{address} {id}")).collect();
    assert_eq!(sources, ["alarm/errors errors", "alarm/new new", "alarm/ratio ratio", "composite_alarm/both both"]);
    let [lost] = imported.not_carried.as_slice() else { panic!("{:?}", imported.not_carried) };
    assert_eq!(
        (lost.lost.id.as_str(), lost.lost.property.as_deref()),
        ("new", Some("EscalationConfiguration.AfterMinutes"))
    );
    assert_eq!(imported.notes, ["DescribeAlarms has no tags: nor has the spec"]);
    let desired = imported.written.bound().unwrap().desired(&imported.target, &BTreeMap::new()).unwrap().resources;
    let alarm = desired.values().find_map(|one| match one {
        Resource::Alarm(alarm) if alarm.name == "errors" => Some(alarm),
        _ => None,
    });
    let alarm = alarm.unwrap();
    assert_eq!(
        (alarm.threshold, alarm.period, alarm.treat_missing_data.as_deref()),
        (Some(5.0), Some(300), Some("notBreaching"))
    );
    assert_eq!(alarm.actions.alarm, ["arn:aws:sns:eu-west-1:210987654321:alerts"]);
}

#[test]
fn pages_in_a_row_and_lists_of_alarms_are_read() {
    let pages = include_str!("tests/seeds/pages.json");
    let names = |text: &str| {
        let imported = import(text, &ImportSettings::default()).unwrap();
        imported.sources.into_keys().map(|address| address.name).collect::<Vec<_>>()
    };
    assert_eq!(names(pages), ["one", "three", "two"]);
    let list = format!("[{}]", pages.trim_end().replace('\n', ", "));
    assert_eq!(names(&list), ["one", "three", "two"]);
    // A page that is there twice.
    assert_eq!(names(&format!("{pages}{pages}")), ["one", "three", "two"]);
    let lost = import(&pages.replace("\"Period\"", "\"Tomorrow\": 1, \"Period\""), &ImportSettings::default()).unwrap();
    let lines: Vec<usize> = lost.not_carried.iter().map(|one| one.position.line).collect();
    assert_eq!(lines, [1, 2, 3]);
}

#[test]
fn several_regions_ask_which_one() {
    let text = include_str!("tests/seeds/alarms.json").replacen(
        "eu-west-1:210987654321:alarm:errors",
        "us-east-1:210987654321:alarm:errors",
        1,
    );
    let text = text.replacen("sns:eu-west-1", "sns:us-east-1", 1);
    let error = import(&text, &ImportSettings::default()).unwrap_err();
    assert!(error.contains("210987654321 eu-west-1 (3), 210987654321 us-east-1 (1)"), "{error}");
    let settings = ImportSettings { region: Some("us-east-1".to_owned()), ..ImportSettings::default() };
    let imported = import(&text, &settings).unwrap();
    assert_eq!((imported.sources.len(), imported.not_carried.len()), (1, 3));
}

#[test]
fn what_others_evaluate_says_what_to_do() {
    for (text, words) in [
        ("service: s\nprovider: { name: aws }\nresources: { Resources: {} }\n", "serverless package"),
        ("groups: [{ name: g, rules: [{ alert: A, expr: up == 0 }] }]\n", "promql"),
    ] {
        let error = import(text, &ImportSettings::default()).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn what_is_no_answer_is_refused() {
    for text in ["{}\n{}\n", "{\"a\": 1} x", "[]", "[1]", "{\"MetricAlarms\": 1}", "{\"Alarms\": []}"] {
        import(text, &ImportSettings::default()).unwrap_err();
    }
}
