//! CloudWatch Logs through the real SDK client.

mod events;
mod groups;
mod search;
mod tail;

use crate::testing::config;
use crate::{Sandbox, Weather};
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use std::time::{SystemTime, UNIX_EPOCH};

fn client() -> Client {
    Client::new(&config(&Sandbox::in_memory(Weather::default())))
}

/// Now, in milliseconds.
fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn event(time: i64, message: &str) -> InputLogEvent {
    InputLogEvent::builder().timestamp(time).message(message).build().unwrap()
}

/// Makes the group `g` with the streams named.
async fn group(logs: &Client, streams: &[&str]) {
    logs.create_log_group().log_group_name("g").send().await.unwrap();
    for stream in streams {
        logs.create_log_stream().log_group_name("g").log_stream_name(*stream).send().await.unwrap();
    }
}

async fn put(logs: &Client, stream: &str, events: Vec<InputLogEvent>) {
    let request = logs.put_log_events().log_group_name("g").log_stream_name(stream).set_log_events(Some(events));
    assert!(request.send().await.unwrap().rejected_log_events_info().is_none());
}
