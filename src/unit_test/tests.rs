//! Files of alarm tests through the whole way, and the mistakes that can be in them.

use super::file::of_document;
use super::form::FILE;
use super::run::run;
use crate::model::Target;
use crate::spec::{self, parse_document};
use std::collections::BTreeMap;
use std::path::Path;

const SPEC: &str = r#"
version: 1
stack: s
topics: { team: {}, boss: {} }
alarms:
  errors:
    namespace: AWS/Lambda
    metric_name: Errors
    dimensions: { FunctionName: f }
    statistic: Sum
    period: 1m
    threshold: "> 5"
    evaluation_periods: 2
    treat_missing_data: notBreaching
    notify: { alarm: [team, boss], ok: [team] }
  slow:
    namespace: AWS/Lambda
    metric_name: Duration
    dimensions: { FunctionName: f }
    statistic: p90
    period: 5m
    threshold: "> 1000"
composite_alarms:
  both:
    alarm_rule: ALARM(errors) AND ALARM(slow)
    notify: boss
"#;

/// The failures of each test.
fn outcomes(tests: &str) -> Vec<Vec<String>> {
    outcomes_of(SPEC, tests)
}

/// The same of another spec.
pub fn outcomes_of(spec: &str, tests: &str) -> Vec<Vec<String>> {
    let document = parse_document("t.yaml", tests, &FILE).unwrap();
    let file = of_document(Path::new(""), document).unwrap();
    let bound = spec::parse("alarms.yaml", spec).unwrap().bind(&BTreeMap::new()).unwrap();
    let desired = bound.desired(&Target::new("123456789012", "us-east-1"), &BTreeMap::new()).unwrap();
    file.cases.iter().map(|case| run(case, desired.resources.values()).unwrap().failures).collect()
}

const SERIES: &str = r#"
    series:
      - { namespace: AWS/Lambda, metric_name: Errors, dimensions: { FunctionName: f }, values: 0x5 10x3 _x9 }
      - { namespace: AWS/Lambda, metric_name: Duration, dimensions: { FunctionName: f }, values: 100x5 3000x5 }
"#;

/// Errors: bad from the 6th minute, the second bad one ends at 7m; two bad ones stay among the 7 looked at until 13m, when the
/// 7th minute's and the 8th's are left with the 6th gone, and at 14m only one is. Slow: p90 of five minutes is 3000 as soon as
/// one of its five measurements is.
#[test]
fn what_is_expected_and_comes_passes() {
    let tests = format!(
        "tests:\n  - name: burst{SERIES}{}",
        r#"
    expect:
      - { at: 6m, alarm: errors, state: OK }
      - { at: 7m, alarm: errors, state: ALARM, reason: "2 datapoints [10.0" }
      - { at: 5m, alarm: slow, state: OK }
      - { at: 6m, alarm: slow, state: ALARM }
      - { at: 7m, alarm: both, state: ALARM }
      - { at: 20m, alarm: errors, state: OK }
"#
    );
    assert_eq!(outcomes(&tests), [Vec::<String>::new()]);
}

#[test]
fn a_failure_shows_what_came_instead() {
    let tests = format!(
        "tests:\n  - name: burst{SERIES}{}",
        r#"
    expect:
      - { at: 6m, alarm: errors, state: ALARM }
      - { at: 6m, alarm: erors, state: ALARM }
      - { at: 7m, alarm: errors, state: ALARM, reason: less than }
"#
    );
    let failures = outcomes(&tests).remove(0);
    assert_eq!(
        failures[0],
        "at 6m, `errors`:\n- expected ALARM\n+ was      OK\n  its states: INSUFFICIENT_DATA, OK from 1m, ALARM from 7m, OK from 14m"
    );
    assert_eq!(failures[1], "at 6m, `erors`: the spec has no such alarm; did you mean `errors`?");
    assert!(failures[2].starts_with(
        "at 7m, `errors`, its reason:\n- expected … less than …\n+ was      Threshold Crossed: 2 datapoints"
    ));
}

#[test]
fn notifications_are_exactly_those_expected() {
    let expected =
        |list: &str| outcomes(&format!("tests:\n  - name: burst{SERIES}    notifications: {list}\n")).remove(0);
    let all =
        "[{ at: 1m, alarm: errors, state: OK, to: [team] }, { at: 7m, alarm: errors, state: ALARM, to: [boss, team] },
      { at: 7m, alarm: both, state: ALARM }, { at: 14m, alarm: errors, state: OK }]";
    assert_eq!(expected(all), Vec::<String>::new());
    assert_eq!(
        expected("[{ at: 1m, alarm: errors, state: OK }, { at: 7m, alarm: errors, state: ALARM, to: [team] }]"),
        ["notifications (- expected, + sent):\n  1m `errors` OK to team\n+ 7m `both` ALARM to boss\n\
          + 7m `errors` ALARM to boss, team\n- 7m `errors` ALARM to team\n+ 14m `errors` OK to team"]
    );
}

#[test]
fn alarms_outside_the_spec_have_the_state_that_is_said() {
    let spec = "version: 1\nstack: s\ncomposite_alarms:\n  c:\n    alarm_rule: ALARM(\"arn:aws:cloudwatch:us-east-1:1:alarm:far\")\n";
    let tests = "tests:\n  - name: t\n    states: { far: ALARM }\n    expect: [{ at: 1m, alarm: c, state: ALARM }]\n  - name: u\n    expect: [{ at: 1m, alarm: c, state: ALARM }]\n";
    let document = parse_document("t.yaml", tests, &FILE).unwrap();
    let file = of_document(Path::new(""), document).unwrap();
    let bound = spec::parse("alarms.yaml", spec).unwrap().bind(&BTreeMap::new()).unwrap();
    let desired = bound.desired(&Target::new("123456789012", "us-east-1"), &BTreeMap::new()).unwrap();
    let found: Vec<Vec<String>> =
        file.cases.iter().map(|case| run(case, desired.resources.values()).unwrap().failures).collect();
    assert_eq!(found[0], Vec::<String>::new());
    assert!(found[1][0].contains("the states of") && found[1][0].contains("are not known"), "{found:?}");
}

#[test]
fn every_mistake_of_a_file_is_shown_at_once() {
    let text = "tests:\n  - name: t\n    intervall: 1m\n    series: [{ namespace: N, metric_name: m, values: 1xx }]\n    expect: [{ at: soon, alarm: a, state: BAD }]\n";
    let error = parse_document("t.yaml", text, &FILE).unwrap_err().to_string();
    for part in ["`intervall`", "did you mean `interval`?", "1xx", "`soon`", "BAD", "4 mistakes in t.yaml"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let nothing = parse_document("t.yaml", "tests:\n  - name: t\n", &FILE).unwrap();
    let error = of_document(Path::new(""), nothing).unwrap_err().to_string();
    assert!(error.contains("this test expects nothing"), "{error}");
}
