//! What `mlopsctl export cloudformation` writes, deployed by ministack's CloudFormation; then a plan of the same spec is empty, but for
//! what ministack does not hold. AWS's own CloudFormation has never seen it.

#[path = "../../src/pipeline/tests/random.rs"]
#[allow(dead_code)]
mod random;

use super::server::Ministack;
use super::support::{Desk, Ran, example};
use super::{Account, EVERYWHERE};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Types that ministack's CloudFormation refuses (`Unrecognized resource types`, ministack 1.5.33).
const NO_TYPES: [&str; 4] = [
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::AnomalyDetector",
    "AWS::CloudWatch::AlarmMuteRule",
    "AWS::CloudWatch::LogAlarm",
];

/// Properties without which ministack's alarms are none: it refuses `Metrics`, and knows no other alarm than of one metric.
const NO_ALARMS: [&str; 2] = ["Metrics", "EvaluationCriteria"];

/// Type, property, the field that a plan then wants to set: what ministack's CloudFormation drops in silence.
const DROPPED: [(&str, &str, &str); 16] = [
    // It keeps `Average` beside a percentile.
    ("AWS::CloudWatch::Alarm", "ExtendedStatistic", "statistic"),
    ("AWS::CloudWatch::Alarm", "ExtendedStatistic", "extended_statistic"),
    ("AWS::CloudWatch::Alarm", "EvaluationWindow", "wall_clock_timezone"),
    ("AWS::CloudWatch::Alarm", "WarmUpConfiguration", "warm_up"),
    ("AWS::CloudWatch::Alarm", "ActionConfiguration", "tags_propagation"),
    ("AWS::CloudWatch::Alarm", "EvaluateLowSampleCountPercentile", "evaluate_low_sample_count_percentile"),
    ("AWS::SNS::Topic", "KmsMasterKeyId", "kms_master_key_id"),
    ("AWS::SNS::Topic", "SignatureVersion", "signature_version"),
    ("AWS::SNS::Topic", "TracingConfig", "tracing_config"),
    ("AWS::SNS::Topic", "ContentBasedDeduplication", "content_based_deduplication"),
    ("AWS::SNS::Topic", "FifoThroughputScope", "fifo_throughput_scope"),
    // DescribeLogGroups does not tell of it.
    ("AWS::Logs::LogGroup", "KmsKeyId", "kms_key_id"),
    ("AWS::Logs::LogGroup", "DeletionProtectionEnabled", "deletion_protection"),
    ("AWS::Logs::MetricFilter", "ApplyOnTransformedLogs", "apply_on_transformed_logs"),
    ("AWS::Logs::MetricFilter", "FieldSelectionCriteria", "field_selection_criteria"),
    ("AWS::Logs::MetricFilter", "EmitSystemFieldDimensions", "emit_system_field_dimensions"),
];

/// What is said of a spec that asks for nothing.
const NOTHING: &str = "the spec asks for nothing that could be exported";

/// Bytes of a template in a request, for ministack as for AWS.
const INLINE: usize = 51_200;

/// Of type and name property, the kind of an address.
const KINDS: [(&str, &str, &str); 4] = [
    ("AWS::SNS::Topic", "topic", "TopicName"),
    ("AWS::CloudWatch::Alarm", "alarm", "AlarmName"),
    ("AWS::Logs::LogGroup", "log_group", "LogGroupName"),
    ("AWS::CloudWatch::CompositeAlarm", "composite_alarm", "AlarmName"),
];

fn address(resource: &Value) -> Option<String> {
    let (_, kind, property) = KINDS.iter().find(|(name, ..)| resource["Type"] == *name)?;
    Some(format!("{kind}/{}", resource["Properties"][property].as_str()?))
}

fn is_held(resource: &Value) -> bool {
    let properties = &resource["Properties"];
    let is_alarm = resource["Type"] == "AWS::CloudWatch::Alarm";
    let is_odd_alarm = is_alarm && NO_ALARMS.iter().any(|name| !properties[name].is_null());
    let has_no_type = NO_TYPES.iter().any(|name| resource["Type"] == *name);
    // A FIFO topic loses what makes it one, so a plan would replace it.
    let is_fifo = properties["FifoTopic"] == true;
    !(has_no_type || is_odd_alarm || is_fifo)
}

