//! What a test may give and ask beside series and states: values, results of CloudWatch alone, one alarm's notifications, promtool's
//! notation; and series that nothing watches.

use super::file::of_document;
use super::form::FILE;
use super::tests::outcomes_of;
use super::unwatched::check;
use crate::model::Target;
use crate::spec::{self, parse_document};
use std::collections::BTreeMap;
use std::path::Path;

const SPEC: &str = r#"
version: 1
stack: s
topics: { team: {} }
alarms:
  slow:
    anomaly: { namespace: AWS/Lambda, metric_name: Duration, dimensions: { FunctionName: f }, statistic: Average, width: 2 }
    comparison_operator: GreaterThanUpperThreshold
    period: 1m
  throttled:
    expression: SELECT SUM(Throttles) FROM SCHEMA("AWS/Lambda", FunctionName)
    period: 1m
    threshold: "> 0"
    notify: team
  found:
    expression: found * 2
    metrics: { found: { expression: "SELECT SUM(Errors) FROM SCHEMA(\"AWS/Lambda\", FunctionName)", period: 60 } }
    period: 1m
    threshold: "> 5"
  ruled:
    expression: INSIGHT_RULE_METRIC("callers", "UniqueContributors")
    period: 1m
    threshold: "> 5"
  share:
    promql: { query: errors / calls > 0.05, pending_period: 2m, recovery_period: 3m }
    evaluation_interval: 1m
    notify: team
  calls: { namespace: AWS/Lambda, metric_name: Invocations, dimensions: { FunctionName: f }, statistic: Sum, period: 5m, threshold: "> 10", notify: team }
"#;

fn failures(tests: &str) -> Vec<String> {
    outcomes_of(SPEC, tests).concat()
}

#[test]
fn what_cloudwatch_alone_computes_can_be_given() {
    let tests = r#"
tests:
  - name: all of them
    series: [{ namespace: AWS/Lambda, metric_name: Duration, dimensions: { FunctionName: f }, values: 100x5 301x5 100x5 }]
    results:
      - { alarm: slow, lower: 50x15, upper: 300x15 }
      - { alarm: throttled, values: 0x3 2x3 0x9 }
      - { alarm: found, id: found, values: 2x4 3x4 2x7 }
      - { alarm: ruled, values: 5x6 6x9 }
      - { alarm: share, values: _x2 0.1x5 _x8 }
    expect:
      - { at: 5m, alarm: slow, state: OK, value: 100 }
      - { at: 6m, alarm: slow, state: ALARM, value: 301 }
      - { at: 3m, alarm: throttled, state: OK, value: 0 }
      - { at: 4m, alarm: throttled, state: ALARM, value: 2 }
      - { at: 4m, alarm: found, state: OK, value: 4 }
      - { at: 5m, alarm: found, state: ALARM, value: 6 }
      - { at: 6m, alarm: ruled, state: OK }
      - { at: 7m, alarm: ruled, state: ALARM }
      - { at: 4m, alarm: share, state: OK }
      - { at: 5m, alarm: share, state: ALARM }
      - { at: 10m, alarm: share, state: ALARM }
      - { at: 11m, alarm: share, state: OK }
    notifications:
      share: [{ at: 5m, state: ALARM, to: [team] }]
      throttled: [{ at: 4m, state: ALARM }]
"#;
    assert_eq!(failures(tests), Vec::<String>::new());
    let without = "tests: [{ name: t, expect: [{ at: 1m, alarm: slow, state: OK }, { at: 1m, alarm: share, state: OK }, \
                   { at: 1m, alarm: ruled, state: OK }] }]";
    let found = failures(without);
    assert!(found.len() == 3 && found.iter().all(|one| one.contains("its states are not known: ")), "{found:?}");
}

#[test]
fn a_value_is_that_of_the_last_period() {
    let tests = |value: &str| {
        format!(
            "tests: [{{ name: t, series: [{{ namespace: AWS/Lambda, metric_name: Invocations, dimensions: {{ FunctionName: f }}, \
             values: 1x3 2x7 _x6 }}], expect: [{{ at: 5m, alarm: calls, value: 7 }}, {{ at: 10m, alarm: calls, value: {value} }}, \
             {{ at: 16m, alarm: calls, value: none }}] }}]"
        )
    };
    assert_eq!(failures(&tests("10")), Vec::<String>::new());
    assert_eq!(failures(&tests("none")), ["at 10m, `calls`, its value:\n- expected none\n+ was      10"]);
}

