//! Random specs over a few names, so that two of them overlap and everything AWS lets a stack be comes up. As JSON, which is
//! YAML; the same seed gives the same spec.

use fastrand::Rng;
use serde_json::{Map, Value, json};

const EMAILS: [&str; 4] = ["ann@example.edu", "ben@example.edu", "cem@example.edu", "dia@example.edu"];
const ALARMS: [&str; 5] = ["errors", "slow", "busy", "idle", "odd"];
const COMPOSITES: [&str; 3] = ["both", "any", "odd"];
const MUTE_RULES: [&str; 3] = ["nights", "deploy", "odd"];
const LOG_ALARMS: [&str; 3] = ["failures", "denied", "odd"];
const METRIC_FILTERS: [&str; 3] = ["errors", "slow", "odd"];
const GROUPS: [&str; 3] = ["/aws/lambda/mlops-service-lambda", "/app/web", "/app/jobs"];
const TOPICS: [&str; 3] = ["alerts", "orders", "audit.fifo"];
const FUNCTION: &str = "mlops-service-lambda";
/// A topic that others own, which has to be there; and what specs call it.
pub const EXTERNAL: (&str, &str) = ("their-central", "central");

/// A spec of the stack that binds without a mistake.
pub fn spec(rng: &mut Rng, stack: &str) -> Value {
    let topics = named(rng, &TOPICS, 2, topic);
    let external =
        if rng.u8(..4) == 0 { named(rng, &[EXTERNAL.1], 1, |rng, _| external_topic(rng)) } else { Map::new() };
    let notified: Map<String, Value> = topics.clone().into_iter().chain(external.clone()).collect();
    let alarms = named(rng, &ALARMS, 3, |rng, name| alarm(rng, name, &notified));
    let names: Vec<&String> = alarms.keys().collect();
    let mut composites = Map::new();
    if !names.is_empty() && rng.u8(..3) == 0 {
        composites = named(rng, &COMPOSITES, 2, |rng, _| composite(rng, &names, &notified));
        composites.retain(|name, _| !alarms.contains_key(name));
    }
    let log_groups = named(rng, &GROUPS, 2, log_group);
    let log_alarms = match log_groups.keys().collect::<Vec<_>>() {
        groups if groups.is_empty() || rng.u8(..3) > 0 => Map::new(),
        groups => {
            let mut found = named(rng, &LOG_ALARMS, 2, |rng, _| log_alarm(rng, &groups, &notified));
            found.retain(|name, _| !alarms.contains_key(name) && !composites.contains_key(name));
            found
        }
    };
    let mute_rules = match alarms.keys().chain(composites.keys()).chain(log_alarms.keys()).collect::<Vec<_>>() {
        names if names.is_empty() || rng.u8(..3) > 0 => Map::new(),
        names => named(rng, &MUTE_RULES, 2, |rng, _| mute_rule(rng, &names)),
    };
    let mut spec = json!({
        "version": 1, "stack": stack, "region": "us-east-1",
        "topics": topics, "external_topics": external, "alarms": alarms, "composite_alarms": composites,
        "mute_rules": mute_rules,
        "log_groups": log_groups, "log_alarms": log_alarms,
    });
    if rng.u8(..4) == 0 {
        spec["tags"] = tags(rng);
    }
    if rng.u8(..5) == 0 {
        let group_is_free = spec["log_groups"].get(GROUPS[0]).is_none();
        spec["functions"] = functions(rng, &notified, group_is_free);
    }
    spec["dashboards"] = match rng.u8(..6) {
        0 => json!({ "lab": "auto" }),
        1 => json!({ "lab": { "start": "1d", "widgets": [{ "text": "# Lab", "width": rng.i64(1..24) }] }, "desk": {} }),
        _ => json!({}),
    };
    spec
}