/// The template without what ministack does not hold, and the IDs of that.
fn held(mut template: Value) -> (Value, BTreeSet<String>) {
    let resources = template["Resources"].as_object_mut().expect("a template has resources");
    let mut gone: BTreeSet<String> =
        resources.iter().filter(|(_, one)| !is_held(one)).map(|(id, _)| id.clone()).collect();
    // What refers to one of them goes with it.
    loop {
        let before = gone.len();
        for (id, one) in resources.iter() {
            let text = one["Properties"].to_string();
            if gone.iter().any(|other| {
                text.contains(&format!("\"Ref\":\"{other}\"")) || text.contains(&format!("[\"{other}\",\"Arn\"]"))
            }) {
                gone.insert(id.clone());
            }
        }
        if gone.len() == before {
            break;
        }
    }
    resources.retain(|id, _| !gone.contains(id));
    for one in resources.values_mut() {
        if let Some(after) = one["DependsOn"].as_array_mut() {
            after.retain(|id| !gone.contains(id.as_str().unwrap_or_default()));
        }
        if one["DependsOn"].as_array().is_none_or(Vec::is_empty) {
            one.as_object_mut().expect("a resource").remove("DependsOn");
        }
    }
    (template, gone)
}

/// What a plan may still want after ministack has deployed the template: the fields of each address that it has dropped.
fn losses(template: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut losses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    // What CloudFormation itself has no property for, as the export says.
    for note in template["Metadata"]["LeftOut"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let said = note.split_once(" is left out: ").and_then(|(what, _)| what.rsplit_once(": "));
        let (address, field) = said.unwrap_or_else(|| panic!("{note}"));
        losses.entry(address.to_owned()).or_default().insert(field.to_owned());
    }
    for resource in template["Resources"].as_object().into_iter().flat_map(|all| all.values()) {
        let dropped = DROPPED
            .iter()
            .filter(|(name, property, _)| resource["Type"] == *name && !resource["Properties"][property].is_null());
        let name = match resource["Type"].as_str() {
            Some("AWS::Logs::MetricFilter") => {
                Some(format!("metric_filter/*:{}", resource["Properties"]["FilterName"].as_str().unwrap_or_default()))
            }
            _ => address(resource),
        };
        for (_, _, field) in dropped {
            losses.entry(name.clone().expect("a kind with a name")).or_default().insert((*field).to_owned());
        }
    }
    losses
}

pub struct Deployed<'a> {
    pub account: &'a str,
    pub desk: &'a Desk,
    pub stack: &'a str,
}

