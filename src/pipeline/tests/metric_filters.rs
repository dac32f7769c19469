//! Metric filters: owned through their log group's tags, counting in the sandbox; and what becomes of the group itself.

use super::world::{ACCOUNT, REGION, World, assert_complete, everything, lines, notes, refusals, spec_of, with};
use crate::plan::{Adoption, Consent};
use crate::sandbox::Letter;
use aws_sdk_cloudwatchlogs::types::{InputLogEvent, MetricTransformation};
use std::time::Duration;

const GROUP: &str = "/app/web";

const SPEC: &str = r#"
version: 1
stack: filters
region: us-east-1
topics:
  alerts: { subscriptions: [{ protocol: email, endpoint: ann@example.edu }] }
log_groups:
  /app/web:
    retention: 14d
    metric_filters:
      errors: { pattern: '{ $.level = "ERROR" }', metric_name: AppErrors, namespace: App, default_value: 0 }
      slow: { pattern: "[..., route, ms > 1000]", metric_name: Slow, namespace: App, value: $ms, dimensions: { Route: $route } }
alarms:
  app-errors:
    namespace: App
    metric_name: AppErrors
    statistic: Sum
    period: 1m
    evaluation_periods: 1
    threshold: "> 2"
    treat_missing_data: notBreaching
    notify: alerts
"#;

async fn put_filter(world: &World, name: &str) {
    let made =
        MetricTransformation::builder().metric_name("M").metric_namespace("N").metric_value("1").build().unwrap();
    let request = world.hands().await.logs.put_metric_filter().log_group_name(GROUP).filter_name(name);
    request.filter_pattern("x").metric_transformations(made).send().await.unwrap();
}

async fn filters(world: &World) -> Vec<String> {
    match world.hands().await.logs.describe_metric_filters().log_group_name(GROUP).send().await {
        Ok(answer) => answer.metric_filters().iter().filter_map(|one| one.filter_name()).map(str::to_owned).collect(),
        Err(_) => vec!["no group".to_owned()],
    }
}

async fn tags(world: &World) -> Vec<String> {
    let arn = format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}");
    let answer = world.hands().await.logs.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
    let mut keys: Vec<String> = answer.tags.unwrap_or_default().into_keys().collect();
    keys.sort();
    keys
}

#[tokio::test(start_paused = true)]
async fn log_lines_come_in_and_mail_goes_out() {
    let world = World::fine();
    assert_complete(&world.apply(SPEC).await);
    world.sandbox.confirm(ACCOUNT, REGION, None).unwrap();
    let logs = &world.hands().await.logs;
    logs.create_log_stream().log_group_name(GROUP).log_stream_name("s").send().await.unwrap();
    world.sandbox.advance(Duration::from_secs(120)).unwrap();
    let alarms = |letters: Vec<Letter>| -> Vec<String> {
        letters.into_iter().filter_map(|letter| letter.subject).filter(|text| text.starts_with("ALARM")).collect()
    };
    let outbox = || world.sandbox.outbox(ACCOUNT, REGION).unwrap();
    let put = async |levels: &[&str]| {
        let now = world.sandbox.time().unwrap().0.millis();
        let events = levels.iter().map(|level| {
            let line = format!("{{\"level\":\"{level}\"}}");
            InputLogEvent::builder().timestamp(now).message(line).build().unwrap()
        });
        let request = logs.put_log_events().log_group_name(GROUP).log_stream_name("s");
        request.set_log_events(Some(events.collect())).send().await.unwrap();
    };
    put(&["INFO", "ERROR", "INFO"]).await;
    world.sandbox.advance(Duration::from_secs(180)).unwrap();
    assert_eq!(alarms(outbox()), [""; 0], "one error is not too many");
    put(&["ERROR", "INFO", "ERROR", "ERROR"]).await;
    world.sandbox.advance(Duration::from_secs(180)).unwrap();
    let sent = alarms(outbox());
    assert!(sent.len() == 1 && sent[0].contains("app-errors"), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn filters_are_made_changed_pruned_and_removed_with_what_others_made_left_alone() {
    let world = World::fine();
    let (planned, report) = world.run(SPEC).await;
    assert!(lines(&planned).contains(&"+ metric_filter//app/web:errors".to_owned()), "{:?}", lines(&planned));
    assert_complete(&report);
    assert!(lines(&world.plan(SPEC).await).is_empty());
    put_filter(&world, "theirs").await;
    assert!(lines(&world.plan(SPEC).await).is_empty());

    let changed = with(SPEC, "default_value: 0", "default_value: 1, unit: Count");
    let planned = world.plan(&changed).await;
    assert_eq!(lines(&planned), ["~ metric_filter//app/web:errors default_value unit"]);
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(&changed).await).is_empty());

    let fewer: String =
        changed.lines().filter(|line| !line.contains("slow:")).map(|line| format!("{line}\n")).collect();
    let planned = world.plan_with(&fewer, &everything()).await;
    assert_eq!(lines(&planned), ["- metric_filter//app/web:slow"]);
    assert_complete(&world.apply_planned(&planned).await);
    assert_eq!(filters(&world).await, ["errors", "theirs"]);

    // The group and the last filter of ours go; what somebody else made would go with it.
    let none = spec_of("filters", "");
    let planned = world.plan_with(&none, &Consent { deletes: true, ..Consent::default() }).await;
    let refused = refusals(&planned);
    assert!(refused.iter().any(|text| text.contains("1 metric filter (theirs)")), "{refused:?}");
    let told = notes(&planned);
    assert!(told.iter().any(|text| text.contains("with it go 1 metric filter (theirs)")), "{told:?}");
    assert_complete(&world.apply(&none).await);
    assert_eq!(filters(&world).await, ["no group"]);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_made_is_adopted_by_consent_and_left_in_place() {
    let world = World::fine();
    let logs = &world.hands().await.logs;
    logs.create_log_group().log_group_name(GROUP).send().await.unwrap();
    put_filter(&world, "errors").await;
    let planned = world.plan_with(SPEC, &Consent::default()).await;
    assert_eq!(refusals(&planned), ["metric_filter//app/web:errors: it exists already and no stack owns it"]);
    let adopt = Consent { adopt: Adoption { unowned: true, named: Vec::new() }, ..Consent::default() };
    let planned = world.plan_with(SPEC, &adopt).await;
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(SPEC).await).is_empty());
    let destroy = world.plan_destroy(SPEC, &[]).await;
    let gone = lines(&destroy);
    assert!(gone.contains(&"< metric_filter//app/web:errors".to_owned()), "{gone:?}");
    assert!(gone.contains(&"- metric_filter//app/web:slow".to_owned()), "{gone:?}");
    assert_complete(&world.apply_planned(&destroy).await);
    assert_eq!(filters(&world).await, ["errors"]);
    assert_eq!(tags(&world).await, [""; 0], "no mark of ours is left");
}

