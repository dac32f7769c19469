//! The weather as an SDK meets it, and what two processes and a kill leave behind.

use super::*;
use crate::testing::config;
use crate::weather::Quotas;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::config::retry::RetryConfig;
use aws_sdk_cloudwatch::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudwatch::operation::put_metric_alarm::PutMetricAlarmError;
use aws_sdk_cloudwatch::types::{ComparisonOperator, Statistic};
use std::time::Duration;
use tokio::time::Instant;

fn client(sandbox: &Sandbox) -> Client {
    Client::new(&config(sandbox))
}

async fn put(client: &Client, name: &str) -> Result<(), SdkError<PutMetricAlarmError>> {
    let alarm = client.put_metric_alarm().alarm_name(name).namespace("n").metric_name("m").statistic(Statistic::Sum);
    let alarm = alarm.period(60).evaluation_periods(1).threshold(1.0);
    alarm.comparison_operator(ComparisonOperator::GreaterThanThreshold).send().await.map(drop)
}

async fn count(client: &Client) -> usize {
    client.describe_alarms().send().await.unwrap().metric_alarms().len()
}

#[tokio::test(start_paused = true)]
async fn latency_is_a_round_trip() {
    let sandbox = Sandbox::in_memory(Weather { latency: Duration::from_millis(40), ..Weather::default() });
    let start = Instant::now();
    count(&client(&sandbox)).await;
    assert_eq!(start.elapsed().as_millis(), 40);
}

#[tokio::test(start_paused = true)]
async fn calls_at_once_are_one_wave_and_calls_in_a_row_are_many() {
    for latency in [0, 40] {
        let sandbox = Sandbox::in_memory(Weather { latency: Duration::from_millis(latency), ..Weather::default() });
        let (client, sns) = (client(&sandbox), aws_sdk_sns::Client::new(&config(&sandbox)));
        let (sts, topics) = (aws_sdk_sts::Client::new(&config(&sandbox)), sns.list_topics());
        let (a, b, c) = tokio::join!(count(&client), topics.send(), sts.get_caller_identity().send());
        assert_eq!((a, b.is_ok(), c.is_ok()), (0, true, true));
        let stats = sandbox.stats();
        assert_eq!((stats.calls, stats.waves, stats.max_in_flight), (3, 1, 3), "latency {latency}");
        count(&client).await;
        assert_eq!(sandbox.stats().waves, 2);
        assert_eq!(sandbox.stats().by_operation["monitoring:DescribeAlarms"].calls, 2);
        sandbox.reset_stats();
        assert_eq!(sandbox.stats(), Stats::default());
    }
}

#[tokio::test(start_paused = true)]
async fn quotas_throttle_in_the_words_of_each_protocol() {
    let weather = Weather { quotas: Quotas::Aws, ..Weather::default() };
    let sandbox = Sandbox::in_memory(weather);
    let client = client(&sandbox);
    for name in ["a", "b", "c"] {
        put(&client, name).await.unwrap();
    }
    let error = put(&client, "d").await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().headers().get("x-amzn-query-error"), Some("Throttling;Sender"));
    assert_eq!((error.code(), error.message()), (Some("Throttling"), Some("Rate exceeded")));
    assert_eq!(count(&client).await, 3, "a throttled call is not applied");
    assert_eq!(sandbox.stats().throttled, 1);
    assert_eq!(sandbox.stats().by_operation["monitoring:PutMetricAlarm"].throttled, 1);

    let sns = aws_sdk_sns::Client::new(&config(&sandbox));
    let error = async || loop {
        if let Err(error) = sns.list_topics().send().await {
            return error;
        }
    };
    assert_eq!(error().await.code(), Some("ThrottlingException"));
    let logs = aws_sdk_cloudwatchlogs::Client::new(&config(&sandbox));
    let codes = async || {
        let mut codes = Vec::new();
        for _ in 0..11 {
            codes.extend(
                logs.describe_log_groups().send().await.err().and_then(|error| error.code().map(str::to_owned)),
            );
        }
        codes.pop()
    };
    assert_eq!(codes().await.as_deref(), Some("ThrottlingException"));
    let lambda = aws_sdk_lambda::Client::new(&config(&sandbox));
    let mut last = None;
    for _ in 0..16 {
        last = lambda.get_account_settings().send().await.err();
    }
    let error = last.unwrap();
    assert_eq!(
        (error.code(), error.raw_response().unwrap().status().as_u16()),
        (Some("TooManyRequestsException"), 429)
    );
}

#[tokio::test(start_paused = true)]
async fn the_sdk_retries_throttles_and_faults_away() {
    let weather =
        Weather { fault_500: 0.3, fault_reset_before: 0.2, quotas: Quotas::Aws, seed: 3, ..Weather::default() };
    let sandbox = Sandbox::in_memory(weather);
    let retry = RetryConfig::standard().with_max_attempts(20);
    let client = Client::new(&config(&sandbox).into_builder().retry_config(retry).sleep_impl(sleep()).build());
    for n in 0..30 {
        put(&client, &n.to_string()).await.unwrap();
    }
    assert_eq!(count(&client).await, 30);
    let stats = sandbox.stats().by_operation["monitoring:PutMetricAlarm"];
    assert!(stats.faulted >= 10 && stats.calls == 30 + stats.faulted + stats.throttled, "{stats:?}");
}

