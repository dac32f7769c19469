//! What alarms leave behind: history, notifications, and the mute rules that hold these back.

use super::*;
use crate::ACCOUNT;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{HistoryItemType, MuteTargets, Rule, ScanBy, Schedule, StateValue};
use std::time::Duration;

async fn set(client: &Client, name: &str, state: StateValue) {
    client.set_alarm_state().alarm_name(name).state_value(state).state_reason("drill").send().await.unwrap();
}

async fn summaries(client: &Client, name: &str) -> Vec<String> {
    let history =
        client.describe_alarm_history().alarm_name(name).scan_by(ScanBy::TimestampAscending).send().await.unwrap();
    history.alarm_history_items().iter().map(|item| item.history_summary().unwrap().to_owned()).collect()
}

/// A topic with a confirmed subscriber.
async fn topic(sandbox: &Sandbox) -> String {
    let sns = aws_sdk_sns::Client::new(&config(sandbox));
    let arn = sns.create_topic().name("alerts").send().await.unwrap().topic_arn.unwrap();
    let queue = "arn:aws:sqs:us-east-1:123456789012:queue";
    sns.subscribe().topic_arn(&arn).protocol("sqs").endpoint(queue).send().await.unwrap();
    arn
}

#[tokio::test(start_paused = true)]
async fn an_alarms_life_is_told_in_order() {
    let sandbox = Sandbox::in_memory(Weather::default());
    let (client, topic) = (client_of(&sandbox), topic(&sandbox).await);
    let alarm =
        errors_alarm(&client, "a").alarm_actions(&topic).alarm_actions("arn:aws:sns:us-east-1:123456789012:none");
    alarm.alarm_description("d").send().await.unwrap();
    set(&client, "a", StateValue::Ok).await;
    set(&client, "a", StateValue::Alarm).await;
    set(&client, "a", StateValue::Alarm).await;
    errors_alarm(&client, "a").send().await.unwrap();
    client.delete_alarms().alarm_names("a").send().await.unwrap();
    let told = summaries(&client, "a").await;
    let expected = [
        "Alarm \"a\" created",
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to ALARM",
        "Successfully executed action arn:aws:sns:us-east-1:123456789012:alerts",
        "Failed to execute action arn:aws:sns:us-east-1:123456789012:none. Received error: ",
        "Alarm \"a\" updated",
        "Alarm \"a\" deleted",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    assert!(told.iter().zip(expected).all(|(told, expected)| told.starts_with(expected)), "{told:#?}");

    let letters = sandbox.outbox(ACCOUNT, "us-east-1").unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].subject.as_deref(), Some("ALARM: \"a\" in US East (N. Virginia)"));
    let envelope: serde_json::Value = serde_json::from_str(&letters[0].body).unwrap();
    let message: serde_json::Value = serde_json::from_str(envelope["Message"].as_str().unwrap()).unwrap();
    assert_eq!((&message["AlarmName"], &message["NewStateReason"]), (&"a".into(), &"drill".into()));
    assert_eq!((&message["OldStateValue"], &message["NewStateValue"]), (&"OK".into(), &"ALARM".into()));
    assert_eq!((&message["Trigger"]["Statistic"], &message["Trigger"]["Threshold"]), (&"SUM".into(), &5.0.into()));

    let states = client.describe_alarm_history().alarm_name("a").history_item_type(HistoryItemType::StateUpdate);
    let newest = states.max_records(1).send().await.unwrap();
    let item = &newest.alarm_history_items()[0];
    let data: serde_json::Value = serde_json::from_str(item.history_data().unwrap()).unwrap();
    assert_eq!((&data["oldState"]["stateValue"], &data["newState"]["stateValue"]), (&"OK".into(), &"ALARM".into()));
    assert!(newest.next_token().is_some(), "there is one more state");
    tokio::time::sleep(Duration::from_secs(31 * 86_400)).await;
    assert!(summaries(&client, "a").await.is_empty(), "history is kept thirty days");
}

#[tokio::test(start_paused = true)]
async fn history_comes_in_pages_by_time() {
    let client = client();
    put(&client, "a").await;
    for n in 0..120 {
        set(&client, "a", if n % 2 == 0 { StateValue::Ok } else { StateValue::Alarm }).await;
    }
    let mut pages = client.describe_alarm_history().into_paginator().send();
    let mut items = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        assert!(page.alarm_history_items().len() <= 100);
        items.extend(page.alarm_history_items().iter().map(|item| item.history_summary().unwrap().to_owned()));
    }
    assert_eq!(items.len(), 121);
    assert_eq!((items[0].as_str(), items[120].as_str()), ("Alarm updated from OK to ALARM", "Alarm \"a\" created"));
    let future = DateTime::from_secs(4_000_000_000);
    let none = client.describe_alarm_history().start_date(future).send().await.unwrap();
    assert!(none.alarm_history_items().is_empty());
}

