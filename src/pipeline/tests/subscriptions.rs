//! Subscriptions: whatever happens, a person gets one mail and no second one, and what was made by hand is left alone.

use super::drift;
use super::world::{EACH, World, assert_complete, failures, lines, notes, spec_of, with};
use crate::apply::ApplyEvent;
use crate::pipeline::{self, ApplyOptions, ReadBack};
use crate::sandbox::{Quotas, Weather};
use fastrand::Rng;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// Two topics, three people, and a queue that is confirmed at once.
const PEOPLE: &str = r#"
topics:
  alerts:
    subscriptions:
      - { protocol: email, endpoint: ann@example.edu }
      - { protocol: email, endpoint: ben@example.edu, filter_policy: { state: [ALARM] } }
      - { protocol: sqs, endpoint: "arn:aws:sqs:us-east-1:123456789012:inbox" }
  pages:
    display_name: Pages
    subscriptions:
      - { protocol: email, endpoint: cem@example.edu }
"#;

fn people() -> String {
    spec_of("people", PEOPLE)
}

fn with_dia() -> String {
    let line = "      - { protocol: email, endpoint: ann@example.edu }\n";
    with(&people(), line, &format!("{line}      - {{ protocol: email, endpoint: dia@example.edu }}\n"))
}

/// Over many accounts nothing is read back: what is believed has to be what a look would find, at fewer calls.
#[tokio::test(start_paused = true)]
async fn what_is_believed_is_what_a_look_finds() {
    let mut ends = Vec::new();
    for read_back in [ReadBack::Everything, ReadBack::Nothing] {
        let world = World::fine();
        let planned = world.plan(&people()).await;
        let aws = world.aws().await;
        let report =
            pipeline::carry_out(&aws, &planned.plan, ApplyOptions { read_back, mute: None }, &mut |_: ApplyEvent| {})
                .await
                .unwrap();
        assert_complete(&report);
        assert!(lines(&world.plan(&people()).await).is_empty());
        let (mut to_do, calls) = (report.to_do, aws.calls().values().map(|count| count.calls).sum::<u64>());
        to_do.sort_by(|a, b| a.text.cmp(&b.text));
        ends.push((to_do, calls));
    }
    assert_eq!(ends[0].0.len(), 3, "three people have to confirm, the queue has not");
    assert_eq!(ends[0].0, ends[1].0);
    assert!(ends[0].1 > ends[1].1, "{} calls, then {}", ends[0].1, ends[1].1);
}

/// Mails by topic and endpoint; each of them one.
fn assert_one_mail_each(world: &World, people: usize, label: &str) {
    let mut mails: BTreeMap<(String, String), usize> = BTreeMap::new();
    for letter in world.letters() {
        *mails.entry((letter.topic_arn, letter.endpoint)).or_default() += 1;
    }
    assert!(mails.values().all(|count| *count == 1), "{label}: {mails:?}");
    assert_eq!(mails.len(), people, "{label}");
}

#[tokio::test(start_paused = true)]
async fn lost_answers_send_no_second_mail() {
    for seed in 0..30 {
        let operation = Some("sns:Subscribe".to_owned());
        let weather = Weather { fault_reset_after: 0.6, fault_operation: operation, seed, ..Weather::default() };
        let world = World::new(weather);
        assert_complete(&world.apply(&people()).await);
        assert_one_mail_each(&world, 3, &format!("seed {seed}"));
    }
}

#[tokio::test(start_paused = true)]
async fn whenever_a_run_is_killed_the_next_one_finishes_it_without_a_second_mail() {
    for (spec, before) in [(people(), None), (with_dia(), Some(people()))] {
        let stands = World::fine();
        if let Some(before) = &before {
            assert_complete(&stands.apply(before).await);
        }
        let people = if before.is_some() { 4 } else { 3 };
        let killed_after = |n| stands.fork(Weather { kill_after: Some(n), ..Weather::default() });
        let mut n = 0;
        loop {
            let killed = killed_after(n);
            let first = killed.try_run(&spec).await;
            let again = killed.fork(Weather::default());
            assert_complete(&again.apply(&spec).await);
            assert_one_mail_each(&again, people, &format!("killed after {n}"));
            assert!(lines(&again.plan(&spec).await).is_empty(), "killed after {n}");
            // All of them are known as ours, whoever made them.
            let none = spec_of("people", "topics: { alerts: {}, pages: {} }\n");
            assert!(
                notes(&again.plan(&none).await).iter().all(|note| !note.contains("left alone")),
                "killed after {n}"
            );
            if first.is_ok_and(|(_, report)| failures(&report).is_empty()) {
                break;
            }
            n += 1;
        }
        assert!(n >= 3, "a run of {n} writes");
    }
}

