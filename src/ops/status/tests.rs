//! The status of a stack in the sandbox: what is read, and how many calls that takes.

use super::{DriftState, Life, Reason, StackStatus, StatusOptions, history, read};
use crate::pipeline::Select;
use crate::pipeline::tests::world::{FIFTY, World, assert_complete, bound, spec_of, with};
use aws_sdk_cloudwatch::types::{MuteTargets, Rule, Schedule, StateValue};
use mlops_cloudwatch::state::AlarmState;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

/// The spec of the README: it has a function.
const SHIPPED: &str = include_str!("../../../alarms.yaml");

/// Seconds since 1970.
fn clock() -> i64 {
    let age = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(age.as_secs()).unwrap()
}

async fn status(world: &World, text: &str, previous: Option<&StackStatus>, now: i64) -> StackStatus {
    let asking = StatusOptions { now, curves: true, changes: 5, previous };
    read(&world.aws().await, &bound(text), &Select::default(), asking).await.unwrap()
}

/// Whether the sandbox's function has rested all the time that is shown, as it may at night.
fn rested(status: &StackStatus) -> bool {
    status.functions.iter().any(|function| function.invocations.as_ref().is_some_and(|ran| ran.count == 0.0))
}

/// The calls of one read, by operation.
fn calls(world: &World) -> BTreeMap<String, u64> {
    let stats = world.sandbox.stats();
    world.sandbox.reset_stats();
    stats.by_operation.into_iter().map(|(operation, of)| (operation, of.calls)).collect()
}

