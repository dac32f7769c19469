//! The life of a stack: made, changed, looked at again, removed; field by field and kind by kind.

use super::drift;
use super::world::{
    ACCOUNT, EACH, LAB, REGION, World, assert_complete, bound, everything, failures, lines, notes, refusals, spec_of,
    with,
};
use crate::model::glob;
use crate::pipeline::PlannedTarget;
use crate::plan::Consent;
use crate::resources::{Address, Kind, Resource};
use crate::sandbox::Contents;
use serde_json::json;
use std::path::Path;

/// What stands, without what is past: mails, the history of alarms, pending subscriptions whose topic is gone.
fn standing(world: &World) -> Contents {
    let mut standing = world.contents();
    let is_past = |table: &str| ["sns-outbox", "alarm_history"].contains(&table);
    standing.retain(|(table, _), value| !is_past(table) && value["orphaned"] != true);
    standing
}

#[tokio::test(start_paused = true)]
async fn each_kind_is_made_changed_by_one_field_and_removed() {
    let world = World::fine();
    let before = standing(&world);
    assert_complete(&world.apply(EACH).await);
    assert!(lines(&world.plan(EACH).await).is_empty());

    let changed = with(EACH, "display_name: Alerts", "display_name: Bells");
    let changed = with(&changed, "raw_message_delivery: true", "raw_message_delivery: false");
    let changed = with(&changed, "14d", "30d");
    let changed = with(&changed, "> 5", "> 6");
    let changed = with(&changed, "ALARM(errors)", "NOT OK(errors)");
    let planned = world.plan(&changed).await;
    let expected = [
        "~ topic/alerts display_name",
        "~ subscription/alerts/sqs/arn:aws:sqs:us-east-1:123456789012:inbox raw_message_delivery",
        "~ log_group//app/web retention_in_days",
        "~ alarm/errors threshold",
        "~ composite_alarm/any alarm_rule",
    ];
    assert_eq!(lines(&planned), expected);
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(&changed).await).is_empty());

    assert_complete(&world.destroy(&changed).await);
    assert_eq!(standing(&world), before);
    assert!(lines(&world.plan(&spec_of("each", "")).await).is_empty());
}

#[tokio::test(start_paused = true)]
async fn every_field_of_the_good_specs_and_the_examples_comes_back_as_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["examples", "tests/corpus/good"].map(|folder| std::fs::read_dir(root.join(folder)).unwrap());
    let files = folders.into_iter().flatten().map(|entry| entry.unwrap().path());
    let is_spec = |path: &std::path::PathBuf| {
        let name = path.to_string_lossy();
        name.ends_with(".yaml") && !name.ends_with(".test.yaml")
    };
    let mut specs: Vec<_> = files.filter(is_spec).collect();
    specs.push(root.join("alarms.yaml"));
    for path in specs {
        let text = std::fs::read_to_string(&path).unwrap();
        let bound = bound(&text);
        let world = World::fine().in_region(bound.region().unwrap_or(REGION));
        for function in bound.functions().iter().filter(|name| !glob::is_pattern(name)) {
            world.add_function(function);
        }
        add_external(&world, &world.plan(&text).await).await;
        let (_, report) = world.run(&text).await;
        let failures = failures(&report);
        assert!(failures.is_empty(), "{}: {failures:#?}", path.display());
        let again = lines(&world.plan(&text).await);
        assert!(again.is_empty(), "{}: {again:#?}", path.display());
    }
}

