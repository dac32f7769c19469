//! What happens to alarms over their life: updates, tags, lists, deletion, states.

use super::*;
use crate::testing::config_of;
use aws_sdk_cloudwatch::types::{AlarmType, Dimension, StateValue};
use aws_sdk_resourcegroupstagging as tagging;
use std::collections::BTreeSet;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn an_update_replaces_all_but_state_and_tags() {
    let client = client();
    let full = errors_alarm(&client, "a").alarm_description("d").datapoints_to_alarm(1).tags(tag("team", "x"));
    full.send().await.unwrap();
    let set = client.set_alarm_state().alarm_name("a").state_value(StateValue::Alarm).state_reason("drill");
    set.state_reason_data("{\"by\": \"hand\"}").send().await.unwrap();
    errors_alarm(&client, "a").threshold(7.0).tags(tag("team", "y")).tags(tag("more", "z")).send().await.unwrap();
    let alarm = live(&client, "a").await.unwrap();
    assert_eq!((alarm.threshold(), alarm.alarm_description(), alarm.datapoints_to_alarm()), (Some(7.0), None, None));
    assert_eq!((alarm.state_value(), alarm.state_reason()), (Some(&StateValue::Alarm), Some("drill")));
    assert_eq!(alarm.state_reason_data(), Some("{\"by\": \"hand\"}"));
    let tags = client.list_tags_for_resource().resource_arn(alarm.alarm_arn().unwrap()).send().await.unwrap();
    assert_eq!(tags.tags(), [tag("team", "x")]);
}

#[tokio::test(start_paused = true)]
async fn tags_are_changed_by_their_own_calls() {
    let client = client();
    put(&client, "a").await;
    let arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a";
    client.tag_resource().resource_arn(arn).tags(tag("a", "1")).tags(tag("b", "2")).send().await.unwrap();
    client.tag_resource().resource_arn(arn).tags(tag("a", "3")).send().await.unwrap();
    client.untag_resource().resource_arn(arn).tag_keys("b").tag_keys("absent").send().await.unwrap();
    let tags = client.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
    assert_eq!(tags.tags(), [tag("a", "3")]);
    let missing = client.list_tags_for_resource().resource_arn("arn:aws:cloudwatch:us-east-1:123456789012:alarm:b");
    assert_eq!(failure(missing.send().await).0, "ResourceNotFoundException");
    let wrong = client.tag_resource().resource_arn(arn).tags(tag("aws:x", "1"));
    assert_eq!(failure(wrong.send().await).0, "InvalidParameterValue");
    client.delete_alarms().alarm_names("a").send().await.unwrap();
    put(&client, "a").await;
    let tags = client.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
    assert!(tags.tags().is_empty(), "tags go with their alarm");
}

