//! Tests after the examples of the template reference.

use super::super::{ImportSettings, ImportSource, ImportedSpec, write_import};
use super::{evaluate::Evaluator, evaluate::StackFacts, open::OpenTexts};
use crate::model::Target;
use crate::resources::{Address, Kind, Resource};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn facts() -> StackFacts {
    StackFacts {
        target: Target::new("123456789012", "us-west-2"),
        stack_name: Some("teststack".to_owned()),
        parameters: BTreeMap::new(),
        physical: BTreeMap::from([("Known".to_owned(), "teststack-Known-1ABC".to_owned())]),
    }
}

/// The value of `Value:` in a template with these sections.
fn value(template: &str) -> Result<Value, String> {
    let source = ImportSource::of("t", template.to_owned()).unwrap_or_else(|error| panic!("{error}"));
    let facts = facts();
    let mut evaluator = Evaluator::new(&source.root, &facts, OpenTexts::of(template));
    match evaluator.evaluate(source.root.get("Value").unwrap()) {
        Ok(Some(value)) => match evaluator.known(&value.to_string(), source.root.span) {
            Ok(()) => Ok(value),
            Err(unknown) => Err(unknown.why),
        },
        Ok(None) => Err("AWS::NoValue".to_owned()),
        Err(unknown) => Err(unknown.why),
    }
}

fn is(template: &str, expected: Value) {
    assert_eq!(value(template), Ok(expected), "{template}");
}

fn fails(template: &str, why: &str) {
    let found = value(template).expect_err(template);
    assert!(found.contains(why), "{template}\n{found}");
}