/// The function by its name, or a pattern; now and then with what is made of its log group.
fn functions(rng: &mut Rng, topics: &Map<String, Value>, group_is_free: bool) -> Value {
    let mut golden = Map::new();
    if !topics.is_empty() {
        golden.insert("notify".into(), pick_key(rng, topics));
    }
    let key = rng.choice([FUNCTION, FUNCTION, "mlops-*", "*", "*"]).unwrap_or_default();
    if key == "*" && rng.bool() {
        golden.insert("one_alarm".into(), json!(true));
    }
    let golden = if golden.is_empty() { json!(true) } else { golden.into() };
    let mut entry = json!({ "golden_signals": golden });
    if key == "*" && rng.u8(..4) == 0 {
        entry["match"] = json!({ "except": [rng.choice([FUNCTION, "web"])] });
    }
    if group_is_free && rng.u8(..4) == 0 {
        entry["retention"] = json!("14d");
    }
    let mut functions = json!({ key: entry });
    if key == "*" && rng.u8(..4) == 0 {
        functions[FUNCTION] = json!({ "golden_signals": { "traffic": true, "latency": false } });
    }
    functions
}

/// Subscriptions of ours to what is not ours.
fn external_topic(rng: &mut Rng) -> Value {
    let mut subscriptions: Vec<Value> = Vec::new();
    if rng.bool() {
        let mut mail = json!({ "protocol": "email", "endpoint": rng.choice(EMAILS) });
        if rng.u8(..4) == 0 {
            mail["filter_policy"] = json!({ "state": ["ALARM"] });
        }
        subscriptions.push(mail);
    }
    if rng.bool() {
        subscriptions.push(queue(rng, false));
    }
    json!({ "arn": format!("arn:aws:sns:us-east-1:123456789012:{}", EXTERNAL.0), "subscriptions": subscriptions })
}

