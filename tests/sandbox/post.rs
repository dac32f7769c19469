//! What topics have for HTTP endpoints reaches this machine, and nobody else.

use super::Sandbox;
use super::support::Desk;
use serde_json::json;

const SPEC: &str = r"
version: 1
stack: posted
region: us-east-1
topics: { alerts: {} }
subscriptions:
  - { topic: alerts, protocol: https, endpoint: 'https://hooks.example.com/alarms' }
alarms:
  errors:
    namespace: AWS/Lambda
    metric_name: Errors
    statistic: Sum
    period: 60
    threshold: 5
    comparison_operator: GreaterThanThreshold
    evaluation_periods: 1
    alarm_actions: [alerts]
";

#[test]
fn a_drill_receives_over_http_and_nothing_leaves_the_machine() {
    let sandbox = Sandbox(Desk::new().with(&["--sandbox=sandbox.json"]));
    sandbox.0.write("alarms.yaml", SPEC);
    sandbox.0.run(&["apply", "--yes"]).exits(0);
    let ran = sandbox.0.run(&["drill", "errors", "--receive=http", "--yes", "--format", "json"]);
    let report = ran.json();
    let message = &report["alarms"][0]["messages"][0];
    assert_eq!((&message["channel"], &message["body"]["AlarmName"]), (&json!("http"), &json!("errors")), "{report:#}");
    let outside: Vec<_> = sandbox
        .entities()
        .into_iter()
        .filter(|((table, _), letter)| {
            table == "sns-outbox" && letter["endpoint"] == "https://hooks.example.com/alarms"
        })
        .collect();
    assert!(!outside.is_empty());
    for (_, letter) in outside {
        assert_eq!(letter["delivery"], json!({ "failed": "the sandbox posts to this machine only" }));
    }
}
