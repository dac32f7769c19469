//! What was adopted: left in place when it is not wanted any more, with everybody's subscriptions and settings, deleted only by
//! an option of its own; and what other tools own: taken over only by name.

use super::drift;
use super::world::{
    ACCOUNT, EACH, REGION, World, assert_complete, bound, everything, lines, notes, refusals, spec_of, with,
};
use crate::apply::ApplyEvent;
use crate::pipeline::{self, Select, UnknownTarget};
use crate::plan::{Action, AddressPattern, Adoption, Consent};
use crate::resources::mark;
use crate::sandbox::{Contents, Weather};
use serde_json::{Value, json};
use std::time::Duration;

/// Everything that EACH names, made by hand, with somebody else's confirmed subscription.
async fn by_hand(world: &World) {
    drift::put_alarm(world, "errors", None).await;
    let aws = world.hands().await;
    aws.cloudwatch.put_composite_alarm().alarm_name("any").alarm_rule("ALARM(errors)").send().await.unwrap();
    aws.sns.create_topic().name("alerts").send().await.unwrap();
    aws.logs.create_log_group().log_group_name("/app/web").send().await.unwrap();
    aws.logs.put_retention_policy().log_group_name("/app/web").retention_in_days(90).send().await.unwrap();
    drift::subscribe(world, "alerts", "ann@example.edu").await;
    drift::subscribe(world, "alerts", "bob@example.edu").await;
    confirm(world, "bob@example.edu").await;
}

async fn confirm(world: &World, who: &str) {
    let letter = world.letters().into_iter().find(|letter| letter.endpoint == who).unwrap();
    let sns = &world.hands().await.sns;
    sns.confirm_subscription().topic_arn(letter.topic_arn).set_token(letter.token).send().await.unwrap();
}

/// What stands of these kinds, by table and key; a subscription by its endpoint.
fn standing(world: &World) -> Vec<String> {
    let of = |((table, key), value): ((String, String), Value)| match table.as_str() {
        "sns-subscription" if value["orphaned"] == false => {
            Some(format!("subscription {}", value["endpoint"].as_str()?))
        }
        "alarms" | "sns-topic" | "logs-group" => Some(format!("{table} {key}")),
        _ => None,
    };
    let mut standing: Vec<String> = world.contents().into_iter().filter_map(of).collect();
    standing.sort();
    standing
}

/// Everything but tags and the history of alarms.
fn settings(world: &World) -> Contents {
    let mut contents = world.contents();
    contents.retain(|(table, _), _| !["tags", "alarm_history", "sns-outbox"].contains(&table.as_str()));
    contents
}

fn marks(world: &World) -> Vec<String> {
    let tags = world.contents().into_iter().filter(|((table, _), _)| table == "tags");
    let marked = tags.filter(|(_, entry)| entry["versions"].to_string().contains("mlopsctl:"));
    marked.map(|((_, arn), _)| arn).collect()
}

#[tokio::test(start_paused = true)]
async fn destroy_leaves_in_place_what_was_adopted_and_everybodys_subscriptions() {
    let world = World::fine();
    by_hand(&world).await;
    let (before, settings_before) = (standing(&world), settings(&world));
    assert_complete(&world.apply(EACH).await);
    let adopted = settings(&world);
    let planned = world.plan_destroy(EACH, &[]).await;
    let expected = [
        "< topic/alerts tags.mlopsctl:adopted tags.mlopsctl:declared tags.mlopsctl:run tags.mlopsctl:stack tags.mlopsctl:subscriptions",
        "< subscription/alerts/email/ann@example.edu",
        "- subscription/alerts/sqs/arn:aws:sqs:us-east-1:123456789012:inbox",
        "< log_group//app/web retention_in_days tags.mlopsctl:adopted tags.mlopsctl:declared tags.mlopsctl:stack",
        "< alarm/errors tags.mlopsctl:adopted tags.mlopsctl:stack",
        "< composite_alarm/any tags.mlopsctl:adopted tags.mlopsctl:stack",
    ];
    assert_eq!(lines(&planned), expected);
    let summary = planned.plan.summary();
    assert_eq!((summary.destroy, summary.stop_managing, summary.change), (1, 5, 0));
    let report = world.apply_planned(&planned).await;
    assert_complete(&report);
    assert!(report.to_do.is_empty(), "nobody has to confirm what is not ours any more: {:?}", report.to_do);
    assert_eq!(report.verified.map(|v| (v.verified, v.of)), Some((6, 6)));
    assert_eq!(standing(&world), before);
    assert!(marks(&world).is_empty(), "{:?}", marks(&world));
    // The spec had set them; nothing but a retention is set back.
    let after = settings(&world);
    for (key, value) in &after {
        match key.0.as_str() {
            "logs-group" => assert_eq!(settings_before.get(key), Some(value)),
            "sns-topic" => {}
            _ => assert_eq!(adopted.get(key), Some(value), "{key:?}"),
        }
    }
    assert!(lines(&world.plan_destroy(EACH, &[]).await).is_empty(), "there is nothing left to let go");
    assert_eq!(world.letters().len(), 2, "nobody is asked twice");
}

