//! `examples/everything.yaml`: it has every key of a spec, its stack has a whole life in the sandbox, and whatever is changed in one of its
//! resources, a plan shows that and nothing else. Knows no kind: where things stand in the file says what they are.

#[path = "support/mod.rs"]
mod support;

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use support::{Desk, example};

/// `defaults` can say only one of the two statistics.
const NOT_TOGETHER: [(&str, &str); 1] = [("defaults", "extended_statistic")];

/// The sections in which the name of an entry is that of one resource, and the resource's kind.
const SECTIONS: [(&str, &str); 9] = [
    ("topics", "topic"),
    ("external_topics", "external_subscription"),
    ("log_groups", "log_group"),
    ("alarms", "alarm"),
    ("anomaly_detectors", "anomaly_detector"),
    ("log_alarms", "log_alarm"),
    ("composite_alarms", "composite_alarm"),
    ("mute_rules", "mute_rule"),
    ("dashboards", "dashboard"),
];

/// The stack whose topic the file subscribes to.
const OTHERS: &str = "{ version: 1, stack: others, region: us-east-1, topics: { central: {} } }";

/// The alarms of the file that say how their band is learnt.
const WITH_DETECTOR: [&str; 2] = ["band", "unusual"];
fn everything() -> Value {
    let text = std::fs::read_to_string(example("everything.yaml")).expect("the example is there");
    // `off` is a word to the program.
    serde_saphyr::from_str(&text.replace(": off", ": \"off\"")).expect("it is YAML")
}

/// Object of the schema and key.
type Key = (String, String);

/// Walks a part of a JSON schema, and the part of a document that it is of.
struct Keys {
    definitions: Map<String, Value>,
    declared: BTreeSet<Key>,
    written: BTreeSet<Key>,
    seen: BTreeSet<String>,
}

impl Keys {
    fn of(document: &Value) -> Self {
        let schema = std::fs::read_to_string(example("alarms.schema.json")).expect("the schema is there");
        let schema: Value = serde_json::from_str(&schema).expect("it is JSON");
        let definitions = schema["$defs"].as_object().expect("definitions").clone();
        let mut keys = Self { definitions, declared: BTreeSet::new(), written: BTreeSet::new(), seen: BTreeSet::new() };
        keys.declare(&schema, "spec");
        keys.write(&schema, document, "spec");
        keys
    }

    fn definition(&self, part: &Value) -> Option<(String, Value)> {
        let name = part["$ref"].as_str()?.rsplit('/').next()?.to_owned();
        let definition = self.definitions[&name].clone();
        Some((name, definition))
    }

    fn declare(&mut self, part: &Value, object: &str) {
        if let Some((name, definition)) = self.definition(part) {
            if self.seen.insert(name.clone()) {
                self.declare(&definition, &name);
            }
            return;
        }
        for (key, value) in part["properties"].as_object().into_iter().flatten() {
            self.declared.insert((object.to_owned(), key.clone()));
            self.declare(value, object);
        }
        for inner in inner(part) {
            self.declare(inner, object);
        }
    }

    fn write(&mut self, part: &Value, value: &Value, object: &str) {
        if let Some((name, definition)) = self.definition(part) {
            return self.write(&definition, value, &name);
        }
        for alternative in part["anyOf"].as_array().into_iter().flatten() {
            self.write(alternative, value, object);
        }
        for (key, inner) in value.as_object().into_iter().flatten() {
            match part["properties"].get(key) {
                Some(property) => {
                    self.written.insert((object.to_owned(), key.clone()));
                    self.write(property, inner, object);
                }
                None => self.write(&part["additionalProperties"], inner, object),
            }
        }
        for item in value.as_array().into_iter().flatten() {
            self.write(&part["items"], item, object);
        }
    }
}

fn inner(part: &Value) -> impl Iterator<Item = &Value> {
    let alternatives = part["anyOf"].as_array().into_iter().flatten();
    alternatives.chain([&part["additionalProperties"], &part["items"]]).filter(|inner| inner.is_object())
}

#[test]
fn it_has_every_key() {
    let keys = Keys::of(&everything());
    assert!(keys.declared.len() > 300, "{}", keys.declared.len());
    let missing: BTreeSet<&Key> = keys.declared.difference(&keys.written).collect();
    let missing: Vec<(&str, &str)> = missing.iter().map(|(object, key)| (object.as_str(), key.as_str())).collect();
    assert_eq!(missing, NOT_TOGETHER);
}

/// The spec without its roster and its other region: one target, the sandbox's own.
fn alone() -> Value {
    let mut spec = everything();
    for key in ["accounts", "regions"] {
        spec.as_object_mut().expect("a map").remove(key).expect("more than one target");
    }
    spec
}

