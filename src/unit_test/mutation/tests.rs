//! Which mutants are made, and which of them a test kills.

use super::super::file::of_document;
use super::super::form::FILE;
use super::{AlarmMutation, all, mutate};
use crate::model::Target;
use crate::resources::{Address, Resource};
use crate::spec::{self, parse_document};
use std::collections::BTreeMap;
use std::path::Path;

fn resources(spec: &str) -> BTreeMap<Address, Resource> {
    let bound =
        spec::parse("alarms.yaml", spec).unwrap().bind(&BTreeMap::new()).unwrap_or_else(|error| panic!("{error}"));
    bound.desired(&Target::new("123456789012", "us-east-1"), &BTreeMap::new()).unwrap().resources
}

fn mutations(spec: &str, tests: &str) -> Vec<AlarmMutation> {
    let file = of_document(Path::new(""), parse_document("t.yaml", tests, &FILE).unwrap()).unwrap();
    mutate(&file.cases.iter().collect::<Vec<_>>(), &resources(spec)).unwrap()
}

/// `threshold 5 -> 10` of every mutant of the alarm.
fn made(alarm: &str) -> Vec<String> {
    let spec = format!(
        "version: 1\nstack: s\ntopics: {{ t: {{}}, u: {{}} }}\nalarms:\n  a: {alarm}\n  b: {{ namespace: N, metric_name: m, statistic: Sum, threshold: \"> 1\" }}\n"
    );
    let resources = resources(&spec);
    let one = resources.iter().find(|(address, _)| address.kind.is_alarm() && address.name == "a").unwrap().1;
    all(one).iter().map(|mutant| format!("{} {} -> {}", mutant.field, mutant.from, mutant.to)).collect()
}

#[test]
fn an_alarm_is_changed_in_one_thing_at_a_time() {
    let alarm = "{ namespace: AWS/Lambda, metric_name: Errors, dimensions: { FunctionName: f }, statistic: Sum, period: 5m, \
                 threshold: \"> 5\", evaluation_periods: 3, datapoints_to_alarm: 2, treat_missing_data: notBreaching, notify: t }";
    assert_eq!(
        made(alarm),
        [
            "threshold 5 -> 10",
            "threshold 5 -> 2.5",
            "threshold 5 -> 6",
            "threshold 5 -> 4",
            "comparison_operator > -> >=",
            "comparison_operator > -> <",
            "datapoints_to_alarm 2 of 3 -> 1 of 3",
            "datapoints_to_alarm 2 of 3 -> 2 of 2",
            "datapoints_to_alarm 2 of 3 -> 2 of 4",
            "datapoints_to_alarm 2 of 3 -> 3 of 3",
            "treat_missing_data notBreaching -> missing",
            "treat_missing_data notBreaching -> ignore",
            "treat_missing_data notBreaching -> breaching",
            "period 5m -> 15m",
            "period 5m -> 1m",
            "statistic Sum -> Average",
            "alarm_actions t -> none",
        ]
    );
}

/// Of whole numbers `> 5.5` and `>= 5.5` are the same; AWS ignores what DynamoDB lacks; what is filled never lacks.
#[test]
fn what_means_the_same_is_no_mutant() {
    let of = |alarm: &str, field: &str| -> Vec<String> {
        made(alarm).into_iter().filter(|mutant| mutant.starts_with(field)).collect()
    };
    let counted = |threshold: &str| {
        format!(
            "{{ namespace: AWS/Lambda, metric_name: Errors, dimensions: {{ FunctionName: f }}, statistic: Sum, threshold: \"{threshold}\" }}"
        )
    };
    let measured = "{ namespace: AWS/Lambda, metric_name: Duration, dimensions: { FunctionName: f }, statistic: p95, threshold: \"> 5.5\" }";
    assert_eq!(of(&counted("> 5.5"), "comparison"), ["comparison_operator > -> <"]);
    assert_eq!(of(measured, "comparison"), ["comparison_operator > -> >=", "comparison_operator > -> <"]);
    assert_eq!(
        of(&counted("> 0.5"), "threshold"),
        ["threshold 0.5 -> 1", "threshold 0.5 -> 1.5", "threshold 0.5 -> -0.5"]
    );
    let table = "{ namespace: AWS/DynamoDB, metric_name: ThrottledRequests, dimensions: { TableName: t }, statistic: Sum, threshold: \"> 5\" }";
    assert_eq!(of(table, "treat"), Vec::<String>::new());
    let filled = "{ expression: \"FILL(e, 0)\", metrics: { e: { namespace: N, metric_name: m, statistic: Sum } }, threshold: \"> 5\" }";
    assert_eq!(of(filled, "treat"), Vec::<String>::new());
    assert_eq!(of(filled, "statistic"), ["statistic Sum of e -> Average"]);
}