/// Two processes run the spec at the same time.
async fn at_once(world: &World, spec: &str, start: Duration, label: &str) {
    let second = async {
        tokio::time::sleep(start).await;
        world.run(spec).await
    };
    let ((_, one), (_, other)) = futures_util::join!(world.run(spec), second);
    let failures = [failures(&one), failures(&other)].concat();
    assert!(failures.is_empty(), "{label}: {failures:#?}");
    assert!(lines(&world.plan(spec).await).is_empty(), "{label}");
}

fn breezy(rng: &mut Rng) -> Weather {
    let latency = Duration::from_millis(rng.u64(5..200));
    let quotas = if rng.bool() { Quotas::Aws } else { Quotas::None };
    Weather { latency, jitter: latency.mul_f64(rng.f64()), quotas, seed: rng.u64(..), ..Weather::default() }
}

#[tokio::test(start_paused = true)]
async fn two_runs_at_once_from_nothing_send_one_mail() {
    for seed in 0..60 {
        let mut rng = Rng::with_seed(seed);
        let world = World::new(breezy(&mut rng));
        at_once(&world, &people(), Duration::from_millis(rng.u64(..600)), &format!("seed {seed}")).await;
        assert_one_mail_each(&world, 3, &format!("seed {seed}"));
    }
}

#[tokio::test(start_paused = true)]
async fn two_runs_at_once_that_add_a_subscription_send_one_mail() {
    let stands = World::fine();
    assert_complete(&stands.apply(&people()).await);
    for seed in 0..60 {
        let mut rng = Rng::with_seed(seed);
        let world = stands.fork(breezy(&mut rng));
        at_once(&world, &with_dia(), Duration::from_millis(rng.u64(..1500)), &format!("seed {seed}")).await;
        assert_one_mail_each(&world, 4, &format!("seed {seed}"));
    }
}

#[tokio::test(start_paused = true)]
async fn many_subscriptions_of_one_topic_stay_single_when_a_second_run_comes_midway() {
    let lines: String = (0..40).map(|n| format!("      - {{ protocol: email, endpoint: p{n}@x.edu }}\n")).collect();
    let spec = spec_of("many", &format!("topics:\n  t:\n    subscriptions:\n{lines}"));
    for (seed, start) in [(1, 100), (2, 700), (3, 1200)] {
        let world = World::new(Weather { seed, ..Weather::aws() });
        at_once(&world, &spec, Duration::from_millis(start), &format!("start {start}")).await;
        assert_one_mail_each(&world, 40, &format!("start {start}"));
    }
}