fn plan(desk: &Desk, spec: &Value) -> BTreeMap<String, String> {
    // JSON is YAML.
    desk.write("alarms.yaml", &spec.to_string());
    desk.run(&["plan", "--format", "json"]).exits(0).changes()
}

/// The names of what stands, by kind.
fn standing(desk: &Desk) -> Value {
    let mut shown = desk.run(&["sandbox", "show", "--format", "json"]).exits(0).json();
    let mut resources = shown["accounts"][0]["resources"].take();
    resources.as_object_mut().expect("a map").retain(|_, names| names != &json!([]));
    resources
}

#[test]
fn its_stack_has_a_whole_life_and_each_change_shows_alone() {
    let desk = Desk::new().with(&["--sandbox=sandbox.json"]);
    let spec = alone();
    desk.write("others.yaml", OTHERS);
    desk.run(&["apply", "--yes", "--file", "others.yaml"]).exits(0);
    let first = plan(&desk, &spec);
    // The sandbox has the function, and so its log group.
    let there: Vec<&String> =
        first.iter().filter(|(_, change)| *change != "create").map(|(address, _)| address).collect();
    assert_eq!(there, ["log_group//aws/lambda/mlops-service-lambda"]);
    let adopt = format!("--adopt={}", there[0]);
    desk.run(&["apply", "--yes", &adopt]).exits(0).says(&format!("{} added, 0 changed", first.len() - 1));
    assert_eq!(plan(&desk, &spec), BTreeMap::new());

    let of_resources = scalars(&spec);
    assert!(of_resources.values().map(Vec::len).sum::<usize>() > 100, "{of_resources:#?}");
    let rounds = of_resources.values().map(Vec::len).max().unwrap_or_default();
    let wrong: Vec<String> = (0..rounds).filter_map(|round| wrong(&desk, &spec, &of_resources, round)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    desk.write("alarms.yaml", &spec.to_string());
    let destroyed = desk.run(&["destroy", "--yes", "--allow-data-loss"]).exits(0);
    let external = first.keys().filter(|address| address.starts_with("external_subscription/")).count();
    destroyed.says(&format!("{} destroyed, 0 adopted, 1 no longer managed", first.len() - 1 - external));
    desk.run(&["destroy", "--yes", "--allow-data-loss", "--file", "others.yaml"]).exits(0);
    let own =
        json!({ "functions": ["mlops-service-lambda"], "log groups": [there[0].trim_start_matches("log_group/")] });
    assert_eq!(standing(&desk), own, "destroy leaves what was there before");
    assert_eq!(plan(&desk, &spec), first, "all of it would be made again");
}

/// Changes one scalar of each resource that has so many. Returns what the plan says that is more or less than these changes, one of each.
fn wrong(desk: &Desk, spec: &Value, of_resources: &Scalars, round: usize) -> Option<String> {
    let chosen = of_resources.iter().filter_map(|(address, pointers)| Some((address, pointers.get(round)?)));
    let chosen: BTreeMap<&String, &String> = chosen.collect();
    let mut edited = spec.clone();
    for pointer in chosen.values() {
        *edited.pointer_mut(pointer).expect("it is there") = other(spec, pointer);
    }
    desk.write("alarms.yaml", &edited.to_string());
    let ran = desk.run(&["plan", "--format", "json"]);
    if ran.code != Some(0) {
        return Some(format!("{chosen:#?}: {}", ran.stderr));
    }
    let mut changes = ran.changes();
    let mut wrong = Vec::new();
    for (address, pointer) in chosen {
        let change = changes.iter().find(|(changed, _)| changed.starts_with(address.as_str()));
        let change = change.map(|(changed, _)| changed.clone()).and_then(|changed| changes.remove_entry(&changed));
        // A widget is one field, whose name has words.
        let is_it = |change: &str| {
            change.split(' ').count() == 2 || address.starts_with("dashboard/") && change.starts_with("update ")
        };
        if !change.as_ref().is_some_and(|(_, change)| is_it(change)) {
            wrong.push(format!("{pointer} becomes {}: {change:?}", other(spec, pointer)));
        }
    }
    // A dashboard shows what the alarms are.
    changes.retain(|address, _| !address.starts_with("dashboard/"));
    wrong.extend(changes.into_iter().map(|more| format!("also {more:?}")));
    (!wrong.is_empty()).then(|| wrong.join("\n"))
}

/// How a resource's address begins -> what can be changed in it.
type Scalars = BTreeMap<String, Vec<String>>;

/// Where in the spec each resource has what can be changed. Without what makes it another resource or is named by the rest of the alarm, and
/// what cannot be read back: SNS neither shows nor changes the attributes of a subscription that is pending.
fn scalars(spec: &Value) -> Scalars {
    const IDENTITY: [&str; 10] = [
        "protocol",
        "endpoint",
        "topic",
        "arn",
        "fifo",
        "log_group_class",
        "id",
        "return_data",
        "threshold_metric_id",
        "type",
    ];
    let mut found = Scalars::new();
    for (section, kind) in SECTIONS {
        for (name, entry) in spec[section].as_object().expect("a map of resources") {
            // `auto` is a word for all of an entry.
            for path in leaves(entry).into_iter().filter(|path| !path.is_empty()) {
                let parts: Vec<&str> = path.split('/').skip(1).collect();
                let mut address = format!("{kind}/{name}");
                if let ["metric_filters", filter, ..] = parts[..] {
                    address = format!("metric_filter/{name}:{filter}");
                } else if parts.contains(&"detector") {
                    address = format!("anomaly_detector/{name}");
                } else if let ["subscriptions", at, ..] = parts[..] {
                    let at: usize = at.parse().expect("a place in a list");
                    let protocol = entry["subscriptions"][at]["protocol"].as_str().expect("a protocol");
                    if ["email", "https"].contains(&protocol) {
                        continue;
                    }
                    address = match entry["arn"].as_str() {
                        Some(arn) => format!("{kind}/{arn}/{protocol}/"),
                        None => format!("subscription/{name}/{protocol}/"),
                    };
                }
                // The detector of another metric is another detector.
                let learns = |key: &str| ["namespace", "metric_name", "statistic", "dimensions"].contains(&key);
                if section == "alarms" && WITH_DETECTOR.contains(&name.as_str()) && parts.iter().any(|key| learns(key))
                {
                    continue;
                }
                if !parts.last().is_some_and(|key| IDENTITY.contains(key)) {
                    found.entry(address).or_default().push(format!("/{section}/{}{path}", escaped(name)));
                }
            }
        }
    }
    found
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// JSON pointers of all scalars below.
fn leaves(value: &Value) -> Vec<String> {
    let below = |key: String, value: &Value| leaves(value).into_iter().map(move |rest| format!("/{key}{rest}"));
    match value {
        Value::Object(map) => {
            map.iter().flat_map(|(key, value)| below(escaped(key), value).collect::<Vec<_>>()).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(at, item)| below(at.to_string(), item).collect::<Vec<_>>()).collect()
        }
        _ => vec![String::new()],
    }
}

/// What else can stand there: of a switch the other way, else by the key, the first that is not what stands.
fn other(spec: &Value, pointer: &str) -> Value {
    let value = spec.pointer(pointer).expect("it is there");
    if let Value::Bool(switch) = value {
        return json!(!switch);
    }
    if pointer.starts_with("/dashboards/") {
        return other_on_dashboard(pointer, value);
    }
    let key = pointer.rsplit('/').find(|part| part.parse::<usize>().is_err()).expect("a key");
    let values = match key {
        "threshold"
        | "width"
        | "minDelayTarget"
        | "maxDelayTarget"
        | "numRetries"
        | "evaluation_periods"
        | "datapoints_to_alarm" => return more(value),
        "query_results_to_evaluate" | "query_results_to_alarm" | "action_log_line_count" => return more(value),
        "signature_version" => json!([1]),
        "Version" => json!(["2008-10-17"]),
        "Effect" => json!(["Deny"]),
        "Service" => json!(["events.amazonaws.com"]),
        "Action" => json!(["sns:GetTopicAttributes"]),
        "Resource" => json!(["arn:aws:sns:us-east-1:123456789012:alerts"]),
        "tracing_config" => json!(["PassThrough"]),
        "kms_master_key_id" => json!(["alias/others"]),
        "kms_key_id" => json!(["arn:aws:kms:us-east-1:123456789012:key/two"]),
        "fifo_throughput_scope" => json!(["MessageGroup"]),
        "filter_policy_scope" => json!(["MessageAttributes"]),
        "NewStateValue" => json!(["OK"]),
        "deadLetterTargetArn" => json!(["arn:aws:sqs:us-east-1:123456789012:inbox"]),
        "subscription_role_arn" => json!(["arn:aws:iam::123456789012:role/others"]),
        "retention" => json!(["30d"]),
        "retention_in_days" => json!([731]),
        "log_group_class" => json!(["INFREQUENT_ACCESS"]),
        "metric_name" => json!(["Throttles"]),
        "statistic" | "stat" => json!(["Maximum"]),
        "extended_statistic" => json!(["p99.9"]),
        "unit" => json!(["Seconds"]),
        "period" if pointer == "/alarms/errors/period" => json!(["1d"]),
        "period"
        | "wait_period"
        | "extension_period"
        | "pending_period"
        | "recovery_period"
        | "actions_suppressor_wait_period"
        | "actions_suppressor_extension_period" => json!(["10m", "20m"]),
        "evaluation_interval" => json!(["30s"]),
        "duration" => json!(["5h"]),
        "treat_missing_data" => json!(["breaching"]),
        "timezone" => json!(["America/New_York"]),
        "comparison_operator" if !pointer.starts_with("/alarms/") => json!(["LessThanThreshold"]),
        "comparison_operator" if pointer.starts_with("/alarms/percentile") => json!(["LessThanThreshold"]),
        "comparison_operator" => json!(["LessThanLowerThreshold"]),
        "evaluate_low_sample_count_percentile" => json!(["ignore"]),
        "alarm" if pointer.ends_with("suppressor/alarm") => json!(["promql"]),
        "actions_suppressor" => json!(["promql"]),
        "alarm"
        | "ok"
        | "insufficient_data"
        | "alarm_actions"
        | "ok_actions"
        | "insufficient_data_actions"
        | "notify" => {
            json!(["arn:aws:lambda:us-east-1:123456789012:function:mlops-service-lambda"])
        }
        "account_id" => json!(["111122223333"]),
        "expression" => json!([format!("1 + ({})", value.as_str().expect("a text"))]),
        "query" => json!(["rate(errors[5m]) > 0.06"]),
        "threshold_metric_id" | "id" => json!(["another"]),
        "alarm_rule" => json!(["ALARM(percentile)"]),
        "schedule" => json!(["cron(0 3 * * SUN)"]),
        "alarms" => json!(["errors"]),
        "start_date" => json!(["2031-01-01T00:00Z"]),
        "expire_date" => json!(["2037-12-24T18:00Z"]),
        "pattern" => json!(["{ $.level = \"FATAL\" }"]),
        "value" | "default_value" => return more(value),
        "adaptation_speed" => json!(["FAST", "SLOW"]),
        "outlier_filtering_strength" => json!(["MINIMAL"]),
        "metric_timezone" => json!(["America/New_York"]),
        "start" => json!(["2026-12-23"]),
        "end" => json!(["2026-12-28"]),
        "query_string" => json!(["filter @message like /gave up/"]),
        "log_group_identifiers" => json!(["/everything/audit"]),
        "aggregation_expression" => json!(["max(latency)"]),
        "schedule_expression" => json!(["10m"]),
        "start_time_offset" => json!(["20m"]),
        "end_time_offset" => json!(["2m"]),
        "scheduled_query_role_arn" | "action_log_line_role_arn" => json!(["arn:aws:iam::123456789012:role/others"]),
        "on_destroy" => json!(["keep"]),
        "display_name" | "description" | "label" | "kind" | "team" | "Sid" | "namespace" | "FunctionName" | "Queue"
        | "include" | "exclude" => json!(["Others"]),
        _ => panic!("{pointer}: what else could stand there?"),
    };
    let values = values.as_array().expect("a list");
    values.iter().find(|other| *other != value).unwrap_or_else(|| panic!("{pointer}: nothing else")).clone()
}

/// The same of a dashboard.
fn other_on_dashboard(pointer: &str, value: &Value) -> Value {
    let key = pointer.rsplit('/').find(|part| part.parse::<usize>().is_err()).expect("a key");
    match (key, value) {
        ("width", _) => json!(value.as_i64().expect("a number") - 1),
        (_, Value::Number(_)) => more(value),
        ("start", _) if pointer.contains("/body/") => json!("-PT7H"),
        ("start", _) => json!("13h"),
        ("period_override", _) => json!("auto"),
        ("periodOverride", _) => json!("inherit"),
        ("alarm", _) => json!("percentile"),
        ("alarms", _) => json!("errors"),
        ("states", _) => json!("INSUFFICIENT_DATA"),
        ("sort_by", _) => json!("timestamp"),
        ("view", _) => json!("bar"),
        ("period", _) => json!("10m"),
        ("statistic", _) => json!("Maximum"),
        ("expression", _) => json!("200 * errors / calls"),
        ("log_groups", _) => json!("/everything/more"),
        ("query", _) => json!("fields @message | limit 30"),
        _ => json!("Others"),
    }
}

/// One more, also behind an operator.
fn more(value: &Value) -> Value {
    match value.as_i64() {
        Some(number) => json!(number + 1),
        None => {
            let text = value.as_str().expect("a text");
            let (operator, number) = text.split_once(' ').expect("an operator and a number");
            json!(format!("{operator} {}", number.parse::<i64>().expect("a number") + 1))
        }
    }
}