#[test]
fn a_band_promql_and_a_rule_have_mutants_of_their_own() {
    let band =
        "{ anomaly: { namespace: N, metric_name: m, statistic: Sum }, comparison_operator: GreaterThanUpperThreshold }";
    let found = made(band);
    assert!(found.contains(&"comparison_operator above its band -> below its band".to_owned()), "{found:?}");
    assert!(!found.iter().any(|mutant| mutant.starts_with("period") || mutant.starts_with("threshold")), "{found:?}");
    assert_eq!(
        made("{ promql: { query: up == 0, pending_period: 2m }, evaluation_interval: 1m }"),
        ["pending_period 2m -> 1m", "pending_period 2m -> 4m", "recovery_period 0s -> 1m"]
    );
    let spec = |rule: &str| {
        let alarm =
            |name: &str| format!("  {name}: {{ namespace: N, metric_name: m, statistic: Sum, threshold: \"> 1\" }}\n");
        let alarms = ["x", "y", "z"].map(alarm).concat();
        format!("version: 1\nstack: s\nalarms:\n{alarms}composite_alarms:\n  c: {{ alarm_rule: '{rule}' }}\n")
    };
    let rules = |rule: &str| -> Vec<String> {
        let resources = resources(&spec(rule));
        let composite = resources.iter().find(|(address, _)| address.name == "c").unwrap().1;
        all(composite).into_iter().map(|mutant| mutant.to.replace('"', "")).collect()
    };
    assert_eq!(
        rules("ALARM(x) AND NOT ALARM(y)"),
        ["ALARM(x) OR NOT ALARM(y)", "NOT ALARM(y)", "ALARM(x)", "ALARM(x) AND ALARM(y)"]
    );
    assert_eq!(
        rules("AT_LEAST(2, ALARM, (x, y, z))"),
        ["AT_LEAST(1, ALARM, (x, y, z))", "AT_LEAST(3, ALARM, (x, y, z))"]
    );
}

const SPEC: &str = r#"
version: 1
stack: s
topics: { t: {} }
alarms:
  a: { namespace: AWS/Lambda, metric_name: Errors, dimensions: { FunctionName: f }, statistic: Sum, period: 1m, threshold: "> 5", notify: t }
  b: { namespace: AWS/Lambda, metric_name: Throttles, dimensions: { FunctionName: f }, statistic: Sum, period: 1m, threshold: "> 5" }
composite_alarms:
  c: { alarm_rule: ALARM(a) }
"#;

fn survivors(found: &AlarmMutation) -> Vec<String> {
    let one = |mutant: &super::Mutant| format!("{} {} -> {}", mutant.field, mutant.from, mutant.to);
    found.survivors.iter().map(one).collect()
}