#[tokio::test(start_paused = true)]
async fn a_function_names_the_filters_of_its_group() {
    let world = World::fine();
    let spec = spec_of(
        "fn",
        "functions:\n  mlops-service-lambda:\n    metric_filters:\n      timeouts: { pattern: Task timed out, metric_name: Timeouts, namespace: App }\n\
         metric_filters:\n  - { log_group: /app/web, name: all, pattern: '', metric_name: Lines, namespace: App }\n",
    );
    let planned = world.plan(&spec).await;
    let expected = [
        "+ log_group//app/web",
        "> log_group//aws/lambda/mlops-service-lambda",
        "+ metric_filter//app/web:all",
        "+ metric_filter//aws/lambda/mlops-service-lambda:timeouts",
    ];
    assert_eq!(lines(&planned), expected);
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(&spec).await).is_empty());
    assert_complete(&world.destroy(&spec).await);
    assert_eq!(filters(&world).await, ["no group"]);
}

#[tokio::test(start_paused = true)]
async fn protection_is_set_seen_and_taken_off_only_where_the_spec_says_so() {
    let world = World::fine();
    let group =
        |more: &str| spec_of("kept", &format!("log_groups:\n  /app/web: {{ retention: 14d{more} }}\n  /app/b: {{}}\n"));
    assert_complete(&world.apply(&group(", deletion_protection: true")).await);
    let without = spec_of("kept", "log_groups:\n  /app/b: {}\n");
    let planned = world.plan_with(&without, &everything()).await;
    assert_eq!(refusals(&planned), ["log_group//app/web: its deletion protection is on: AWS deletes it for nobody"]);
    // Said but not applied: a destroy takes it off first, and says so.
    let destroy = world.plan_destroy(&group(", deletion_protection: false"), &[]).await;
    assert!(refusals(&destroy).is_empty());
    assert_eq!(lines(&destroy), ["- log_group//app/b", "- log_group//app/web"]);
    assert!(notes(&destroy).iter().any(|text| text.contains("deletion protection is taken off first")));
    let planned = world.plan(&group(", deletion_protection: false")).await;
    assert_eq!(lines(&planned), ["~ log_group//app/web deletion_protection"]);
    // What is not named stays as it is.
    assert!(lines(&world.plan(&group("")).await).is_empty());
    assert_complete(&world.apply_planned(&destroy).await);
    assert_eq!(filters(&world).await, ["no group"]);
}

#[tokio::test(start_paused = true)]
async fn a_kept_group_is_let_go_with_its_logs_and_without_marks() {
    let world = World::fine();
    let keep = with(SPEC, "retention: 14d", "retention: 14d\n    on_destroy: keep");
    assert_complete(&world.apply(&keep).await);
    assert!(lines(&world.plan(&keep).await).is_empty());
    let planned = world.plan(SPEC).await;
    assert_eq!(lines(&planned), ["~ log_group//app/web on_destroy"]);
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(SPEC).await).is_empty(), "and is forgotten");
    let planned = world.plan(&keep).await;
    assert_eq!(lines(&planned), ["~ log_group//app/web on_destroy"]);
    assert_complete(&world.apply_planned(&planned).await);
    // Gone from the spec, it is the group's tag that remembers.
    let planned = world.plan_with(&spec_of("filters", ""), &everything()).await;
    let gone = lines(&planned);
    assert!(gone.iter().any(|line| line.starts_with("< log_group//app/web")), "{gone:?}");
    assert!(notes(&planned).iter().any(|text| text.contains("on_destroy: keep")));
    assert_complete(&world.apply_planned(&planned).await);
    assert_eq!(filters(&world).await, [""; 0], "ours are gone, the group stands");
    assert_eq!(tags(&world).await, [""; 0]);
}

/// The group is there and of another class: the spec cannot know, the plan does.
#[tokio::test(start_paused = true)]
async fn a_group_of_a_class_without_filters_is_said_beforehand() {
    let world = World::fine();
    let class = aws_sdk_cloudwatchlogs::types::LogGroupClass::InfrequentAccess;
    let create = world.hands().await.logs.create_log_group().log_group_name(GROUP).log_group_class(class);
    create.send().await.unwrap();
    let refused = refusals(&world.plan(SPEC).await);
    let why = "log group /app/web is of class INFREQUENT_ACCESS, which has no metric filters";
    assert!(refused.len() == 2 && refused.iter().all(|reason| reason.ends_with(why)), "{refused:?}");
}