#[tokio::test(start_paused = true)]
async fn pruning_leaves_in_place_what_was_adopted() {
    let world = World::fine();
    by_hand(&world).await;
    let before = standing(&world);
    assert_complete(&world.apply(EACH).await);
    let careful = Consent { deletes: false, data_loss: false, ..everything() };
    let planned = world.plan_with(&spec_of("each", ""), &careful).await;
    assert!(refusals(&planned).is_empty(), "what is left in place is no deletion: {:?}", refusals(&planned));
    assert_eq!(lines(&planned).iter().filter(|line| line.starts_with('<')).count(), 5);
    assert_complete(&world.apply_planned(&planned).await);
    assert_eq!(standing(&world), before);
    assert!(marks(&world).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_limited_destroy_leaves_in_place_as_well() {
    let world = World::fine();
    by_hand(&world).await;
    assert_complete(&world.apply(EACH).await);
    for target in
        ["alarm/errors", "composite_alarm/any", "log_group//app/web", "subscription/alerts/email/ann@example.edu"]
    {
        let planned = world.plan_destroy(EACH, &[target]).await;
        let actions: Vec<Action> = planned.plan.effective().map(|change| change.action).collect();
        assert_eq!(actions, [Action::StopManaging], "{target}");
        assert_complete(&world.apply_planned(&planned).await);
        assert!(lines(&world.plan_destroy(EACH, &[target]).await).is_empty(), "{target}");
    }
    let planned = world.plan_destroy(EACH, &["topic/alerts"]).await;
    assert_eq!(lines(&planned).len(), 2, "{:?}", lines(&planned));
    assert_complete(&world.apply_planned(&planned).await);
    assert!(marks(&world).is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_was_adopted_is_deleted_by_an_option_of_its_own() {
    let world = World::fine();
    let before = standing(&world);
    by_hand(&world).await;
    assert_complete(&world.apply(EACH).await);
    let plan = async |data_loss| {
        let consent = Consent { delete_adopted: true, data_loss, ..everything() };
        let (aws, all) = (world.aws().await, Select::default());
        pipeline::plan_destroy(&aws, &bound(EACH), &all, &consent).await.unwrap()
    };
    let refused =
        "topic/alerts: deleting it ends 1 confirmed subscription that this stack did not make: email bob@example.edu";
    assert_eq!(refusals(&plan(false).await), [refused]);
    let planned = plan(true).await;
    assert!(planned.plan.effective().all(|change| change.action == Action::Delete), "{:?}", lines(&planned));
    assert_complete(&world.apply_planned(&planned).await);
    assert_eq!(standing(&world), before);
}

#[tokio::test(start_paused = true)]
async fn a_topic_of_ours_with_a_confirmed_subscription_of_others_goes_only_with_consent() {
    let world = World::fine();
    assert_complete(&world.apply(EACH).await);
    drift::subscribe(&world, "alerts", "bob@example.edu").await;
    drift::subscribe(&world, "alerts", "eve@example.edu").await;
    let careful = Consent { data_loss: false, ..everything() };
    let destroy =
        async || pipeline::plan_destroy(&world.aws().await, &bound(EACH), &Select::default(), &careful).await.unwrap();
    let pending = destroy().await;
    assert!(refusals(&pending).is_empty(), "nobody has confirmed: {:?}", refusals(&pending));
    assert!(notes(&pending).iter().any(|note| note.contains("2 pending subscriptions that this stack did not make")));
    confirm(&world, "bob@example.edu").await;
    let refused =
        "topic/alerts: deleting it ends 1 confirmed subscription that this stack did not make: email bob@example.edu";
    let before = world.contents();
    let planned = destroy().await;
    assert_eq!(refusals(&planned), [refused]);
    assert!(pipeline::apply(&world.aws().await, &planned.plan, &mut |_: ApplyEvent| {}).await.is_err());
    assert_eq!(world.contents(), before);
    assert_eq!(refusals(&world.plan_with(&spec_of("each", ""), &careful).await), [refused], "a prune is no different");
    let without = with(EACH, "      - { protocol: email, endpoint: ann@example.edu }\n", "");
    assert!(refusals(&world.plan_with(&without, &careful).await).is_empty(), "the topic stays, and so do they");
    assert_complete(&world.destroy(EACH).await);
}

#[tokio::test(start_paused = true)]
async fn a_limited_destroy_of_a_subscription_that_is_not_ours_does_nothing() {
    let world = World::fine();
    assert_complete(&world.apply(EACH).await);
    drift::subscribe(&world, "alerts", "bob@example.edu").await;
    confirm(&world, "bob@example.edu").await;
    let named = with(
        EACH,
        "      - { protocol: sqs",
        "      - { protocol: email, endpoint: bob@example.edu }\n      - { protocol: sqs",
    );
    let planned = world.plan_destroy(&named, &["subscription/alerts/email/bob@example.edu"]).await;
    assert!(lines(&planned).is_empty(), "{:?}", lines(&planned));
}

#[tokio::test(start_paused = true)]
async fn a_subscription_made_again_by_us_is_not_taken_for_adopted() {
    let world = World::fine();
    by_hand(&world).await;
    assert_complete(&world.apply(EACH).await);
    confirm(&world, "ann@example.edu").await;
    let (_, arn) = world
        .contents()
        .into_iter()
        .find(|((table, _), value)| table == "sns-subscription" && value["endpoint"] == "ann@example.edu")
        .map(|((_, arn), value)| (value, arn))
        .unwrap();
    world.hands().await.sns.unsubscribe().subscription_arn(arn).send().await.unwrap();
    assert_complete(&world.apply(EACH).await);
    let planned = world.plan(&with(EACH, "      - { protocol: email, endpoint: ann@example.edu }\n", "")).await;
    let ann = planned.plan.changes.iter().find(|change| change.address.name.contains("ann@")).unwrap();
    assert_ne!(ann.action, Action::StopManaging, "it is ours now, and pending");
}

/// The tag that only CloudFormation can set.
fn give_to_cloudformation(world: &World, arn: &str) {
    let key = ("tags".to_owned(), arn.to_owned());
    let mut entry =
        world.contents().get(&key).cloned().unwrap_or_else(|| json!({ "versions": [{ "since": 0.0, "tags": {} }] }));
    let kind = if arn.contains(":sns:") {
        "sns"
    } else if arn.contains(":logs:") {
        "logs:log-group"
    } else {
        "cloudwatch:alarm"
    };
    entry["kind"] = json!(kind);
    entry["versions"][0]["tags"]["aws:cloudformation:stack-name"] = json!("prod");
    world.put_entity("tags", arn, &entry);
}

fn named(patterns: &[&str]) -> Consent {
    let named = patterns.iter().filter_map(|pattern| AddressPattern::parse(pattern)).collect();
    Consent { adopt: Adoption { unowned: true, named }, ..everything() }
}

#[tokio::test(start_paused = true)]
async fn what_another_tool_owns_is_adopted_by_name_alone_and_never_deleted() {
    let world = World::fine();
    by_hand(&world).await;
    for arn in [
        "sns:us-east-1:123456789012:alerts",
        "logs:us-east-1:123456789012:log-group:/app/web",
        "cloudwatch:us-east-1:123456789012:alarm:errors",
        "cloudwatch:us-east-1:123456789012:alarm:any",
    ] {
        give_to_cloudformation(&world, &format!("arn:aws:{arn}"));
    }
    let owned = ["topic/alerts", "log_group//app/web", "alarm/errors", "composite_alarm/any"];
    let why = "it is owned by CloudFormation stack \"prod\"";
    assert_eq!(refusals(&world.plan_with(EACH, &everything()).await), owned.map(|address| format!("{address}: {why}")));
    let planned = world.plan_with(EACH, &named(&["alarm/*", "topic/alerts", "log_group//app/web"])).await;
    assert_eq!(refusals(&planned), [format!("composite_alarm/any: {why}")]);
    let planned = world.plan_with(EACH, &named(&["*/*"])).await;
    assert!(refusals(&planned).is_empty());
    assert_eq!(notes(&planned).iter().filter(|note| note.contains("both will set it")).count(), 4);
    let before = standing(&world);
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(EACH).await).is_empty());
    assert_complete(&world.destroy(EACH).await);
    assert_eq!(standing(&world), before);
}

#[tokio::test(start_paused = true)]
async fn a_name_of_adoption_that_the_spec_does_not_declare_is_a_mistake_with_the_nearest_one() {
    let world = World::fine();
    let plan = async |pattern: &str| {
        let (aws, all) = (world.aws().await, Select::default());
        pipeline::plan(&aws, &bound(EACH), &all, &named(&[pattern])).await
    };
    for pattern in ["alarm/errors", "alarm/*", "composite_alarm/a?y"] {
        assert!(plan(pattern).await.is_ok(), "{pattern}: what needs no adoption may be named");
    }
    let error = plan("alarm/erors*").await.unwrap_err();
    let unknown = error.downcast_ref::<UnknownTarget>().unwrap();
    assert_eq!(unknown.to_string(), "--adopt alarm/erors*: the spec has no such resource");
    assert_eq!(unknown.nearest.as_deref(), Some("alarm/errors"));
}

/// So many plain alarms, as a spec and made by hand.
async fn many(world: &World, n: usize) -> String {
    let names: Vec<String> = (0..n).map(|n| format!("a{n:03}")).collect();
    for name in &names {
        drift::put_alarm(world, name, None).await;
    }
    let one = |name: &String| {
        format!("  {name}: {{ namespace: X, metric_name: Y, statistic: Sum, threshold: '> 1', period: 5m }}\n")
    };
    spec_of("many", &format!("alarms:\n{}", names.iter().map(one).collect::<String>()))
}

fn asked_for_tags(world: &World) -> u64 {
    world.sandbox.stats().by_operation.get("monitoring:ListTagsForResource").map_or(0, |counts| counts.calls)
}

#[tokio::test(start_paused = true)]
async fn many_untagged_alarms_are_not_asked_one_by_one() {
    let world = World::fine();
    let spec = many(&world, 220).await;
    world.sandbox.reset_stats();
    let planned = world.plan_with(&spec, &everything()).await;
    assert_eq!(planned.plan.summary().adopt, 220);
    let stats = world.sandbox.stats();
    assert!(
        asked_for_tags(&world) <= 10 && stats.calls <= 22,
        "{} calls, {} for tags",
        stats.calls,
        asked_for_tags(&world)
    );
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(&spec).await).is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_index_that_lags_is_found_out_by_the_sample() {
    let world = World::new(Weather { tag_index_lag: Duration::from_secs(90), ..Weather::default() });
    let spec = many(&world, 40).await;
    assert_complete(&world.apply(&spec).await);
    let planned = world.plan_with(&spec, &Consent::default()).await;
    assert!(lines(&planned).is_empty(), "the index shows none of it yet: {:?}", lines(&planned));
}

/// Between a plan that believed the index and its apply, or while the index lagged: whoever writes asks.
#[tokio::test(start_paused = true)]
async fn whose_it_is_is_asked_again_before_it_is_adopted() {
    let world = World::fine();
    let spec = many(&world, 40).await;
    let planned = world.plan_with(&spec, &everything()).await;
    let believed: Vec<String> = planned
        .plan
        .effective()
        .filter(|change| change.before.as_ref().is_some_and(|live| live.facts.tags_indexed))
        .map(|change| change.address.name.clone())
        .collect();
    assert!(believed.len() >= 30);
    let tag = async |name: &str, key: &str, value: &str| {
        let tag = aws_sdk_cloudwatch::types::Tag::builder().key(key).value(value).build();
        let arn = format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}");
        world.hands().await.cloudwatch.tag_resource().resource_arn(arn).tags(tag).send().await.unwrap();
    };
    tag(&believed[0], mark::STACK, "theirs").await;
    tag(&believed[1], "ManagedBy", "terraform").await;
    tag(&believed[2], mark::STACK, "many").await;
    let report = pipeline::apply(&world.aws().await, &planned.plan, &mut |_: ApplyEvent| {}).await.unwrap();
    let failed: Vec<&str> = report.failed().map(|result| result.address.name.as_str()).collect();
    assert_eq!(failed, [believed[0].as_str(), believed[1].as_str()]);
    let kept =
        |name: &str| world.contents()[&("alarms".to_owned(), name.to_owned())]["configuration"]["Threshold"].clone();
    assert_eq!((kept(&believed[0]), kept(&believed[1])), (json!(99.0), json!(99.0)), "they were not written to");
    let marked = |name: &str| {
        let arn = format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}");
        world.contents()[&("tags".to_owned(), arn)]["versions"][0]["tags"].clone()
    };
    assert_eq!(marked(&believed[2]), json!({ "mlopsctl:stack": "many" }), "an earlier run had made it");
    assert_eq!(marked(&believed[3]), json!({ "mlopsctl:stack": "many", "mlopsctl:adopted": "yes" }));
}

#[tokio::test(start_paused = true)]
async fn a_log_group_that_appears_between_plan_and_apply_is_adopted() {
    let world = World::fine();
    let planned = world.plan(EACH).await;
    world.hands().await.logs.create_log_group().log_group_name("/app/web").send().await.unwrap();
    assert_complete(&world.apply_planned(&planned).await);
    let planned = world.plan_destroy(EACH, &[]).await;
    assert!(lines(&planned).iter().any(|line| line.starts_with("< log_group//app/web")), "{:?}", lines(&planned));
}
