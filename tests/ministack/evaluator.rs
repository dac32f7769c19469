//! The evaluator of `mlopsctl backtest` beside ministack's, which evaluates alarms by itself when measurements arrive.
//!
//! They are compared where they mean the same: one window of five minutes, one measurement a minute. Where they do not, the
//! difference is a test as well: ministack takes all N periods as one, knows no missing data, and interpolates percentiles.

use super::{Account, support};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// Statistic, operator, threshold, five measurements of which `null` is none.
type Case = (&'static str, &'static str, f64, [Option<f64>; 5]);

const fn all(a: f64, b: f64, c: f64, d: f64, e: f64) -> [Option<f64>; 5] {
    [Some(a), Some(b), Some(c), Some(d), Some(e)]
}

const AGREEING: &[Case] = &[
    ("Sum", ">", 10.0, all(1.0, 2.0, 3.0, 4.0, 5.0)),
    ("Sum", ">", 15.0, all(1.0, 2.0, 3.0, 4.0, 5.0)),
    ("Sum", ">=", 15.0, all(1.0, 2.0, 3.0, 4.0, 5.0)),
    ("Sum", "<", 15.0, all(1.0, 2.0, 3.0, 4.0, 5.0)),
    ("Sum", "<=", 15.0, all(1.0, 2.0, 3.0, 4.0, 5.0)),
    ("Sum", "<", 1.0, all(0.0, 0.0, 0.0, 0.0, 0.0)),
    ("Sum", ">", 0.0, all(0.0, 0.0, 0.0, 0.0, 0.0)),
    ("Sum", ">", 5.0, [Some(3.0), None, None, Some(3.0), None]),
    ("Sum", ">", 6.0, [Some(3.0), None, None, Some(3.0), None]),
    ("Sum", "<", -1.0, all(-1.0, 0.0, 0.0, -0.5, 0.0)),
    ("Average", ">", 2.9, all(1.0, 2.0, 3.0, 4.0, 5.0)),
    ("Average", ">", 3.0, all(1.0, 2.0, 3.0, 4.0, 5.0)),
    ("Average", ">=", 3.0, all(1.0, 2.0, 3.0, 4.0, 5.0)),
    ("Average", "<", 3.1, all(1.0, 2.0, 3.0, 4.0, 5.0)),
    ("Average", ">", 4.0, [Some(10.0), None, None, None, Some(0.0)]),
    ("Average", "<=", 0.25, all(0.5, 0.0, 0.5, 0.0, 0.25)),
    ("Maximum", ">", 4.0, all(1.0, 2.0, 5.0, 4.0, 3.0)),
    ("Maximum", ">", 5.0, all(1.0, 2.0, 5.0, 4.0, 3.0)),
    ("Maximum", ">=", 5.0, all(1.0, 2.0, 5.0, 4.0, 3.0)),
    ("Maximum", "<", 0.0, all(-1.0, -2.0, -5.0, -4.0, -3.0)),
    ("Maximum", ">", 900.0, all(12.0, 14.0, 9.0, 11.0, 10.0)),
    ("Minimum", "<", 2.0, all(5.0, 4.0, 1.0, 2.0, 3.0)),
    ("Minimum", "<", 1.0, all(5.0, 4.0, 1.0, 2.0, 3.0)),
    ("Minimum", "<=", 1.0, all(5.0, 4.0, 1.0, 2.0, 3.0)),
    ("Minimum", ">", 0.0, [Some(2.0), None, Some(1.0), None, Some(4.0)]),
    ("SampleCount", "<", 5.0, [Some(2.0), None, Some(1.0), None, Some(4.0)]),
    ("SampleCount", "<", 3.0, [Some(2.0), None, Some(1.0), None, Some(4.0)]),
    ("SampleCount", ">=", 5.0, all(0.0, 0.0, 0.0, 0.0, 0.0)),
    ("SampleCount", ">", 5.0, all(9.0, 9.0, 9.0, 9.0, 9.0)),
    // The middle of five is the same however it is interpolated.
    ("p50", ">", 2.0, all(5.0, 1.0, 3.0, 2.0, 4.0)),
    ("p50", ">", 3.0, all(5.0, 1.0, 3.0, 2.0, 4.0)),
    ("p50", ">=", 3.0, all(5.0, 1.0, 3.0, 2.0, 4.0)),
    ("p100", ">", 4.0, all(5.0, 1.0, 3.0, 2.0, 4.0)),
    ("p100", ">", 5.0, all(5.0, 1.0, 3.0, 2.0, 4.0)),
    ("p0", "<", 2.0, all(5.0, 1.0, 3.0, 2.0, 4.0)),
    ("p0", "<", 1.0, all(5.0, 1.0, 3.0, 2.0, 4.0)),
];