/// What the other alarm sends does not matter, and an alarm that is not there is a mistake.
#[test]
fn notifications_can_be_of_one_alarm() {
    let tests = |of: &str| {
        format!(
            "tests: [{{ name: t, series: [{{ namespace: AWS/Lambda, metric_name: Invocations, dimensions: {{ FunctionName: f }}, \
             values: 20x3 }}], results: [{{ alarm: throttled, values: 5x3 }}], notifications: {of} }}]"
        )
    };
    assert_eq!(failures(&tests("{ calls: [{ at: 1m, state: ALARM }] }")), Vec::<String>::new());
    assert_eq!(failures(&tests("[{ at: 1m, alarm: calls, state: ALARM }]")).len(), 1);
    assert_eq!(failures(&tests("{ calls: [] }")), ["notifications (- expected, + sent):\n+ 1m `calls` ALARM to team"]);
    assert!(failures(&tests("{ cals: [] }"))[0].contains("did you mean `calls`?"));
}

#[test]
fn the_notation_of_a_file_counts() {
    let tests = |notation: &str| {
        format!(
            "notation: {notation}\ntests: [{{ name: t, series: [{{ namespace: AWS/Lambda, metric_name: Invocations, dimensions: \
             {{ FunctionName: f }}, values: 1x3 9 }}], expect: [{{ at: 4m, alarm: calls, value: 12 }}] }}]"
        )
    };
    assert_eq!(failures(&tests("mlopsctl")), Vec::<String>::new());
    assert_eq!(failures(&tests("promtool")), ["at 4m, `calls`, its value:\n- expected 12\n+ was      4"]);
}

/// What the file's mistakes are, found with the alarms of the spec.
fn mistakes(tests: &str) -> String {
    let file = match of_document(Path::new(""), parse_document("t.yaml", tests, &FILE).unwrap()) {
        Ok(file) => file,
        Err(error) => return error.to_string(),
    };
    let bound = spec::parse("alarms.yaml", SPEC).unwrap().bind(&BTreeMap::new()).unwrap();
    let desired = bound.desired(&Target::new("123456789012", "us-east-1"), &BTreeMap::new()).unwrap();
    check(&file, desired.resources.values()).map_or_else(|error| error.to_string(), |()| String::new())
}

#[test]
fn what_nothing_watches_is_a_mistake_with_its_line() {
    let of = |series: &str, results: &str| {
        mistakes(&format!(
            "tests:\n  - name: t\n    series: [{series}]\n    results: [{results}]\n    expect: [{{ at: 1m, alarm: calls, state: OK }}]\n"
        ))
    };
    let metric = |name: &str, function: &str| {
        format!(
            "{{ namespace: AWS/Lambda, metric_name: {name}, dimensions: {{ FunctionName: {function} }}, values: 1 }}"
        )
    };
    assert_eq!(of(&metric("Invocations", "f"), "{ alarm: share, values: 1 }"), "");
    let misspelt = of(&metric("Invocation", "f"), "");
    for part in [
        "t.yaml:3:",
        "no alarm of the spec watches AWS/Lambda Invocation {FunctionName=f}",
        "did you mean AWS/Lambda Invocations {FunctionName=f}?",
    ] {
        assert!(misspelt.contains(part), "{misspelt}");
    }
    assert!(of(&metric("Invocations", "g"), "").contains("did you mean AWS/Lambda Invocations {FunctionName=f}?"));
    for (result, part) in [
        ("{ alarm: shared, values: 1 }", "did you mean `share`?"),
        ("{ alarm: calls, values: 1 }", "`calls` watches a metric"),
        ("{ alarm: calls, lower: 1, upper: 2 }", "`calls` has no anomaly band"),
        ("{ alarm: slow, values: 1 }", "write `lower` and `upper`"),
        ("{ alarm: found, id: fond, values: 1 }", "did you mean `found`?"),
        ("{ alarm: slow, lower: 1 }", "write `values`, or `lower` and `upper`"),
        ("{ alarm: throttled, values: stale }", "`values` does not read: `stale` is no value"),
    ] {
        let found = of("", result);
        assert!(found.contains(part) && found.contains("t.yaml:4:"), "{found}");
    }
}
