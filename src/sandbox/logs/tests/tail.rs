//! StartLiveTail, read by the SDK's own event-stream receiver, on tokio's paused clock.

use super::{client, event, group, now, put};
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::operation::start_live_tail::StartLiveTailOutput;
use aws_sdk_cloudwatchlogs::types::{LiveTailSessionUpdate, StartLiveTailResponseStream};
use std::time::Duration;

const GROUP: &str = "arn:aws:logs:us-east-1:123456789012:log-group:g";

async fn update(tail: &mut StartLiveTailOutput) -> LiveTailSessionUpdate {
    match tail.response_stream.recv().await.unwrap().unwrap() {
        StartLiveTailResponseStream::SessionUpdate(update) => update,
        other => panic!("{other:?}"),
    }
}

async fn start(logs: &Client, pattern: &str) -> StartLiveTailOutput {
    let request = logs.start_live_tail().log_group_identifiers(GROUP).log_event_filter_pattern(pattern);
    let mut tail = request.send().await.unwrap();
    let Some(StartLiveTailResponseStream::SessionStart(start)) = tail.response_stream.recv().await.unwrap() else {
        panic!("no start");
    };
    assert_eq!(start.log_group_identifiers(), [GROUP]);
    tail
}

#[tokio::test(start_paused = true)]
async fn a_session_shows_each_second_what_came_since() {
    let logs = client();
    group(&logs, &["s"]).await;
    put(&logs, "s", vec![event(now(), "before ERROR")]).await;
    let mut tail = start(&logs, "ERROR").await;
    assert!(update(&mut tail).await.session_results().is_empty());
    for n in 0..130 {
        put(&logs, "s", vec![event(now(), &format!("ERROR {n}"))]).await;
        put(&logs, "s", vec![event(now(), "INFO")]).await;
    }
    logs.create_log_stream().log_group_name("g").log_stream_name("late").send().await.unwrap();
    put(&logs, "late", vec![event(now() - 5000, "ERROR in the past")]).await;
    let seen = update(&mut tail).await;
    assert_eq!(seen.session_results().len(), 131);
    assert_eq!(seen.session_results()[0].message(), Some("ERROR in the past"));
    assert_eq!(seen.session_results()[0].log_group_identifier(), Some("123456789012:g"));
    assert!(!seen.session_metadata().unwrap().sampled());
    assert!(update(&mut tail).await.session_results().is_empty(), "nothing twice");
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_sampled_and_a_session_ends_after_three_hours() {
    let logs = client();
    group(&logs, &["s"]).await;
    let mut tail = start(&logs, "").await;
    put(&logs, "s", (0..2000).map(|n| event(now(), &n.to_string())).collect()).await;
    let flood = update(&mut tail).await;
    assert_eq!(flood.session_results().len(), 500);
    assert!(flood.session_metadata().unwrap().sampled());
    tokio::time::advance(Duration::from_secs(3 * 3600)).await;
    let end = loop {
        match tail.response_stream.recv().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it ended without a word"),
            Err(error) => break error.into_service_error(),
        }
    };
    assert!(end.is_session_timeout_exception(), "{end:?}");
    assert!(tail.response_stream.recv().await.unwrap().is_none());
}

#[tokio::test]
async fn a_session_needs_groups_that_are_there() {
    let logs = client();
    group(&logs, &[]).await;
    let ask = |identifier: &str| logs.start_live_tail().log_group_identifiers(identifier).send();
    assert!(ask("g").await.unwrap_err().into_service_error().is_invalid_parameter_exception());
    assert!(ask(&format!("{GROUP}one")).await.unwrap_err().into_service_error().is_resource_not_found_exception());
}