/// p90 of 1 to 5 is 5 by the closest rank, 4.6 by ministack's interpolation: they part between the two.
const PARTING: &[Case] = &[("p90", ">", 4.8, all(5.0, 1.0, 3.0, 2.0, 4.0))];

#[test]
fn the_evaluator_agrees_with_ministack() {
    assert!(AGREEING.len() >= 30);
    let (theirs, ours) = both(AGREEING);
    for (n, case) in AGREEING.iter().enumerate() {
        assert_eq!(ours[n], theirs[n], "{case:?}");
    }
    let alarms = ours.iter().filter(|state| *state == "ALARM").count();
    assert!((10..AGREEING.len() - 10).contains(&alarms), "{alarms} of {} in ALARM say little", ours.len());
}

#[test]
fn where_percentiles_are_interpolated_they_part() {
    let (theirs, ours) = both(PARTING);
    assert_eq!((ours[0].as_str(), theirs[0].as_str()), ("ALARM", "OK"));
}

/// The states that ministack and mlopsctl come to.
fn both(cases: &[Case]) -> (Vec<String>, Vec<String>) {
    let account = Account::new();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    // The measurements of the last five minutes, the newest a few seconds old, so that all are within ministack's window.
    let times: Vec<u64> = (0..5).map(|n| now - 5 - (4 - n) * 60).collect();
    let space = format!("T{}", account.number);
    let mut theirs = Vec::new();
    for (n, (statistic, sign, threshold, values)) in cases.iter().enumerate() {
        let kind = if statistic.starts_with('p') { "ExtendedStatistic" } else { "Statistic" };
        let alarm = json!({
            "AlarmName": format!("a{n}"), "Namespace": space, "MetricName": format!("m{n}"), kind: statistic, "Period": 300,
            "EvaluationPeriods": 1, "Threshold": threshold, "ComparisonOperator": operator(sign),
        });
        account.call("cloudwatch", "put_metric_alarm", &alarm);
        for (time, value) in times.iter().zip(values) {
            if let Some(value) = value {
                let datum = json!([{ "MetricName": format!("m{n}"), "Timestamp": time, "Value": value }]);
                account.call("cloudwatch", "put_metric_data", &json!({ "Namespace": space, "MetricData": datum }));
            }
        }
    }
    for n in 0..cases.len() {
        let answer = account.call("cloudwatch", "describe_alarms", &json!({ "AlarmNames": [format!("a{n}")] }));
        theirs.push(answer["MetricAlarms"][0]["StateValue"].as_str().expect("a state").to_owned());
    }
    (theirs, simulated(&account, cases))
}

fn simulated(account: &Account, cases: &[Case]) -> Vec<String> {
    let mut spec = String::from("version: 1\nstack: s\nalarms:\n");
    let mut series = Vec::new();
    for (n, (statistic, sign, threshold, values)) in cases.iter().enumerate() {
        spec.push_str(&format!(
            "  a{n:02}: {{ namespace: T, metric_name: m{n}, statistic: {statistic}, period: 5m, threshold: \"{sign} {threshold}\" }}\n"
        ));
        let name = format!("m{n}");
        series
            .push(json!({ "namespace": "T", "metric_name": name, "start": "2026-01-05T00:00:00Z", "values": values }));
    }
    account.desk.write("same.yaml", &spec);
    account.desk.write("past.json", &json!({ "series": series }).to_string());
    let ran = support::Ran::of(
        std::process::Command::new(env!("CARGO_BIN_EXE_mlopsctl"))
            .args(["backtest", "-f", "same.yaml", "--history", "past.json", "--format", "json"])
            .current_dir(account.desk.path("")),
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let found: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let state = |alarm: &Value| alarm["state"].as_str().expect("a state").to_owned();
    found["alarms"].as_array().expect("alarms").iter().map(state).collect()
}

fn operator(sign: &str) -> &'static str {
    match sign {
        ">" => "GreaterThanThreshold",
        ">=" => "GreaterThanOrEqualToThreshold",
        "<" => "LessThanThreshold",
        _ => "LessThanOrEqualToThreshold",
    }
}
