//! Streams, PutLogEvents and GetLogEvents.

use super::{client, event, group, now, put};
use crate::testing::config;
use crate::{Sandbox, Weather};
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::error::ProvideErrorMetadata;
use aws_sdk_cloudwatchlogs::types::OrderBy;
use std::time::Duration;

const DAY: i64 = 86_400_000;

#[tokio::test]
async fn a_stream_lives_from_create_to_delete() {
    let logs = client();
    group(&logs, &["s"]).await;
    let create = |name: &str| logs.create_log_stream().log_group_name("g").log_stream_name(name).send();
    let error = create("s").await.unwrap_err().into_service_error();
    assert!(error.is_resource_already_exists_exception());
    assert!(create("a:b").await.unwrap_err().into_service_error().is_invalid_parameter_exception());
    let error = logs.create_log_stream().log_group_name("none").log_stream_name("s").send().await.unwrap_err();
    assert!(error.into_service_error().is_resource_not_found_exception());
    let time = now();
    put(&logs, "s", vec![event(time - 5, "first"), event(time, "last")]).await;
    let found = logs.describe_log_streams().log_group_name("g").send().await.unwrap();
    let [stream] = found.log_streams() else { panic!("{found:?}") };
    assert_eq!((stream.first_event_timestamp(), stream.last_event_timestamp()), (Some(time - 5), Some(time)));
    assert_eq!(stream.arn(), Some("arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:s"));
    let bytes = async || {
        let found = logs.describe_log_groups().log_group_name_prefix("g").send().await.unwrap();
        found.log_groups()[0].stored_bytes().unwrap()
    };
    assert_eq!(bytes().await, 9 + 2 * 26);
    logs.delete_log_stream().log_group_name("g").log_stream_name("s").send().await.unwrap();
    assert_eq!(bytes().await, 0);
    let error = logs.get_log_events().log_group_name("g").log_stream_name("s").send().await.unwrap_err();
    assert_eq!(error.into_service_error().message(), Some("The specified log stream does not exist."));
    create("s").await.unwrap();
    let empty = logs.get_log_events().log_group_name("g").log_stream_name("s").send().await.unwrap();
    assert!(empty.events().is_empty(), "events do not come back with the name");
}

