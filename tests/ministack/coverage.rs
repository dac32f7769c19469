//! Patterns under `functions` on an emulator that has functions of its own: each that is there is covered, those that come and go, too.

use super::Account;
use serde_json::json;
use std::collections::BTreeSet;

const SPEC: &str = "version: 1
stack: cover
region: us-east-1
vars: { account: { required: true } }
topics: { ops: {} }
functions:
  web: { golden_signals: { notify: ops, latency: off, concurrency: off, errors: off } }
  \"*\":
    match: { except: [\"canary*\"] }
    golden_signals: { notify: ops, latency: off, concurrency: off, errors: off }
";

fn create(account: &Account, name: &str) {
    // An archive of nothing.
    let zip = [&[80_u8, 75, 5, 6][..], &[0; 18]].concat();
    let function = json!({
        "FunctionName": name, "Runtime": "python3.12", "Handler": "a.b",
        "Role": format!("arn:aws:iam::{}:role/lab", account.number), "Code": { "ZipFile": zip },
    });
    account.call("lambda", "create_function", &function);
}

fn alarms(account: &Account) -> BTreeSet<String> {
    super::texts(&account.alarms()["MetricAlarms"], "AlarmName").into_iter().collect()
}

/// A topic of somebody else's in the same account: our subscription is made once, set, and left.
#[test]
fn a_subscription_to_somebody_elses_topic_is_made_and_left() {
    let account = Account::new();
    let central = account.call("sns", "create_topic", &json!({ "Name": "central" }))["TopicArn"].take();
    let central = central.as_str().expect("an ARN");
    let queue = format!("arn:aws:sqs:us-east-1:{}:ours", account.number);
    let spec = format!(
        "version: 1
stack: ext
region: us-east-1
vars: {{ account: {{ required: true }} }}
external_topics:
  central: {{ arn: \"{central}\", subscriptions: [{{ protocol: sqs, endpoint: \"{queue}\", raw_message_delivery: true }}] }}
alarms:
  errors: {{ namespace: AWS/Lambda, metric_name: Errors, statistic: Sum, threshold: \"> 5\", notify: central }}
"
    );
    account.desk.write("alarms.yaml", &spec);
    account.desk.run(&["apply", "--yes", "--no-backtest"]).exits(0);
    account.desk.run(&["plan", "--no-backtest"]).exits(0).says("No changes");
    assert_eq!(account.subscriptions("central"), [format!("sqs {queue}")]);
    account.desk.write("alarms.yaml", &spec.replace("true }]", "false }]"));
    account.desk.run(&["apply", "--yes", "--no-backtest"]).exits(0).says("1 changed");
    account.desk.run(&["destroy", "--yes"]).exits(0);
    assert_eq!(account.subscriptions("central"), [format!("sqs {queue}")]);
    let tags = account.call("sns", "list_tags_for_resource", &json!({ "ResourceArn": central }));
    assert_eq!(tags["Tags"].as_array().map(Vec::len).unwrap_or_default(), 0);
}

#[test]
fn every_function_of_the_account_is_covered() {
    let account = Account::new();
    for name in ["web", "api", "canary-1"] {
        create(&account, name);
    }
    account.desk.write("alarms.yaml", SPEC);
    account.desk.run(&["apply", "--yes", "--no-backtest"]).exits(0);
    assert_eq!(alarms(&account), ["api-throttles", "web-throttles"].map(str::to_owned).into());
    create(&account, "job");
    account.call("lambda", "delete_function", &json!({ "FunctionName": "api" }));
    let plan = account.desk.run(&["plan", "--no-backtest"]).exits(0);
    assert!(plan.stdout.contains("functions `*`: 1 function, job"), "{}", plan.stdout);
    account.desk.run(&["apply", "--yes", "--no-backtest"]).exits(0);
    // Its tag index has no alarms, so that those of a function that is gone are not found there (they are on the sandbox).
    let expected = ["api-throttles", "job-throttles", "web-throttles"].map(str::to_owned);
    assert_eq!(alarms(&account), expected.into());
    account.desk.run(&["destroy", "--yes"]).exits(0);
    assert_eq!(alarms(&account), ["api-throttles".to_owned()].into());
}

/// The emulator keeps dashboards and says of their tags that there is no such thing: one that stands is not taken for gone.
#[test]
fn a_dashboard_whose_tags_nobody_knows_is_there_all_the_same() {
    let account = Account::new();
    account.desk.write(
        "alarms.yaml",
        "version: 1\nstack: boards\nregion: us-east-1\nvars: { account: { required: true } }\n\
         dashboards: { lab: { widgets: [{ text: Mine }] } }\n",
    );
    account.desk.run(&["apply", "--yes"]).exits(0).says("1 added");
    let plan = account.desk.run(&["plan", "--format", "json"]).exits(0);
    assert_eq!(plan.changes().get("dashboard/lab").map(String::as_str), Some("adopt"), "{plan}");
    account.desk.run(&["apply", "--yes"]).exits(8).says("no stack owns it");
}
