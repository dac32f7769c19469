//! The served sandbox through clients that nobody here wrote: the AWS CLI, botocore, bare HTTP, and this program by its network side.

mod server;
#[path = "../support/mod.rs"]
mod support;

use serde_json::{Value, json};
use server::{FILE, Served};

const GROUP: &str = "/aws/lambda/mlops-service-lambda";
const FUNCTION: &str = "mlops-service-lambda";

/// The query protocol (SNS, STS), JSON (Logs, SQS), CBOR (CloudWatch), REST (Lambda), as the CLI of today speaks them.
#[test]
fn the_aws_cli_lists_describes_and_changes() {
    let served = Served::start();
    assert_eq!(served.aws(&["sts", "get-caller-identity"])["Account"], "123456789012");

    let put = "cloudwatch put-metric-alarm --alarm-name a --namespace AWS/Lambda --metric-name Errors --statistic Sum --period 60 \
               --threshold 5 --comparison-operator GreaterThanThreshold --evaluation-periods 1 --tags Key=team,Value=ml";
    served.aws(&put.split_whitespace().collect::<Vec<_>>());
    served.aws(&[
        "cloudwatch",
        "set-alarm-state",
        "--alarm-name",
        "a",
        "--state-value",
        "ALARM",
        "--state-reason",
        "a drill",
    ]);
    let alarm = &served.aws(&["cloudwatch", "describe-alarms", "--alarm-names", "a"])["MetricAlarms"][0];
    assert_eq!((&alarm["StateReason"], &alarm["Threshold"]), (&json!("a drill"), &json!(5.0)));
    let tags =
        served.aws(&["cloudwatch", "list-tags-for-resource", "--resource-arn", alarm["AlarmArn"].as_str().unwrap()]);
    assert_eq!(tags["Tags"], json!([{ "Key": "team", "Value": "ml" }]));
    served.aws(&["cloudwatch", "delete-alarms", "--alarm-names", "a"]);
    assert_eq!(served.aws(&["cloudwatch", "describe-alarms"])["MetricAlarms"], json!([]));

    let topic = served.aws(&["sns", "create-topic", "--name", "t"])["TopicArn"].as_str().unwrap().to_owned();
    let subscribe =
        ["sns", "subscribe", "--topic-arn", &topic, "--protocol", "email", "--notification-endpoint", "a@example.com"];
    assert_eq!(served.aws(&subscribe)["SubscriptionArn"], "pending confirmation");
    let listed = served.aws(&["sns", "list-subscriptions-by-topic", "--topic-arn", &topic]);
    assert_eq!(listed["Subscriptions"][0]["Endpoint"], "a@example.com");

    let payload = r#"{"raise":true}"#;
    let invoke =
        ["lambda", "invoke", "--function-name", FUNCTION, "--log-type", "Tail", "--payload", payload, "answer.json"];
    assert_eq!(served.aws(&invoke)["FunctionError"], "Unhandled");
    assert!(served.desk.read("answer.json").contains("Service.UnknownEvent"));
    let raised = r#""UnknownEvent""#;
    let filter = [
        "logs",
        "filter-log-events",
        "--log-group-name",
        GROUP,
        "--filter-pattern",
        raised,
        "--query",
        "events[].message",
    ];
    let found = served.aws(&filter);
    assert!(found[0].as_str().unwrap().starts_with("REPORT RequestId: "), "{found}");
    served.aws(&["logs", "put-retention-policy", "--log-group-name", GROUP, "--retention-in-days", "14"]);
    let groups = served.aws(&["logs", "describe-log-groups"]);
    assert_eq!(groups["logGroups"][0]["retentionInDays"], 14);

    let refused = served.aws_refused(&["cloudwatch", "describe-insight-rules"]);
    assert!(
        refused.contains("UnknownOperationException") && refused.contains("it knows PutMetricAlarm, "),
        "{refused}"
    );
    let refused = served.aws_refused(&["lambda", "list-layers"]);
    assert!(refused.contains("ListFunctions"), "{refused}");
    let missing = served.aws_refused(&["sns", "get-topic-attributes", "--topic-arn", &format!("{topic}-none")]);
    assert!(missing.contains("(NotFound)"), "{missing}");
}

