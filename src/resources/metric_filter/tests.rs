//! Metric filters as a spec writes them: what is read, and what is refused where.

use super::MetricFilter;
use crate::model::Target;
use crate::resources::{Address, Kind, Resource};
use crate::spec;
use std::collections::BTreeMap;

fn spec_of(filter: &str) -> String {
    format!("version: 1\nstack: s\nregion: us-east-1\nlog_groups:\n  /app:\n    metric_filters:\n      {filter}\n")
}

fn read(filter: &str) -> Result<MetricFilter, String> {
    let bound = spec::parse("s.yaml", &spec_of(filter)).map_err(|error| error.to_string())?;
    let bound = bound.bind(&BTreeMap::new()).map_err(|error| error.to_string())?;
    let desired = bound.desired(&Target::new("123456789012", "us-east-1"), &BTreeMap::new());
    let desired = desired.map_err(|error| error.to_string())?.resources;
    let found = super::all(desired.values()).next().cloned();
    found.ok_or_else(|| "no filter".to_owned())
}

#[test]
fn a_filter_is_read_and_defaults_are_no_fields() {
    let filter = read("errors: { pattern: ERROR, metric_name: Errors, namespace: App }").unwrap();
    assert_eq!((filter.name().as_str(), filter.value.as_str()), ("/app:errors", "1"));
    let names: Vec<String> = Resource::MetricFilter(filter.clone()).fields().into_keys().collect();
    assert_eq!(names, ["metric_name", "namespace", "pattern", "value"]);
    assert!(filter.rule().is_some_and(|rule| rule.of("ERROR here").is_some_and(|(number, _)| number == 1.0)));
    let child = Resource::MetricFilter(filter).child().unwrap();
    assert_eq!(child.parent, Address::new(Kind::LogGroup, "/app"));
}

#[test]
fn what_aws_refuses_is_said() {
    for (filter, said) in [
        ("a: { pattern: \"{ $.x = \", metric_name: M, namespace: N }", "closing }"),
        ("\"a:b\": { pattern: x, metric_name: M, namespace: N }", "cannot name a metric filter"),
        ("a: { pattern: x, metric_name: M, namespace: AWS/Lambda }", "namespace of AWS"),
        ("a: { pattern: x, metric_name: \"M*\", namespace: N }", "holds one of"),
        ("a: { pattern: x, metric_name: M, namespace: N, value: $.ms }", "selects nothing"),
        ("a: { pattern: \"[a, b]\", metric_name: M, namespace: N, value: $c }", "names no column"),
        ("a: { pattern: x, metric_name: M, namespace: N, value: many }", "neither a number nor a selector"),
        (
            "a: { pattern: \"{ $.a = 1 }\", metric_name: M, namespace: N, default_value: 0, dimensions: { A: $.a } }",
            "beside dimensions",
        ),
        (
            "a: { pattern: \"{ $.a = 1 }\", metric_name: M, namespace: N, dimensions: { A: $.a, B: $.b, C: $.c, D: $.d } }",
            "4 dimensions",
        ),
        ("a: { pattern: x, metric_name: M, namespace: N, unit: Furlongs }", "unit"),
    ] {
        let error = read(filter).expect_err(filter);
        assert!(error.contains(said), "{filter}: {error}");
    }
    assert!(
        read("a: { pattern: '%err[0-9]+%', metric_name: M, namespace: N }").is_ok(),
        "AWS knows regular expressions"
    );
}

#[test]
fn the_metric_it_makes_is_known_to_lint() {
    let filter = read("a: { pattern: '{ $.a = 1 }', metric_name: M, namespace: N, dimensions: { A: $.a } }").unwrap();
    let set = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect();
    assert!(filter.makes("N", "M", &set(&["A"])));
    assert!(!filter.makes("N", "M", &set(&[])) && !filter.makes("N", "Other", &set(&["A"])));
}
