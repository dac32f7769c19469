//! Drills and subscriptions against ministack: a message that really arrived, by a queue and by HTTP, and nothing that stays.
//! ministack confirms mail subscriptions at once and keeps no history of actions: what arrives is the proof.

use super::journeys::World;
use super::support::{Ran, example};
use super::{Account, texts};
use serde_json::{Value, json};

fn applied() -> Account {
    let account = Account::new();
    let spec = "
version: 1
stack: drilled
region: us-east-1
vars: { account: { description: unused here, required: true } }
topics:
  alerts: { subscriptions: [{ protocol: email, endpoint: ann@example.edu }] }
alarms:
  errors:
    namespace: App
    metric_name: Errors
    statistic: Sum
    period: 5m
    threshold: \"> 5\"
    treat_missing_data: ignore
    notify: { alarm: [alerts], ok: [alerts] }
";
    account.desk().write("alarms.yaml", spec);
    account.desk().run(&["apply", "--yes"]).exits(0);
    account
}

fn state(account: &Account) -> String {
    let alarm = account.call("cloudwatch", "describe_alarms", &json!({ "AlarmNames": ["errors"] }));
    alarm["MetricAlarms"][0]["StateValue"].as_str().expect("the alarm stands").to_owned()
}

/// What drills have made and not taken away.
fn traces(account: &Account) -> Vec<String> {
    let queues = account.call("sqs", "list_queues", &json!({ "QueueNamePrefix": "mlopsctl-drill-" }));
    let queues = queues["QueueUrls"].as_array().cloned().unwrap_or_default();
    let queues = queues.iter().filter_map(Value::as_str).map(str::to_owned);
    let subscriptions = account.subscriptions("alerts").into_iter().filter(|one| one.contains("mlopsctl-drill-"));
    queues.chain(subscriptions).collect()
}

fn judged<'a>(report: &'a Value, step: &str) -> &'a str {
    let steps = report["alarms"][0]["steps"].as_array().expect("steps");
    let found = steps.iter().find(|judged| judged["step"] == step).unwrap_or_else(|| panic!("no {step} in {report:#}"));
    found["verdict"].as_str().expect("a verdict")
}

#[test]
fn a_message_arrives_at_the_queue_and_nothing_stays() {
    let account = applied();
    let before = state(&account);
    let ran = account.desk().run(&["drill", "errors", "--receive", "--yes", "--format", "json"]).exits(0);
    let report = ran.json();
    for step in ["state", "actions", "action", "subscriber", "message"] {
        assert_eq!(judged(&report, step), "verified", "{report:#}");
    }
    let body = &report["alarms"][0]["messages"][0]["body"];
    assert_eq!((&body["AlarmName"], &body["NewStateValue"]), (&json!("errors"), &json!("ALARM")), "{report:#}");
    assert_eq!((state(&account), traces(&account)), (before, vec![]));
}

#[test]
fn a_message_arrives_over_http_and_nothing_stays() {
    let account = applied();
    let before = state(&account);
    let ran = account.desk().run(&["drill", "errors", "--receive=http", "--yes", "--format", "json"]).exits(0);
    let report = ran.json();
    assert_eq!(judged(&report, "message"), "verified", "{report:#}");
    assert_eq!(report["alarms"][0]["messages"][0]["channel"], "http");
    assert_eq!((state(&account), traces(&account)), (before, vec![]));
}

#[test]
fn a_broken_chain_is_named_with_its_mend() {
    let account = applied();
    account.call("cloudwatch", "disable_alarm_actions", &json!({ "AlarmNames": ["errors"] }));
    account
        .desk()
        .run(&["drill", "errors", "--yes", "--timeout", "5s"])
        .exits(3)
        .says("switched off")
        .says("mlopsctl apply");
    account.call("cloudwatch", "enable_alarm_actions", &json!({ "AlarmNames": ["errors"] }));
    let topics = account.topics();
    account.call("sns", "delete_topic", &json!({ "TopicArn": topics[0] }));
    account.desk().run(&["drill", "errors", "--yes", "--timeout", "5s"]).exits(3).says("there is no topic alerts");
    account.desk().run(&["doctor"]).exits(3).says("there is no topic alerts").says("--fix` does that");
    account.desk().run(&["doctor", "--fix", "--yes"]).exits(0);
    account.desk().run(&["drill", "errors", "--yes", "--receive"]).exits(0).says("comes through");
}