#[test]
fn texts_are_put_together() {
    is("Value: !Join [':', [a, b, c]]", json!("a:b:c"));
    is(
        "Value: !Join ['', ['arn:', !Ref AWS::Partition, ':s3:::elasticbeanstalk-*-', !Ref AWS::AccountId]]",
        json!("arn:aws:s3:::elasticbeanstalk-*-123456789012"),
    );
    is("Parameters: { L: { Type: CommaDelimitedList, Default: 'a, b' } }\nValue: !Join [',', !Ref L]", json!("a,b"));
    is("Value: !Sub ['www.${Domain}', { Domain: !Join ['.', [example, com]] }]", json!("www.example.com"));
    is(
        "Value: !Sub 'arn:aws:ec2:${AWS::Region}:${AWS::AccountId}:vpc/${!Literal}'",
        json!("arn:aws:ec2:us-west-2:123456789012:vpc/${Literal}"),
    );
    is("Value: !Select ['1', [apples, grapes, oranges]]", json!("grapes"));
    is("Value: !Split ['|', 'a|b|c']", json!(["a", "b", "c"]));
    is("Value: !Select [2, !Split [',', 'a,b,c']]", json!("c"));
    is("Value: !Base64 AWS CloudFormation", json!("QVdTIENsb3VkRm9ybWF0aW9u"));
    is("Value: { 'Fn::Base64': 'a' }", json!("YQ=="));
    is("Value: { 'Fn::Length': [1, 2, 3] }", json!(3));
    is("Value: { 'Fn::ToJsonString': { key1: value1, key2: 5 } }", json!(r#"{"key1":"value1","key2":5}"#));
    fails("Value: !Select [3, [a]]", "no place 3");
    fails("Value: !Sub 'a${b'", "never closed");
    fails("Value: !Split ['', a]", "not empty");
    fails("Value: !Sub '${Nobody}'", "nothing in the template is called Nobody");
    fails("Value: !GetAZs ''", "Fn::GetAZs");
    fails("Value: !Cidr [10.0.0.0/24, 6, 5]", "Fn::Cidr");
    fails("Value: !ImportValue net-Vpc", "the export net-Vpc is another stack's");
    fails("Value: !Transform { Name: AWS::Include }", "macro");
    fails("Value: { 'Fn::Nothing': 1 }", "no function is called Fn::Nothing");
    fails("Value: { 'Fn::Sub': a, b: c }", "has other keys beside it");
    fails("Value: { a: 1, a: 2 }", "a is given twice");
}

#[test]
fn mappings_and_conditions_choose() {
    let map = "Mappings: { RegionMap: { us-west-2: { HVM64: ami-1 } } }\n";
    is(&format!("{map}Value: !FindInMap [RegionMap, !Ref AWS::Region, HVM64]"), json!("ami-1"));
    is(&format!("{map}Value: !FindInMap [RegionMap, x, HVM64, {{ DefaultValue: none }}]"), json!("none"));
    fails(&format!("{map}Value: !FindInMap [RegionMap, x, HVM64]"), "the mappings have no RegionMap / x / HVM64");
    let conditions = "Parameters: { Env: { Type: String, Default: prod }, N: { Type: Number, Default: 1 } }\nConditions:\n  Prod: !Equals [!Ref Env, prod]\n  One: !Equals [!Ref N, '1']\n  Both: !And [!Condition Prod, Condition: One]\n  Neither: !Not [!Or [!Condition Prod, !Condition One]]\n  Open: !Equals [!Ref Given, x]\n  Any: !Or [!Condition Open, !Condition Prod]\n  Round: !Not [!Condition Round]\n";
    let conditions = conditions.replace("N: {", "Given: { Type: String }, N: {");
    is(&format!("{conditions}Value: !If [Both, 1, 2]"), json!(1));
    is(&format!("{conditions}Value: !If [Neither, 1, 2]"), json!(2));
    is(&format!("{conditions}Value: [!If [Neither, 1, !Ref AWS::NoValue], 3]"), json!([3]));
    is(&format!("{conditions}Value: !If [Any, 1, 2]"), json!(1));
    fails(
        &format!("{conditions}Value: !If [Open, 1, 2]"),
        "parameter Given has no value: give --parameter Given=VALUE",
    );
    fails(&format!("{conditions}Value: !If [Round, 1, 2]"), "depends on itself");
    fails(&format!("{conditions}Value: !If [Nobody, 1, 2]"), "no condition is called Nobody");
}

#[test]
fn references_are_what_the_reference_says() {
    let resources = r#"
Resources:
  Known: { Type: AWS::DynamoDB::Table }
  Topic: { Type: AWS::SNS::Topic, Properties: { TopicName: alerts } }
  Alarm: { Type: AWS::CloudWatch::Alarm, Properties: { AlarmName: !Sub "${Topic.TopicName}-a" } }
  Fn: { Type: AWS::Lambda::Function, Properties: { FunctionName: f } }
  Queue: { Type: AWS::SQS::Queue, Properties: { QueueName: q } }
  Group: { Type: AWS::Logs::LogGroup, Properties: { LogGroupName: /g } }
  Machine: { Type: AWS::StepFunctions::StateMachine, Properties: { StateMachineName: m } }
  Db: { Type: AWS::RDS::DBInstance, Properties: { DBInstanceIdentifier: Big } }
  Unnamed: { Type: AWS::Lambda::Function }
  Balancer: { Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: { Name: lb } }
  A: { Type: AWS::CloudWatch::Alarm, Properties: { AlarmName: !Ref B } }
  B: { Type: AWS::CloudWatch::Alarm, Properties: { AlarmName: !Ref A } }
"#;
    let at = |text: &str| format!("{resources}Value: {text}");
    is(&at("!Ref Topic"), json!("arn:aws:sns:us-west-2:123456789012:alerts"));
    is(&at("!GetAtt Topic.TopicArn"), json!("arn:aws:sns:us-west-2:123456789012:alerts"));
    is(&at("!Ref Alarm"), json!("alerts-a"));
    is(&at("!GetAtt [Alarm, Arn]"), json!("arn:aws:cloudwatch:us-west-2:123456789012:alarm:alerts-a"));
    is(&at("!Ref Fn"), json!("f"));
    is(&at("!Sub '${Fn.Arn}'"), json!("arn:aws:lambda:us-west-2:123456789012:function:f"));
    is(&at("!Ref Queue"), json!("https://sqs.us-west-2.amazonaws.com/123456789012/q"));
    is(&at("!GetAtt Queue.QueueName"), json!("q"));
    is(&at("!GetAtt Group.Arn"), json!("arn:aws:logs:us-west-2:123456789012:log-group:/g:*"));
    is(&at("!Ref Machine"), json!("arn:aws:states:us-west-2:123456789012:stateMachine:m"));
    is(&at("!Ref Known"), json!("teststack-Known-1ABC"));
    is(&at("!GetAtt Known.Arn"), json!("arn:aws:dynamodb:us-west-2:123456789012:table/teststack-Known-1ABC"));
    fails(&at("!Ref Db"), "small letters");
    fails(&at("!Ref Unnamed"), "made up by AWS");
    fails(&at("!GetAtt Balancer.LoadBalancerFullName"), "The LoadBalancerFullName of Balancer");
    fails(&at("!Ref A"), "depends on itself");
}

fn imported(text: &str, settings: &ImportSettings) -> ImportedSpec {
    let source = ImportSource::of("t.yaml", text.to_owned()).unwrap_or_else(|error| panic!("{error}"));
    write_import(&source, None, settings).unwrap_or_else(|error| panic!("{error}"))
}

fn alarm(imported: &ImportedSpec, name: &str) -> crate::resources::Alarm {
    let bound = imported.written.bound().unwrap();
    let mut all = bound.desired(&imported.target, &BTreeMap::new()).unwrap().resources;
    match all.remove(&Address::new(Kind::Alarm, name)) {
        Some(Resource::Alarm(alarm)) => *alarm,
        _ => panic!("no {name} in\n{}\n{:#?}", imported.written.text, imported.not_carried),
    }
}

/// An alarm of a template, with more properties.
fn template(head: &str, more: &str) -> String {
    format!(
        "{head}\nResources:\n  Errors:\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n      AlarmName: errors\n      Namespace: App\n      MetricName: Errors\n      Statistic: Sum\n      Period: 60\n      EvaluationPeriods: 1\n      ComparisonOperator: GreaterThanThreshold\n{more}"
    )
}

#[test]
fn what_nobody_has_given_is_a_variable_or_missing() {
    let head = "Parameters:\n  Topic: { Type: String }\n  Limit: { Type: Number }\n  Secret: { Type: String, NoEcho: true, Default: hidden-value }\n  Stored: { Type: 'AWS::SSM::Parameter::Value<String>', Default: /a/b }";
    let text = template(
        head,
        "      Threshold: 5\n      AlarmActions: [!Ref Topic, !Sub 'arn:aws:sns:us-east-1:123456789012:${Topic}']\n      Dimensions:\n        - { Name: A, Value: !Ref Secret }\n        - { Name: B, Value: !Ref Stored }\n        - { Name: C, Value: '{{resolve:ssm:/x/y:3}}' }\n",
    );
    let found = imported(&text, &ImportSettings::default());
    assert!(found.not_carried.is_empty(), "{:#?}", found.not_carried);
    let spec = &found.written.text;
    for words in
        ["${topic}\"", "${topic_2}\"", "A: \"${secret}\"", "B: \"${stored}\"", "secret: true", "{{resolve:ssm:/x/y:3}}"]
    {
        assert!(spec.contains(words), "{words}\n{spec}");
    }
    assert!(!spec.contains("openvalue") && !spec.contains("hidden-value"), "{spec}");
    let given = BTreeMap::from([("Topic".to_owned(), "arn:aws:sns:us-east-1:123456789012:t".to_owned())]);
    let found = imported(&text, &ImportSettings { parameters: given, ..ImportSettings::default() });
    assert!(!found.written.text.contains("${topic"), "{}", found.written.text);
    // A number is none.
    let found = imported(&template(head, "      Threshold: !Ref Limit\n"), &ImportSettings::default());
    assert_eq!((found.counts.whole, found.counts.not), (0, 1));
    assert!(found.not_carried[0].lost.why.contains("--parameter Limit=VALUE"), "{:?}", found.not_carried);
    assert_eq!((found.not_carried[0].position.line, found.not_carried[0].position.column), (17, 18));
    let given = BTreeMap::from([("Limit".to_owned(), "7.5".to_owned())]);
    let settings = ImportSettings { parameters: given, ..ImportSettings::default() };
    let found = imported(&template(head, "      Threshold: !Ref Limit\n"), &settings);
    assert_eq!(alarm(&found, "errors").threshold, Some(7.5));
}

#[test]
fn an_alarm_is_whole_with_named_losses_or_none() {
    let head = "";
    let none = template(head, "      Threshold: 5\n      Dimensions: [{ Name: A, Value: !GetAZs '' }]\n");
    let found = imported(&none, &ImportSettings::default());
    assert_eq!((found.counts.whole, found.counts.partly, found.counts.not), (0, 0, 1));
    let part = template(
        head,
        "      Threshold: 5\n      AlarmActions: ['arn:aws:sns:us-east-1:123456789012:a', !GetAtt Nobody.Arn]\n      New: 1\n",
    );
    let found = imported(&part, &ImportSettings::default());
    assert_eq!((found.counts.whole, found.counts.partly, found.counts.not), (0, 1, 0));
    let losses: Vec<Option<&str>> = found.not_carried.iter().map(|one| one.lost.property.as_deref()).collect();
    assert_eq!(losses, [Some("AlarmActions.1"), Some("New")]);
    assert_eq!(alarm(&found, "errors").actions.alarm, ["arn:aws:sns:us-east-1:123456789012:a"]);
    // A name of CloudFormation's own.
    let unnamed = template(head, "      Threshold: 5\n").replace("      AlarmName: errors\n", "");
    let found = imported(&unnamed, &ImportSettings::default());
    assert_eq!(found.counts.partly, 1);
    assert!(found.not_carried[0].lost.why.contains("Errors instead"), "{:?}", found.not_carried);
    alarm(&found, "Errors");
    let physical = BTreeMap::from([("Errors".to_owned(), "s-Errors-1ABC".to_owned())]);
    let found = imported(&unnamed, &ImportSettings { physical, ..ImportSettings::default() });
    assert!(found.not_carried.is_empty());
    alarm(&found, "s-Errors-1ABC");
}

#[test]
fn what_is_beside_alarms_is_counted_or_named() {
    let text = "Conditions: { No: !Equals [a, b] }\nResources:\n  F: { Type: AWS::Lambda::Function }\n  R: { Type: AWS::CloudWatch::InsightRule }\n  S: { Type: AWS::Logs::SubscriptionFilter }\n  N: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: 'https://x/y.json' } }\n  A: { Type: AWS::CloudWatch::Alarm, Condition: No }\n  B: { Properties: {} }\n  B: { Type: AWS::SNS::Topic }\n  P: { Type: AWS::SNS::TopicPolicy, Properties: { Topics: ['arn:aws:sns:us-east-1:123456789012:x'], PolicyDocument: { Statement: [] } } }\n  D: { Type: AWS::CloudWatch::AnomalyDetector, Properties: { Namespace: n, MetricName: m, Stat: Sum } }\n";
    let found = imported(text, &ImportSettings::default());
    let whys: Vec<String> = found.not_carried.iter().map(|one| format!("{} {}", one.lost.id, one.lost.why)).collect();
    assert_eq!(
        whys,
        [
            "R mlopsctl does not manage this type",
            "S mlopsctl does not manage this type",
            "N another template (https://x/y.json), which is not followed: import it by itself",
            "B it has no Type",
            "B this logical id is given twice",
            "P it is the policy of topic x, which the file does not declare",
            "D no alarm of the file watches its band",
        ]
    );
    assert_eq!(found.others, BTreeMap::from([("AWS::Lambda::Function".to_owned(), 1)]));
    assert!(found.notes.iter().any(|note| note == "condition No is false, so these are not made: A"));
}

/// JSON's own letters, and the template of an answer, as a text and as a tree.
#[test]
fn answers_and_json_are_read() {
    let body = r#"{"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties":
        {"TopicName": "a", "DisplayName": "\/ \ud83d\ude00 \u00e9", "Odd": 1}}}}"#;
    let tree = format!(r#"{{"StagesAvailable": ["Original"], "TemplateBody": {body}}}"#);
    let text = json!({ "TemplateBody": body }).to_string();
    for (text, line) in [(body.to_owned(), 2), (tree, 2), (text, 2)] {
        let found = imported(&text, &ImportSettings::default());
        assert!(found.written.text.contains("/ 😀 é"), "{}", found.written.text);
        let lost = &found.not_carried[0];
        assert_eq!((lost.lost.property.as_deref(), lost.position.line, lost.position.column), (Some("Odd"), line, 76));
    }
}

