//! Reading and following over the real SDK and the sandbox: its paging, its Live Tail with samples, its quotas and its faults.

use super::follow::FollowOptions;
use super::source::{LogEvent, LogQuery};
use super::{News, follow, read};
use crate::aws::{Aws, AwsSession, Clock, SessionOptions as AwsOptions};
use crate::sandbox::{ACCESS_KEY, SECRET_KEY, Sandbox, Weather};
use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

const GROUP: &str = "/test/follow";
const STREAMS: usize = 8;

fn real_now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

async fn hands(sandbox: &Sandbox) -> Aws {
    let http = Some((sandbox.http_client(), ACCESS_KEY.to_owned(), SECRET_KEY.to_owned()));
    AwsSession::open(AwsOptions { http, ..AwsOptions::default() }).await.unwrap().target(None).unwrap()
}

/// Puts `second(n)` events in each of so many seconds, in streams by turns; their texts are `n`.
async fn write(sandbox: &Sandbox, began: i64, seconds: usize, rate: impl Fn(usize) -> usize) -> usize {
    let aws = hands(sandbox).await;
    let mut written = 0;
    for second in 0..seconds {
        let mut streams: BTreeMap<usize, Vec<InputLogEvent>> = BTreeMap::new();
        let count = rate(second);
        for n in 0..count {
            let at = began + second as i64 * 1000 + (n * 1000 / count) as i64;
            let event = InputLogEvent::builder().timestamp(at).message(format!("INFO line {written}")).build().unwrap();
            streams.entry(written % STREAMS).or_default().push(event);
            written += 1;
        }
        for (stream, events) in streams {
            let put = aws.logs.put_log_events().log_group_name(GROUP).log_stream_name(format!("s{stream}"));
            put.set_log_events(Some(events)).send().await.unwrap();
        }
        sleep(Duration::from_secs(1)).await;
    }
    written
}

async fn group(sandbox: &Sandbox) {
    let aws = hands(sandbox).await;
    aws.logs.create_log_group().log_group_name(GROUP).send().await.unwrap();
    for stream in 0..STREAMS {
        let name = format!("s{stream}");
        aws.logs.create_log_stream().log_group_name(GROUP).log_stream_name(name).send().await.unwrap();
    }
}

fn ask() -> LogQuery {
    LogQuery { group: GROUP.into(), ..LogQuery::default() }
}

/// Every text once, and each stream's in order.
#[track_caller]
fn is_whole(shown: &[LogEvent], written: usize) {
    let number = |event: &LogEvent| event.message.rsplit(' ').next().unwrap().parse::<usize>().unwrap();
    let mut all: Vec<usize> = shown.iter().map(number).collect();
    let mut streams: BTreeMap<&str, usize> = BTreeMap::new();
    for event in shown {
        let before = streams.insert(&event.stream, number(event));
        assert!(before < Some(number(event)), "{}: {before:?} before {}", event.stream, number(event));
    }
    all.sort_unstable();
    assert_eq!(all.len(), written, "lines shown, of those written");
    assert_eq!(all, (0..written).collect::<Vec<_>>());
}

fn stormy() -> Weather {
    Weather {
        fault_500: 0.1,
        fault_reset_before: 0.05,
        fault_operation: Some("logs:FilterLogEvents".into()),
        ..Weather::aws()
    }
}

#[tokio::test(start_paused = true)]
async fn followed_by_live_tail_with_bursts_that_it_samples() {
    let sandbox = Sandbox::in_memory(stormy());
    group(&sandbox).await;
    let aws = hands(&sandbox).await;
    let began = real_now();
    let until = Some(Instant::now() + Duration::from_secs(120));
    let options =
        FollowOptions { number: 0, from: began - 1000, tail: true, until, clock: &Clock::told(|| Some(i64::MAX)) };
    let (news, mut heard) = mpsc::channel(4);
    let ask = ask();
    // Most of it fits a tail; every 20th second brings more than the 500 events that one shows.
    let writing = write(&sandbox, began, 60, |second| if second % 20 == 19 { 900 } else { 60 });
    let listening = async {
        let (mut shown, mut notes) = (Vec::new(), Vec::new());
        while let Some((_, news)) = heard.recv().await {
            match news {
                News::Events(events) => shown.extend(events),
                News::Note(note) => notes.push(note),
            }
        }
        (shown, notes)
    };
    let following = async {
        let ended = follow(&aws, &ask, options, &news).await;
        drop(news);
        ended
    };
    let (written, (shown, notes), ended) = tokio::join!(writing, listening, following);
    ended.unwrap();
    is_whole(&shown, written);
    let calls = aws.calls();
    assert!(calls["logs:StartLiveTail"].calls >= 1 && calls["logs:FilterLogEvents"].calls >= 5, "{calls:?} {notes:?}");
    assert!(!notes.iter().any(|note| note.contains("no Live Tail")), "{notes:?}");
}

#[tokio::test(start_paused = true)]
async fn read_in_order_of_time_over_pages_and_faults() {
    let sandbox = Sandbox::in_memory(stormy());
    group(&sandbox).await;
    let began = real_now() - 100_000;
    // More than one page of 10,000 events.
    let written = write(&sandbox, began, 12, |_| 2_000).await;
    let aws = hands(&sandbox).await;
    let mut shown = Vec::new();
    let asks = [ask(), ask()];
    let ended = read(&aws, &asks[..1], began, None, |_, event| {
        shown.push(event);
        ControlFlow::Continue(())
    });
    ended.await.unwrap();
    is_whole(&shown, written);
    assert!(shown.is_sorted_by_key(|event| event.at));
    let mut first = Vec::new();
    let ended = read(&aws, &asks, began, Some(began + 999), |group, event| {
        first.push((group, event.at));
        ControlFlow::Continue(())
    });
    ended.await.unwrap();
    assert_eq!((first.len(), first.is_sorted_by_key(|(_, at)| *at)), (4_000, true));
}