/// The alarms that composite alarms and mute rules name and that are kept elsewhere, and topics that somebody else owns.
async fn add_external(world: &World, planned: &PlannedTarget) {
    for resource in planned.desired.values() {
        let named = match resource {
            Resource::CompositeAlarm(composite) => composite.children(),
            Resource::MuteRule(rule) => rule.alarms.clone(),
            Resource::ExternalSubscription(own) => {
                let topic = own.topic_arn.rsplit(':').next().unwrap_or_default();
                world.hands().await.sns.create_topic().name(topic).send().await.unwrap();
                continue;
            }
            _ => continue,
        };
        for child in named {
            let name = child.rsplit("alarm:").next().unwrap_or_default().to_owned();
            let declared = [Kind::Alarm, Kind::CompositeAlarm].map(|kind| Address::new(kind, &name));
            if !declared.iter().any(|address| planned.desired.contains_key(address)) {
                drift::put_alarm(world, &name, None).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn tags_are_added_and_changed_and_those_of_others_are_left() {
    let world = World::fine();
    assert_complete(&world.apply(EACH).await);
    let hands = world.hands().await;
    let arn = format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:errors");
    let theirs = aws_sdk_cloudwatch::types::Tag::builder().key("theirs").value("x").build();
    hands.cloudwatch.tag_resource().resource_arn(&arn).tags(theirs).send().await.unwrap();
    assert!(lines(&world.plan(EACH).await).is_empty());

    let tagged = format!("{EACH}tags: {{ team: a }}\n");
    let planned = world.plan(&tagged).await;
    let expected = [
        "~ topic/alerts tags.team",
        "~ log_group//app/web tags.team",
        "~ alarm/errors tags.team",
        "~ composite_alarm/any tags.team",
    ];
    assert_eq!(lines(&planned), expected);
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(&tagged).await).is_empty());
    let other = with(&tagged, "team: a", "team: b");
    assert_eq!(lines(&world.plan(&other).await), expected);
    let tags = hands.cloudwatch.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
    let mut tags: Vec<_> = tags.tags().iter().filter_map(|t| Some(format!("{}={}", t.key()?, t.value()?))).collect();
    tags.sort();
    assert_eq!(tags, ["mlopsctl:stack=each", "team=a", "theirs=x"]);
}

const SERVICE_GROUP: &str = "log_groups: { /aws/lambda/mlops-service-lambda: { retention: 30d } }\n";

#[tokio::test(start_paused = true)]
async fn a_log_group_that_was_there_is_adopted_warned_about_and_released() {
    let world = World::fine();
    let before = standing(&world);
    let spec = spec_of("logs", SERVICE_GROUP);
    let planned = world.plan(&spec).await;
    assert_eq!(lines(&planned), ["> log_group//aws/lambda/mlops-service-lambda retention_in_days"]);
    assert!(notes(&planned)[0].contains("logs older than 30 days will be deleted for good"), "{:?}", notes(&planned));
    assert_complete(&world.apply_planned(&planned).await);
    let lower = with(&spec, "30d", "7d");
    let planned = world.plan(&lower).await;
    assert_eq!(lines(&planned), ["~ log_group//aws/lambda/mlops-service-lambda retention_in_days"]);
    assert!(notes(&planned)[0].contains("logs older than 7 days"), "{:?}", notes(&planned));
    let raise = with(&spec, "30d", "60d");
    assert!(notes(&world.plan(&raise).await).is_empty());

    assert_complete(&world.destroy(&spec).await);
    let mut after = standing(&world);
    after.retain(|(table, _), _| table != "tags");
    assert_eq!(after, before);
    assert!(lines(&world.plan_destroy(&spec, &[]).await).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_log_group_of_ours_with_logs_in_it_goes_only_with_consent() {
    let world = World::fine();
    assert_complete(&world.apply(EACH).await);
    let mut group = world.contents()[&("logs-group".to_owned(), "/app/web".to_owned())].clone();
    group["stored_bytes"] = json!(1_500_000);
    world.put_entity("logs-group", "/app/web", &group);
    let without = with(EACH, "log_groups:\n  /app/web: { retention: 14d }\n", "");
    let careful = Consent { data_loss: false, ..everything() };
    let planned = world.plan_with(&without, &careful).await;
    assert_eq!(refusals(&planned), ["log_group//app/web: deleting it loses 1.5 MB of logs"]);
    let other_class = with(EACH, "14d", "14d, log_group_class: INFREQUENT_ACCESS");
    let planned = world.plan_with(&other_class, &careful).await;
    assert_eq!(lines(&planned), ["-/+ log_group//app/web log_group_class"]);
    assert_eq!(refusals(&planned).len(), 1);
    assert!(refusals(&world.plan_with(&without, &everything()).await).is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_class_of_a_log_group_that_was_there_is_left_alone_or_refused() {
    let world = World::fine();
    let logs = &world.hands().await.logs;
    let class = aws_sdk_cloudwatchlogs::types::LogGroupClass::InfrequentAccess;
    logs.create_log_group().log_group_name("/app/web").log_group_class(class).send().await.unwrap();
    let says_nothing = spec_of("logs", "log_groups: { /app/web: { retention: 7d } }\n");
    let standard = with(&says_nothing, "7d", "7d, log_group_class: STANDARD");
    let planned = world.plan_with(&standard, &everything()).await;
    assert_eq!(
        refusals(&planned),
        [
            r#"log_group//app/web: it exists already with another log_group_class: "INFREQUENT_ACCESS", which AWS never changes"#
        ]
    );
    assert_complete(&world.apply(&says_nothing).await);
    assert!(lines(&world.plan(&says_nothing).await).is_empty());
}

#[tokio::test(start_paused = true)]
async fn retention_that_an_account_policy_governs_is_no_difference_but_said() {
    let world = World::fine();
    assert_complete(&world.apply(EACH).await);
    let logs = &world.hands().await.logs;
    let put = logs.put_account_policy().policy_name("house-rule").policy_type("RETENTION_POLICY".into());
    put.policy_document(r#"{"RetentionInDays": 90}"#).send().await.unwrap();
    let planned = world.plan(EACH).await;
    assert!(lines(&planned).is_empty());
    let expected = "log_group//app/web: retention is governed by the account policy \"house-rule\" (90 days); the spec's \
                    value has no effect";
    assert!(notes(&planned).contains(&expected.to_owned()), "{:?}", notes(&planned));
}

const GOLDEN: &str = "functions: { mlops-service-lambda: { retention: 14d, golden_signals: true } }\n";

#[tokio::test(start_paused = true)]
async fn golden_signals_use_what_the_function_says_of_itself() {
    let world = World::fine();
    let key = ("lambda-function".to_owned(), "mlops-service-lambda".to_owned());
    let mut function = world.contents()[&key].clone();
    function["Timeout"] = json!(20);
    function["LoggingConfig"] = json!({ "LogFormat": "Text", "LogGroup": "/its/own" });
    world.put_entity(&key.0, &key.1, &function);
    let spec = spec_of("golden", GOLDEN);
    let planned = world.plan(&spec).await;
    let expected = [
        "+ log_group//its/own",
        "+ alarm/mlops-service-lambda-concurrency",
        "+ alarm/mlops-service-lambda-errors",
        "+ alarm/mlops-service-lambda-latency",
        "+ alarm/mlops-service-lambda-throttles",
    ];
    assert_eq!(lines(&planned), expected);
    let latency = planned.plan.changes.iter().find(|c| c.address.name.ends_with("latency")).unwrap();
    assert_eq!(latency.after.as_ref().unwrap().fields()["threshold"], 16_000);
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(&spec).await).is_empty());

    function["Timeout"] = json!(10);
    world.put_entity(&key.0, &key.1, &function);
    assert_eq!(lines(&world.plan(&spec).await), ["~ alarm/mlops-service-lambda-latency description threshold"]);
}

#[tokio::test(start_paused = true)]
async fn a_function_that_is_not_there_blocks_the_plan() {
    let world = World::fine();
    let planned = world.plan_with(&spec_of("golden", "functions: { nobody: {} }\n"), &everything()).await;
    assert_eq!(refusals(&planned), ["function nobody: there is no such function in us-east-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_limited_run_does_that_alone_and_never_prunes() {
    let world = World::fine();
    assert_complete(&world.apply(EACH).await);
    let changed = with(&with(EACH, "> 5", "> 6"), "14d", "30d");
    let changed = with(&changed, "      - { protocol: email, endpoint: ann@example.edu }\n", "");
    let planned = world.plan_only(&changed, &["alarm/errors"]).await;
    assert_eq!(lines(&planned), ["~ alarm/errors threshold"]);
    assert_eq!(notes(&planned), ["limited by --target: nothing is deleted"]);
    assert_complete(&world.apply_planned(&planned).await);
    assert_eq!(lines(&world.plan(&changed).await), ["~ log_group//app/web retention_in_days"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_limited_to_a_subscription_knows_its_topic() {
    let world = World::new(crate::sandbox::Weather {
        tag_index_lag: std::time::Duration::from_secs(60),
        ..crate::sandbox::Weather::default()
    });
    assert_complete(&world.apply(EACH).await);
    let address = "subscription/alerts/email/ann@example.edu";
    assert!(lines(&world.plan_only(EACH, &[address]).await).is_empty());
    let destroyed =
        world.plan_destroy(EACH, &["subscription/alerts/sqs/arn:aws:sqs:us-east-1:123456789012:inbox"]).await;
    assert_eq!(lines(&destroyed), ["- subscription/alerts/sqs/arn:aws:sqs:us-east-1:123456789012:inbox"]);
    assert_complete(&world.apply_planned(&destroyed).await);
    assert_eq!(lines(&world.plan(EACH).await), ["+ subscription/alerts/sqs/arn:aws:sqs:us-east-1:123456789012:inbox"]);
}

#[tokio::test(start_paused = true)]
async fn the_lab_says_who_has_to_act_and_nothing_else() {
    let world = World::fine();
    let report = world.apply(LAB).await;
    assert_complete(&report);
    let to_do: Vec<&str> = report.to_do.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(to_do, ["ann@example.edu has to confirm the subscription to mlops-lambda-alerts"]);
    assert_eq!(report.verified.map(|v| (v.verified, v.of)), Some((7, 7)));
}
