//! Stacks that ministack's CloudFormation deploys: `drift` names exactly what another hand has done to them, and the doctor's steps take
//! them out of its hands without a gap.

use super::Account;
use super::exports::Deployed;
use super::server::Ministack;
use super::support::Desk;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SPEC: &str = "
version: 1
stack: small
region: us-east-1
topics:
  on-call: { display_name: On call, subscriptions: [{ protocol: email, endpoint: on-call@example.edu }] }
  spare: { display_name: Spare }
alarms:
  errors: { namespace: App, metric_name: Errors, statistic: Sum, threshold: '> 5', notify: on-call }
  slow: { namespace: App, metric_name: Slow, statistic: Maximum, threshold: '> 3', notify: on-call }
log_groups:
  /app/web: { retention: 14d }
";

fn desk(account: &Account) -> Desk {
    let desk = Desk::new().env("AWS_ACCESS_KEY_ID", &account.number).env("AWS_SECRET_ACCESS_KEY", "none");
    desk.write("alarms.yaml", SPEC);
    desk
}

/// What `drift` says, each as `differs alarm/errors threshold`.
fn drift(desk: &Desk, arguments: &[&str]) -> Vec<String> {
    let endpoint = &Ministack::shared().endpoint;
    let ran = desk.run(&[&["drift", "--format", "json", "--endpoint-url", endpoint], arguments].concat());
    let found = ran.json();
    let line = |one: &Value| {
        let fields = one["fields"].as_array().expect("a list").iter().map(|field| format!(" {}", field["field"]));
        format!("{} {}{}", one["outcome"], one["address"], fields.collect::<String>()).replace('"', "")
    };
    let lines: Vec<String> = found["resources"].as_array().expect("a list").iter().map(line).collect();
    // Of what is gone no tag says who deployed it.
    let is_known = !arguments.contains(&"--target");
    assert_eq!(found["deployed_by"], if is_known { json!("cloudformation") } else { Value::Null });
    ran.exits(if lines.is_empty() { 0 } else { 3 });
    lines
}

#[test]
fn drift_is_exactly_what_another_hand_has_done() {
    let account = Account::new();
    let desk = desk(&account);
    let deployed = Deployed { account: &account.number, desk: &desk, stack: "small" };
    deployed.create(&desk.run(&["export", "cloudformation"]).exits(0).json(), &[]);
    assert_eq!(drift(&desk, &[]), [""; 0]);

    let mut alarm = account.alarms()["MetricAlarms"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["AlarmName"] == "errors"))
        .expect("the alarm is there")
        .clone();
    let fields = alarm.as_object_mut().expect("an alarm");
    fields.retain(|name, _| {
        !name.starts_with("State") && !["AlarmArn", "AlarmConfigurationUpdatedTimestamp"].contains(&name.as_str())
    });
    fields.insert("Threshold".to_owned(), json!(7.0));
    account.call("cloudwatch", "put_metric_alarm", &alarm);
    assert_eq!(drift(&desk, &[]), ["differs alarm/errors threshold"]);

    let topic = format!("arn:aws:sns:us-east-1:{}:on-call", account.number);
    let name = json!({ "TopicArn": topic, "AttributeName": "DisplayName", "AttributeValue": "by hand" });
    account.call("sns", "set_topic_attributes", &name);
    account.call("logs", "put_retention_policy", &json!({ "logGroupName": "/app/web", "retentionInDays": 1 }));
    account.call("cloudwatch", "delete_alarms", &json!({ "AlarmNames": ["slow"] }));
    let found = [
        "differs topic/on-call display_name",
        "differs log_group//app/web retention_in_days",
        "differs alarm/errors threshold",
        "missing alarm/slow",
    ];
    assert_eq!(drift(&desk, &[]), found);
    assert_eq!(drift(&desk, &["--target", "alarm/slow"]), ["missing alarm/slow"]);

    // Its tag index lists topics.
    desk.write("alarms.yaml", &SPEC.replace("  spare: { display_name: Spare }\n", ""));
    let found = [&found[..1], &["undeclared topic/spare"], &found[1..]].concat();
    assert_eq!(drift(&desk, &["--exported", "cloudformation"]), found);

    // Nobody's consent is asked, and nothing was written.
    let endpoint = &Ministack::shared().endpoint;
    desk.run(&["drift", "--endpoint-url", endpoint]).exits(3).says("1 missing, 3 differing, 1 not in the spec.");
    assert_eq!(account.alarms()["MetricAlarms"].as_array().map(Vec::len), Some(1));
}

