//! Dashboards through the pipeline: drift by widget, one name in an account over its regions, orphans, and what they cost in calls.

use super::world::{World, assert_complete, lines, notes, refusals, with};
use crate::plan::Consent;

const SPEC: &str = r#"version: 1
stack: boards
alarms:
  errors: { namespace: AWS/Lambda, metric_name: Errors, statistic: Sum, period: 1m, threshold: "> 5" }
dashboards:
  lab:
    widgets:
      - { title: Errors, lines: { too many: 5 }, metrics: { e: { namespace: AWS/Lambda, metric_name: Errors, statistic: Sum } } }
      - { alarm: errors }
"#;

async fn body(world: &World) -> serde_json::Value {
    let answer = world.hands().await.cloudwatch.get_dashboard().dashboard_name("lab").send().await.unwrap();
    serde_json::from_str(answer.dashboard_body().unwrap()).unwrap()
}

async fn put(world: &World, body: &serde_json::Value) {
    let cloudwatch = &world.hands().await.cloudwatch;
    cloudwatch.put_dashboard().dashboard_name("lab").dashboard_body(format!("{body:#}")).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_somebody_changed_is_shown_by_widget_and_what_means_the_same_is_not() {
    let world = World::fine();
    assert_complete(&world.apply(SPEC).await);
    let written = body(&world).await;
    // As the console writes it: other white space, defaults said, widgets in another order.
    let mut same = written.clone();
    same["widgets"].as_array_mut().unwrap().reverse();
    same["widgets"][1]["properties"]["stacked"] = false.into();
    put(&world, &same).await;
    assert!(lines(&world.plan(SPEC).await).is_empty());

    let mut other = written.clone();
    other["widgets"][0]["properties"]["annotations"]["horizontal"][0]["value"] = 50.into();
    put(&world, &other).await;
    assert_eq!(lines(&world.plan(SPEC).await), ["~ dashboard/lab widget \"Errors\""]);
    assert_complete(&world.apply(SPEC).await);
    assert_eq!(body(&world).await, written);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_gone_from_the_spec_is_deleted_and_one_of_others_is_not_touched() {
    let world = World::fine();
    assert_complete(&world.apply(SPEC).await);
    let (without, _) = SPEC.split_once("dashboards:").unwrap();
    assert_eq!(lines(&world.plan(without).await), ["- dashboard/lab"]);
    let theirs = with(SPEC, "stack: boards", "stack: theirs");
    let theirs = with(&theirs, "errors: {", "others: {").replace("alarm: errors", "alarm: others");
    let refused = refusals(&world.plan(&theirs).await);
    assert!(refused.iter().any(|why| why.contains("it belongs to stack \"boards\"")), "{refused:?}");
    assert_complete(&world.destroy(SPEC).await);
    let gone = world.hands().await.cloudwatch.get_dashboard().dashboard_name("lab").send().await.unwrap_err();
    assert!(gone.as_service_error().unwrap().is_dashboard_not_found_error());
}

#[tokio::test(start_paused = true)]
async fn one_without_an_owner_is_adopted_by_consent_and_its_tags_stay() {
    let world = World::fine();
    let cloudwatch = &world.hands().await.cloudwatch;
    let tag = aws_sdk_cloudwatch::types::Tag::builder().key("theirs").value("x").build();
    let by_hand = r#"{"widgets": []}"#;
    cloudwatch.put_dashboard().dashboard_name("lab").dashboard_body(by_hand).tags(tag).send().await.unwrap();
    assert!(refusals(&world.plan(SPEC).await).iter().any(|why| why.contains("no stack owns it")));
    let planned = world.plan_with(SPEC, &super::world::everything()).await;
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(SPEC).await).is_empty());
    let arn = format!("arn:aws:cloudwatch::{}:dashboard/lab", super::world::ACCOUNT);
    let tags = cloudwatch.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
    assert!(tags.tags().iter().any(|tag| tag.key() == Some("theirs")));
    let planned = world.plan_destroy(SPEC, &[]).await;
    assert!(lines(&planned).iter().any(|line| line.starts_with("< dashboard/lab")), "{:?}", lines(&planned));
}

#[tokio::test(start_paused = true)]
async fn an_account_has_one_of_a_name_whatever_the_region() {
    let world = World::fine();
    assert_complete(&world.apply(SPEC).await);
    let here = body(&world).await;
    let there = world.fork(crate::sandbox::Weather::default()).in_region("eu-west-1");
    let planned = there.plan(SPEC).await;
    assert!(lines(&planned).iter().any(|line| line.starts_with("~ dashboard/lab")), "{:?}", lines(&planned));
    assert!(notes(&planned).iter().any(|note| note.contains("it shows us-east-1")), "{:?}", notes(&planned));

    // A run of a roster in which another region keeps what is the account's: neither made, nor changed, nor deleted.
    let bound = super::world::bound(SPEC).without_the_account();
    let aws = there.aws().await;
    let select = crate::pipeline::Select::default();
    let planned = crate::pipeline::plan(&aws, &bound, &select, &Consent::default()).await.unwrap();
    assert_eq!(lines(&planned), ["+ alarm/errors"]);
    let planned = crate::pipeline::plan_destroy(&aws, &bound, &select, &Consent::default()).await.unwrap();
    assert!(lines(&planned).is_empty(), "{:?}", lines(&planned));
    let kept = there.aws().await.cloudwatch.get_dashboard().dashboard_name("lab").send().await.unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(kept.dashboard_body().unwrap()).unwrap(), here);
}

#[tokio::test(start_paused = true)]
async fn a_dashboard_is_one_call_more_in_the_same_waves() {
    let (without, _) = SPEC.split_once("dashboards:").unwrap();
    let mut stats = Vec::new();
    for text in [without, SPEC] {
        let world = World::fine();
        assert_complete(&world.apply(text).await);
        world.sandbox.reset_stats();
        assert!(lines(&world.plan(text).await).is_empty());
        stats.push(world.sandbox.stats());
    }
    assert_eq!((stats[1].calls - stats[0].calls, stats[1].waves), (1, stats[0].waves));
}

#[tokio::test(start_paused = true)]
async fn what_aws_says_of_widgets_is_in_the_error() {
    let world = World::fine();
    let aws = world.aws().await;
    let body = serde_json::json!({ "widgets": [{ "type": "text", "properties": {} }] });
    let dashboard = crate::resources::Dashboard { name: "lab".into(), body, ..Default::default() };
    let error = crate::resources::aws::put(&aws, &crate::resources::Resource::Dashboard(dashboard)).await.unwrap_err();
    assert!(error.message.contains("/widgets/0/properties/markdown"), "{error}");
    assert_eq!(error.class, crate::aws::Class::Refused);
}