#[tokio::test(start_paused = true)]
async fn before_an_apply_everything_is_missing() {
    let world = World::fine();
    let now = clock();
    let status = status(&world, SHIPPED, None, now).await;
    let counts = status.counts();
    assert_eq!((counts.missing, counts.not_ours, counts.resources), (7, 1, 8), "{counts:?}");
    assert!(status.alarms.iter().all(|alarm| alarm.state.is_none() && alarm.standing == DriftState::Missing));
    assert!(status.functions[0].facts.is_ok() && status.functions[0].invocations.is_some());
    assert_eq!((status.is_incomplete(), status.is_confirmed()), (false, false));
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_seen() {
    let world = World::fine();
    assert_complete(&world.apply(SHIPPED).await);
    let aws = world.aws().await;
    let now = clock();
    let cloudwatch = &aws.cloudwatch;
    let before = status(&world, SHIPPED, None, now).await;
    let [one, two, three, ..] = &before.alarms[..] else { panic!("{before:?}") };
    let names = [one, two, three].map(|alarm| alarm.address.name.clone());
    let why = "Threshold Crossed: 1 datapoint [9.0 (22/11/26 10:00:00)] was greater than the threshold (5.0).";
    for name in &names[..2] {
        let set = cloudwatch.set_alarm_state().alarm_name(name).state_value(StateValue::Alarm).state_reason(why);
        set.send().await.unwrap();
    }
    cloudwatch.disable_alarm_actions().alarm_names(&names[2]).send().await.unwrap();
    let at =
        aws_smithy_types::DateTime::from_secs(now - 60).fmt(aws_smithy_types::date_time::Format::DateTime).unwrap();
    let schedule = Schedule::builder().expression(format!("at({})", &at[..16])).duration("PT1H").build();
    let targets = MuteTargets::builder().alarm_names(&names[1]).build();
    let mute = cloudwatch.put_alarm_mute_rule().name("release").rule(Rule::builder().schedule(schedule).build());
    mute.mute_targets(targets).send().await.unwrap();

    let now = clock();
    let status = status(&world, SHIPPED, None, now).await;
    let counts = status.counts();
    assert_eq!((counts.alarms.alarm, counts.unheard, counts.silenced, counts.differing), (2, 1, 1, 1), "{counts:?}");
    assert_eq!(status.alarms[0].state, Some(AlarmState::Alarm));
    assert!(matches!(&status.alarms[0].reason, Some(Reason::Threshold { points, .. }) if *points == [9.0]));
    // The sandbox keeps virtual time here.
    assert!(status.alarms[0].since.is_some_and(|since| (now - since).abs() < 120));
    let muted = status.alarms[1].muted.as_ref().expect("it is muted");
    assert_eq!(muted.rule, "release");
    assert!(muted.until.is_some_and(|until| (3_480..3_660).contains(&(until - now))), "{muted:?}");
    assert_eq!(status.alarms[2].standing, DriftState::Differs(vec!["actions_enabled".into()]));
    let changes = status.changes.as_ref().expect("they were asked for");
    assert_eq!(changes.len(), 2, "{changes:?}");
    assert!(changes.iter().all(|change| change.to == AlarmState::Alarm && names.contains(&change.alarm)));
    let lives: Vec<Life> = status.subscriptions.iter().map(|subscription| subscription.life).collect();
    assert_eq!(lives, [Life::Pending]);
    let curve = status.alarms[0].curve.as_ref().and_then(|curve| curve.as_ref().ok()).expect("a metric alarm has one");
    assert_eq!(curve.until - curve.from, super::curve::REACH);
    assert!(curve.newest().is_some() || rested(&status));
}

#[tokio::test(start_paused = true)]
async fn a_stack_without_functions_has_a_status() {
    let world = World::fine();
    let text =
        spec_of("small", "topics:\n  alerts:\n    subscriptions: [{ protocol: email, endpoint: ann@example.edu }]\n");
    assert_complete(&world.apply(&text).await);
    let now = clock();
    let status = status(&world, &text, None, now).await;
    assert_eq!((status.alarms.len(), status.functions.len(), status.subscriptions.len()), (0, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_function_that_is_not_there_is_told() {
    let world = World::fine();
    let text = with(SHIPPED, "mlops-service-lambda:", "no-such-function:");
    let now = clock();
    let status = status(&world, &text, None, now).await;
    assert_eq!(status.counts().absent_functions, 1);
}

/// Every operation once, however many alarms and functions there are; on a refresh in the same minute, only what can have changed.
#[tokio::test(start_paused = true)]
async fn a_read_is_one_call_an_operation() {
    let world = World::fine();
    assert_complete(&world.apply(SHIPPED).await);
    let now = clock().div_euclid(60) * 60;
    calls(&world);
    let first = status(&world, SHIPPED, None, now).await;
    let of_first = calls(&world);
    // When a function that rests last ran is one more call.
    let once = |operation: &str| 1 + u64::from(rested(&first) && operation == "monitoring:GetMetricData");
    assert!(of_first.iter().all(|(operation, calls)| *calls == once(operation)), "{of_first:?}");
    for operation in ["monitoring:DescribeAlarms", "monitoring:GetMetricData", "monitoring:DescribeAlarmHistory"] {
        assert!(of_first.contains_key(operation), "{operation} is not in {of_first:?}");
    }
    let second = status(&world, SHIPPED, Some(&first), now + 30).await;
    let of_second = calls(&world);
    assert!(of_second.values().all(|calls| *calls == 1), "{of_second:?}");
    for operation in ["monitoring:GetMetricData", "monitoring:DescribeAlarmHistory"] {
        assert!(!of_second.contains_key(operation), "{operation} is in {of_second:?}");
    }
    assert_eq!(second, StackStatus { at: now + 30, ..first.clone() }, "nothing has changed");
    // A minute later there are new datapoints.
    status(&world, SHIPPED, Some(&second), now + 60).await;
    let of_third = calls(&world);
    assert_eq!(of_third.get("monitoring:GetMetricData"), Some(&1), "{of_third:?}");
    assert_eq!(of_third.get("monitoring:DescribeAlarmHistory"), None, "{of_third:?}");
}

#[tokio::test(start_paused = true)]
async fn fifty_functions_are_one_batch_of_metrics() {
    let world = World::fine();
    assert_complete(&world.apply(FIFTY).await);
    let now = clock();
    calls(&world);
    let status = status(&world, FIFTY, None, now).await;
    let calls = calls(&world);
    assert_eq!(status.alarms.len(), 250);
    assert!(status.alarms.iter().all(|alarm| matches!(alarm.curve, Some(Ok(_)))));
    assert_eq!(calls.get("monitoring:GetMetricData"), Some(&1), "{calls:?}");
    assert_eq!(calls.get("monitoring:DescribeAlarms"), Some(&3), "{calls:?}");
    assert_eq!(calls.get("monitoring:DescribeAlarmHistory"), Some(&1), "{calls:?}");
}

/// The changes of others are not read without end to find a few of the stack's own.
#[tokio::test(start_paused = true)]
async fn of_a_busy_history_three_pages_are_read() {
    let world = World::fine();
    assert_complete(&world.apply(SHIPPED).await);
    let aws = world.aws().await;
    let name = status(&world, SHIPPED, None, clock()).await.alarms[0].address.name.clone();
    for turn in 0..402 {
        let state = if turn % 2 == 0 { StateValue::Alarm } else { StateValue::Ok };
        let set = aws.cloudwatch.set_alarm_state().alarm_name(&name).state_value(state).state_reason("by hand");
        set.send().await.unwrap();
    }
    let listings = |world: &World| calls(world).get("monitoring:DescribeAlarmHistory").copied();
    listings(&world);
    assert_eq!(history::recent(&aws, &BTreeSet::new(), 5).await, Ok(Vec::new()));
    assert_eq!(listings(&world), Some(3));
    let own = history::recent(&aws, &BTreeSet::from([name]), 5).await.unwrap();
    assert_eq!((own.len(), listings(&world)), (5, Some(1)));
}

const SLOS: &str = r#"
slos:
  half:
    objective: 99%
    indicator: { ratio: { bad: { namespace: Jobs, metric_name: Late, statistic: Sum }, total: { namespace: Jobs, metric_name: Taken, statistic: Sum } } }
  gone:
    objective: 99.9%
    indicator: { ratio: { bad: { namespace: Jobs, metric_name: Late, statistic: Sum }, total: { namespace: Jobs, metric_name: Taken, statistic: Sum } } }
  unseen:
    objective: 99%
    window: 7d
    indicator: { ratio: { bad: { namespace: Jobs, metric_name: Lost, statistic: Sum }, total: { namespace: Jobs, metric_name: Sent, statistic: Sum } } }
"#;

/// Of a thousand requests two days ago five were bad: half of what 99 % allows, five times what 99.9 % does. Nothing is known of what
/// nobody counted. All of it is one call more, and none while the hour lasts.
#[tokio::test(start_paused = true)]
async fn error_budgets_are_read_in_one_call() {
    let world = World::fine();
    let aws = world.aws().await;
    let now = aws.clock.now();
    for (name, value) in [("Taken", 1_000.0), ("Late", 5.0)] {
        let at = aws_sdk_cloudwatch::primitives::DateTime::from_secs(now - 2 * 86_400);
        let datum =
            aws_sdk_cloudwatch::types::MetricDatum::builder().metric_name(name).value(value).timestamp(at).build();
        aws.cloudwatch.put_metric_data().namespace("Jobs").metric_data(datum).send().await.unwrap();
    }
    world.sandbox.reset_stats();
    let text = spec_of("promised", SLOS);
    let found = status(&world, &text, None, now).await;
    let spent = |name: &str| {
        let one = found.slos.iter().find(|one| one.slo.name == name).unwrap();
        one.budget.as_ref().map(|budget| (budget.requests, budget.bad, (budget.spent * 1e6).round() / 1e6))
    };
    assert_eq!(spent("half"), Ok((1_000.0, 5.0, 0.5)));
    assert_eq!(spent("gone"), Ok((1_000.0, 5.0, 5.0)));
    assert_eq!(spent("unseen"), Err(&"no request was counted".to_owned()));
    assert_eq!(calls(&world)["monitoring:GetMetricData"], 1);
    assert_eq!(status(&world, &text, Some(&found), now + 30).await.slos, found.slos);
    assert_eq!(calls(&world).get("monitoring:GetMetricData"), None);
    let shown = crate::report::status::text(
        &found,
        &crate::report::RenderOptions { width: 200, ..crate::report::RenderOptions::PLAIN },
    );
    for expected in [
        "half    99 % over 30d    50 % of the error budget left",
        "burn rate 0.5, 5 of 1000 requests bad in 30d",
        "gone    99.9 % over 30d  error budget exhausted, 500 % spent",
        "unseen  99 % over 7d     error budget unknown",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
}

/// A status that could not read the counts says why and lives; the next one of the same hour asks again.
#[tokio::test(start_paused = true)]
async fn error_budgets_that_could_not_be_read_are_asked_for_again() {
    let world = World::fine();
    let text = spec_of("promised", SLOS);
    let now = world.aws().await.clock.now();
    let denied = world.fork("deny=cloudwatch:GetMetricData".parse().unwrap());
    let unread = status(&denied, &text, None, now).await;
    assert!(unread.slos.len() == 3 && unread.is_incomplete());
    for one in &unread.slos {
        let why = one.budget.as_ref().unwrap_err();
        assert!(!one.is_read && why.contains("GetMetricData"), "{why}");
    }
    world.sandbox.reset_stats();
    let again = status(&world, &text, Some(&unread), now + 30).await;
    assert!(again.slos.iter().all(|one| one.is_read));
    assert_eq!(calls(&world)["monitoring:GetMetricData"], 1);
}

/// Sixty days of eight metrics are one call by the hour; as finely as alarms are evaluated they would be more.
#[tokio::test(start_paused = true)]
async fn error_budgets_are_asked_for_hour_by_hour() {
    use crate::backtest::budget::needs;
    use crate::backtest::history::fetch::{Detail, calls as calls_of};
    let world = World::fine();
    let ratio = |n: usize| {
        let metric = |name: &str| format!("{{ namespace: Jobs, metric_name: {name}{n}, statistic: Sum }}");
        let indicator = format!("{{ ratio: {{ bad: {}, total: {} }} }}", metric("Late"), metric("Taken"));
        format!("  s{n}: {{ objective: 99%, window: 60d, indicator: {indicator} }}\n")
    };
    let text = spec_of("promised", &format!("slos:\n{}", (0..4).map(ratio).collect::<String>()));
    let now = world.aws().await.clock.now();
    let found = status(&world, &text, None, now).await;
    assert!(found.slos.len() == 4 && found.slos.iter().all(|one| one.is_read));
    assert_eq!(calls(&world)["monitoring:GetMetricData"], 1);
    let needs = needs(found.slos.iter().map(|one| &one.slo));
    let cost = |detail| calls_of(&needs, now - 60 * 86_400, now, detail);
    assert_eq!((cost(Detail::Period), cost(Detail::Finest)), (1, 2));
}