#[tokio::test(start_paused = true)]
async fn pending_is_no_difference_but_somebody_has_to_act() {
    let world = World::fine();
    assert_complete(&world.apply(EACH).await);
    let planned = world.plan(EACH).await;
    assert!(lines(&planned).is_empty());
    let pending = "subscription/alerts/email/ann@example.edu: pending: ann@example.edu has not confirmed yet";
    assert_eq!(notes(&planned), [pending]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_subscription_is_made_again_with_a_warning_and_forgotten_when_nobody_wants_it() {
    let world = World::fine();
    assert_complete(&world.apply(EACH).await);
    let (key, mut lost) = world
        .contents()
        .into_iter()
        .find(|((table, _), value)| table == "sns-subscription" && value["protocol"] == "email")
        .unwrap();
    lost["confirmed"] = json!(true);
    lost["unsubscribed"] = json!(true);
    world.put_entity(&key.0, &key.1, &lost);
    let planned = world.plan(EACH).await;
    assert_eq!(lines(&planned), ["+ subscription/alerts/email/ann@example.edu"]);
    assert!(notes(&planned)[0].contains("has unsubscribed"), "{:?}", notes(&planned));
    let without = with(EACH, "      - { protocol: email, endpoint: ann@example.edu }\n", "");
    assert!(lines(&world.plan(&without).await).is_empty());
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(EACH).await).is_empty());
    assert_eq!(world.letters().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_was_subscribed_by_hand_is_left_alone_and_what_is_gone_from_the_spec_is_ended() {
    let world = World::fine();
    assert_complete(&world.apply(EACH).await);
    drift::subscribe(&world, "alerts", "hand@example.edu").await;
    let without = with(
        EACH,
        "      - { protocol: sqs, endpoint: \"arn:aws:sqs:us-east-1:123456789012:inbox\", raw_message_delivery: true }\n",
        "",
    );
    let planned = world.plan(&without).await;
    assert_eq!(lines(&planned), ["- subscription/alerts/sqs/arn:aws:sqs:us-east-1:123456789012:inbox"]);
    assert!(
        notes(&planned).contains(&"topic/alerts: 1 subscription(s) that this spec never made are left alone".into())
    );
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(&without).await).is_empty());

    // Made by hand after it was ours: it is not ours any more.
    let sns = &world.hands().await.sns;
    let topic = "arn:aws:sns:us-east-1:123456789012:alerts";
    let queue = "arn:aws:sqs:us-east-1:123456789012:inbox";
    sns.subscribe().topic_arn(topic).protocol("sqs").endpoint(queue).send().await.unwrap();
    assert!(lines(&world.plan(&without).await).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_pending_subscription_that_is_gone_from_the_spec_is_named_and_waits_for_its_end() {
    let world = World::fine();
    assert_complete(&world.apply(EACH).await);
    let without = with(EACH, "      - { protocol: email, endpoint: ann@example.edu }\n", "");
    let planned = world.plan(&without).await;
    assert!(lines(&planned).is_empty());
    assert!(notes(&planned).iter().any(|note| note.contains("AWS does not delete a pending subscription")));
    // Confirmed after all: now it can be ended.
    let letter = world.letters().remove(0);
    let sns = &world.hands().await.sns;
    sns.confirm_subscription().topic_arn(letter.topic_arn).set_token(letter.token).send().await.unwrap();
    let planned = world.plan(&without).await;
    assert_eq!(lines(&planned), ["- subscription/alerts/email/ann@example.edu"]);
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(&without).await).is_empty());
}

#[tokio::test(start_paused = true)]
async fn attributes_that_the_spec_drops_are_reset() {
    let world = World::fine();
    assert_complete(&world.apply(EACH).await);
    let body = "filter_policy_scope: MessageBody, filter_policy: { detail: { state: [ALARM] } }";
    let nested = with(EACH, "raw_message_delivery: true", body);
    let address = "~ subscription/alerts/sqs/arn:aws:sqs:us-east-1:123456789012:inbox";
    let planned = world.plan(&nested).await;
    assert_eq!(lines(&planned), [format!("{address} filter_policy filter_policy_scope raw_message_delivery")]);
    assert_complete(&world.apply_planned(&planned).await);
    let plain = with(EACH, ", raw_message_delivery: true", "");
    let planned = world.plan(&plain).await;
    assert_eq!(lines(&planned), [format!("{address} filter_policy filter_policy_scope")]);
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(&plain).await).is_empty());
}

#[tokio::test(start_paused = true)]
async fn marks_survive_whatever_else_happens_to_the_topic() {
    let world = World::fine();
    assert_complete(&world.apply(&people()).await);
    let changed = with(&people(), "display_name: Pages", "display_name: Bells\n    tags: { team: a }");
    assert_complete(&world.apply(&changed).await);
    let none = spec_of("people", "topics: { alerts: {}, pages: {} }\n");
    let planned = world.plan(&none).await;
    let expected = ["~ topic/pages display_name", "- subscription/alerts/sqs/arn:aws:sqs:us-east-1:123456789012:inbox"];
    assert_eq!(lines(&planned), expected);
    assert!(notes(&planned).iter().all(|note| !note.contains("left alone")), "{:?}", notes(&planned));
}