/// One weak test: what it leaves open is named, and an alarm that it does not look at is untested.
#[test]
fn survivors_are_those_that_no_test_tells_from_the_alarm() {
    let tests = r#"
tests:
  - name: weak
    series: [{ namespace: AWS/Lambda, metric_name: Errors, dimensions: { FunctionName: f }, values: 0x3 10x3 0x3 }]
    expect: [{ at: 3m, alarm: a, state: OK }, { at: 4m, alarm: a, state: ALARM }]
"#;
    let found = mutations(SPEC, tests);
    let names: Vec<(&str, bool)> = found.iter().map(|one| (one.address.name.as_str(), one.is_untested)).collect();
    assert_eq!(names, [("a", false), ("b", true), ("c", true)]);
    assert_eq!(
        survivors(&found[0]),
        [
            "threshold 5 -> 2.5",
            "threshold 5 -> 6",
            "threshold 5 -> 4",
            "comparison_operator > -> >=",
            "datapoints_to_alarm 1 of 1 -> 1 of 2",
            "treat_missing_data missing -> ignore",
            "treat_missing_data missing -> breaching",
            "treat_missing_data missing -> notBreaching",
            "period 1m -> 5m",
            "statistic Sum -> Average",
            "alarm_actions t -> none",
        ]
    );
    assert_eq!(found[0].total(), found[0].killed + 11);
}

/// A test of the alarm over it kills as well; data of one statistic plays no other.
#[test]
fn an_alarm_is_tested_through_the_one_over_it() {
    let tests = r#"
tests:
  - name: over it
    interval: 1m
    series: [{ namespace: AWS/Lambda, metric_name: Errors, dimensions: { FunctionName: f }, statistic: Sum, values: 0x3 6 5 _x9 }]
    expect: [{ at: 3m, alarm: c, state: OK }, { at: 4m, alarm: c, state: ALARM }, { at: 5m, alarm: c, state: OK }]
"#;
    let found = mutations(SPEC, tests);
    assert!(!found[0].is_untested && found[1].is_untested && !found[2].is_untested);
    let left = survivors(&found[0]);
    assert!(!left.iter().any(|mutant| mutant.starts_with("threshold") || mutant.starts_with("comparison")), "{left:?}");
    let unplayed: Vec<&str> = found[0].unplayed.iter().map(|(mutant, _)| mutant.field).collect();
    assert_eq!(unplayed, ["statistic"]);
}

/// Of `alarms` alarms with one test each, which lists the notifications of all.
fn listed(alarms: usize) -> Vec<AlarmMutation> {
    let metric = |n: usize| format!("namespace: N, metric_name: m{n}, statistic: Sum, period: 1m");
    let mut spec = "version: 1\nstack: s\ntopics: { t: {} }\nalarms:\n".to_owned();
    let mut tests = "tests:\n".to_owned();
    for n in 0..alarms {
        spec.push_str(&format!("  a{n}: {{ {}, threshold: \"> 5\", notify: t }}\n", metric(n)));
        tests.push_str(&format!(
            "  - name: t{n}\n    interval: 1m\n    series: [{{ namespace: N, metric_name: m{n}, values: 0x3 10x3 0x3 }}]\n    \
             notifications: [{{ at: 4m, alarm: a{n}, state: ALARM, to: [t] }}]\n"
        ));
    }
    mutations(&spec, &tests)
}

/// A mutant is played in the test of its alarm and in one without its data, however many there are.
#[test]
fn tests_of_all_notifications_cost_no_more_with_more_alarms() {
    let a_mutant = |alarms: usize| {
        let found = listed(alarms);
        assert!(found.iter().all(|one| one.killed > 0 && !one.survivors.is_empty()));
        let mutants: usize = found.iter().map(AlarmMutation::total).sum();
        found.iter().map(|one| one.played).sum::<usize>() as f64 / mutants as f64
    };
    let (few, many) = (a_mutant(3), a_mutant(30));
    assert!(few == many && many < 2.0, "{few} {many}");
}

/// A mutant that fires without data is killed by a test that gives it none, the longest of them.
#[test]
fn a_test_without_data_kills_what_fires_on_missing_data() {
    let found = listed(3);
    let left = survivors(&found[0]);
    assert!(!left.iter().any(|mutant| mutant.ends_with("-> breaching")), "{left:?}");
    let alone = survivors(&listed(1)[0]);
    assert!(alone.iter().any(|mutant| mutant.ends_with("-> breaching")), "{alone:?}");
}