/// SIGINT in the middle: the queue, the subscription and the alarm are as before.
#[cfg(unix)]
#[test]
fn an_interrupted_drill_leaves_nothing() {
    let account = applied();
    let before = state(&account);
    // With its actions off the alarm has nothing to wait for but its time: it is followed long enough to be interrupted.
    let topics = account.topics();
    let policy = json!({ "Statement": [{ "Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": topics[0] }] });
    account.call(
        "sns",
        "set_topic_attributes",
        &json!({ "TopicArn": topics[0], "AttributeName": "Policy", "AttributeValue": policy.to_string() }),
    );
    let child = account.desk().start(&["drill", "errors", "--receive", "--yes", "--timeout", "2m"]);
    let begun = std::time::Instant::now();
    while traces(&account).len() < 2 && begun.elapsed().as_secs() < 60 {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let stopped = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(stopped.expect("kill runs").success());
    let ran = Ran::end("drill, interrupted", child);
    assert!(ran.code == Some(130) || ran.code == Some(0), "{ran}");
    assert_eq!((state(&account), traces(&account)), (before, vec![]), "{ran}");
}

#[test]
fn subscriptions_are_listed_and_nobody_is_waited_for() {
    let account = applied();
    account
        .desk()
        .run(&["subscriptions", "list", "--require-confirmed"])
        .exits(0)
        .says("1 of 1 subscription confirmed");
    account.desk().run(&["subscriptions", "wait", "--timeout", "1s"]).exits(0);
    account.desk().run(&["subscriptions", "resend", "--all", "--yes"]).exits(0).says("nobody is pending");
}

/// The lab, parts B and C, as far as ministack goes: it keeps no percentiles and no metric math, so the preset alarms are left out.
#[test]
fn the_lab() {
    let account = Account::new();
    let lab = std::fs::read_to_string(example("../alarms.yaml")).expect("the lab is shipped");
    let (before, after) = lab.split_once("    golden_signals:").expect("the presets");
    let after = after.split_once("\nalarms:").expect("the lab's own alarm").1;
    let spec = format!("{before}\nalarms:{after}")
        .replace("vars:", "vars:\n  account: { description: unused here, required: true }")
        .replace("${email}", "you@example.edu")
        .replace("  email: { description: Who is notified, required: true }\n", "");
    account.desk().write("alarms.yaml", &spec);
    account.desk().run(&["doctor"]).exits(3).says("there is no function mlops-service-lambda");
    let empty_zip: Vec<u8> = [b"PK\x05\x06".as_slice(), &[0; 18]].concat();
    account.call(
        "lambda",
        "create_function",
        &json!({
            "FunctionName": "mlops-service-lambda", "Runtime": "python3.13", "Handler": "app.handler",
            "Role": format!("arn:aws:iam::{}:role/app", account.account()), "Code": { "ZipFile": empty_zip },
        }),
    );
    account.desk().run(&["apply", "--yes"]).exits(0);
    account.desk().run(&["subscriptions", "wait", "--timeout", "1s"]).exits(0);
    account.desk().run(&["status"]).exits(0);
    let arn = texts(&account.alarms()["MetricAlarms"], "AlarmArn");
    assert_eq!(arn.len(), 1, "{arn:?}");
    let drill = account.desk().run(&["drill", "mlops-lambda-high-errors", "--receive", "--yes"]).exits(0);
    drill.says("arrived from mlops-lambda-alerts");
    // Six errors in a minute, as the function would publish them: ministack evaluates the alarm by itself.
    let errors = json!({
        "Namespace": "AWS/Lambda",
        "MetricData": [{
            "MetricName": "Errors", "Value": 6.0, "Unit": "Count",
            "Dimensions": [{ "Name": "FunctionName", "Value": "mlops-service-lambda" }],
        }],
    });
    account.call("cloudwatch", "put_metric_data", &errors);
    let in_alarm = || {
        let alarm = account.call("cloudwatch", "describe_alarms", &json!({ "StateValue": "ALARM" }));
        alarm["MetricAlarms"].as_array().is_some_and(|alarms| alarms.len() == 1)
    };
    let begun = std::time::Instant::now();
    while !in_alarm() {
        assert!(begun.elapsed().as_secs() < 120, "the alarm did not fire");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    account.desk().run(&["status"]).exits(0).says("ALARM");
    // What is going on is not hidden by a drill.
    account.desk().run(&["drill", "--yes"]).exits(0).says("it is in ALARM already");
    account.desk().run(&["destroy", "--yes"]).exits(0);
}
