//! FilterLogEvents.

use super::{client, event, group, now, put};
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::error::ProvideErrorMetadata;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use std::collections::BTreeSet;

/// All events, and how many pages came and how many of those were empty.
async fn search(logs: &Client, pattern: &str, limit: i32) -> (Vec<FilteredLogEvent>, usize, usize) {
    let (mut token, mut events, mut pages, mut empty) = (None, Vec::new(), 0, 0);
    loop {
        let request = logs.filter_log_events().log_group_name("g").filter_pattern(pattern).limit(limit);
        let page = request.set_next_token(token).send().await.unwrap();
        pages += 1;
        empty += usize::from(page.events().is_empty());
        events.extend(page.events.unwrap_or_default());
        token = page.next_token;
        if token.is_none() {
            return (events, pages, empty);
        }
    }
}

#[tokio::test]
async fn streams_come_in_one_order_of_time_and_ids_are_unique() {
    let logs = client();
    group(&logs, &["a", "b", "other"]).await;
    let time = now() - 100_000;
    for round in 0..20 {
        for (stream, shift) in [("a", 0), ("b", 3), ("other", 0)] {
            let events = (0..10).map(|n| event(time + (round * 10 + n) * 7 + shift, &format!("{stream} {round} {n}")));
            put(&logs, stream, events.collect()).await;
        }
    }
    let (events, pages, _) = search(&logs, "", 70).await;
    assert_eq!((events.len(), pages), (600, 9));
    assert!(events.is_sorted_by_key(|event| event.timestamp()));
    let ids: BTreeSet<_> = events.iter().map(|event| event.event_id().unwrap()).collect();
    assert_eq!(ids.len(), 600);
    assert!(ids.iter().all(|id| id.len() == 56));

    let some = logs.filter_log_events().log_group_name("g").start_time(time + 7).end_time(time + 14);
    let both = some.clone().log_stream_names("a").log_stream_names("b").send().await.unwrap();
    let texts: Vec<_> = both.events().iter().filter_map(|event| event.message()).collect();
    assert_eq!(texts, ["a 0 1", "b 0 1", "a 0 2"], "both bounds are within");
    let prefixed = some.log_stream_name_prefix("o").send().await.unwrap();
    assert!(prefixed.events().iter().all(|event| event.log_stream_name() == Some("other")));
    assert_eq!(prefixed.events().len(), 2);
}

#[tokio::test]
async fn a_search_goes_on_through_empty_pages() {
    let logs = client();
    group(&logs, &["s"]).await;
    let time = now() - 60_000;
    for batch in 0..8 {
        let line = |n: i64| {
            let level = if (batch, n) == (6, 500) { "ERROR" } else { "INFO" };
            event(time + batch * 1000 + n, &format!(r#"{{"level":"{level}","n":{n}}}"#))
        };
        put(&logs, "s", (0..1000).map(line).collect()).await;
    }
    let (events, pages, empty) = search(&logs, r#"{ $.level = "ERROR" }"#, 10).await;
    assert_eq!(events.len(), 1);
    assert_eq!((pages, empty), (4, 3), "two empty pages before the find and one after it");
    let (events, ..) = search(&logs, "INFO -500", 1000).await;
    assert_eq!(events.len(), 7992);
    let (events, ..) = search(&logs, "", 10_000).await;
    assert_eq!(events.len(), 8000);
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let logs = client();
    group(&logs, &["s"]).await;
    let filter = || logs.filter_log_events().log_group_name("g");
    for (request, told) in [
        (filter().filter_pattern("%x%"), "regular expressions"),
        (filter().filter_pattern("a-b"), "Invalid character(s) in term 'a-b'"),
        (filter().next_token("x"), "nextToken is invalid"),
        (filter().limit(10_001), "less than or equal to 10000"),
        (filter().log_stream_names("s").log_stream_name_prefix("s"), "cannot be given together"),
        (logs.filter_log_events(), "Exactly one of"),
    ] {
        let error = request.send().await.unwrap_err().into_service_error();
        assert!(error.is_invalid_parameter_exception(), "{error:?}");
        assert!(error.message().unwrap().contains(told), "{error:?}");
    }
    let error = filter().log_stream_names("none").send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception());
}