#[tokio::test(start_paused = true)]
async fn lists_come_in_pages_and_by_name_prefix_or_type() {
    let client = client();
    for n in 0..120 {
        put(&client, &format!("alarm-{n:03}")).await;
    }
    client.put_composite_alarm().alarm_name("composite").alarm_rule("ALARM(alarm-000)").send().await.unwrap();
    let first = client.describe_alarms().send().await.unwrap();
    assert_eq!(first.metric_alarms().len(), 50);
    let mut pages = client.describe_alarms().max_records(100).into_paginator().send();
    let (mut names, mut sizes) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        sizes.push(page.metric_alarms().len());
        names.extend(page.metric_alarms().iter().map(|alarm| alarm.alarm_name().unwrap().to_owned()));
        assert!(page.composite_alarms().is_empty(), "without types only metric alarms come");
    }
    assert_eq!(sizes, [100, 20]);
    assert!(!names.is_sorted(), "no order is promised");
    assert_eq!(names.into_iter().collect::<BTreeSet<_>>().len(), 120);
    let prefixed = client.describe_alarms().alarm_name_prefix("alarm-01").send().await.unwrap();
    assert_eq!(prefixed.metric_alarms().len(), 10);
    let asked: Vec<String> = (0..99).map(|n| format!("alarm-{n:03}")).chain(["missing".to_owned()]).collect();
    let named = client.describe_alarms().set_alarm_names(Some(asked)).max_records(100).send().await.unwrap();
    assert_eq!(named.metric_alarms().len(), 99, "a missing name is just absent");
    let composite = client.describe_alarms().alarm_types(AlarmType::CompositeAlarm).send().await.unwrap();
    assert_eq!((composite.metric_alarms().len(), composite.composite_alarms().len()), (0, 1));
    let parents = client.describe_alarms().alarm_types(AlarmType::CompositeAlarm).parents_of_alarm_name("alarm-000");
    assert_eq!(parents.send().await.unwrap().composite_alarms().len(), 1);
    let children = client.describe_alarms().children_of_alarm_name("composite").send().await.unwrap();
    assert_eq!(children.metric_alarms().len(), 1);

    let too_many = (0..101).map(|n| format!("alarm-{n:03}")).collect();
    let (code, message) = failure(client.describe_alarms().set_alarm_names(Some(too_many)).send().await);
    assert_eq!(code, "ValidationError");
    assert!(message.contains("'alarmNames' failed to satisfy constraint"), "{message}");
    let both = client.describe_alarms().alarm_names("a").alarm_name_prefix("b");
    assert_eq!(failure(both.send().await).0, "ValidationError");
    assert_eq!(failure(client.describe_alarms().max_records(101).send().await).0, "ValidationError");
    assert_eq!(failure(client.describe_alarms().next_token("nonsense").send().await).0, "InvalidNextToken");
}

#[tokio::test(start_paused = true)]
async fn alarms_are_found_by_their_metric() {
    let client = client();
    let dimension = Dimension::builder().name("FunctionName").value("f").build();
    errors_alarm(&client, "on-f").dimensions(dimension.clone()).send().await.unwrap();
    put(&client, "on-all").await;
    let found = client.describe_alarms_for_metric().namespace("AWS/Lambda").metric_name("Errors").dimensions(dimension);
    let found = found.send().await.unwrap();
    assert_eq!(found.metric_alarms().iter().map(|alarm| alarm.alarm_name().unwrap()).collect::<Vec<_>>(), ["on-f"]);
    let other =
        client.describe_alarms_for_metric().namespace("AWS/Lambda").metric_name("Errors").statistic(Statistic::Average);
    assert!(other.send().await.unwrap().metric_alarms().is_empty());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_deleted_when_one_name_is_missing() {
    let client = client();
    put(&client, "a").await;
    assert_eq!(failure(client.delete_alarms().alarm_names("a").alarm_names("b").send().await).0, "ResourceNotFound");
    assert!(live(&client, "a").await.is_some());
    client.delete_alarms().alarm_names("a").send().await.unwrap();
    assert!(live(&client, "a").await.is_none());
    let many = (0..101).map(|n| n.to_string()).collect();
    assert_eq!(failure(client.delete_alarms().set_alarm_names(Some(many)).send().await).0, "ValidationError");
}

#[tokio::test(start_paused = true)]
async fn composites_hold_on_to_their_children() {
    let client = client();
    put(&client, "a").await;
    put(&client, "b").await;
    let composite = |name: &str, rule: &str| client.put_composite_alarm().alarm_name(name).alarm_rule(rule);
    let (code, message) = failure(composite("c", "ALARM(a) OR ALARM(missing)").send().await);
    assert_eq!(code, "ValidationError");
    assert!(message.contains("alarm missing in the rule does not exist"), "{message}");
    assert_eq!(failure(composite("c", "ALARM(a").send().await).0, "ValidationError");
    composite("c", "ALARM(a) OR ALARM(\"arn:aws:cloudwatch:us-east-1:123456789012:alarm:b\")").send().await.unwrap();
    composite("d", "ALARM(c)").send().await.unwrap();
    assert_eq!(failure(composite("c", "ALARM(d)").send().await).0, "ValidationError", "a circle");
    assert_eq!(failure(composite("c", "ALARM(c)").send().await).0, "ValidationError", "a short circle");
    assert_eq!(failure(composite("a", "TRUE").send().await).0, "ValidationError", "the name is a metric alarm's");
    let (code, message) = failure(client.delete_alarms().alarm_names("b").send().await);
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("ValidationError", "Cannot delete b as there are composite alarm(s) depending on it.")
    );
    assert_eq!(failure(client.delete_alarms().alarm_names("c").alarm_names("d").send().await).0, "ValidationError");
    client.delete_alarms().alarm_names("d").send().await.unwrap();
    client.delete_alarms().set_alarm_names(Some(vec!["c".into(), "a".into(), "b".into()])).send().await.unwrap();
    let suppressed = composite("e", "TRUE").actions_suppressor("missing").actions_suppressor_wait_period(1);
    assert_eq!(failure(suppressed.clone().send().await).0, "ValidationError", "no extension period");
    assert_eq!(
        failure(suppressed.actions_suppressor_extension_period(1).send().await).0,
        "ValidationError",
        "no such alarm"
    );
}