#[tokio::test(start_paused = true)]
async fn actions_can_be_off_muted_or_suppressed() {
    let sandbox = Sandbox::in_memory(Weather::default());
    let (client, topic) = (client_of(&sandbox), topic(&sandbox).await);
    let sent = || sandbox.outbox(ACCOUNT, "us-east-1").unwrap().len();
    errors_alarm(&client, "off").alarm_actions(&topic).actions_enabled(false).send().await.unwrap();
    set(&client, "off", StateValue::Alarm).await;
    assert_eq!(sent(), 0);

    errors_alarm(&client, "muted").alarm_actions(&topic).send().await.unwrap();
    let always = Schedule::builder().expression("cron(* * * * *)").duration("PT1H").timezone("UTC").build();
    let rule = client.put_alarm_mute_rule().name("night").rule(Rule::builder().schedule(always.clone()).build());
    let rule = rule
        .mute_targets(MuteTargets::builder().alarm_names("muted").build())
        .description("no calls")
        .tags(tag("k", "v"));
    rule.clone().send().await.unwrap();
    set(&client, "muted", StateValue::Alarm).await;
    assert_eq!(sent(), 0);
    assert!(summaries(&client, "muted").await.iter().any(|told| told.contains("muted by the alarm mute rule night")));

    let found = client.get_alarm_mute_rule().alarm_mute_rule_name("night").send().await.unwrap();
    assert_eq!(
        (found.name(), found.description(), found.mute_type()),
        (Some("night"), Some("no calls"), Some("RECURRING"))
    );
    assert_eq!(found.status().map(|status| status.as_str()), Some("ACTIVE"));
    assert_eq!(found.rule().unwrap().schedule(), Some(&always));
    assert_eq!(found.mute_targets().unwrap().alarm_names(), ["muted"]);
    let arn = found.alarm_mute_rule_arn().unwrap();
    let tags = client.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
    assert_eq!(tags.tags(), [tag("k", "v")]);
    let listed = client.list_alarm_mute_rules().alarm_name("muted").send().await.unwrap();
    assert_eq!(listed.alarm_mute_rule_summaries().len(), 1);
    let expired = client.list_alarm_mute_rules().statuses("EXPIRED".into()).send().await.unwrap();
    assert!(expired.alarm_mute_rule_summaries().is_empty());
    let missing = rule.clone().mute_targets(MuteTargets::builder().alarm_names("missing").build());
    assert_eq!(failure(missing.send().await).0, "ValidationError");
    let wrong = Schedule::builder().expression("cron(* *)").duration("PT1H").build();
    assert_eq!(failure(rule.rule(Rule::builder().schedule(wrong).build()).send().await).0, "ValidationError");
    client.delete_alarm_mute_rule().alarm_mute_rule_name("night").send().await.unwrap();
    assert_eq!(sent(), 1, "what is in ALARM acts when its rule is deleted");
    client.delete_alarm_mute_rule().alarm_mute_rule_name("night").send().await.unwrap();
    let gone = client.get_alarm_mute_rule().alarm_mute_rule_name("night");
    assert_eq!(failure(gone.send().await).0, "ResourceNotFoundException");
    set(&client, "muted", StateValue::Ok).await;
    set(&client, "muted", StateValue::Alarm).await;
    assert_eq!(sent(), 2);

    put(&client, "child").await;
    let composite = client.put_composite_alarm().alarm_name("c").alarm_rule("ALARM(child)").alarm_actions(&topic);
    let composite =
        composite.actions_suppressor("off").actions_suppressor_wait_period(1).actions_suppressor_extension_period(1);
    composite.send().await.unwrap();
    set(&client, "child", StateValue::Alarm).await;
    assert_eq!(sent(), 2, "the suppressor is in ALARM");
    set(&client, "child", StateValue::Ok).await;
    set(&client, "off", StateValue::Ok).await;
    set(&client, "child", StateValue::Alarm).await;
    assert_eq!(sent(), 2, "it waits for its suppressor");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(sent(), 3);
}