fn sleep() -> aws_sdk_cloudwatch::config::SharedAsyncSleep {
    #[derive(Debug)]
    struct Tokio;
    impl aws_sdk_cloudwatch::config::AsyncSleep for Tokio {
        fn sleep(&self, duration: Duration) -> aws_sdk_cloudwatch::config::Sleep {
            aws_sdk_cloudwatch::config::Sleep::new(tokio::time::sleep(duration))
        }
    }
    aws_sdk_cloudwatch::config::SharedAsyncSleep::new(Tokio)
}

#[tokio::test]
async fn a_reset_is_before_or_after_applying() {
    for (weather, applied) in [
        (Weather { fault_reset_before: 1.0, ..Weather::default() }, false),
        (Weather { fault_reset_after: 1.0, ..Weather::default() }, true),
        (Weather { fault_500: 1.0, ..Weather::default() }, false),
    ] {
        let internal = weather.fault_500 > 0.0;
        let sandbox = Sandbox::in_memory(weather);
        let error = put(&client(&sandbox), "a").await.unwrap_err();
        match &error {
            SdkError::DispatchFailure(failure) => assert!(failure.is_io() && !internal),
            other => assert!(internal && other.raw_response().unwrap().status().as_u16() == 500, "{other:?}"),
        }
        assert_eq!(sandbox.state().writes, u64::from(applied));
    }
}

#[tokio::test]
async fn a_killed_process_leaves_what_it_had_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    let killed = Sandbox::open(&path, Weather { kill_after: Some(2), ..Weather::default() }).unwrap();
    let results =
        [put(&client(&killed), "a").await, put(&client(&killed), "b").await, put(&client(&killed), "c").await];
    assert_eq!(results.map(|result| result.is_ok()), [true, false, false]);
    assert!(client(&killed).describe_alarms().send().await.is_err(), "no call is answered any more");
    let next = Sandbox::open(&path, Weather::default()).unwrap();
    assert_eq!(count(&client(&next)).await, 2, "the second was applied, only its answer was lost");
}

#[tokio::test]
async fn two_sandboxes_on_one_file_are_one_aws() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    let (one, two) =
        (Sandbox::open(&path, Weather::default()).unwrap(), Sandbox::open(&path, Weather::default()).unwrap());
    put(&client(&one), "a").await.unwrap();
    put(&client(&two), "b").await.unwrap();
    assert_eq!((count(&client(&one)).await, count(&client(&two)).await), (2, 2));
}

#[tokio::test]
async fn a_file_out_of_reach_is_no_answer_of_aws() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    let sandbox = Sandbox::open(&path, Weather::default()).unwrap();
    std::fs::create_dir(&path).unwrap();
    let error = put(&client(&sandbox), "a").await.unwrap_err();
    let text = format!("{}", aws_sdk_cloudwatch::error::DisplayErrorContext(&error));
    assert!(matches!(error, SdkError::DispatchFailure(_)) && text.contains("sandbox.json"), "{text}");
}

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    let sandbox = Sandbox::in_memory(Weather::default());
    let mut unsigned = HttpRequest::new(aws_smithy_types::body::SdkBody::empty());
    unsigned.set_uri("https://monitoring.us-east-1.amazonaws.com/service/X/operation/DescribeAlarms").unwrap();
    let answer = sandbox.clone().call(unsigned).await.unwrap();
    assert_eq!(answer.status().as_u16(), 403);
    let error = client(&sandbox).describe_insight_rules().send().await.unwrap_err();
    assert_eq!(error.code(), Some("UnknownOperationException"));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_nobody_waits_for_is_not_in_flight() {
    let sandbox = Sandbox::in_memory(Weather { latency: Duration::from_secs(1), ..Weather::default() });
    let client = client(&sandbox);
    for _ in 0..3 {
        assert!(tokio::time::timeout(Duration::from_millis(10), count(&client)).await.is_err());
    }
    count(&client).await;
    assert_eq!((sandbox.stats().calls, sandbox.stats().max_in_flight), (4, 1));
}

#[tokio::test]
async fn the_quota_of_alarms_is_no_throttle() {
    let sandbox = Sandbox::in_memory(Weather::default());
    let filled = sandbox.state().store.transact(crate::ACCOUNT, "us-east-1", &Weather::default(), 0, |tx| {
        (0..5000).try_for_each(|n| tx.put("alarms", &format!("x{n}"), &"only counted"))
    });
    assert!(matches!(filled, Ok((Ok(()), true))));
    let error = put(&client(&sandbox), "one more").await.unwrap_err();
    assert_eq!(error.code(), Some("LimitExceeded"));
}
