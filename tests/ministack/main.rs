//! The real program against ministack, an emulator of AWS that shares no code with this one, with botocore as a witness.
//!
//! ministack drops percentile, metric math, anomaly and PromQL alarms, the suppressors of composite alarms and the policies of
//! log groups' keys; it confirms mail subscriptions at once, and its tag index lists topics only. What it drops is tested on the
//! sandbox (`tests/sandbox`); that it shows fewer tags is a test of its own: everything has to be asked for its tags.

mod attributes;
mod coverage;
mod deployed;
mod drill;
mod evaluator;
mod existing;
mod exports;
#[path = "../journeys/mod.rs"]
mod journeys;
mod server;
#[path = "../support/mod.rs"]
mod support;
mod watching;
mod web_identity;

use journeys::{EVERYWHERE, World};
use serde_json::{Value, json};
use server::Ministack;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use support::{Desk, Ran};

/// An account of its own: ministack takes an access key of twelve digits for the account's number.
struct Account {
    number: String,
    desk: Desk,
}

impl Account {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = format!("4{:011}", NEXT.fetch_add(1, Ordering::Relaxed));
        let desk = Desk::new().env("AWS_ACCESS_KEY_ID", &number).env("AWS_SECRET_ACCESS_KEY", "none");
        let variable = format!("account={number}");
        let desk = desk.with(&["--endpoint-url", &Ministack::shared().endpoint, "--var", &variable]);
        Self { number, desk }
    }

    #[track_caller]
    fn call(&self, service: &str, operation: &str, arguments: &Value) -> Value {
        Ministack::shared().call(&self.number, service, operation, arguments)
    }

    fn alarms(&self) -> Value {
        self.call("cloudwatch", "describe_alarms", &json!({ "AlarmTypes": ["MetricAlarm", "CompositeAlarm"] }))
    }

    fn topics(&self) -> Vec<String> {
        texts(&self.call("sns", "list_topics", &json!({}))["Topics"], "TopicArn")
    }

    fn log_groups(&self) -> Value {
        self.call("logs", "describe_log_groups", &json!({}))["logGroups"].take()
    }

    /// The subscriptions of a topic as `protocol endpoint`.
    fn subscriptions(&self, topic: &str) -> Vec<String> {
        let arn = format!("arn:aws:sns:us-east-1:{}:{topic}", self.number);
        let answer = self.call("sns", "list_subscriptions_by_topic", &json!({ "TopicArn": arn }));
        let list = answer["Subscriptions"].as_array().expect("a list");
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        list.iter().map(|one| format!("{} {}", word(&one["Protocol"]), word(&one["Endpoint"]))).collect()
    }
}

fn texts(list: &Value, key: &str) -> Vec<String> {
    list.as_array().expect("a list").iter().map(|item| item[key].as_str().expect("a text").to_owned()).collect()
}

impl World for Account {
    fn desk(&self) -> &Desk {
        &self.desk
    }

    fn account(&self) -> &str {
        &self.number
    }