#[test]
fn botocore_does_what_the_lab_does() {
    let served = Served::start();
    let mut hand = served.hand();
    let topic = hand.call("sns", "create_topic", &json!({ "Name": "alerts" }))["TopicArn"].clone();
    let queue = hand.call("sqs", "create_queue", &json!({ "QueueName": "q" }))["QueueUrl"].clone();
    let attributes = json!({ "QueueUrl": queue, "AttributeNames": ["QueueArn"] });
    let arn = hand.call("sqs", "get_queue_attributes", &attributes)["Attributes"]["QueueArn"].clone();
    assert_eq!(arn, "arn:aws:sqs:us-east-1:123456789012:q");
    let alarm = json!({
        "AlarmName": "errors", "Namespace": "AWS/Lambda", "MetricName": "Errors", "Statistic": "Sum", "Period": 60,
        "Dimensions": [{ "Name": "FunctionName", "Value": FUNCTION }], "EvaluationPeriods": 1, "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching", "AlarmActions": [topic],
    });
    hand.call("cloudwatch", "put_metric_alarm", &alarm);
    hand.call("cloudwatch", "disable_alarm_actions", &json!({ "AlarmNames": ["errors"] }));
    let found = hand.call("cloudwatch", "describe_alarms", &json!({ "AlarmNamePrefix": "err" }));
    assert_eq!(found["MetricAlarms"][0]["ActionsEnabled"], false);

    // Large enough for botocore to compress it.
    let data: Vec<Value> = (0..200)
        .map(|n| json!({ "MetricName": "Load", "Dimensions": [{ "Name": "Host", "Value": format!("a-host-with-a-name-{n}") }], "Value": n }))
        .collect();
    hand.call("cloudwatch", "put_metric_data", &json!({ "Namespace": "Own", "MetricData": data }));
    let listed = hand.call("cloudwatch", "list_metrics", &json!({ "Namespace": "Own" }));
    assert_eq!(listed["Metrics"].as_array().map(Vec::len), Some(200));

    hand.call("logs", "create_log_group", &json!({ "logGroupName": "g", "tags": { "a": "b" } }));
    hand.call("logs", "create_log_stream", &json!({ "logGroupName": "g", "logStreamName": "s" }));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
    let events = json!([{ "timestamp": now, "message": "one" }, { "timestamp": now, "message": "two" }]);
    hand.call("logs", "put_log_events", &json!({ "logGroupName": "g", "logStreamName": "s", "logEvents": events }));
    let got = hand.call(
        "logs",
        "get_log_events",
        &json!({ "logGroupName": "g", "logStreamName": "s", "startFromHead": true }),
    );
    assert_eq!(got["events"][1]["message"], "two");

    let variables = json!({ "FunctionName": FUNCTION, "Environment": { "Variables": { "LOG_LEVEL": "LOUD" } } });
    hand.call("lambda", "update_function_configuration", &variables);
    let broken = hand.call("lambda", "invoke", &json!({ "FunctionName": FUNCTION }));
    assert_eq!(broken["FunctionError"], "Unhandled");
    hand.call(
        "lambda",
        "put_function_concurrency",
        &json!({ "FunctionName": FUNCTION, "ReservedConcurrentExecutions": 0 }),
    );
    let throttled = hand.refused("lambda", "invoke", &json!({ "FunctionName": FUNCTION }));
    assert!(throttled.contains("TooManyRequestsException"), "{throttled}");

    let stray = hand.refused(
        "cloudwatch",
        "set_alarm_state",
        &json!({ "AlarmName": "none", "StateValue": "OK", "StateReason": "x" }),
    );
    assert!(stray.contains("ResourceNotFound"), "{stray}");
}

