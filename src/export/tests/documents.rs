//! Whole documents: what refers to what, what differs between accounts, what is too large.

use super::{random_desired, random_stack};
use crate::export::cloudformation::{LIMITS, StackSetAccount, TemplateLimits, TemplatePlace, stack_set, templates};
use crate::export::terraform::{TerraformImports, configuration};
use crate::export::{ANY_ACCOUNT, DocumentFormat, ExportColumn, ExportRow};
use crate::model::{Target, secret};
use crate::spec::{self, Desired};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn desired(text: &str, values: &[(&str, &str)]) -> Desired {
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let bound = spec::parse("alarms.yaml", text).and_then(|spec| spec.bind(&values)).unwrap_or_else(|e| panic!("{e}"));
    let region = bound.region().unwrap_or("us-east-1").to_owned();
    bound.desired(&Target::new(ANY_ACCOUNT, region), &BTreeMap::new()).unwrap()
}

fn column(name: &str, is_secret: bool) -> ExportColumn {
    ExportColumn { name: name.to_owned(), description: None, is_secret, is_pseudo: name.starts_with("AWS::") }
}

/// Every reference of a template is to something of it, and everything says once what it comes after.
fn assert_whole(template: &Value) {
    let names = |section: &str| template[section].as_object().into_iter().flat_map(|map| map.keys().cloned());
    let resources: BTreeSet<String> = names("Resources").collect();
    let known: BTreeSet<String> = names("Parameters").chain(resources.clone()).collect();
    assert_eq!(known.len(), resources.len() + names("Parameters").count(), "a name is one thing");
    for (id, resource) in template["Resources"].as_object().unwrap() {
        let mut found = BTreeSet::new();
        references(&resource["Properties"], &mut found);
        assert!(found.is_subset(&known), "{id}: {found:?}");
        for after in resource["DependsOn"].as_array().into_iter().flatten() {
            let after = after.as_str().unwrap();
            assert!(resources.contains(after) && !found.contains(after) && after != id, "{id}: {after}");
        }
    }
    assert!(!template.to_string().contains(ANY_ACCOUNT));
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(name) = members.get("Ref").and_then(Value::as_str).filter(|name| !name.starts_with("AWS::")) {
                found.insert(name.to_owned());
            }
            if let Some(name) = members.get("Fn::GetAtt").and_then(|of| of[0].as_str()) {
                found.insert(name.to_owned());
            }
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn references_of_random_stacks_hold() {
    for seed in 0..300 {
        let desired = random_desired(seed, ANY_ACCOUNT);
        if desired.resources.is_empty() {
            continue;
        }
        let rows = [ExportRow { desired: &desired, values: Vec::new() }];
        let set = templates(&rows, &[], LIMITS).unwrap();
        assert_whole(&set.root.document);
        assert_eq!(templates(&rows, &[], LIMITS).unwrap().root.document, set.root.document, "the same again");
        let count = set.root.document["Resources"].as_object().unwrap().len();
        assert!(count >= random_stack(seed).len(), "{seed}");
    }
}

#[test]
fn too_many_resources_are_parts_of_a_parent() {
    let limits = TemplateLimits { resources: 3, ..LIMITS };
    let mut parts = 0;
    for seed in 0..300 {
        let desired = random_desired(seed, ANY_ACCOUNT);
        if desired.resources.is_empty() {
            continue;
        }
        let rows = [ExportRow { desired: &desired, values: Vec::new() }];
        let whole = templates(&rows, &[], LIMITS).unwrap().root.document;
        let count = whole["Resources"].as_object().unwrap().len();
        // Three parts are all that a parent of so few can have.
        let Ok(set) = templates(&rows, &[], limits) else {
            assert!(count > 9, "{seed}");
            continue;
        };
        assert_eq!(set.children.is_empty(), count <= 3, "{seed}");
        parts += set.children.len();
        set.children.values().for_each(|child| assert_whole(&child.document));
        let mut held = BTreeMap::new();
        for (name, child) in &set.children {
            let resources = child.document["Resources"].as_object().unwrap();
            assert!(resources.len() <= 3);
            held.extend(resources.keys().map(|id| (id.clone(), name.clone())));
        }
        assert!(set.children.is_empty() || held.len() == count, "{seed}: each is in one part");
        // A part comes after those that it needs.
        for (id, part) in &held {
            let resource = &whole["Resources"][id];
            let mut needs = BTreeSet::new();
            references(&resource["Properties"], &mut needs);
            needs.extend(
                resource["DependsOn"].as_array().into_iter().flatten().filter_map(|id| id.as_str().map(str::to_owned)),
            );
            let after = set.root.document["Resources"][part]["DependsOn"].to_string();
            for other in needs.iter().filter_map(|id| held.get(id)).filter(|other| *other != part) {
                assert!(after.contains(other.as_str()), "{seed}: {part} after {other}");
            }
        }
    }
    assert!(parts > 100, "{parts}");
}

const COURSE: &str = r#"
version: 1
stack: course
region: us-east-1
vars: { email: { required: true, description: Who is notified }, limit: { default: "5" }, team: { default: a }, hook: { secret: true, required: true } }
topics:
  alerts:
    subscriptions:
      - { protocol: email, endpoint: "${email}" }
      - { protocol: https, endpoint: "https://hooks.example.edu/${hook}" }
alarms:
  errors:
    namespace: AWS/Lambda
    metric_name: Errors
    statistic: Sum
    threshold: { }
"#;

fn course(email: &str, limit: &str, team: &str, hook: &str) -> Desired {
    let text = COURSE.replace(
        "threshold: { }",
        "threshold: \"> ${limit}\"\n    description: \"of ${team}: ask ${email}\"\n    notify: alerts",
    );
    desired(&text, &[("email", email), ("limit", limit), ("team", team), ("hook", hook)])
}

#[test]
fn what_differs_between_accounts_is_a_parameter() {
    let rows =
        [("ann@x.edu", "5", "a", "hook-1"), ("ben@x.edu", "7", "a", "hook-2"), ("ann@x.edu", "5", "a", "hook-3")];
    let all = rows.map(|(email, limit, team, hook)| course(email, limit, team, hook));
    let accounts = ["111111111111", "222222222222", "333333333333"];
    let columns = [
        column("AWS::AccountId", false),
        column("email", false),
        column("limit", false),
        column("team", false),
        column("hook", true),
    ];
    let table: Vec<ExportRow<'_>> = all
        .iter()
        .zip(rows)
        .zip(accounts)
        .map(|((desired, (email, limit, team, hook)), account)| ExportRow {
            desired,
            values: [account, email, limit, team, hook].map(str::to_owned).to_vec(),
        })
        .collect();
    let set = templates(&table, &columns, LIMITS).unwrap();
    let document = &set.root.document;
    assert_whole(document);
    let of = |id: &str| &document["Resources"][id]["Properties"];
    assert_eq!(of("AlertsEmailSubscription")["Endpoint"], json!({ "Ref": "Email" }));
    assert_eq!(
        of("ErrorsAlarm")["AlarmDescription"],
        json!({ "Fn::Sub": "of a: ask ${Email}" }),
        "the team is the same"
    );
    assert_eq!(of("ErrorsAlarm")["Threshold"], json!({ "Ref": "Limit" }));
    assert_eq!(of("AlertsHttpsSubscription")["Endpoint"], json!({ "Fn::Sub": "https://hooks.example.edu/${Hook}" }));
    assert_eq!(document["Parameters"]["Hook"], json!({ "Type": "String", "NoEcho": true }));
    assert_eq!(document["Parameters"]["Email"]["Default"], "ann@x.edu");
    let places: Vec<StackSetAccount> = accounts
        .map(|account| StackSetAccount { account: account.to_owned(), region: "us-east-1".to_owned() })
        .to_vec();
    let text = DocumentFormat::Json.write(document);
    let input =
        stack_set("course", &set.root, &places, &["ou-a1b2-3c4d5e6f".to_owned()], TemplatePlace::Request(&text));
    assert_eq!(input.create_stack_set["AutoDeployment"], json!({ "Enabled": false }), "nobody else gets ann's mails");
    let groups = input.create_stack_instances.iter().map(|one| one["DeploymentTargets"]["Accounts"].to_string());
    assert_eq!(groups.collect::<BTreeSet<_>>().len(), 3, "the mark of the secret is another one in each");
    let said = input.create_stack_instances.iter().map(Value::to_string).collect::<String>();
    assert!(said.contains("ben@x.edu") && !said.contains("hook-"), "{said}");
}

/// A secret is nowhere in a document, whatever it is a part of.
#[test]
fn a_secret_is_a_parameter_without_a_default() {
    let pair = ["s3cret-hook-8", "s3cret-hook-9"];
    let all = pair.map(|hook| course("ann@x.edu", "5", "a", hook));
    let columns = [column("hook", true)];
    let rows: Vec<ExportRow<'_>> =
        all.iter().zip(pair).map(|(desired, hook)| ExportRow { desired, values: vec![hook.to_owned()] }).collect();
    let template = templates(&rows, &columns, LIMITS).unwrap().root.document.to_string();
    let terraform = configuration(&rows, &columns, None).unwrap().document;
    for text in [template, terraform.to_string()] {
        assert!(!text.contains("s3cret") && secret::hide_declared(&text) == text, "{text}");
    }
    assert_eq!(terraform["variable"]["hook"], json!({ "type": "string", "sensitive": true }));
    let endpoint = &terraform["resource"]["aws_sns_topic_subscription"]["alerts_https"]["endpoint"];
    assert_eq!(endpoint, "https://hooks.example.edu/${var.hook}");
}

/// What looks like an expression of the engine's is a text.
#[test]
fn texts_are_not_taken_for_expressions() {
    let text = r#"
version: 1
stack: odd
region: us-east-1
topics: { alerts: { subscriptions: [{ protocol: sqs, endpoint: "arn:aws:sqs:us-east-1:123456789012:q", filter_policy: { Ref: [main] } }] } }
alarms:
  errors: { namespace: N, metric_name: M, statistic: Sum, threshold: "> 5", description: "$${x} %{y}", notify: alerts }
"#;
    let desired = desired(text, &[]);
    let rows = [ExportRow { desired: &desired, values: Vec::new() }];
    let template = templates(&rows, &[], LIMITS).unwrap().root.document;
    let policy = &template["Resources"]["AlertsSqsSubscription"]["Properties"]["FilterPolicy"];
    assert_eq!(policy, r#"{"Ref":["main"]}"#);
    let terraform = configuration(&rows, &[], None).unwrap().document;
    let alarm = &terraform["resource"]["aws_cloudwatch_metric_alarm"]["errors"];
    let said = template["Resources"]["ErrorsAlarm"]["Properties"]["AlarmDescription"].as_str().unwrap();
    assert_eq!(alarm["alarm_description"], said.replace("${", "$${").replace("%{", "%%{"));
    assert_eq!(alarm["alarm_actions"], json!(["${aws_sns_topic.alerts.arn}"]));
}

/// An import block has the ID of what exists; what is known not to exist has none, what has an ID that nobody knows is named.
#[test]
fn import_blocks_are_of_what_exists() {
    let text = r#"
version: 1
stack: import
region: eu-west-1
topics: { alerts: { subscriptions: [{ protocol: email, endpoint: a@b.edu }] } }
log_groups: { /app/web: { retention: 7d, metric_filters: { lines: { pattern: "", metric_name: Lines, namespace: App } } } }
alarms: { "a${{b}": { namespace: N, metric_name: M, statistic: Sum, threshold: "> 5" } }
"#;
    let desired = desired(&text.replace("${{", "$${"), &[]);
    let rows = [ExportRow { desired: &desired, values: Vec::new() }];
    let ids = |imports: &TerraformImports| {
        let made = configuration(&rows, &[], Some(imports)).unwrap();
        let blocks = made.document["import"].as_array().cloned().unwrap_or_default();
        let ids: BTreeSet<String> = blocks.iter().map(|block| block["id"].as_str().unwrap().to_owned()).collect();
        (ids, made.notes.len())
    };
    let topic = "arn:aws:sns:eu-west-1:123456789012:alerts";
    let all = TerraformImports {
        account: Some("123456789012".to_owned()),
        subscriptions: desired.resources.keys().map(|address| (address.clone(), format!("{topic}:id"))).collect(),
        existing: None,
    };
    let known = [topic, &format!("{topic}:id"), "/app/web", "/app/web:lines", "a$${b}"].map(str::to_owned);
    assert_eq!(ids(&all), (known.into(), 0));
    assert_eq!(ids(&TerraformImports::default()).1, 2, "neither the topic nor its subscription");
    let none = TerraformImports { existing: Some(BTreeSet::new()), ..TerraformImports::default() };
    assert_eq!(ids(&none), (BTreeSet::new(), 0));
}

/// The same words, and words that are cut, are still names of their own; nothing at all is a mistake.
#[test]
fn names_stay_apart() {
    let alarm = "{ namespace: N, metric_name: M, statistic: Sum, threshold: '> 5' }";
    let long = "a".repeat(240);
    let head = "version: 1\nstack: names\nregion: us-east-1\n";
    let text = format!(
        "{head}alarms:\n  a-b: {alarm}\n  a_b: {alarm}\n  a.b-alarm: {alarm}\n  {long}1: {alarm}\n  {long}2: {alarm}\n"
    );
    let all = desired(&text, &[]);
    let rows = [ExportRow { desired: &all, values: Vec::new() }];
    let template = templates(&rows, &[], LIMITS).unwrap().root.document;
    let ids: Vec<&String> = template["Resources"].as_object().unwrap().keys().collect();
    assert!(ids.len() == 5 && ids.iter().all(|id| id.len() <= 255), "{ids:?}");
    let terraform = configuration(&rows, &[], None).unwrap().document;
    assert_eq!(terraform["resource"]["aws_cloudwatch_metric_alarm"].as_object().unwrap().len(), 5);
    let none = desired(head, &[]);
    let rows = [ExportRow { desired: &none, values: Vec::new() }];
    assert!(templates(&rows, &[], LIMITS).unwrap_err().contains("nothing"));
}
