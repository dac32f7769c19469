//! CloudWatch through the real SDK: what is sent, what comes back, in AWS's words where it fails.

mod alarms;
mod anomaly;
mod data;
mod history;
mod limits;
mod round_trip;

use crate::testing::config;
use crate::{Sandbox, Weather};
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder;
use aws_sdk_cloudwatch::types::{ComparisonOperator, MetricAlarm, Statistic, Tag};

fn client() -> Client {
    client_of(&Sandbox::in_memory(Weather::default()))
}

fn client_of(sandbox: &Sandbox) -> Client {
    Client::new(&config(sandbox))
}

/// The lab's alarm on errors, whole.
fn errors_alarm(client: &Client, name: &str) -> PutMetricAlarmFluentBuilder {
    let alarm = client.put_metric_alarm().alarm_name(name).namespace("AWS/Lambda").metric_name("Errors");
    let alarm = alarm.statistic(Statistic::Sum).period(300).evaluation_periods(1).threshold(5.0);
    alarm.comparison_operator(ComparisonOperator::GreaterThanThreshold)
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}

async fn put(client: &Client, name: &str) {
    errors_alarm(client, name).send().await.unwrap();
}

async fn live(client: &Client, name: &str) -> Option<MetricAlarm> {
    client.describe_alarms().alarm_names(name).send().await.unwrap().metric_alarms.unwrap().pop()
}

/// Code and message of a failed call.
fn failure<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug>(
    result: Result<T, SdkError<E>>,
) -> (String, String) {
    let error = result.unwrap_err();
    let meta = error.meta();
    (meta.code().unwrap_or_default().to_owned(), meta.message().unwrap_or_default().to_owned())
}
