use super::*;
use crate::lint::{self, LintInput};
use crate::model::Target;
use crate::report::RenderOptions;
use crate::report::testing::check;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const SCHEMA: &str = include_str!("../../../tests/schemas/sarif-2.1.0-rtm.5.json");

const BAD: &str = r#"version: 1
stack: bad
lint: { unknown-metric: error, alarm-on-every-error: warning, missing-description: off, share-without-floor: off }
topics:
  alerts:
    subscriptions:
      - { protocol: email, endpoint: you@example.edu }
alarms:
  every-error:
    namespace: AWS/Lambda
    metric_name: Errors
    dimensions: { FunctionName: shop }
    statistic: Sum
    threshold: "> 0"
    treat_missing_data: notBreaching
    notify: { alarm: alerts, ok: alerts }
  half:
    expression: "100 * errors / invocations"
    metrics:
      errors: { namespace: AWS/Lambda, metric_name: Errors, dimensions: { FunctionName: shop }, statistic: Sum }
      invocations: { namespace: AWS/Lambda, metric_name: Invocations, dimensions: { FunctionName: shop }, statistic: Sum }
    threshold: ">= 50"
    treat_missing_data: notBreaching
    notify: alerts                 # mlopsctl:ignore ok-not-notified: the pager closes incidents by itself
  typo:
    namespace: AWS/Lambda
    metric_name: Error
    dimensions: { FunctionName: shop }
    statistic: Sum
    threshold: "> 5"
    notify: alerts
"#;