#[tokio::test(start_paused = true)]
async fn composites_follow_the_states_of_their_children() {
    let client = client();
    put(&client, "a").await;
    client.put_composite_alarm().alarm_name("c").alarm_rule("ALARM(a)").send().await.unwrap();
    client.put_composite_alarm().alarm_name("d").alarm_rule("NOT ALARM(c)").send().await.unwrap();
    let states = async || {
        let all = client.describe_alarms().alarm_types(AlarmType::CompositeAlarm).send().await.unwrap();
        let state = |name: &str| {
            let alarm = all.composite_alarms().iter().find(|alarm| alarm.alarm_name() == Some(name)).unwrap();
            alarm.state_value().unwrap().clone()
        };
        (state("c"), state("d"))
    };
    assert_eq!(states().await, (StateValue::Ok, StateValue::Alarm));
    client.set_alarm_state().alarm_name("a").state_value(StateValue::Alarm).state_reason("x").send().await.unwrap();
    assert_eq!(states().await, (StateValue::Alarm, StateValue::Ok));
    let wrong = client.set_alarm_state().alarm_name("a").state_value("HIGH".into()).state_reason("x");
    assert_eq!(failure(wrong.send().await).0, "ValidationError");
    let missing = client.set_alarm_state().alarm_name("x").state_value(StateValue::Ok).state_reason("x");
    assert_eq!(failure(missing.send().await).0, "ResourceNotFound");
    let data =
        client.set_alarm_state().alarm_name("a").state_value(StateValue::Ok).state_reason("x").state_reason_data("{");
    assert_eq!(failure(data.send().await).0, "InvalidFormat");
}

#[tokio::test(start_paused = true)]
async fn actions_are_switched_off_and_on() {
    let client = client();
    put(&client, "a").await;
    client.disable_alarm_actions().alarm_names("a").alarm_names("missing").send().await.unwrap();
    assert_eq!(live(&client, "a").await.unwrap().actions_enabled(), Some(false));
    client.enable_alarm_actions().alarm_names("a").send().await.unwrap();
    assert_eq!(live(&client, "a").await.unwrap().actions_enabled(), Some(true));
}

#[tokio::test(start_paused = true)]
async fn accounts_and_regions_are_worlds_of_their_own() {
    let sandbox = Sandbox::in_memory(Weather::default());
    put(&client_of(&sandbox), "a").await;
    for (key, region) in [("210987654321", "us-east-1"), (crate::ACCESS_KEY, "eu-west-1")] {
        let elsewhere = Client::new(&config_of(&sandbox, key, region));
        assert!(live(&elsewhere, "a").await.is_none());
        put(&elsewhere, "a").await;
        let arn = live(&elsewhere, "a").await.unwrap().alarm_arn.unwrap();
        assert!(arn.contains(region) && (key.starts_with("AKIA") || arn.contains(key)), "{arn}");
    }
}

