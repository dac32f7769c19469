//! Whose things are: adopted with consent, refused where somebody else owns them, pruned when they are gone from the spec,
//! and never taken for absent because a read failed or an index lags.

use super::drift;
use super::world::{ACCOUNT, EACH, REGION, World, assert_complete, everything, lines, notes, refusals, spec_of, with};
use crate::apply::ApplyEvent;
use crate::pipeline;
use crate::plan::{Action, Consent};
use crate::resources::mark;
use crate::sandbox::Weather;
use std::time::Duration;

/// Everything that EACH names, made by hand.
async fn made_by_hand(world: &World) {
    drift::put_alarm(world, "errors", None).await;
    let aws = world.hands().await;
    aws.cloudwatch.put_composite_alarm().alarm_name("any").alarm_rule("ALARM(errors)").send().await.unwrap();
    aws.sns.create_topic().name("alerts").send().await.unwrap();
    aws.logs.create_log_group().log_group_name("/app/web").send().await.unwrap();
    drift::subscribe(world, "alerts", "ann@example.edu").await;
}

#[tokio::test(start_paused = true)]
async fn what_nobody_owns_is_adopted_with_consent_alone() {
    let world = World::fine();
    made_by_hand(&world).await;
    let planned = world.plan_with(EACH, &Consent::default()).await;
    let unowned = ["topic/alerts", "alarm/errors", "composite_alarm/any"];
    assert_eq!(refusals(&planned), unowned.map(|address| format!("{address}: it exists already and no stack owns it")));
    let planned = world.plan_with(EACH, &everything()).await;
    let expected = [
        "> topic/alerts display_name",
        "> subscription/alerts/email/ann@example.edu",
        "+ subscription/alerts/sqs/arn:aws:sqs:us-east-1:123456789012:inbox",
        "> log_group//app/web retention_in_days",
        "> alarm/errors alarm_actions evaluation_periods period statistic threshold",
        "> composite_alarm/any alarm_actions",
    ];
    assert_eq!(lines(&planned), expected);
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(EACH).await).is_empty());
    assert_eq!(world.letters().len(), 1, "an adopted subscription is not asked again");
}

#[tokio::test(start_paused = true)]
async fn what_another_stack_owns_is_refused_and_not_touched() {
    let world = World::fine();
    assert_complete(&world.apply(&with(EACH, "stack: each", "stack: theirs")).await);
    let before = world.contents();
    let planned = world.plan_with(EACH, &everything()).await;
    let all = [
        "topic/alerts",
        "subscription/alerts/email/ann@example.edu",
        "subscription/alerts/sqs/arn:aws:sqs:us-east-1:123456789012:inbox",
        "log_group//app/web",
        "alarm/errors",
        "composite_alarm/any",
    ];
    assert_eq!(refusals(&planned), all.map(|address| format!("{address}: it belongs to stack \"theirs\"")));
    assert!(pipeline::apply(&world.aws().await, &planned.plan, &mut |_: ApplyEvent| {}).await.is_err());
    assert!(lines(&world.plan_destroy(EACH, &[]).await).is_empty());
    assert_eq!(world.contents(), before);
}

