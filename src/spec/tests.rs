//! The examples, the corpora and hostile files, through the public functions of `spec`.

use super::*;
use crate::model::Target;
use crate::resources::{Address, Kind};
use std::collections::BTreeMap;
use std::path::Path;

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn desired(path: &str, pairs: &[(&str, &str)]) -> Desired {
    let spec = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_else(|error| panic!("{error}"));
    let bound = spec.bind(&values(pairs)).unwrap_or_else(|error| panic!("{error}"));
    let target = Target::new("123456789012", bound.region().unwrap_or("us-east-1"));
    bound.desired(&target, &BTreeMap::new()).unwrap_or_else(|error| panic!("{error}"))
}

fn counts(desired: &Desired) -> BTreeMap<Kind, usize> {
    let mut counts = BTreeMap::new();
    desired.resources.keys().for_each(|address| *counts.entry(address.kind).or_default() += 1);
    counts
}

const EMAIL: &[(&str, &str)] = &[("email", "you@example.edu")];

#[test]
fn the_lab_is_workload_one() {
    let lab = desired("examples/lab.yaml", EMAIL);
    let expected = [(Kind::Topic, 1), (Kind::Subscription, 1), (Kind::LogGroup, 1), (Kind::Alarm, 4)];
    assert_eq!(counts(&lab), expected.into());
    let errors = &lab.resources[&Address::new(Kind::Alarm, "mlops-lambda-high-errors")].fields();
    assert_eq!(errors["threshold"], 5);
    assert_eq!(errors["alarm_actions"][0], "arn:aws:sns:us-east-1:123456789012:mlops-lambda-alerts");
}

#[test]
fn fifty_functions_are_workload_two() {
    let fifty = desired("examples/fifty-functions.yaml", &[]);
    let expected = [(Kind::Topic, 5), (Kind::Subscription, 25), (Kind::LogGroup, 50), (Kind::Alarm, 250)];
    assert_eq!(counts(&fifty), expected.into());
}

#[test]
fn the_first_file_has_golden_signals_and_the_labs_alarm() {
    let lab = desired("alarms.yaml", EMAIL);
    let names: Vec<String> = lab.resources.keys().map(Address::to_string).collect();
    assert_eq!(
        names,
        [
            "topic/mlops-lambda-alerts",
            "subscription/mlops-lambda-alerts/email/you@example.edu",
            "log_group//aws/lambda/mlops-service-lambda",
            "alarm/mlops-lambda-high-errors",
            "alarm/mlops-service-lambda-concurrency",
            "alarm/mlops-service-lambda-errors",
            "alarm/mlops-service-lambda-latency",
            "alarm/mlops-service-lambda-throttles",
        ]
    );
    assert_eq!(lab.implied.len(), 1);
}