/// What older clients send to CloudWatch: forms, and JSON under its internal name.
#[test]
fn the_older_protocols_of_cloudwatch_are_understood() {
    let served = Served::start();
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let put = "Action=PutMetricAlarm&Version=2010-08-01&AlarmName=old&Namespace=N&MetricName=M&Statistic=Sum&Period=60&Threshold=1.5\
               &EvaluationPeriods=1&ComparisonOperator=LessThanThreshold&Dimensions.member.1.Name=D&Dimensions.member.1.Value=V";
    assert_eq!(served.post("monitoring", form, put).status, 200);
    let listed = served.post("monitoring", form, "Action=DescribeAlarms&Version=2010-08-01&AlarmNames.member.1=old");
    assert!(listed.text.contains("<Threshold>1.5</Threshold>") && listed.text.contains("<Name>D</Name>"), "{listed:?}");
    let unknown = served.post("monitoring", form, "Action=Nonsense&Version=2010-08-01");
    assert!(unknown.status == 400 && unknown.text.contains("<Code>UnknownOperationException</Code>"), "{unknown:?}");

    let json = "content-type: application/x-amz-json-1.0\r\nx-amz-target: GraniteServiceVersion20100801.";
    let listed = served.post("monitoring", &format!("{json}DescribeAlarms\r\n"), r#"{"AlarmNames":["old"]}"#);
    assert!(listed.text.contains(r#""AlarmName":"old""#), "{listed:?}");
    let wrong = r#"{"AlarmName":"none","StateValue":"OK","StateReason":"x"}"#;
    let wrong = served.post("monitoring", &format!("{json}SetAlarmState\r\nx-amzn-query-mode: true\r\n"), wrong);
    assert!(wrong.text.contains("x-amzn-query-error: ResourceNotFound;Sender"), "{wrong:?}");
}

/// One file, two ways to it: the program over the network plans what it plans in its own process, and sees what the other did.
#[test]
fn this_program_sees_the_same_over_the_network() {
    let served = Served::start();
    let spec = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/lab.yaml")).unwrap();
    served.desk.write("alarms.yaml", &spec);
    let run = |command: &str, arguments: &[&str]| {
        let mut process = served.desk.command(&[&[command, "--var", "email=a@example.com"], arguments].concat());
        let ran = process.envs(served.environment().into_iter().skip(1)).output().unwrap();
        (ran.status.code(), String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap())
    };
    let near = ["--sandbox", FILE];
    let far = ["--endpoint-url", served.url.as_str()];
    let (code, planned, told) = run("plan", &far);
    assert_eq!(code, Some(0), "{told}");
    assert!(planned.contains(" to add"), "{planned}");
    assert_eq!(planned, run("plan", &["--sandbox=sandbox.json"]).1);
    let (code, _, told) = run("apply", &[&far[..], &["--yes"]].concat());
    assert_eq!(code, Some(0), "{told}");
    let (_, settled, _) = run("plan", &["--sandbox=sandbox.json"]);
    assert_eq!(settled, run("plan", &far).1, "{near:?}");
    assert!(!settled.contains(" to add, "), "{settled}");
}

#[test]
fn links_in_mails_and_function_urls_work_without_a_signature() {
    let served = Served::start();
    assert!(served.get("/").text.contains("Simulated AWS: no real account is used"));
    let mut hand = served.hand();
    let topic = hand.call("sns", "create_topic", &json!({ "Name": "t" }))["TopicArn"].clone();
    hand.call("sns", "subscribe", &json!({ "TopicArn": topic, "Protocol": "email", "Endpoint": "a@example.com" }));
    let mail = served.desk.run(&["sandbox", "mail", "--format", "json", "--sandbox", FILE]);
    let link = mail.stdout.split('"').find(|text| text.contains("confirmation.html?")).expect("a link in the mail");
    let path = &link[link.find("/confirmation.html").unwrap()..];
    assert_eq!(served.get(&path.replace("Token=", "Token=0")).status, 400);
    let confirmed = served.get(path);
    assert!(confirmed.status == 200 && confirmed.text.contains("Subscription confirmed!"), "{confirmed:?}");
    let listed = hand.call("sns", "list_subscriptions", &json!({}));
    assert!(listed["Subscriptions"][0]["SubscriptionArn"].as_str().unwrap().starts_with("arn:aws:sns:"), "{listed}");

    assert_eq!(served.get("/function-url/mlops-service-lambda/health").status, 403);
    let url =
        hand.call("lambda", "create_function_url_config", &json!({ "FunctionName": FUNCTION, "AuthType": "NONE" }));
    let path = url["FunctionUrl"].as_str().unwrap().strip_prefix(&served.url).expect("it leads here").to_owned();
    assert_eq!(served.get(&format!("{path}health")).status, 403, "the policy lets nobody in yet");
    let permission = json!({
        "FunctionName": FUNCTION, "StatementId": "url", "Action": "lambda:InvokeFunctionUrl", "Principal": "*",
        "FunctionUrlAuthType": "NONE",
    });
    hand.call("lambda", "add_permission", &permission);
    let healthy = served.get(&format!("{path}health?a=b%20c"));
    assert!(healthy.status == 200 && healthy.text.contains("healthy"), "{healthy:?}");
    let body = r#"{"business_id":"b","response_time_ms":842,"tokens_used":905}"#;
    let (first, second) = body.split_at(20);
    let chunks = format!("{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n", first.len(), second.len());
    let head = "host: localhost\r\nconnection: close\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ntransfer-encoding: chunked";
    let tracked = served.http(&format!("POST /function-url/{FUNCTION}/track HTTP/1.1\r\n{head}\r\n\r\n{chunks}"));
    assert!(tracked.text.contains("HTTP/1.1 200 OK") && tracked.text.contains("database_stored"), "{tracked:?}");
    let metrics =
        hand.call("cloudwatch", "list_metrics", &json!({ "Namespace": "MlopsService", "MetricName": "Tokens" }));
    assert_eq!(metrics["Metrics"].as_array().map(Vec::len), Some(3), "{metrics}");
}

#[test]
fn what_is_no_call_of_aws_is_refused() {
    let served = Served::start();
    let unsigned =
        served.http("POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}");
    assert!(unsigned.status == 403 && unsigned.text.contains("MissingAuthenticationToken"), "{unsigned:?}");
    let odd = served.post("logs", "x-amz-target: Logs_20140328.DescribeLogGroups\r\ncontent-encoding: br\r\n", "{}");
    assert_eq!(odd.status, 415);
    let elsewhere = served.post("s3", "", "");
    assert!(elsewhere.status >= 400 && elsewhere.text.contains("does not know"), "{elsewhere:?}");
    let large = "POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 99999999\r\n\r\n";
    assert_eq!(served.http(large).status, 413);
}

#[cfg(unix)]
#[test]
fn it_stops_in_order_and_takes_no_port_from_another() {
    let served = Served::start();
    let port = served.url.rsplit(':').next().unwrap().to_owned();
    let second = served.desk.run(&["sandbox", "serve", "--port", &port, "--sandbox", FILE]);
    assert_ne!(second.code, Some(0));
    assert!(second.stderr.contains("choose another --port"), "{}", second.stderr);
    let (code, took) = served.stop("-TERM");
    assert_eq!(code, Some(0));
    assert!(took < std::time::Duration::from_secs(30), "{took:?}");
    let (code, _) = Served::start().stop("-INT");
    assert_eq!(code, Some(0));
}