#[tokio::test]
async fn streams_are_listed_by_name_or_by_their_last_event() {
    let logs = client();
    let names: Vec<String> = (0..60).map(|n| format!("s{n:02}")).chain(["s".into()]).collect();
    group(&logs, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let time = now();
    for (index, name) in names.iter().enumerate() {
        put(&logs, name, vec![event(time - 1000 + (index as i64 * 37) % 61, "x")]).await;
    }
    for (order, descending) in
        [(OrderBy::LogStreamName, false), (OrderBy::LogStreamName, true), (OrderBy::LastEventTime, true)]
    {
        let list = || logs.describe_log_streams().log_group_name("g").order_by(order.clone()).descending(descending);
        let first = list().send().await.unwrap();
        let second = list().next_token(first.next_token().unwrap()).send().await.unwrap();
        assert_eq!((first.log_streams().len(), second.log_streams().len()), (50, 11));
        assert!(second.next_token().is_none());
        let all: Vec<_> = first.log_streams().iter().chain(second.log_streams()).collect();
        let in_order = match (&order, descending) {
            (OrderBy::LastEventTime, _) => {
                all.is_sorted_by(|a, b| a.last_event_timestamp() >= b.last_event_timestamp())
            }
            (_, true) => all.is_sorted_by(|a, b| a.log_stream_name() > b.log_stream_name()),
            (_, false) => all.is_sorted_by(|a, b| a.log_stream_name() < b.log_stream_name()),
        };
        assert!(in_order, "{order:?} {descending}");
    }
    let some = logs.describe_log_streams().log_group_name("g").log_stream_name_prefix("s5").send().await.unwrap();
    assert_eq!(some.log_streams().len(), 10);
    let both =
        logs.describe_log_streams().log_group_name("g").log_stream_name_prefix("s").order_by(OrderBy::LastEventTime);
    assert!(both.send().await.unwrap_err().into_service_error().is_invalid_parameter_exception());
}

#[tokio::test]
async fn a_put_is_refused_as_a_whole_or_in_part() {
    let logs = client();
    group(&logs, &["s"]).await;
    let time = now();
    let send =
        |events| logs.put_log_events().log_group_name("g").log_stream_name("s").set_log_events(Some(events)).send();
    let large = "x".repeat(262_144);
    for (events, told) in [
        (vec![event(time, "b"), event(time - 1, "a")], "must be in chronological order"),
        (vec![event(time - DAY - 1, "a"), event(time, "b")], "cannot span more than 24 hours"),
        (
            vec![event(time, &large), event(time, &large), event(time, &large), event(time, &large)],
            "Upload too large: 1048680",
        ),
        (vec![event(time, "")], "logEvents.1.member.message"),
        (vec![], "logEvents"),
        ((0..10_001).map(|_| event(time, "x")).collect(), "less than or equal to 10000"),
    ] {
        let error = send(events).await.unwrap_err().into_service_error();
        assert!(error.is_invalid_parameter_exception());
        assert!(error.message().unwrap().contains(told), "{error:?}");
    }
    let old =
        send(vec![event(time - 14 * DAY - 60_000, "too old"), event(time - 14 * DAY + 60_000, "old")]).await.unwrap();
    assert_eq!(old.rejected_log_events_info().unwrap().too_old_log_event_end_index(), Some(1));
    let new = send(vec![event(time, "now"), event(time + 7_100_000, "soon"), event(time + 7_300_000, "too new")])
        .await
        .unwrap();
    assert_eq!(new.rejected_log_events_info().unwrap().too_new_log_event_start_index(), Some(2));
    logs.put_retention_policy().log_group_name("g").retention_in_days(3).send().await.unwrap();
    let expired =
        send(vec![event(time - 3 * DAY - 60_000, "expired"), event(time - 3 * DAY + 60_000, "kept")]).await.unwrap();
    assert_eq!(expired.rejected_log_events_info().unwrap().expired_log_event_end_index(), Some(1));
    let kept =
        logs.get_log_events().log_group_name("g").log_stream_name("s").start_from_head(true).send().await.unwrap();
    let kept: Vec<_> = kept.events().iter().filter_map(|event| event.message()).collect();
    assert_eq!(kept, ["kept", "now", "soon"], "and what the retention overtook is gone");
}

#[tokio::test(start_paused = true)]
async fn retention_deletes_in_effect() {
    let logs = client();
    group(&logs, &["s"]).await;
    logs.put_retention_policy().log_group_name("g").retention_in_days(1).send().await.unwrap();
    put(&logs, "s", vec![event(now(), "today")]).await;
    let read = async || {
        let found = logs.filter_log_events().log_group_name("g").send().await.unwrap();
        found.events().iter().filter_map(|event| event.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(read().await, ["today"]);
    tokio::time::advance(Duration::from_secs(86_400 + 60)).await;
    assert!(read().await.is_empty());
    for n in 0..70 {
        put(&logs, "s", vec![event(now() + DAY + 60_000 + n, "tomorrow")]).await;
    }
    assert_eq!(read().await.len(), 70);
    let groups = logs.describe_log_groups().log_group_name_prefix("g").send().await.unwrap();
    assert_eq!(groups.log_groups()[0].stored_bytes(), Some(70 * (8 + 26)), "the old chunk made room");
}

#[tokio::test]
async fn a_stream_is_read_from_both_ends_and_its_tokens_do_not_end() {
    let logs = client();
    group(&logs, &["s"]).await;
    let time = now();
    for n in 0..150 {
        put(&logs, "s", vec![event(time - 1000 + n, &n.to_string())]).await;
    }
    let get = || logs.get_log_events().log_group_name("g").log_stream_name("s").limit(40);
    let texts = |events: &[aws_sdk_cloudwatchlogs::types::OutputLogEvent]| -> Vec<usize> {
        events.iter().filter_map(|event| event.message()?.parse().ok()).collect()
    };
    let newest = get().send().await.unwrap();
    assert_eq!(texts(newest.events()), (110..150).collect::<Vec<_>>());
    let before = get().next_token(newest.next_backward_token().unwrap()).send().await.unwrap();
    assert_eq!(texts(before.events()), (70..110).collect::<Vec<_>>());
    let again = get().next_token(before.next_forward_token().unwrap()).send().await.unwrap();
    assert_eq!(texts(again.events()), (110..150).collect::<Vec<_>>());

    let mut token = None;
    let mut all = Vec::new();
    loop {
        let page = get().start_from_head(true).set_next_token(token.clone()).send().await.unwrap();
        all.extend(texts(page.events()));
        if page.next_forward_token == token {
            assert!(page.events().is_empty());
            break;
        }
        token = page.next_forward_token;
    }
    assert_eq!(all, (0..150).collect::<Vec<_>>());
    put(&logs, "s", vec![event(time, "150")]).await;
    let more = get().set_next_token(token).send().await.unwrap();
    assert_eq!(texts(more.events()), [150], "the last token finds what came later");
    let some = get().start_time(time - 1000 + 7).end_time(time - 1000 + 9).send().await.unwrap();
    assert_eq!(texts(some.events()), [7, 8], "the end is left out");
    let wrong = get().next_token("f/1/s").send().await.unwrap_err().into_service_error();
    assert!(wrong.is_invalid_parameter_exception());
}

/// Lines one by one must not make the state file grow with the square of their number.
#[tokio::test]
async fn many_small_puts_write_little() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let logs = Client::new(&config(&Sandbox::open(&path, Weather::default()).unwrap()));
    group(&logs, &["s"]).await;
    let time = now();
    for n in 0..400 {
        put(&logs, "s", vec![event(time, &format!("line {n} {}", "x".repeat(100)))]).await;
    }
    let size = std::fs::metadata(&path).unwrap().len();
    assert!(size < 3_000_000, "{size} bytes for 45 kB of lines");
    let reopened = Client::new(&config(&Sandbox::open(&path, Weather::default()).unwrap()));
    let found = reopened.get_log_events().log_group_name("g").log_stream_name("s").send().await.unwrap();
    assert_eq!(found.events().len(), 400);
}
