//! Log alarms through time: lines in, mails out.

use crate::testing::config;
use crate::{ACCOUNT, Sandbox, Weather};
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::operation::put_log_alarm::builders::PutLogAlarmFluentBuilder;
use aws_sdk_cloudwatch::types::{
    AlarmType, ComparisonOperator, ScheduleConfiguration, ScheduledQueryConfiguration, StateValue,
};
use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use std::time::Duration;

const REGION: &str = "us-east-1";
const ROLE: &str = "arn:aws:iam::123456789012:role/log-alarms";

struct Place {
    sandbox: Sandbox,
    client: Client,
    logs: aws_sdk_cloudwatchlogs::Client,
    topic: String,
}

impl Place {
    async fn new() -> Self {
        let sandbox = Sandbox::in_memory(Weather::default());
        let sns = aws_sdk_sns::Client::new(&config(&sandbox));
        let topic = sns.create_topic().name("alerts").send().await.unwrap().topic_arn.unwrap();
        sns.subscribe().topic_arn(&topic).protocol("email").endpoint("you@example.edu").send().await.unwrap();
        sandbox.confirm(ACCOUNT, REGION, None).unwrap();
        let logs = aws_sdk_cloudwatchlogs::Client::new(&config(&sandbox));
        logs.create_log_group().log_group_name("/app").send().await.unwrap();
        logs.create_log_stream().log_group_name("/app").log_stream_name("s").send().await.unwrap();
        Self { client: Client::new(&config(&sandbox)), sandbox, logs, topic }
    }

    /// More than two of what the query finds, every five minutes, over five minutes.
    fn alarm(&self, query: &str, aggregation: &str) -> PutLogAlarmFluentBuilder {
        let schedule = ScheduleConfiguration::builder().schedule_expression("rate(5 minutes)").start_time_offset(300);
        let query = ScheduledQueryConfiguration::builder().query_string(query).aggregation_expression(aggregation);
        let query = query.log_group_identifiers("/app").scheduled_query_role_arn(ROLE);
        let query = query.schedule_configuration(schedule.build()).build();
        let alarm = self.client.put_log_alarm().alarm_name("timeouts").scheduled_query_configuration(query);
        let alarm = alarm.query_results_to_evaluate(1).query_results_to_alarm(1).threshold(2.0);
        let alarm = alarm.comparison_operator(ComparisonOperator::GreaterThanThreshold);
        alarm.treat_missing_data("notBreaching").alarm_actions(&self.topic).ok_actions(&self.topic)
    }

    async fn log(&self, lines: &[&str]) {
        let now = self.sandbox.time().unwrap().0.millis();
        let event = |line: &&str| InputLogEvent::builder().timestamp(now).message(*line).build().unwrap();
        let put = self.logs.put_log_events().log_group_name("/app").log_stream_name("s");
        put.set_log_events(Some(lines.iter().map(event).collect())).send().await.unwrap();
    }

    fn pass(&self, minutes: u64) {
        self.sandbox.advance(Duration::from_secs(60 * minutes)).unwrap();
    }

    async fn state(&self) -> (StateValue, String) {
        let found = self.client.describe_alarms().alarm_names("timeouts").alarm_types(AlarmType::LogAlarm);
        let found = found.send().await.unwrap();
        let alarm = &found.log_alarms()[0];
        (alarm.state_value().unwrap().clone(), alarm.state_reason().unwrap().to_owned())
    }

    fn mails(&self) -> Vec<String> {
        let letters = self.sandbox.outbox(ACCOUNT, REGION).unwrap().into_iter();
        letters.filter(|letter| !letter.is_confirmation()).map(|letter| letter.body).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn lines_in_a_log_become_a_mail_with_those_lines() {
    let place = Place::new().await;
    let alarm = place.alarm("filter @message like /timeout/", "count(*)");
    alarm.action_log_line_count(2).action_log_line_role_arn(ROLE).send().await.unwrap();
    assert_eq!(place.state().await.0, StateValue::InsufficientData);
    place.pass(6);
    assert_eq!(place.state().await.0, StateValue::Ok);
    place.log(&["timeout 1", "all is well", "timeout 2", "timeout 3"]).await;
    place.pass(5);
    let (state, reason) = place.state().await;
    assert_eq!(state, StateValue::Alarm);
    assert!(reason.starts_with("Threshold Crossed: 1 out of the last 1 datapoints [3.0 ("), "{reason}");
    let mail = place.mails().pop().unwrap();
    for part in ["OK -> ALARM", "count(*) of the query is GreaterThanThreshold 2.0", "Log Lines:\ntimeout"] {
        assert!(mail.contains(part), "{part} in {mail}");
    }
    assert!(!mail.contains("all is well") && mail.matches("\ntimeout").count() == 2, "{mail}");
    place.pass(10);
    assert_eq!(place.state().await.0, StateValue::Ok);
    assert_eq!(place.mails().len(), 3, "of OK, ALARM and OK");
}

#[tokio::test(start_paused = true)]
async fn one_group_of_many_is_enough_and_warm_up_and_missing_results_count() {
    let place = Place::new().await;
    let alarm = place.alarm("filter ispresent(latency)", "max(latency) by host | sort desc");
    alarm.threshold(100.0).treat_missing_data("missing").send().await.unwrap();
    place.pass(6);
    assert_eq!(place.state().await.0, StateValue::InsufficientData, "nothing was found");
    place.log(&[r#"{"host":"a","latency":20}"#, r#"{"host":"b","latency":120}"#]).await;
    place.pass(5);
    assert_eq!(place.state().await.0, StateValue::Alarm);
    place.log(&[r#"{"host":"a","latency":20}"#, r#"{"host":"b","latency":12}"#]).await;
    place.pass(5);
    assert_eq!(place.state().await.0, StateValue::Ok);
    place.pass(5);
    assert_eq!(place.state().await.0, StateValue::InsufficientData);
}

#[tokio::test(start_paused = true)]
async fn what_the_sandbox_could_not_evaluate_is_refused_when_it_is_put() {
    let place = Place::new().await;
    for (query, aggregation, expected) in [
        ("parse @message '*' as a", "count(*)", "the sandbox does not know the command `parse`"),
        ("fields @message", "earliest(@timestamp)", "does not know the function `earliest`"),
    ] {
        let error = place.alarm(query, aggregation).send().await.unwrap_err().into_service_error();
        let message = error.meta().message().unwrap_or_default().to_owned();
        assert!(message.contains("cannot be evaluated in the sandbox") && message.contains(expected), "{message}");
    }
}