/// Lints a text and renders the report.
fn rendered(name: &str, text: &str, render: impl Fn(&Linted<'_>) -> String) -> String {
    let spec = crate::spec::parse(name, text).unwrap_or_else(|error| panic!("{error}"));
    let bound = spec.bind(&BTreeMap::new()).unwrap_or_else(|error| panic!("{error}"));
    let desired = bound.desired(&Target::new("123456789012", "us-east-1"), &BTreeMap::new()).expect("right");
    let settings = lint::settings(&bound).expect("right settings");
    let input =
        LintInput { bound: &bound, desired: &desired, observed: None, settings: &settings, today: "2026-11-22" };
    render(&Linted { report: &lint::lint(input), source: bound.source() })
}

#[test]
fn the_labs_bad_advice_is_named_with_its_lines() {
    let text = rendered("alarms.yaml", BAD, |linted| text::report(linted, &RenderOptions::PLAIN));
    let expected = "\
warning[alarm-on-every-error]: `every-error` fires on every single error (Errors > 0)
  --> alarms.yaml:14:5
   |
14 |     threshold: \"> 0\"
   |     ^^^^^^^^^
  = help: alarm on the share of failed calls, for example above 5 % in 2 of 3 periods of 5m; see golden_signals

warning[error-share-too-high]: `half` waits until 50 % of the calls fail: too late for many users
  --> alarms.yaml:22:5
   |
22 |     threshold: \">= 50\"
   |     ^^^^^^^^^
  = help: 5 to 10 % is an incident already; 25 % is the most that this rule accepts

error[unknown-metric]: `typo` watches Error, which AWS/Lambda does not publish
  --> alarms.yaml:27:5
   |
27 |     metric_name: Error
   |     ^^^^^^^^^^^
  = help: did you mean Errors?

hint[ok-not-notified]: `typo` never says that it is over
  --> alarms.yaml:31:5
   |
31 |     notify: alerts
   |     ^^^^^^
  = help: notify: { alarm: TOPIC, ok: TOPIC } notifies of both, or add ok_actions beside alarm_actions

alarms.yaml: 1 error, 2 warnings, 1 hint; 1 more is kept quiet by a comment
";
    assert_eq!(text, expected);
}

#[test]
fn one_rule_does_not_fill_the_screen() {
    let alarm = |n: usize| {
        format!(
            "  a{n}: {{ namespace: N, metric_name: M, statistic: Sum, threshold: '> {n}', description: x, notify: t }}\n"
        )
    };
    let alarms: String = (0..40).map(alarm).collect();
    let text = format!(
        "version: 1\nstack: s\ntopics: {{ t: {{ subscriptions: [{{ protocol: email, endpoint: a@b.edu }}] }} }}\nalarms:\n{alarms}"
    );
    let short = rendered("a.yaml", &text, |linted| text::report(linted, &RenderOptions::PLAIN));
    assert!(short.contains("… and 35 more of ok-not-notified (use -v to see all)\n"), "{short}");
    assert!(short.ends_with("a.yaml: 40 hints\n"), "{short}");
    let all = rendered("a.yaml", &text, |linted| {
        text::report(linted, &RenderOptions { verbose: true, ..RenderOptions::PLAIN })
    });
    assert_eq!(all.matches("hint[").count(), 40);
    let github = rendered("a.yaml", &text, github::report);
    assert_eq!(github.matches("::notice ").count(), 10);
    assert!(github.contains("30 more"), "{github}");
}

#[test]
fn annotations_come_worst_first_and_cannot_be_broken_by_a_name() {
    let text = BAD.replace("  typo:", "  \"ty%po\":").replace("Error\n", "\"Err\\n::set-output name=x::y\"\n");
    let github = rendered("a,b:c.yaml", &text, github::report);
    let lines: Vec<&str> = github.lines().collect();
    assert!(
        lines[0].starts_with("::error file=a%2Cb%3Ac.yaml,line=27,col=5,endColumn=16,title=unknown-metric::`ty%25po"),
        "{github}"
    );
    assert!(lines.iter().all(|line| !line.starts_with("::set-output")), "{github}");
    assert_eq!(lines[lines.len() - 1], "1 error, 2 warnings, 1 hint");
}

#[test]
fn json_has_places_and_what_is_kept_quiet() {
    let value: Value =
        serde_json::from_str(&rendered("alarms.yaml", BAD, |linted| json::report(linted, &[]))).expect("JSON");
    assert_eq!(value["summary"], json!({ "errors": 1, "warnings": 2, "hints": 1 }));
    assert_eq!(value["findings"][0]["line"], 14);
    assert_eq!(value["findings"][0]["address"], "alarm/every-error");
    assert_eq!(value["suppressed"][0]["reason"], "the pager closes incidents by itself");
}

#[test]
fn sarif_is_valid_by_its_published_schema() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("the schema");
    for (name, text) in [("alarms.yaml", BAD), ("/tmp/a b/ä.yaml", BAD), ("stdin", "version: 1\nstack: s\n")] {
        let log: Value = serde_json::from_str(&rendered(name, text, sarif::report)).expect("JSON");
        let wrong = check(&schema, &log);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
    let log: Value = serde_json::from_str(&rendered("/tmp/a b/ä.yaml", BAD, sarif::report)).expect("JSON");
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 5);
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "file:///tmp/a%20b/%C3%A4.yaml");
    assert_eq!(place["region"], json!({ "startLine": 14, "startColumn": 5, "endColumn": 14 }));
    assert_eq!(results[4]["suppressions"][0]["kind"], "inSource");
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
}

#[test]
fn the_check_of_the_schema_can_fail() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("the schema");
    let right: Value = serde_json::from_str(&rendered("alarms.yaml", BAD, sarif::report)).expect("JSON");
    for (pointer, wrong) in [
        ("/version", json!("2.0.0")),
        ("/runs/0/results/0/level", json!("bad")),
        ("/runs/0/results/0/message", json!({})),
        ("/runs/0/results/0/locations/0/physicalLocation/region/startLine", json!(0)),
        ("/runs/0/tool/driver/rules/0/id", json!(7)),
        ("/runs/0/columnKind", json!("bytes")),
        ("/runs/0/tool", json!({})),
        ("/runs/0/results/0/locations/0/physicalLocation/artifactLocation", json!({ "url": "x" })),
    ] {
        let mut log = right.clone();
        *log.pointer_mut(pointer).expect("there") = wrong;
        assert!(!check(&schema, &log).is_empty(), "{pointer}");
    }
}
