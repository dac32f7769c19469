//! Rubrics and the mistakes that can be in them.

use super::{OpenRubric, Range, RequirementKind};
use std::collections::BTreeMap;

fn bind(text: &str) -> Result<super::Rubric, String> {
    let open = OpenRubric::parse(text).map_err(|error| error.to_string())?;
    let values = BTreeMap::from([("email".to_owned(), "you@example.edu".to_owned())]);
    open.bind(&values).map_err(|error| error.to_string())
}

fn items(items: &str) -> Result<super::Rubric, String> {
    bind(&format!("version: 1\ntitle: t\nvars: {{ email: {{}}, url: \"\", most: 10 }}\nitems:\n{items}"))
}

#[test]
fn variables_fill_texts_and_numbers() {
    let rubric = items(
        "  - { name: a, says: s, points: 2.5, alarm: { metric_name: Errors, threshold: { from: 1, to: \"${most}\", per: 5m }, notifies: { endpoint: \"${email}\" } } }\n  - { name: b, says: s, points: 1, only_if: \"${url}\", http: { url: \"${url}\" } }\n",
    )
    .unwrap();
    let RequirementKind::Alarm(alarm) = &rubric.items[0].test.kind else { panic!("an alarm") };
    assert_eq!((alarm.threshold, alarm.per), (Some(Range { from: Some(1.0), to: Some(10.0) }), Some(300)));
    assert_eq!(alarm.metric.namespace, "AWS/Lambda");
    assert_eq!(alarm.notifies.as_ref().unwrap().endpoint.as_deref(), Some("you@example.edu"));
    assert_eq!((rubric.items[0].asked, rubric.items[1].asked), (true, false));
    assert!(rubric.other_regions.contains(&"eu-west-1".to_owned()));
}

/// What is wrong, and what the message has to say.
#[test]
fn every_mistake_has_a_place_and_a_way_out() {
    let cases = [
        ("{ name: a, says: s, points: 1, alarm: { metric_nam: Errors } }", "did you mean `metric_name`?"),
        ("{ name: a, says: s, points: 1 }", "nothing is tested here"),
        ("{ name: a, says: s, points: 1, topic: {}, subscription: {} }", "put several tests into all_of"),
        ("{ name: a, says: s, points: 0, topic: {} }", "`0` is no number of points"),
        ("{ name: a b, says: s, points: 1, topic: {} }", "cannot head a column"),
        ("{ name: a, says: s, points: 1, topic: {}, parts: { exist: 2 } }", "did you mean `exists`?"),
        ("{ name: a, says: s, points: 1, topic: {}, parts: { exists: 0 } }", "no part earns anything"),
        ("{ name: a, says: s, points: 1, all_of: [] }", "`all_of` has no tests"),
        ("{ name: a, says: s, points: 1, all_of: [{ topik: {} }] }", "did you mean `topic`?"),
        ("{ name: a, says: s, points: 1, log_retention: { function: f, from: 8d, to: 9d } }", "no retention lies in"),
        ("{ name: a, says: s, points: 1, log_retention: { from: 7d } }", "whose logs"),
        ("{ name: a, says: s, points: 1, metric: { metric_name: m, from: 5, to: 1 } }", "ends before it begins"),
        ("{ name: a, says: s, points: 1, invoked: { function: f, within: 9000d } }", "does not look back so far"),
        ("{ name: a, says: s, points: 1, http: { path: /health } }", "no address is asked"),
        ("{ name: a, says: s, points: 1, in_state: { metric_name: m, state: ALRM } }", "did you mean `ALARM`?"),
        ("{ name: a, says: \"${emial}\", points: 1, topic: {} }", "did you mean `email`?"),
        ("{ name: a, says: s, points: 1, alarm: { metric_name: m, statistic: [sum] } }", "did you mean `Sum`?"),
    ];
    for (item, words) in cases {
        let error = items(&format!("  - {item}\n")).expect_err(item);
        assert!(error.contains(words), "{item}: {error}");
        assert!(error.contains("rubric.yaml:5:"), "{item}: {error}");
    }
    let twice = "  - { name: a, says: s, points: 1, topic: {} }\n  - { name: a, says: t, points: 1, topic: {} }\n";
    let error = items(twice).unwrap_err();
    assert!(error.contains("two items are named `a`") && error.contains("first named here"), "{error}");
}

#[test]
fn all_mistakes_are_shown_at_once() {
    let error =
        items("  - { name: a, says: s, points: x, topic: {} }\n  - { name: b, points: 1, alarm: {} }\n").unwrap_err();
    for part in ["`x` is not a number", "lacks `says`", "lacks `metric_name`", "3 mistakes in rubric.yaml"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let error = bind("version: 1\ntitle: t\nitems: []\n").unwrap_err();
    assert!(error.contains("there are no items"), "{error}");
}

#[test]
fn a_rubric_is_checked_without_an_account() {
    let right = "version: 1\ntitle: t\nvars: { email: {} }\nitems: [{ name: a, says: s, points: 1, subscription: { endpoint: \"${email}\" } }]\n";
    OpenRubric::parse(right).unwrap().check().unwrap();
    let wrong = right.replace("${email}", "${mail}");
    assert!(OpenRubric::parse(&wrong).unwrap().check().unwrap_err().to_string().contains("did you mean `email`?"));
}

/// Two rubrics that can be read: the lab's, and one with what the lab does not ask for.
fn samples() -> Vec<crate::model::shape::SampleFile> {
    ["examples/grading/lab-rubric.yaml", "tests/corpus/rubrics/reference.yaml"].map(crate::spec::sample).into()
}

#[test]
fn the_rubric_of_the_reference_is_right() {
    let text = include_str!("../../../tests/corpus/rubrics/reference.yaml");
    assert_eq!(bind(text).unwrap_or_else(|error| panic!("{error}")).items.len(), 5);
}

/// The schema that rubrics name and the reference are what the program has. `MLOPSCTL_UPDATE=1` writes them anew.
#[test]
fn the_shipped_schema_and_reference_are_the_programs_own() {
    const MARK: &str =
        "<!-- From here on made from the program's own declarations: MLOPSCTL_UPDATE=1 cargo test rubric -->\n";
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_to_string(root.join("docs/grading.md")).unwrap();
    let (words, _) = docs.split_once(MARK).expect("the page has the mark");
    let page = format!("{words}{MARK}{}", super::reference(&samples()));
    let schema = serde_json::to_string_pretty(&super::schema()).unwrap() + "\n";
    for (file, made) in [("examples/grading/rubric.schema.json", schema), ("docs/grading.md", page)] {
        let path = root.join(file);
        if std::env::var_os("MLOPSCTL_UPDATE").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), made, "{file}");
    }
}

#[test]
fn the_labs_rubric_is_right_and_has_a_hundred_points() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("examples/grading/lab-rubric.yaml")).unwrap();
    assert!(text.starts_with("# yaml-language-server: $schema=rubric.schema.json\n"));
    let rubric = bind(&text).unwrap_or_else(|error| panic!("{error}"));
    let asked = rubric.items.iter().filter(|item| item.asked).map(|item| item.points).sum::<f64>();
    assert_eq!((asked, rubric.items.len()), (100.0, 8), "/health counts only where an address is given");
}