async fn tagged(client: &tagging::Client) -> BTreeSet<String> {
    let mut pages = client.get_resources().into_paginator().send();
    let mut arns = BTreeSet::new();
    while let Some(page) = pages.next().await {
        for resource in page.unwrap().resource_tag_mapping_list() {
            let name = resource.resource_arn().unwrap().rsplit(':').next().unwrap().to_owned();
            let tags = resource.tags().iter().map(|tag| format!("{}={}", tag.key(), tag.value())).collect::<Vec<_>>();
            assert!(arns.insert(format!("{name} {}", tags.join(","))));
        }
    }
    arns
}

#[tokio::test(start_paused = true)]
async fn resources_are_found_by_their_tags() {
    let sandbox = Sandbox::in_memory(Weather::default());
    let (client, index) = (client_of(&sandbox), tagging::Client::new(&config(&sandbox)));
    put(&client, "untagged").await;
    for n in 0..150 {
        errors_alarm(&client, &format!("a{n}"))
            .tags(tag("stack", if n % 3 == 0 { "x" } else { "y" }))
            .send()
            .await
            .unwrap();
    }
    assert_eq!(tagged(&index).await.len(), 150);
    let filter = |key: &str, value: Option<&str>| {
        tagging::types::TagFilter::builder().key(key).set_values(value.map(|value| vec![value.to_owned()])).build()
    };
    let count = async |filter, kind: &str| {
        let found = index.get_resources().tag_filters(filter).resource_type_filters(kind).send().await.unwrap();
        (found.resource_tag_mapping_list().len(), found.pagination_token().is_some_and(|token| !token.is_empty()))
    };
    assert_eq!(count(filter("stack", Some("x")), "cloudwatch:alarm").await, (50, false));
    assert_eq!(count(filter("stack", None), "cloudwatch").await, (100, true));
    assert_eq!(count(filter("stack", Some("z")), "cloudwatch").await, (0, false));
    assert_eq!(count(filter("stack", Some("x")), "sns").await, (0, false));
    let arn = |name: &str| format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}");
    let listed =
        index.get_resources().resource_arn_list(arn("a1")).resource_arn_list(arn("missing")).send().await.unwrap();
    assert_eq!(listed.resource_tag_mapping_list().len(), 1);
    let both = index.get_resources().resource_arn_list(arn("a1")).resource_type_filters("sns");
    assert_eq!(failure(both.send().await).0, "InvalidParameterException");
    let size = index.get_resources().resources_per_page(101);
    assert_eq!(failure(size.send().await).0, "InvalidParameterException");
}

#[tokio::test(start_paused = true)]
async fn the_tag_index_lags_and_is_right_in_the_end() {
    let weather = Weather { tag_index_lag: Duration::from_secs(30), ..Weather::default() };
    let sandbox = Sandbox::in_memory(weather);
    let (client, index) = (client_of(&sandbox), tagging::Client::new(&config(&sandbox)));
    let one = |text: &str| BTreeSet::from([text.to_owned()]);
    errors_alarm(&client, "a").tags(tag("k", "1")).send().await.unwrap();
    assert!(tagged(&index).await.is_empty());
    tokio::time::sleep(Duration::from_secs(20)).await;
    let arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a";
    client.tag_resource().resource_arn(arn).tags(tag("k", "2")).send().await.unwrap();
    assert_eq!(client.list_tags_for_resource().resource_arn(arn).send().await.unwrap().tags(), [tag("k", "2")]);
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(tagged(&index).await, one("a k=1"));
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(tagged(&index).await, one("a k=2"));
    client.delete_alarms().alarm_names("a").send().await.unwrap();
    assert_eq!(tagged(&index).await, one("a k=2"), "a deleted alarm is still shown");
    tokio::time::sleep(Duration::from_secs(31)).await;
    assert!(tagged(&index).await.is_empty());
}