/// The same spec with the keys of every map, and the lists whose order means nothing, in another order.
pub fn shuffled(rng: &mut Rng, value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut entry = |(key, value): (&String, &Value)| match key.ends_with("policy") {
                true => format!("{}: {value}", json!(key)),
                false => format!("{}: {}", json!(key), shuffled(rng, value)),
            };
            let mut entries: Vec<String> = map.iter().map(&mut entry).collect();
            rng.shuffle(&mut entries);
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Array(items) => {
            let mut items: Vec<String> = items.iter().map(|item| shuffled(rng, item)).collect();
            rng.shuffle(&mut items);
            format!("[ {} ]", items.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

/// At most `most` of the names, rather fewer, each with what `make` says.
fn named(
    rng: &mut Rng,
    names: &[&str],
    most: usize,
    mut make: impl FnMut(&mut Rng, &str) -> Value,
) -> Map<String, Value> {
    let count = rng.usize(..=most).min(rng.usize(..=most));
    let chosen = rng.choose_multiple(names.iter().copied(), count);
    chosen.into_iter().map(|name| (name.to_owned(), make(rng, name))).collect()
}

/// An object that has each of these keys in one case of `rarity`.
fn some(rng: &mut Rng, rarity: u8, options: &[(&str, &[Value])]) -> Map<String, Value> {
    let mut map = Map::new();
    for (key, values) in options {
        if rng.u8(..rarity) == 0 {
            map.insert((*key).to_owned(), rng.choice(values.iter()).cloned().unwrap_or_default());
        }
    }
    map
}

fn pick_key(rng: &mut Rng, map: &Map<String, Value>) -> Value {
    rng.choice(map.keys().collect::<Vec<_>>()).map(|key| json!(key)).unwrap_or_default()
}

fn tags(rng: &mut Rng) -> Value {
    Value::Object(some(rng, 2, &[("team", &[json!("a"), json!("b")]), ("cost:centre", &[json!("42 x"), json!("")])]))
}

fn topic(rng: &mut Rng, name: &str) -> Value {
    let policy = |action: &str| {
        json!({ "Version": "2012-10-17", "Statement": [{
            "Sid": "alarms", "Effect": "Allow", "Principal": { "Service": "cloudwatch.amazonaws.com" },
            "Action": action, "Resource": format!("arn:aws:sns:us-east-1:123456789012:{name}"),
        }] })
    };
    let mut topic = some(
        rng,
        4,
        &[
            ("display_name", &[json!("Alerts"), json!("Alarm Glocke")]),
            ("signature_version", &[json!("2"), json!(1)]),
            ("tracing_config", &[json!("Active"), json!("PassThrough")]),
            ("kms_master_key_id", &[json!("alias/alerts")]),
            ("policy", &[policy("sns:Publish"), policy("sns:GetTopicAttributes")]),
            ("delivery_policy", &[json!({ "http": { "defaultHealthyRetryPolicy": { "numRetries": 5 } } })]),
        ],
    );
    if rng.u8(..4) == 0 {
        topic.insert("tags".into(), tags(rng));
    }
    let fifo = name.ends_with(".fifo");
    if fifo {
        topic.insert("fifo".into(), json!(true));
        topic.extend(some(
            rng,
            2,
            &[
                ("content_based_deduplication", &[json!(true), json!(false)]),
                ("fifo_throughput_scope", &[json!("Topic"), json!("MessageGroup")]),
            ],
        ));
    }
    let mut subscriptions: Vec<Value> = Vec::new();
    let count = rng.usize(..3);
    for email in rng.choose_multiple(EMAILS, count) {
        if !fifo {
            let mut subscription = json!({ "protocol": "email", "endpoint": email });
            if rng.u8(..4) == 0 {
                subscription["filter_policy"] = json!({ "state": ["ALARM"] });
            }
            subscriptions.push(subscription);
        }
    }
    if rng.u8(..3) == 0 {
        subscriptions.push(queue(rng, fifo));
    }
    if !fifo && rng.u8(..8) == 0 {
        let mut hook = json!({ "protocol": "https", "endpoint": "https://hooks.example.edu/x" });
        if rng.bool() {
            hook["delivery_policy"] = json!({ "healthyRetryPolicy": { "numRetries": 7, "minDelayTarget": 20 } });
        }
        subscriptions.push(hook);
    }
    topic.insert("subscriptions".into(), subscriptions.into());
    Value::Object(topic)
}

/// A subscription that is confirmed at once, so its attributes can be read.
fn queue(rng: &mut Rng, fifo: bool) -> Value {
    let arn = |name: &str| format!("arn:aws:sqs:us-east-1:123456789012:{name}{}", if fifo { ".fifo" } else { "" });
    let mut queue = some(
        rng,
        3,
        &[
            ("raw_message_delivery", &[json!(true), json!(false)]),
            ("redrive_policy", &[json!({ "deadLetterTargetArn": arn("dead") })]),
        ],
    );
    match rng.u8(..4) {
        0 => drop(queue.insert("filter_policy".into(), json!({ "severity": ["high", { "numeric": [">", 5.0] }] }))),
        1 => {
            queue.insert("filter_policy".into(), json!({ "detail": { "state": [{ "prefix": "AL" }] } }));
            queue.insert("filter_policy_scope".into(), json!("MessageBody"));
        }
        _ => {}
    }
    queue.insert("protocol".into(), json!("sqs"));
    queue.insert("endpoint".into(), json!(arn("inbox")));
    Value::Object(queue)
}

fn log_group(rng: &mut Rng, name: &str) -> Value {
    let mut group = some(
        rng,
        2,
        &[("retention", &[json!("14d"), json!(7), json!("never"), json!("1w")]), ("tags", &[json!({ "team": "a" })])],
    );
    group.extend(some(
        rng,
        6,
        &[
            ("kms_key_id", &[json!("arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000")]),
            ("log_group_class", &[json!("STANDARD"), json!("INFREQUENT_ACCESS")]),
        ],
    ));
    // AWS has none on the other class.
    if group.get("log_group_class") != Some(&json!("INFREQUENT_ACCESS")) && rng.u8(..3) == 0 {
        let filters = named(rng, &METRIC_FILTERS, 3, |rng, _| metric_filter(rng));
        if !filters.is_empty() {
            group.insert("metric_filters".into(), filters.into());
        }
    }
    if name.starts_with("/aws/") {
        // It was there before us, and its class is fixed.
        group.remove("log_group_class");
    }
    Value::Object(group)
}

fn alarm(rng: &mut Rng, own_name: &str, topics: &Map<String, Value>) -> Value {
    let metric = |name: &str, statistic: Value| {
        json!({
            "namespace": "AWS/Lambda", "metric_name": name, "statistic": statistic,
            "dimensions": { "FunctionName": FUNCTION, "Resource": "x:1" },
        })
    };
    let statistics = [json!("Sum"), json!("Average"), json!("p95"), json!("tm99"), json!("IQM"), json!("PR(1:3)")];
    let statistic = rng.choice(statistics.iter()).cloned().unwrap_or_default();
    let name = rng.choice(["Errors", "Duration", "Throttles"]).unwrap_or_default();
    let form = rng.u8(..8);
    let mut alarm = match form {
        0 => json!({ "promql": { "query": "sum(rate(errors[5m])) > 1" } }),
        1 => json!({
            "expression": "IF(i > 0, 100 * e / i, 0)",
            "metrics": { "i": metric("Invocations", json!("Sum")), "e": metric(name, statistic) },
        }),
        2 => {
            let mut anomaly = metric(name, json!("Average"));
            anomaly["width"] = rng.choice([json!(2), json!(2.5)]).unwrap_or_default();
            // Two alarms on one band would share it.
            if own_name == "odd" {
                anomaly["detector"] = detector(rng);
            }
            json!({ "anomaly": anomaly })
        }
        3 => json!({ "expression": "SELECT MAX(Duration) FROM SCHEMA(\"AWS/Lambda\", FunctionName)" }),
        4 => {
            let account = metric("Invocations", json!("Sum"));
            json!({ "metrics": [
                { "id": "a", "metric_stat": { "metric": {
                    "namespace": account["namespace"], "metric_name": "Invocations",
                    "dimensions": account["dimensions"] }, "stat": "Sum" }, "account_id": "210987654321",
                  "return_data": false },
                { "id": "b", "expression": "a * 2", "label": "twice", "return_data": true },
            ] })
        }
        _ => metric(name, statistic),
    };
    let Some(map) = alarm.as_object_mut() else { return alarm };
    if form == 0 {
        map.extend(some(rng, 2, &[("evaluation_interval", &[json!("30s"), json!("5m")])]));
        if rng.bool() {
            map["promql"]["pending_period"] = json!("5m");
        }
    } else {
        let threshold = rng.choice([json!("> 5"), json!("<= 0.25"), json!(">= 1e3")]).unwrap_or_default();
        if form != 2 {
            map.insert("threshold".into(), threshold);
        }
        map.extend(some(
            rng,
            3,
            &[
                ("treat_missing_data", &[json!("notBreaching"), json!("missing"), json!("ignore")]),
                ("evaluation_window", &[json!("sliding"), json!({ "wall_clock": { "timezone": "Europe/Berlin" } })]),
                ("period", &[json!("1m"), json!(300), json!("1h")]),
            ],
        ));
        if rng.bool() {
            let periods = rng.u8(1..=3);
            map.insert("evaluation_periods".into(), json!(periods));
            map.extend(some(rng, 2, &[("datapoints_to_alarm", &[json!(1), json!(periods)])]));
        }
    }
    map.extend(some(
        rng,
        4,
        &[
            ("description", &[json!("what to do"), json!("äöü \"quoted\" <&>"), json!("")]),
            ("warm_up", &[json!({ "period": "30m" })]),
            ("tags", &[json!({ "team": "a" }), json!({ "team": "c", "x": "y" })]),
        ],
    ));
    whom(rng, map, topics);
    alarm
}

fn whom(rng: &mut Rng, alarm: &mut Map<String, Value>, topics: &Map<String, Value>) {
    if rng.u8(..8) == 0 {
        alarm.insert("actions_enabled".into(), json!(false));
    }
    if rng.u8(..8) == 0 {
        alarm.insert("propagate_tags".into(), rng.choice([json!(true), json!({ "include": ["team", "x"] })]).into());
    }
    let lambda = json!("arn:aws:lambda:us-east-1:123456789012:function:mlops-service-lambda");
    for key in ["alarm_actions", "ok_actions", "insufficient_data_actions"] {
        let mut actions: Vec<Value> = Vec::new();
        if !topics.is_empty() && rng.u8(..3) > 0 {
            actions.push(pick_key(rng, topics));
        }
        if rng.u8(..6) == 0 {
            actions.push(lambda.clone());
        }
        if !actions.is_empty() || rng.u8(..4) == 0 {
            alarm.insert(key.into(), actions.into());
        }
    }
}

fn composite(rng: &mut Rng, alarms: &[&String], topics: &Map<String, Value>) -> Value {
    let one = rng.choice(alarms.iter()).map(|name| name.as_str()).unwrap_or_default();
    let all = alarms.iter().map(|name| format!("ALARM(\"{name}\")")).collect::<Vec<_>>().join(" OR ");
    let rule = match rng.u8(..3) {
        0 => format!("ALARM({one}) AND NOT OK(\"{one}\")"),
        1 => all,
        _ => format!("AT_LEAST(1, ALARM, ({one}))"),
    };
    let mut composite = json!({ "alarm_rule": rule });
    let Some(map) = composite.as_object_mut() else { return composite };
    if rng.u8(..4) == 0 {
        map.insert("suppressor".into(), json!({ "alarm": one, "wait_period": "1m", "extension_period": 90 }));
    }
    map.extend(some(rng, 3, &[("description", &[json!("several")]), ("tags", &[json!({ "team": "a" })])]));
    whom(rng, map, topics);
    composite
}

fn mute_rule(rng: &mut Rng, alarms: &[&String]) -> Value {
    let count = rng.usize(1..=alarms.len());
    let muted = rng.choose_multiple(alarms.iter(), count);
    let mut rule = some(
        rng,
        3,
        &[
            ("description", &[json!("while nobody is in"), json!("")]),
            ("timezone", &[json!("Europe/Berlin"), json!("UTC"), json!("+02:00")]),
            ("start_date", &[json!("2030-01-01T00:00Z")]),
            ("expire_date", &[json!("2035-01-01T00:00Z"), json!("2036-02-29")]),
            ("tags", &[json!({ "team": "a" })]),
        ],
    );
    rule.insert("schedule".into(), rng.choice([json!("cron(0 22 * * *)"), json!("at(2033-05-01T18:00)")]).into());
    rule.insert("duration".into(), rng.choice([json!("8h"), json!(3600), json!("1d")]).into());
    rule.insert("alarms".into(), json!(muted));
    Value::Object(rule)
}

fn metric_filter(rng: &mut Rng) -> Value {
    let mut filter =
        some(rng, 3, &[("unit", &[json!("Count"), json!("Milliseconds")]), ("value", &[json!(1), json!(2)])]);
    filter.extend(some(rng, 3, &[("default_value", &[json!(0), json!(0.5)])]));
    let pattern =
        rng.choice([json!("ERROR"), json!("{ $.level = \"ERROR\" }"), json!("[time, level, ...]"), json!("")]);
    filter.insert("pattern".into(), pattern.into());
    filter.insert("metric_name".into(), rng.choice([json!("Failures"), json!("Lines")]).into());
    filter.insert("namespace".into(), json!("App"));
    Value::Object(filter)
}

fn log_alarm(rng: &mut Rng, groups: &[&String], topics: &Map<String, Value>) -> Value {
    let mut alarm = some(
        rng,
        3,
        &[
            ("description", &[json!("what to do")]),
            ("treat_missing_data", &[json!("notBreaching"), json!("ignore")]),
            ("start_time_offset", &[json!("10m"), json!("1h")]),
            ("action_log_line_count", &[json!(0)]),
            ("tags", &[json!({ "team": "a" })]),
        ],
    );
    alarm.insert(
        "query_string".into(),
        rng.choice([json!("filter @message like /x/"), json!("fields @message")]).into(),
    );
    alarm.insert("log_group_identifiers".into(), json!([rng.choice(groups.iter())]));
    alarm.insert("aggregation_expression".into(), json!("count(*)"));
    alarm.insert("schedule_expression".into(), rng.choice([json!("5m"), json!("1h")]).into());
    alarm.insert("scheduled_query_role_arn".into(), json!("arn:aws:iam::123456789012:role/log-alarms"));
    alarm.insert("threshold".into(), rng.choice([json!("> 5"), json!("<= 0.25")]).into());
    whom(rng, &mut alarm, topics);
    Value::Object(alarm)
}

/// At least one setting: a detector without any is a mistake.
fn detector(rng: &mut Rng) -> Value {
    let mut detector = some(
        rng,
        2,
        &[
            ("metric_timezone", &[json!("Europe/Berlin")]),
            ("excluded_ranges", &[json!([{ "start": "2026-12-24", "end": "2026-12-27T06:00Z" }])]),
            ("outlier_filtering_strength", &[json!("STRICT"), json!("MINIMAL")]),
            ("periodic_spikes", &[json!(true)]),
        ],
    );
    detector.insert("adaptation_speed".into(), rng.choice([json!("FAST"), json!("SLOW")]).into());
    Value::Object(detector)
}