impl Deployed<'_> {
    pub fn call(&self, operation: &str, arguments: &Value) -> Value {
        Ministack::shared().call(self.account, "cloudformation", operation, arguments)
    }

    /// The address of the folder of templates.
    fn bucket(&self) -> String {
        format!("{}/templates-{}", Ministack::shared().endpoint, self.account)
    }

    fn put(&self, key: &str, text: &str) {
        let bucket = format!("templates-{}", self.account);
        let s3 =
            |operation: &str, arguments: &Value| Ministack::shared().call(self.account, "s3", operation, arguments);
        s3("create_bucket", &json!({ "Bucket": bucket }));
        s3("put_object", &json!({ "Bucket": bucket, "Key": key, "Body": text }));
    }

    /// Creates the stack and waits for it.
    pub fn create(&self, template: &Value, parameters: &[(String, String)]) {
        let parameters: Vec<Value> =
            parameters.iter().map(|(key, value)| json!({ "ParameterKey": key, "ParameterValue": value })).collect();
        let body = template.to_string();
        let mut create = json!({ "StackName": self.stack, "Parameters": parameters });
        if body.len() > INLINE {
            let key = format!("{}.json", self.stack);
            self.put(&key, &body);
            create["TemplateURL"] = format!("{}/{key}", self.bucket()).into();
        } else {
            create["TemplateBody"] = body.into();
        }
        self.call("create_stack", &create);
        self.wait("CREATE_COMPLETE", template);
    }

    pub fn wait(&self, status: &str, template: &Value) {
        for _ in 0..200 {
            let found = self.call("describe_stacks", &json!({ "StackName": self.stack }));
            let now = found["Stacks"][0]["StackStatus"].as_str().unwrap_or_default().to_owned();
            if now == status {
                return;
            }
            let events = || self.call("describe_stack_events", &json!({ "StackName": self.stack }));
            assert!(now.ends_with("_IN_PROGRESS"), "{now}: {:#}\n{template:#}", events());
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("{} does not come to an end", self.stack);
    }

    /// The plan's changes that ministack's losses do not explain.
    fn unexplained(&self, plan: &Ran, template: &Value, gone: &BTreeSet<String>, whole: &Value) -> Vec<String> {
        self.left(plan.changes(), template, gone, whole)
    }

    fn left(
        &self,
        changes: BTreeMap<String, String>,
        template: &Value,
        gone: &BTreeSet<String>,
        whole: &Value,
    ) -> Vec<String> {
        let losses = losses(template);
        let lost = |address: &str| {
            let own = losses.iter().find(|(name, _)| match name.split_once('*') {
                Some((head, tail)) => address.starts_with(head) && address.ends_with(tail),
                None => name.as_str() == address,
            });
            own.map(|(_, fields)| fields.clone()).unwrap_or_default()
        };
        // Resources that are not there, and what they hold or are of.
        let absent: BTreeSet<String> = gone.iter().filter_map(|id| address(&whole["Resources"][id])).collect();
        let no_kinds = ["composite_alarm/", "anomaly_detector/", "mute_rule/", "log_alarm/"];
        let explained = |(address, words): &(String, String)| match words.split_once(' ') {
            _ if words == "create" => {
                absent.contains(address.as_str())
                    || no_kinds.iter().any(|kind| address.starts_with(kind))
                    || absent.iter().any(|parent| {
                        let name = parent.split_once('/').map(|(_, name)| name).unwrap_or_default();
                        address.starts_with(&format!("subscription/{name}/"))
                    })
            }
            // It is there as it is wanted; whose it is, ListTagsForResource does not say.
            _ if words == "adopt" => address.starts_with("dashboard/"),
            Some(("update", fields))
                if address.starts_with("dashboard/") && fields.split(' ').all(|field| field.starts_with("tags.")) =>
            {
                true
            }
            Some(("update", fields)) => fields.split(' ').all(|field| lost(address).contains(field)),
            _ => false,
        };
        changes.into_iter().filter(|change| !explained(change)).map(|(a, words)| format!("{a}: {words}")).collect()
    }

    /// Exports the spec, has it deployed, and holds the plan against it.
    fn proves(&self, arguments: &[&str]) -> usize {
        let endpoint = &Ministack::shared().endpoint;
        let export = [&["export", "cloudformation", "--online", "--endpoint-url", endpoint], arguments].concat();
        let ran = self.desk.run(&export);
        if ran.code == Some(64) && ran.stderr.contains(NOTHING) {
            return 0;
        }
        let whole = ran.exits(0).json();
        let (template, gone) = held(whole.clone());
        let count = template["Resources"].as_object().expect("a map").len();
        if count == 0 {
            return 0;
        }
        // A NoEcho parameter is an address that only the spec knows.
        let parameters: Vec<(String, String)> = whole["Parameters"]
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, declared)| declared["NoEcho"] == true)
            .map(|(name, _)| (name.clone(), self.secret(name)))
            .collect();
        self.create(&template, &parameters);
        let endpoint = &Ministack::shared().endpoint;
        let plan = self
            .desk
            .run(&[&["plan", "--format", "json", "--no-backtest", "--endpoint-url", endpoint], arguments].concat());
        let unexplained = self.unexplained(&plan, &template, &gone, &whole);
        assert!(unexplained.is_empty(), "{unexplained:#?}\n{plan}\n{template:#}");
        self.has_not_drifted(arguments, &template, &gone, &whole);
        count
    }

    /// `drift` has nothing to say but what ministack drops; what CloudFormation itself cannot carry it knows.
    fn has_not_drifted(&self, arguments: &[&str], template: &Value, gone: &BTreeSet<String>, whole: &Value) {
        let endpoint = &Ministack::shared().endpoint;
        let drift = self.desk.run(&[&["drift", "--format", "json", "--endpoint-url", endpoint], arguments].concat());
        let found = drift.json();
        // Subscriptions and filters have no tags to say who made them.
        let knows = found["deployed_by"] == "cloudformation";
        let mut dropped = template.clone();
        if knows && let Some(metadata) = dropped.as_object_mut() {
            metadata.remove("Metadata");
        }
        let changes = found["resources"].as_array().expect("a list").iter().map(|one| {
            let fields = one["fields"].as_array().expect("a list").iter();
            let fields: String = fields.map(|field| format!(" {}", field["field"].as_str().expect("a name"))).collect();
            let words = match one["outcome"].as_str() {
                Some("missing") => "create".to_owned(),
                Some("differs") => format!("update{fields}"),
                other => other.unwrap_or_default().to_owned(),
            };
            (one["address"].as_str().expect("an address").to_owned(), words)
        });
        let unexplained = self.left(changes.collect(), &dropped, gone, whole);
        assert!(unexplained.is_empty(), "{unexplained:#?}\n{drift}\n{template:#}");
        // Kinds that it does not know cannot be read there.
        let code = if found["complete"] == false {
            5
        } else if found["resources"] == json!([]) {
            0
        } else {
            3
        };
        drift.exits(code);
    }

    fn secret(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.desk.path("secrets.json")).unwrap_or_default();
        let known: BTreeMap<String, String> = serde_json::from_str(&text).unwrap_or_default();
        known.get(name).unwrap_or_else(|| panic!("what is {name}?")).clone()
    }

    fn delete(&self) {
        self.call("delete_stack", &json!({ "StackName": self.stack }));
    }
}

fn desk(account: &str) -> Desk {
    Desk::new().env("AWS_ACCESS_KEY_ID", account).env("AWS_SECRET_ACCESS_KEY", "none")
}

