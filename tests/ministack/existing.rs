//! Alarms that another client made, written down as a spec: few lines, few calls, and a plan of it changes nothing.

use super::Account;
use super::server::Ministack;
use super::support::Desk;
use serde_json::{Value, json};

/// So many alarms a team of botocore's has made.
const ALARMS: usize = 472;
/// A file of more lines nobody reads.
const LINES: usize = 1_200;

/// `init` and its file know no variables of the tests.
fn desk(account: &Account) -> Desk {
    let desk = Desk::new().env("AWS_ACCESS_KEY_ID", &account.number).env("AWS_SECRET_ACCESS_KEY", "none");
    desk.env("AWS_REGION", "us-east-1").with(&["--endpoint-url", &Ministack::shared().endpoint])
}

/// The n-th alarm: metrics of several services, with what people set and leave out.
fn alarm(n: usize, topics: &[String]) -> Value {
    let (namespace, metric, dimension) = [
        ("AWS/Lambda", "Errors", "FunctionName"),
        ("AWS/Lambda", "Throttles", "FunctionName"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName"),
        ("AWS/ApiGateway", "5XXError", "ApiName"),
        ("AWS/DynamoDB", "SystemErrors", "TableName"),
        ("Shop", "Orders placed: all", "Stage"),
    ][n % 6];
    let mut alarm = json!({
        "AlarmName": format!("team-{}/{metric} of service {n:03}", n % 7),
        "Namespace": namespace, "MetricName": metric,
        "Dimensions": [{ "Name": dimension, "Value": format!("service-{n:03}") }],
        "Statistic": (["Sum", "Maximum", "Average"][n % 3]), "Period": ([300, 60, 3_600][n % 3]),
        "EvaluationPeriods": 1 + n % 4, "Threshold": ([5.0, 0.25, 1e6, 0.0][n % 4]),
        "ComparisonOperator": (["GreaterThanThreshold", "LessThanThreshold", "GreaterThanOrEqualToThreshold"][n % 3]),
        "AlarmActions": [topics[n % topics.len()]],
    });
    if n.is_multiple_of(3) {
        alarm["OKActions"] = json!([topics[n % topics.len()]]);
        alarm["TreatMissingData"] = json!("notBreaching");
    }
    if n % 4 == 1 {
        alarm["AlarmDescription"] =
            json!(format!("Runbook: https://wiki.example.edu/{n}?edit=1 # \"yes\", ${{n}}\nand more"));
        alarm["DatapointsToAlarm"] = json!(1);
    }
    if n % 10 == 7 {
        alarm["ActionsEnabled"] = json!(false);
    }
    alarm
}

#[test]
fn alarms_of_another_client_are_written_down_without_a_difference() {
    let account = Account::new();
    let desk = desk(&account);
    let topic = |name: &str| {
        account.call("sns", "create_topic", &json!({ "Name": name }))["TopicArn"].as_str().expect("an ARN").to_owned()
    };
    let topics = [topic("pages"), topic("tickets")];
    let subscribe = |protocol: &str, endpoint: &str| {
        account.call("sns", "subscribe", &json!({ "TopicArn": topics[0], "Protocol": protocol, "Endpoint": endpoint }));
    };
    subscribe("email", "ann@example.edu");
    subscribe("sqs", &format!("arn:aws:sqs:us-east-1:{}:inbox", account.number));
    for n in 0..ALARMS {
        account.call("cloudwatch", "put_metric_alarm", &alarm(n, &topics));
    }
    let first = account.alarms()["MetricAlarms"][0]["AlarmName"].as_str().expect("a name").to_owned();
    account.call(
        "cloudwatch",
        "put_composite_alarm",
        &json!({ "AlarmName": "any", "AlarmRule": format!("ALARM(\"{first}\")"), "AlarmActions": [topics[1]] }),
    );
    account.call("logs", "create_log_group", &json!({ "logGroupName": "/app/web" }));
    account.call("logs", "put_retention_policy", &json!({ "logGroupName": "/app/web", "retentionInDays": 14 }));
    account.call("logs", "create_log_group", &json!({ "logGroupName": "/app/plain" }));
    account.call(
        "logs",
        "put_metric_filter",
        &json!({ "logGroupName": "/app/web", "filterName": "errors", "filterPattern": "ERROR",
                 "metricTransformations": [{ "metricName": "Failures", "metricNamespace": "App", "metricValue": "1" }] }),
    );
    let before = account.alarms();

    let started = std::time::Instant::now();
    let ran = desk.run(&["init", "--existing", "--all", "--stack", "team", "--out", "team.yaml"]);
    let took = started.elapsed();
    let counted = "2 topics, 2 subscriptions, 1 log group, 1 metric filter, 472 alarms, 1 composite alarm";
    let ran = ran.exits(0).says(counted);
    ran.says("a plan of it changes nothing: 479 to adopt");
    let text = desk.read("team.yaml");
    assert!(text.lines().count() <= LINES, "{} lines\n{text}", text.lines().count());
    assert!(!text.contains("ann@example.edu"), "who is notified is a variable");
    assert!(!text.contains("/app/plain"), "of a log group without settings there is nothing to say");
    assert!(took.as_secs() < 60, "{took:?}");
    assert!(account.alarms()["MetricAlarms"] == before["MetricAlarms"], "nothing was written to AWS");

    // The file is what it says: it is planned with its values, and taken over.
    let values = ["--file", "team.yaml", "--var-file", "team.vars.yaml"];
    let plan = [&["plan", "--adopt"], &values[..]].concat();
    desk.run(&plan).exits(0).says("Plan: 0 to add, 0 to change, 0 to destroy, 479 to adopt.");
}

#[test]
fn what_another_tool_owns_is_listed_and_not_written() {
    let account = Account::new();
    let desk = desk(&account);
    let tags = json!([{ "Key": "aws:cloudformation:stack-name", "Value": "prod" }]);
    account.call("sns", "create_topic", &json!({ "Name": "theirs", "Tags": tags }));
    let theirs = format!("arn:aws:sns:us-east-1:{}:theirs", account.number);
    account.call("cloudwatch", "put_metric_alarm", &alarm(0, std::slice::from_ref(&theirs)));
    let ran = desk.run(&["init", "--existing", "--all", "--stack", "team"]);
    ran.exits(0).says("not written, since CloudFormation stack \"prod\" owns it: topic/theirs");
    assert!(desk.read("alarms.yaml").contains(&theirs), "it is named by its ARN");
    // Without --existing it is only told of.
    account.call(
        "lambda",
        "create_function",
        &json!({ "FunctionName": "f", "Runtime": "provided.al2023", "Handler": "x", "Code": { "ZipFile": ([[80, 75, 5, 6].as_slice(), &[0; 18]].concat()) },
                 "Role": format!("arn:aws:iam::{}:role/x", account.number) }),
    );
    desk.run(&["init", "--file", "first.yaml"]).exits(0).says("1 alarm exists that no spec has");
}
