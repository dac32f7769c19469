//! The files that sessions find in their folder: the lab's spec, variants of it, rosters, tests and a past. Runs nothing.

use std::fs;
use std::path::{Path, PathBuf};

/// What spreadsheets and hands do to a roster.
const MISTAKEN_ROSTER: &str = "account,region,emial,external-id,team
12345678901,us-east-1,ann@example.edu,,a
1.23457E+11,us-east1,bob@example.edu,,b
1234-5678-9012,us-east-1,cem@example.edu,,c
,us-east-1,dee@example.edu,,d
100000000005,us-east-1,eva@example.edu,,e,more
";

/// Writes the lab's spec, one with another threshold, one with two mistakes, one with bad advice, and the workloads.
pub fn give(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let lab = fs::read_to_string(root().join("alarms.yaml")).unwrap();
    let changed = |from: &str, to: &str| {
        assert!(lab.contains(from), "alarms.yaml has no {from}");
        lab.replace(from, to)
    };
    fs::write(folder.join("alarms.yaml"), &lab).unwrap();
    fs::write(folder.join("template.yaml"), TEMPLATE).unwrap();
    fs::write(folder.join("parameters.json"), r#"[{ "ParameterKey": "Stage", "ParameterValue": "test" }]"#).unwrap();
    fs::write(folder.join("resources.json"), STACK_RESOURCES).unwrap();
    fs::write(folder.join("stricter.yaml"), changed("\"> 5\"", "\"> 6\"")).unwrap();
    let mistaken = changed("statistic: Sum", "statistik: Sum")
        .replace("notify: { alarm: [mlops-lambda-alerts]", "notify: { alarm: [mlops-lambda-alert]");
    fs::write(folder.join("mistaken.yaml"), mistaken).unwrap();
    fs::write(folder.join("mistaken.csv"), MISTAKEN_ROSTER).unwrap();
    fs::write(folder.join("misfit.csv"), "account,email\n100000000001,ann\n100000000002,\n100000000003,cem@x.edu\n")
        .unwrap();
    let one = changed("region: us-east-1\n", "region: us-east-1\nallowed_accounts: [\"100000000001\"]\n");
    fs::write(folder.join("one-account.yaml"), one).unwrap();
    let notify = "      notify: { alarm: mlops-lambda-alerts, ok: mlops-lambda-alerts }\n";
    let bad =
        changed(notify, &format!("{notify}      errors: {{ threshold: \"> 50\" }}\n")).replace("\"> 5\"", "\"> 0\"");
    fs::write(folder.join("bad-advice.yaml"), bad).unwrap();
    let tests = fs::read_to_string(root().join("alarms.test.yaml")).unwrap();
    fs::write(folder.join("alarms.test.yaml"), &tests).unwrap();
    fs::write(folder.join("wrong.test.yaml"), tests.replacen("at: 1h,", "at: 1h, reson: x,", 1)).unwrap();
    let early = "at: 13m, alarm: mlops-lambda-high-errors, state: ALARM";
    fs::write(folder.join("failing.test.yaml"), tests.replace(&early.replace("13m", "14m"), early)).unwrap();
    fs::write(folder.join("unwatched.test.yaml"), tests.replacen("metric_name: Errors", "metric_name: Error", 1))
        .unwrap();
    fs::write(folder.join("weak.test.yaml"), WEAK).unwrap();
    fs::write(folder.join("past.csv"), past()).unwrap();
    let roster = "account,name,email\n300000000001,Ada,ada@example.edu\n300000000002,=Alan,alan@example.edu\n\
                  300000000003,Grace,grace@example.edu\n";
    fs::write(folder.join("roster.csv"), roster).unwrap();
    fs::write(folder.join("heartbeat.yaml"), HEARTBEAT).unwrap();
    fs::write(folder.join("slo.yaml"), SLO).unwrap();
    fs::copy(root().join("examples/fifty-functions.yaml"), folder.join("fifty-functions.yaml")).unwrap();
    fs::copy(root().join("examples/regions.yaml"), folder.join("regions.yaml")).unwrap();
    fs::copy(root().join("examples/regions.test.yaml"), folder.join("regions.test.yaml")).unwrap();
    let rows = "account,name,regions\n300000000001,Ada,\n300000000002,Alan,us-east-1\n";
    fs::write(folder.join("regions.csv"), rows).unwrap();
    fs::write(folder.join("elsewhere.csv"), rows.replace("us-east-1", "eu-west-1")).unwrap();
    let rubric = fs::read_to_string(root().join("examples/grading/lab-rubric.yaml")).unwrap();
    fs::write(folder.join("mistaken-rubric.yaml"), rubric.replace("period: {", "peroid: {").replace("25", "lots"))
        .unwrap();
    fs::write(folder.join("lab-rubric.yaml"), rubric).unwrap();
}

/// Tests that look at two of the alarms, and not closely.
const WEAK: &str = "\
vars: { email: you@example.edu }
tests:
  - name: many errors
    series:
      - { namespace: AWS/Lambda, metric_name: Errors, dimensions: { FunctionName: mlops-service-lambda }, values: 0x10 20 0x10 }
    expect:
      - { at: 10m, alarm: mlops-lambda-high-errors, state: OK }
      - { at: 11m, alarm: mlops-lambda-high-errors, state: ALARM }
      - { at: 16m, alarm: mlops-lambda-high-errors, state: OK }
      - { at: 11m, alarm: mlops-service-lambda-throttles, state: OK }
";

/// An alarm that fires as soon as it is evaluated, whatever the time of day: nobody sends the heartbeat it waits for.
const HEARTBEAT: &str = "\
version: 1
stack: heartbeat
region: us-east-1
topics:
  pulse:
    subscriptions:
      - { protocol: email, endpoint: you@example.edu }
alarms:
  heartbeat-missing:
    description: Nothing was heard of the job
    namespace: App
    metric_name: Heartbeat
    statistic: SampleCount
    period: 1m
    threshold: \"< 1\"
    treat_missing_data: breaching
    notify: { alarm: [pulse], ok: [pulse] }
";

/// An SLO of the sandbox's function, which has calls, and one of jobs that nobody counts.
const SLO: &str = "\
version: 1
stack: slo
region: us-east-1
topics:
  on-call:
    subscriptions:
      - { protocol: email, endpoint: you@example.edu }
slos:
  lab-availability:
    objective: 95%
    indicator: { errors: mlops-service-lambda }
    notify: { alarm: on-call, ok: on-call }
  jobs:
    objective: 99%
    window: 7d
    indicator:
      ratio:
        bad: { namespace: Jobs, metric_name: Failed, statistic: Sum }
        total: { namespace: Jobs, metric_name: Taken, statistic: Sum }
    notify: { alarm: on-call, ok: on-call }
    ticket: off
";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Two days of errors: three in every hour, and for forty minutes of the second day three in every minute.
fn past() -> String {
    let mut text = String::from("time,namespace,metric_name,dimensions,statistic,value\n");
    for minute in 0..2 * 1440 {
        let errors = if minute % 60 == 0 || (2000..2040).contains(&minute) { 3 } else { 0 };
        let time = 1_767_571_200 + minute * 60;
        text.push_str(&format!("{time},AWS/Lambda,Errors,FunctionName=mlops-service-lambda,Sum,{errors}\n"));
    }
    text
}

/// A template with an alarm that has no name of its own.
const TEMPLATE: &str = r#"AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Stage: { Type: String, Default: prod }
  Mail: { Type: String, Description: Who is mailed }
Resources:
  Handler: { Type: AWS::Lambda::Function, Properties: { FunctionName: !Sub "${Stage}-handler" } }
  Alerts:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: !Sub "${Stage}-alerts"
      Subscription: [{ Protocol: email, Endpoint: !Ref Mail }]
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: !Sub "${Stage}-errors"
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions: [{ Name: FunctionName, Value: !Ref Handler }]
      Statistic: Sum
      Period: 300
      EvaluationPeriods: 1
      Threshold: 5
      ComparisonOperator: GreaterThanThreshold
      AlarmActions: [!Ref Alerts]
  Slow:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Duration
      Dimensions: [{ Name: FunctionName, Value: !Ref Handler }]
      ExtendedStatistic: p99
      Period: 300
      EvaluationPeriods: 3
      Threshold: 1000
      ComparisonOperator: GreaterThanThreshold
      AlarmActions: [!Ref Alerts]
"#;

/// What `aws cloudformation describe-stack-resources` prints of it, as far as it is read.
const STACK_RESOURCES: &str = r#"{ "StackResources": [
    { "StackName": "shop", "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/1", "LogicalResourceId": "Slow",
      "PhysicalResourceId": "shop-Slow-1ABC", "ResourceType": "AWS::CloudWatch::Alarm", "ResourceStatus": "CREATE_COMPLETE" }
] }"#;