fn alarms(names: &[&str]) -> String {
    let one = |name: &&str| {
        format!("  {name}: {{ namespace: X, metric_name: Y, statistic: Sum, threshold: '> 1', period: 5m }}\n")
    };
    spec_of("prune", &format!("alarms:\n{}", names.iter().map(one).collect::<String>()))
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_from_the_spec_is_pruned() {
    let world = World::fine();
    assert_complete(&world.apply(&alarms(&["a", "b", "c"])).await);
    drift::put_alarm(&world, "by-hand", None).await;
    drift::put_alarm(&world, "theirs", Some("somebody")).await;
    let planned = world.plan_with(&alarms(&["a", "c"]), &Consent::default()).await;
    assert_eq!(lines(&planned), ["- alarm/b"]);
    assert!(refusals(&planned).is_empty(), "one of three is a third, not more");
    assert_complete(&world.apply_planned(&planned).await);
    let left = world.contents().into_keys().filter(|(table, _)| table == "alarms").map(|(_, name)| name);
    assert_eq!(left.collect::<Vec<_>>(), ["a", "by-hand", "c", "theirs"]);
}

#[tokio::test(start_paused = true)]
async fn more_than_a_third_goes_with_consent_alone_and_an_empty_spec_is_no_exception() {
    let world = World::fine();
    assert_complete(&world.apply(&alarms(&["a", "b", "c"])).await);
    let refused = |planned| refusals(&planned);
    let two = refused(world.plan_with(&alarms(&["a"]), &Consent::default()).await);
    assert_eq!(two, [r#"2 of the 3 resources of stack "prune" would be deleted: more than a third"#]);
    let all = refused(world.plan_with(&spec_of("prune", ""), &Consent::default()).await);
    assert_eq!(all, [r#"3 of the 3 resources of stack "prune" would be deleted: more than a third"#]);
    let consent = Consent { deletes: true, ..Consent::default() };
    assert!(refused(world.plan_with(&spec_of("prune", ""), &consent).await).is_empty());
}

#[tokio::test(start_paused = true)]
async fn many_alarms_go_even_when_some_are_gone_already() {
    let world = World::fine();
    let names: Vec<String> = (0..120).map(|n| format!("a{n:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_complete(&world.apply(&alarms(&names)).await);
    let planned = world.plan_destroy(&alarms(&names), &[]).await;
    let hands = &world.hands().await.cloudwatch;
    hands.delete_alarms().alarm_names("a007").alarm_names("a110").send().await.unwrap();
    assert_complete(&world.apply_planned(&planned).await);
    assert!(!world.contents().keys().any(|(table, _)| table == "alarms"));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_an_alarm_of_another_kind_has_is_refused() {
    let world = World::fine();
    drift::put_alarm(&world, "any", None).await;
    drift::put_alarm(&world, "else", None).await;
    let cloudwatch = &world.hands().await.cloudwatch;
    cloudwatch.put_composite_alarm().alarm_name("errors").alarm_rule("ALARM(else)").send().await.unwrap();
    let planned = world.plan_with(EACH, &everything()).await;
    let expected = [
        "alarm/errors: the name is taken by a composite alarm",
        "composite_alarm/any: the name is taken by a metric alarm",
    ];
    assert_eq!(refusals(&planned), expected);
}

#[tokio::test(start_paused = true)]
async fn an_alarm_of_ours_becomes_one_of_the_other_kind() {
    let world = World::fine();
    let spec = |what: &str| {
        let base = alarms(&["a", "b"]);
        format!("{base}{what}")
    };
    assert_complete(&world.apply(&spec("composite_alarms: { c: { alarm_rule: ALARM(a) } }\n")).await);
    let changed = with(&spec("composite_alarms: { b: { alarm_rule: ALARM(c) } }\n"), "  b:", "  c:");
    let planned = world.plan_with(&changed, &everything()).await;
    assert_eq!(lines(&planned), ["- alarm/b", "+ alarm/c", "+ composite_alarm/b", "- composite_alarm/c"]);
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(&changed).await).is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_alarm_that_a_composite_goes_on_referring_to_keeps_its_kind() {
    let world = World::fine();
    let both = "composite_alarms:\n  d: { alarm_rule: ALARM(b) }\n";
    assert_complete(&world.apply(&format!("{}{both}", alarms(&["a", "b"]))).await);
    let changed = format!("{}{both}  b: {{ alarm_rule: ALARM(a) }}\n", alarms(&["a"]));
    let planned = world.plan_with(&changed, &everything()).await;
    let reason = "it cannot become an alarm of another kind: composite alarm d refers to it";
    assert_eq!(refusals(&planned), [format!("composite_alarm/b: {reason}")]);
}

const LAG: Duration = Duration::from_secs(90);

fn lagging() -> World {
    World::new(Weather { tag_index_lag: LAG, ..Weather::default() })
}

#[tokio::test(start_paused = true)]
async fn what_the_index_does_not_show_yet_is_ours_all_the_same() {
    let world = lagging();
    assert_complete(&world.apply(EACH).await);
    assert!(lines(&world.plan_with(EACH, &Consent::default()).await).is_empty());
    let without = with(EACH, "  any: { alarm_rule: \"ALARM(errors)\", notify: alerts }\n", "");
    assert!(lines(&world.plan(&without).await).is_empty(), "nobody can know of it yet");
    tokio::time::sleep(LAG).await;
    assert_eq!(lines(&world.plan(&without).await), ["- composite_alarm/any"]);
}

#[tokio::test(start_paused = true)]
async fn what_the_index_still_shows_may_be_gone() {
    let world = lagging();
    assert_complete(&world.apply(EACH).await);
    tokio::time::sleep(LAG).await;
    assert_complete(&world.destroy(EACH).await);
    assert!(lines(&world.plan(&spec_of("each", "")).await).is_empty());
    let planned = world.plan(EACH).await;
    assert!(planned.plan.effective().all(|change| change.action == Action::Create), "{:?}", lines(&planned));
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(EACH).await).is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_has_lost_its_mark_is_not_pruned_though_the_index_still_shows_it() {
    let world = lagging();
    assert_complete(&world.apply(EACH).await);
    tokio::time::sleep(LAG).await;
    let arn = format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:any");
    let cloudwatch = &world.hands().await.cloudwatch;
    cloudwatch.untag_resource().resource_arn(arn).tag_keys(mark::STACK).send().await.unwrap();
    let without = with(EACH, "  any: { alarm_rule: \"ALARM(errors)\", notify: alerts }\n", "");
    assert!(lines(&world.plan(&without).await).is_empty());
}

/// Faults on every call of one operation.
fn failing(world: &World, operation: &str, tag_index_lag: Duration) -> World {
    let fault_operation = Some(operation.to_owned());
    world.fork(Weather { fault_500: 1.0, fault_operation, tag_index_lag, ..Weather::default() })
}

#[tokio::test(start_paused = true)]
async fn without_the_index_nothing_is_pruned_and_nothing_made_twice() {
    let world = World::fine();
    assert_complete(&world.apply(EACH).await);
    let world = failing(&world, "tagging:GetResources", Duration::ZERO);
    assert!(lines(&world.plan(EACH).await).is_empty());
    let without = with(EACH, "  any: { alarm_rule: \"ALARM(errors)\", notify: alerts }\n", "");
    let planned = world.plan(&without).await;
    assert!(lines(&planned).is_empty());
    assert!(planned.plan.is_incomplete());
    assert!(notes(&planned).iter().any(|note| note.contains("nothing is pruned by the tag index")));
}

#[tokio::test(start_paused = true)]
async fn a_failed_read_is_unknown_and_never_absent() {
    // The index shows nothing, so that every read there is has to be made.
    let world = lagging();
    let spec = format!("{EACH}functions: {{ mlops-service-lambda: {{ golden_signals: true }} }}\n");
    assert_complete(&world.apply(&spec).await);
    let changed = with(&with(&spec, "> 5", "> 6"), "14d", "30d");
    for (operation, writable) in [
        ("monitoring:DescribeAlarms", vec!["~ log_group//app/web retention_in_days"]),
        ("monitoring:ListTagsForResource", vec!["~ log_group//app/web retention_in_days"]),
        ("logs:DescribeLogGroups", vec!["~ alarm/errors threshold"]),
        ("logs:ListTagsForResource", vec!["~ alarm/errors threshold"]),
        ("sns:GetTopicAttributes", vec!["~ log_group//app/web retention_in_days", "~ alarm/errors threshold"]),
        ("sns:ListSubscriptionsByTopic", vec!["~ log_group//app/web retention_in_days", "~ alarm/errors threshold"]),
        ("sns:ListTagsForResource", vec!["~ log_group//app/web retention_in_days", "~ alarm/errors threshold"]),
        ("sns:GetSubscriptionAttributes", vec!["~ log_group//app/web retention_in_days", "~ alarm/errors threshold"]),
        ("tagging:GetResources", vec!["~ log_group//app/web retention_in_days", "~ alarm/errors threshold"]),
    ] {
        let failing = failing(&world, operation, LAG);
        let planned = failing.plan(&changed).await;
        assert_eq!(lines(&planned), writable, "{operation}");
        assert!(planned.plan.is_incomplete(), "{operation}");
        assert!(failing.sandbox.stats().by_operation[operation].faulted > 0, "{operation} was not asked");
    }
    let planned = failing(&world, "lambda:GetFunctionConfiguration", LAG).plan_with(&changed, &everything()).await;
    assert_eq!(refusals(&planned).len(), 1, "{:?}", refusals(&planned));
    assert!(failing(&world, "sts:GetCallerIdentity", LAG).try_run(&changed).await.is_err());
}