#[test]
fn an_exported_template_deployed_by_another_engine_leaves_nothing_to_plan() {
    let account = Account::new();
    let desk = desk(&account.number);
    desk.write("alarms.yaml", EVERYWHERE.spec);
    let variable = format!("account={}", account.number);
    let deployed = Deployed { account: &account.number, desk: &desk, stack: "whole" };
    assert!(deployed.proves(&["--var", &variable]) >= 6);
}

/// The examples that are shipped, each in an account of its own.
#[test]
fn shipped_examples_are_deployed_as_they_are_planned() {
    let mut held = 0;
    for (name, arguments) in [
        ("lab.yaml", &["--var", "email=you@example.edu"][..]),
        ("ai-cost.yaml", &["--var", "email=you@example.edu"]),
        ("all-functions.yaml", &["--var", "email=you@example.edu"]),
        ("anomaly.yaml", &["--region", "us-east-1"]),
        ("composite.yaml", &["--region", "us-east-1"]),
        ("dashboard.yaml", &["--region", "us-east-1"]),
        ("fifty-functions.yaml", &["--region", "us-east-1"]),
        ("log-alarms.yaml", &["--region", "us-east-1"]),
        ("math.yaml", &["--region", "us-east-1"]),
        ("promql.yaml", &["--region", "us-east-1"]),
        ("regions.yaml", &["--region", "us-east-1", "--var", "email=you@example.edu"]),
        ("several-topics.yaml", &["--region", "us-east-1"]),
        ("slo.yaml", &["--region", "us-east-1"]),
    ] {
        let account = Account::new();
        let desk = desk(&account.number);
        std::fs::copy(example(name), desk.path("alarms.yaml")).expect("the example is there");
        desk.write("secrets.json", r#"{ "MlopsPageHttpsSubscriptionEndpoint": "https://example.edu/hooks/alarms" }"#);
        let deployed = Deployed { account: &account.number, desk: &desk, stack: "example" };
        held += deployed.proves(arguments);
    }
    assert!(held > 40, "{held}");
}

/// Random stacks, one after the other in the account that they name; `MLOPSCTL_CASES` raises their number.
#[test]
fn random_stacks_are_deployed_as_they_are_planned() {
    let account = "123456789012";
    let desk = desk(account);
    // The topic that others own is theirs to make.
    Ministack::shared().call(account, "sns", "create_topic", &json!({ "Name": random::EXTERNAL.0 }));
    let mut held = 0;
    let cases = std::env::var("MLOPSCTL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(300);
    for seed in 0..cases {
        let spec = random::spec(&mut fastrand::Rng::with_seed(seed), "walk");
        desk.write("alarms.yaml", &spec.to_string());
        desk.write("secrets.json", r#"{ "AlertsHttpsSubscriptionEndpoint": "https://hooks.example.edu/x", "OrdersHttpsSubscriptionEndpoint": "https://hooks.example.edu/x" }"#);
        let stack = format!("walk-{seed}");
        let deployed = Deployed { account, desk: &desk, stack: &stack };
        let count = deployed.proves(&[]);
        held += count;
        if count > 0 {
            deployed.delete();
        }
    }
    assert!(held > 60, "{held} resources");
}

/// 600 alarms: a parent with two children, which ministack takes from its S3.
#[test]
fn nested_stacks_are_deployed_as_one() {
    let account = Account::new();
    let desk = desk(&account.number);
    let alarms: String = (0..600)
        .map(|n| format!("  errors-{n}: {{ namespace: App, metric_name: Errors{n}, statistic: Sum, threshold: '> 5', notify: alerts }}\n"))
        .collect();
    desk.write(
        "alarms.yaml",
        &format!("version: 1\nstack: many\nregion: us-east-1\ntopics: {{ alerts: }}\nalarms:\n{alarms}"),
    );
    desk.run(&["export", "cloudformation"]).exits(64).says("--out");
    desk.run(&["export", "cloudformation", "--out", "parts"]).exits(0);
    let read = |name: &str| std::fs::read_to_string(desk.path("parts").join(name)).expect("a part");
    let deployed = Deployed { account: &account.number, desk: &desk, stack: "many" };
    let mut parts = 0;
    for entry in Path::new(&desk.path("parts")).read_dir().expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        deployed.put(&name, &read(&name));
        parts += 1;
    }
    assert_eq!(parts, 3);
    let parent: Value = serde_json::from_str(&read("many.json")).expect("a template");
    deployed.create(&parent, &[("TemplateBase".to_owned(), deployed.bucket())]);
    let endpoint = &Ministack::shared().endpoint;
    desk.run(&["plan", "--format", "json", "--no-backtest", "--endpoint-url", endpoint]).is_empty_plan();
}