    fn standing(&self) -> BTreeSet<String> {
        let alarms = self.alarms();
        let named =
            |kind: &str, names: Vec<String>| names.into_iter().map(|name| format!("{kind}/{name}")).collect::<Vec<_>>();
        let topics = self.topics().iter().map(|arn| arn.rsplit(':').next().unwrap_or_default().to_owned()).collect();
        let filters = self.call("logs", "describe_metric_filters", &json!({}))["metricFilters"].take();
        let filters = texts(&filters, "logGroupName").into_iter().zip(texts(&filters, "filterName"));
        let filters = filters.map(|(group, filter)| format!("{group}:{filter}")).collect();
        [
            named("alarm", texts(&alarms["MetricAlarms"], "AlarmName")),
            named("composite_alarm", texts(&alarms["CompositeAlarms"], "AlarmName")),
            named("topic", topics),
            named("log_group", texts(&self.log_groups(), "logGroupName")),
            named("metric_filter", filters),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn disown(&self) {
        let alarms = self.alarms();
        let alarms = ["MetricAlarms", "CompositeAlarms"].map(|kind| texts(&alarms[kind], "AlarmArn")).concat();
        let marks = ["stack", "subscriptions", "metric-filters", "run", "adopted", "declared"]
            .map(|mark| format!("mlopsctl:{mark}"));
        for arn in alarms {
            self.call("cloudwatch", "untag_resource", &json!({ "ResourceARN": arn, "TagKeys": marks }));
        }
        for arn in self.topics() {
            self.call("sns", "untag_resource", &json!({ "ResourceArn": arn, "TagKeys": marks }));
        }
        for arn in texts(&self.log_groups(), "logGroupArn") {
            self.call("logs", "untag_resource", &json!({ "resourceArn": arn, "tagKeys": marks }));
        }
    }

    fn subscribe_by_hand(&self, topic: &str) {
        let arn = self.call("sns", "create_topic", &json!({ "Name": topic }))["TopicArn"].take();
        let queue = format!("arn:aws:sqs:us-east-1:{}:theirs", self.number);
        self.call("sns", "subscribe", &json!({ "TopicArn": arn, "Protocol": "sqs", "Endpoint": queue }));
    }

    fn subscribers(&self, topic: &str) -> BTreeSet<String> {
        let there = self.topics().iter().any(|arn| arn.ends_with(&format!(":{topic}")));
        if there { self.subscriptions(topic).into_iter().collect() } else { BTreeSet::new() }
    }

    fn set_threshold(&self, threshold: f64) {
        let mut alarm = self.call("cloudwatch", "describe_alarms", &json!({ "AlarmNames": ["errors"] }));
        let mut alarm = alarm["MetricAlarms"][0].take();
        let fields = alarm.as_object_mut().expect("the alarm stands");
        let read_only = ["AlarmArn", "AlarmConfigurationUpdatedTimestamp", "StateValue", "StateReason"];
        fields.retain(|name, _| !read_only.contains(&name.as_str()) && !name.starts_with("State"));
        fields.insert("Threshold".to_owned(), json!(threshold));
        self.call("cloudwatch", "put_metric_alarm", &alarm);
    }

    fn threshold(&self) -> f64 {
        let alarm = self.call("cloudwatch", "describe_alarms", &json!({ "AlarmNames": ["errors"] }));
        alarm["MetricAlarms"][0]["Threshold"].as_f64().expect("the alarm stands")
    }
}

#[test]
fn every_kind_lives_a_whole_life() {
    journeys::a_whole_life(&Account::new(), EVERYWHERE);
}

#[test]
fn what_nobody_owns_is_adopted_by_consent() {
    journeys::adoption(&Account::new());
}

#[test]
fn subscriptions_of_others_outlive_an_adopting_stack() {
    journeys::others_subscriptions(&Account::new());
}

#[test]
fn what_another_tool_owns_is_taken_over_by_name_alone() {
    let account = Account::new();
    account.desk.write("alarms.yaml", EVERYWHERE.spec);
    let tags = json!([{ "Key": "ManagedBy", "Value": "Terraform" }, { "Key": "team", "Value": "a" }]);
    account.call("sns", "create_topic", &json!({ "Name": "alerts", "Tags": tags }));
    account.call(
        "cloudwatch",
        "put_metric_alarm",
        &json!({
            "AlarmName": "errors", "Namespace": "AWS/Lambda", "MetricName": "Errors", "Statistic": "Sum", "Period": 60,
            "EvaluationPeriods": 1, "Threshold": 50.0, "ComparisonOperator": "GreaterThanThreshold", "Tags": tags,
        }),
    );
    let before = account.standing();
    let owned = "owned by Terraform";
    account.desk.run(&["plan", "--adopt", "--detailed-exitcode"]).exits(8).says(owned);
    account.desk.run(&["apply", "--adopt", "--yes"]).exits(8).says(owned);
    assert_eq!(account.standing(), before);
    let named = ["apply", "--adopt", "topic/alerts", "--adopt", "alarm/err*", "--yes"];
    account.desk.run(&named).exits(0).says("2 adopted");
    account.desk.run(&["plan", "--format", "json"]).is_empty_plan();
    account.desk.write("alarms.yaml", &EVERYWHERE.spec.replace("threshold: 5", "threshold: 6"));
    account.desk.run(&["apply", "--yes"]).exits(0).says("1 changed");
    account.desk.run(&["destroy", "--yes"]).exits(0).says("2 no longer managed");
    assert_eq!(account.standing(), before, "neither is deleted");
    let arn = format!("arn:aws:cloudwatch:us-east-1:{}:alarm:errors", account.number);
    let left = account.call("cloudwatch", "list_tags_for_resource", &json!({ "ResourceARN": arn }));
    assert!(left["Tags"].to_string().contains("team"), "tags of others stay: {left}");
    assert!(!left["Tags"].to_string().contains("mlopsctl:"), "and ours do not: {left}");
}

#[test]
fn what_another_stack_owns_stays() {
    journeys::a_foreign_owner(&Account::new());
}

#[test]
fn what_the_spec_lost_is_pruned() {
    journeys::pruning_topics(&Account::new());
}

#[test]
fn a_stale_plan_is_refused() {
    journeys::a_stale_plan(&Account::new());
}

#[test]
fn nothing_is_done_without_a_yes() {
    journeys::nobody_to_ask(&Account::new());
}

#[test]
fn one_file_is_of_several_regions() {
    journeys::several_regions(&Account::new());
}

/// botocore sees in each region what the file says is there, and nothing else.
#[test]
fn another_client_sees_each_region_by_itself() {
    let account = Account::new();
    account.desk.write("alarms.yaml", journeys::REGIONS);
    account.desk.run(&["apply", "--yes"]).exits(0);
    let away = |service: &str, operation: &str| {
        Ministack::shared().call_in("eu-west-1", &account.number, service, operation, &json!({}))
    };
    let arn = |region: &str, name: &str| format!("arn:aws:sns:{region}:{}:{name}", account.number);
    assert_eq!(texts(&away("sns", "list_topics")["Topics"], "TopicArn"), [arn("eu-west-1", "both")]);
    let mut home = account.topics();
    home.sort();
    assert_eq!(home, [arn("us-east-1", "both"), arn("us-east-1", "home")]);
    let alarms = away("cloudwatch", "describe_alarms");
    assert_eq!(texts(&alarms["MetricAlarms"], "AlarmName"), ["away"]);
    assert_eq!(alarms["MetricAlarms"][0]["AlarmActions"], json!([arn("eu-west-1", "both")]));
    assert_eq!(account.alarms()["MetricAlarms"], json!([]));
}

#[test]
fn another_client_sees_what_was_asked_for() {
    let account = Account::new();
    account.desk.write("alarms.yaml", EVERYWHERE.spec);
    account.desk.run(&["apply", "--yes"]).exits(0);
    let arn = |name: &str| format!("arn:aws:sns:us-east-1:{}:{name}", account.number);
    let alarms = account.alarms();
    let errors = alarms["MetricAlarms"].as_array().expect("a list").iter().find(|alarm| alarm["AlarmName"] == "errors");
    let errors = errors.expect("the alarm stands");
    for (field, value) in [
        ("AlarmDescription", json!("Too many errors")),
        ("Namespace", json!("AWS/Lambda")),
        ("MetricName", json!("Errors")),
        ("Dimensions", json!([{ "Name": "FunctionName", "Value": "app" }])),
        ("Statistic", json!("Sum")),
        ("Period", json!(300)),
        ("EvaluationPeriods", json!(3)),
        ("DatapointsToAlarm", json!(2)),
        ("ComparisonOperator", json!("GreaterThanThreshold")),
        ("Threshold", json!(5.0)),
        ("TreatMissingData", json!("notBreaching")),
        ("AlarmActions", json!([arn("alerts")])),
        ("OKActions", json!([arn("alerts")])),
        ("InsufficientDataActions", json!([arn("alerts")])),
    ] {
        assert_eq!(errors[field], value, "{field}");
    }
    assert_eq!(alarms["CompositeAlarms"][0]["AlarmRule"], "ALARM(errors) AND ALARM(slow)");
    let groups = account.log_groups();
    assert_eq!((&groups[0]["logGroupName"], &groups[0]["retentionInDays"]), (&json!("/whole/app"), &json!(14)));
    let mut subscriptions = account.subscriptions("alerts");
    subscriptions.sort();
    let queue = format!("sqs arn:aws:sqs:us-east-1:{}:alarms", account.number);
    assert_eq!(subscriptions, ["email ops@example.edu".to_owned(), queue]);
    let tags = account.call("cloudwatch", "list_tags_for_resource", &json!({ "ResourceARN": errors["AlarmArn"] }));
    assert_eq!(tags["Tags"], json!([{ "Key": "mlopsctl:stack", "Value": "whole" }]));
}

/// AWS refuses a composite alarm over an alarm that does not exist, so it is seen before anything is done.
#[test]
fn a_rule_over_an_alarm_that_does_not_exist_is_refused_beforehand() {
    let account = Account::new();
    let over = "alarm_rule: ALARM(errors) AND ALARM(elsewhere)\n    external_alarms: [elsewhere]";
    let broken = EVERYWHERE.spec.replace("alarm_rule: ALARM(errors) AND ALARM(slow)", over);
    account.desk.write("alarms.yaml", &broken);
    account.desk.run(&["plan", "--detailed-exitcode"]).exits(8).says("elsewhere");
    account.desk.run(&["apply", "--yes"]).exits(8).says("nothing was changed");
    assert_eq!(account.standing(), BTreeSet::new());
    let elsewhere = json!({ "AlarmName": "elsewhere", "AlarmRule": "FALSE" });
    account.call("cloudwatch", "put_composite_alarm", &elsewhere);
    account.desk.run(&["apply", "--yes"]).exits(0).says("9 added");
    account.desk.run(&["plan", "--format", "json"]).is_empty_plan();
}

/// AWS refuses to delete an alarm that a rule names, and the rule can be somebody else's; what does not need it is done.
#[test]
fn what_fails_alone_fails_alone() {
    let account = Account::new();
    account.desk.write("alarms.yaml", EVERYWHERE.spec);
    account.desk.run(&["apply", "--yes"]).exits(0).says("9 added");
    let theirs = json!({ "AlarmName": "theirs", "AlarmRule": "ALARM(errors)" });
    account.call("cloudwatch", "put_composite_alarm", &theirs);
    let ran = account.desk.run(&["destroy", "--yes"]).exits(5).says("5 destroyed").says("3 skipped");
    ran.says("alarm/errors failed").says("depending on it");
    account.call("cloudwatch", "delete_alarms", &json!({ "AlarmNames": ["theirs"] }));
    account.desk.run(&["destroy", "--yes"]).exits(0).says("4 destroyed");
    assert_eq!(account.standing(), BTreeSet::new());
}

/// The presets read memory, timeout and log group of a function that Lambda really has, and refuse where it has none.
#[test]
fn a_function_is_looked_up() {
    let account = Account::new();
    let spec = "
version: 1
stack: signals
region: us-east-1
vars: { account: { description: unused here, required: true } }
topics: { alerts: }
functions:
  mlops-service-lambda:
    retention: 14d
    # ministack drops percentiles and metric math.
    golden_signals: { notify: alerts, errors: off, latency: { statistic: Maximum } }
";
    account.desk.write("alarms.yaml", spec);
    account.desk.run(&["plan", "--detailed-exitcode"]).exits(8).says("there is no such function");
    account.desk.run(&["apply", "--yes"]).exits(8);
    assert_eq!(account.standing(), BTreeSet::new());

    let group = json!({ "LogGroup": "/own/place" });
    let empty_zip: Vec<u8> = [b"PK\x05\x06".as_slice(), &[0; 18]].concat();
    account.call(
        "lambda",
        "create_function",
        &json!({
            "FunctionName": "mlops-service-lambda", "Runtime": "python3.13", "Handler": "app.handler",
            "Role": format!("arn:aws:iam::{}:role/app", account.number), "Code": { "ZipFile": empty_zip },
            "Timeout": 20, "MemorySize": 256, "LoggingConfig": group,
        }),
    );
    account.desk.run(&["apply", "--yes"]).exits(0);
    account.desk.run(&["plan", "--format", "json"]).is_empty_plan();
    let alarm =
        account.call("cloudwatch", "describe_alarms", &json!({ "AlarmNames": ["mlops-service-lambda-latency"] }));
    assert_eq!(alarm["MetricAlarms"][0]["Threshold"], 16000.0, "80 % of the timeout");
    assert!(account.standing().contains("log_group//own/place"), "{:?}", account.standing());
}

#[test]
fn two_runs_at_once_end_as_one() {
    let account = Account::new();
    account.desk.write("alarms.yaml", EVERYWHERE.spec);
    let runs = [0, 1].map(|_| account.desk.start(&["apply", "--yes"]));
    for run in runs {
        Ran::end("apply --yes, twice at once", run).exits(0);
    }
    account.desk.run(&["plan", "--format", "json"]).is_empty_plan();
    assert_eq!(account.subscriptions("alerts").len(), 2);
}

#[test]
fn accounts_do_not_see_each_other() {
    let (one, two) = (Account::new(), Account::new());
    one.desk.write("alarms.yaml", EVERYWHERE.spec);
    one.desk.run(&["apply", "--yes"]).exits(0);
    assert_eq!(two.standing(), BTreeSet::new());
    // A plan is for the account it was made in.
    two.desk.write("alarms.yaml", EVERYWHERE.spec);
    two.desk.run(&["plan", "--out", "two.plan"]).exits(0);
    std::fs::copy(two.desk.path("two.plan"), one.desk.path("two.plan")).expect("the plan was saved");
    one.desk.run(&["apply", "two.plan", "--yes"]).exits(8).says("the plan was made for");
    assert_eq!(two.standing(), BTreeSet::new());
}

/// A hint about the account is no identity: ministack says who the keys are of, as STS does.
#[test]
fn a_hint_about_the_account_is_not_believed() {
    let account = Account::new();
    let other = "999988887777";
    let only = EVERYWHERE.spec.replacen("region:", &format!("allowed_accounts: [\"{other}\"]\nregion:"), 1);
    account.desk.write("alarms.yaml", &only);
    let mut command = account.desk.command(&["apply", "--yes"]);
    Ran::of(command.env("AWS_ACCOUNT_ID", other)).exits(8).says("is not among the spec's allowed_accounts");
    assert_eq!(account.standing(), BTreeSet::new());
}

#[test]
fn an_endpoint_that_is_not_there_is_worth_another_try() {
    let desk = Desk::new().env("AWS_ACCESS_KEY_ID", "none").env("AWS_SECRET_ACCESS_KEY", "none");
    desk.write("alarms.yaml", EVERYWHERE.spec);
    // Port 9 is `discard`: nobody listens there.
    let ran = desk.run(&["plan", "--endpoint-url", "http://127.0.0.1:9", "--var", "account=123456789012"]);
    ran.exits(75);
}

#[test]
fn without_credentials_nothing_is_asked() {
    let desk = Desk::new().with(&["--endpoint-url", &Ministack::shared().endpoint, "--var", "account=123456789012"]);
    desk.write("alarms.yaml", EVERYWHERE.spec);
    desk.run(&["plan"]).exits(4).says("aws configure");
}