#[test]
fn loops_are_written_out() {
    let text = "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::T:\n    - Name\n    - [a.x, b]\n    - T&{Name}:\n        Type: AWS::SNS::Topic\n        Properties: { TopicName: !Sub '${Name}-t', DisplayName: !Ref Name }\n";
    let found = imported(&text.replace("a.x", "ax"), &ImportSettings::default());
    assert!(found.not_carried.is_empty(), "{:?}", found.not_carried);
    assert!(found.written.text.contains("ax-t") && found.written.text.contains("b-t"), "{}", found.written.text);
    let found = imported(&text.replace("[a.x, b]", "!Ref Nobody"), &ImportSettings::default());
    assert!(found.not_carried[0].lost.why.starts_with("the loop is not followed"), "{:?}", found.not_carried);
}

/// A connector of SAM makes a policy of its topic, which stands nowhere in the file.
#[test]
fn connectors_are_said() {
    let inside = "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Connectors:\n      ToTopic: { Properties: { Destination: { Id: T }, Permissions: [Write] } }\n  T: { Type: AWS::SNS::Topic, Properties: { TopicName: t } }\n";
    let apart = "Transform: AWS::Serverless-2016-10-31\nResources:\n  C:\n    Type: AWS::Serverless::Connector\n    Properties: { Source: { Id: R }, Destination: { Id: T }, Permissions: [Write] }\n  T: { Type: AWS::SNS::Topic, Properties: { TopicName: t } }\n";
    for (text, id) in [(inside, "F"), (apart, "C")] {
        let found = imported(text, &ImportSettings::default());
        let said: Vec<&str> = found.not_carried.iter().map(|one| one.lost.id.as_str()).collect();
        assert_eq!(said, [id]);
        assert!(found.not_carried[0].lost.why.starts_with("SAM makes policies"), "{:?}", found.not_carried);
    }
}

/// A program that saves the spec of the JSON has what --out writes.
#[test]
fn the_spec_in_the_json_is_the_spec() {
    let text = "Resources:\n  S:\n    Type: AWS::SNS::Subscription\n    Properties: { TopicArn: !Ref T, Protocol: sqs, Endpoint: 'arn:aws:sqs:us-east-1:123456789012:q' }\n  T: { Type: AWS::SNS::Topic, Properties: { TopicName: t, DisplayName: 'see https://wiki.example.edu/runbook?page=7' } }\n";
    let found = imported(text, &ImportSettings::default());
    assert!(found.written.text.contains("https://wiki.example.edu/runbook?page=7"), "{}", found.written.text);
    let json: Value = serde_json::from_str(&crate::report::import::json(&found, true, &[])).unwrap();
    assert_eq!(json["spec"], json!(found.written.text));
}