/// A stack of somebody's template, without a mark of ours.
fn foreign(retained: &BTreeSet<String>, with: &[&str]) -> Value {
    let mut resources = json!({
        "OnCall": { "Type": "AWS::SNS::Topic", "Properties": { "TopicName": "on-call", "DisplayName": "On call" } },
        "Mail": { "Type": "AWS::SNS::Subscription", "Properties":
            { "TopicArn": { "Ref": "OnCall" }, "Protocol": "email", "Endpoint": "on-call@example.edu" } },
        "Spare": { "Type": "AWS::SNS::Topic", "Properties": { "TopicName": "spare", "DisplayName": "Spare" } },
        "Errors": { "Type": "AWS::CloudWatch::Alarm", "Properties": { "AlarmName": "errors", "Namespace": "App", "MetricName": "Errors",
            "Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1, "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold",
            "AlarmActions": [{ "Ref": "OnCall" }] } },
        "Slow": { "Type": "AWS::CloudWatch::Alarm", "Properties": { "AlarmName": "slow", "Namespace": "App", "MetricName": "Slow",
            "Statistic": "Maximum", "Period": 300, "EvaluationPeriods": 1, "Threshold": 3, "ComparisonOperator": "GreaterThanThreshold",
            "AlarmActions": [{ "Ref": "OnCall" }] } },
        "Web": { "Type": "AWS::Logs::LogGroup", "Properties": { "LogGroupName": "/app/web", "RetentionInDays": 14 } },
        "Theirs": { "Type": "AWS::SNS::Topic", "Properties": { "TopicName": "theirs" } },
    });
    let resources = resources.as_object_mut().expect("a map");
    resources.retain(|id, _| with.is_empty() || with.contains(&id.as_str()));
    for id in retained {
        if let Some(one) = resources.get_mut(id) {
            one["DeletionPolicy"] = json!("Retain");
            one["UpdateReplacePolicy"] = json!("Retain");
        }
    }
    json!({ "Resources": resources })
}

#[test]
fn what_the_doctor_says_takes_a_stack_over_without_a_gap() {
    let account = Account::new();
    let desk = desk(&account);
    let deployed = Deployed { account: &account.number, desk: &desk, stack: "prod" };
    deployed.create(&foreign(&BTreeSet::new(), &[]), &[]);
    let endpoint = Ministack::shared().endpoint.as_str();
    let run = |arguments: &[&str]| desk.run(&[arguments, &["--endpoint-url", endpoint]].concat());
    run(&["apply", "--yes", "--no-backtest", "--adopt"]).exits(8).says("is owned by CloudFormation stack \"prod\"");

    let found = run(&["doctor", "--format", "json"]).exits(3).json();
    let finding = &found["findings"][0];
    assert_eq!(finding["cause"], "other-engine", "{found:#}");
    let steps: Vec<&str> = finding["instructions"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| step["text"].as_str().expect("a text"))
        .collect();

    // The logical IDs: those of the tags, and of what has none that of its resource in the stack.
    let kept = steps.iter().find(|text| text.starts_with("Resources:\n")).expect("what to keep");
    let ids = kept.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let mut ids: BTreeSet<String> = ids.map(|line| line.trim().split(':').next().expect("an ID").to_owned()).collect();
    assert_eq!(ids, ["Errors", "OnCall", "Slow", "Spare", "Web"].map(str::to_owned).into());
    assert!(steps.iter().any(|text| text.contains("describe-stack-resources --stack-name prod")), "{steps:#?}");
    let all = deployed.call("describe_stack_resources", &json!({ "StackName": "prod" }));
    let mail = all["StackResources"].as_array().expect("a list").iter();
    let mail = mail.filter(|one| one["ResourceType"] == "AWS::SNS::Subscription");
    ids.extend(mail.map(|one| one["LogicalResourceId"].as_str().expect("an ID").to_owned()));

    let update = |template: &Value| {
        deployed.call("update_stack", &json!({ "StackName": "prod", "TemplateBody": template.to_string() }));
        deployed.wait("UPDATE_COMPLETE", template);
    };
    let before = (account.alarms()["MetricAlarms"].as_array().map(Vec::len), account.subscriptions("on-call"));
    update(&foreign(&ids, &[]));
    update(&foreign(&ids, &["Theirs"]));
    let after = (account.alarms()["MetricAlarms"].as_array().map(Vec::len), account.subscriptions("on-call"));
    assert_eq!(after, before, "nothing of it is gone");
    assert_eq!(before.0, Some(2));

    let apply = steps.last().and_then(|text| text.strip_prefix("mlopsctl ")).expect("a command");
    let apply: Vec<&str> = apply.split(' ').filter(|word| *word != "--endpoint-url" && *word != endpoint).collect();
    run(&[&apply[..], &["--yes", "--no-backtest"]].concat()).exits(0).says("0 added");
    run(&["plan", "--format", "json", "--no-backtest"]).is_empty_plan();
    // The tags stay, so what is said then is no more than a hint.
    let found = run(&["doctor", "--format", "json"]).json();
    let ours = found["findings"].as_array().expect("a list").iter().filter(|one| one["cause"] == "other-engine");
    assert!(ours.clone().all(|one| one["level"] == "hint"), "{found:#}");
    assert_eq!(account.topics().len(), 3, "what the stack kept is still its own");
}
