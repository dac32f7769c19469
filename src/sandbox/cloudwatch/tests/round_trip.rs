//! Every member that a Put takes comes back from DescribeAlarms, and what was not put stays away.

use super::*;
use aws_sdk_cloudwatch::types::{
    ActionConfiguration, AlarmPromQlCriteria, AlarmTagsPropagation, AlarmType, Dimension, EvaluationCriteria,
    EvaluationWindow, Metric, MetricDataQuery, MetricStat, ScheduleConfiguration, ScheduledQueryConfiguration,
    StandardUnit, StateValue, WallClockWindow, WarmUpConfiguration,
};
use std::collections::BTreeSet;

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:alerts";

fn dimension(name: &str, value: &str) -> Dimension {
    Dimension::builder().name(name).value(value).build()
}

fn propagation() -> ActionConfiguration {
    let propagation = AlarmTagsPropagation::builder().enabled(true).included_tag_keys("team").build();
    ActionConfiguration::builder().alarm_tags_propagation(propagation).build()
}

fn warm_up() -> WarmUpConfiguration {
    WarmUpConfiguration::builder()
        .warm_up_period_duration_in_minutes(30)
        .only_start_evaluating_after_warm_up_period_ends(true)
        .build()
}

#[tokio::test(start_paused = true)]
async fn all_members_of_a_metric_alarm() {
    let client = client();
    errors_alarm(&client, "all")
        .set_statistic(None)
        .extended_statistic("p99.9")
        .alarm_description("what it is for")
        .actions_enabled(false)
        .ok_actions(TOPIC)
        .alarm_actions(TOPIC)
        .alarm_actions("arn:aws:lambda:us-east-1:123456789012:function:f")
        .insufficient_data_actions(TOPIC)
        .dimensions(dimension("FunctionName", "f"))
        .dimensions(dimension("Resource", "f:1"))
        .unit(StandardUnit::Count)
        .evaluation_periods(3)
        .datapoints_to_alarm(2)
        .threshold(0.125)
        .treat_missing_data("notBreaching")
        .evaluate_low_sample_count_percentile("ignore")
        .evaluation_window(EvaluationWindow::WallClockWindow(
            WallClockWindow::builder().timezone("Europe/Berlin").build(),
        ))
        .warm_up_configuration(warm_up())
        .action_configuration(propagation())
        .send()
        .await
        .unwrap();
    let alarm = live(&client, "all").await.unwrap();
    assert_eq!(alarm.alarm_arn(), Some("arn:aws:cloudwatch:us-east-1:123456789012:alarm:all"));
    assert_eq!(alarm.alarm_description(), Some("what it is for"));
    assert_eq!(alarm.actions_enabled(), Some(false));
    assert_eq!(alarm.ok_actions(), [TOPIC]);
    assert_eq!(alarm.alarm_actions(), [TOPIC, "arn:aws:lambda:us-east-1:123456789012:function:f"]);
    assert_eq!(alarm.insufficient_data_actions(), [TOPIC]);
    assert_eq!((alarm.namespace(), alarm.metric_name()), (Some("AWS/Lambda"), Some("Errors")));
    assert_eq!((alarm.statistic(), alarm.extended_statistic()), (None, Some("p99.9")));
    let dimensions: BTreeSet<_> = alarm.dimensions().iter().map(|d| (d.name().unwrap(), d.value().unwrap())).collect();
    assert_eq!(dimensions, BTreeSet::from([("FunctionName", "f"), ("Resource", "f:1")]));
    assert_eq!((alarm.period(), alarm.unit()), (Some(300), Some(&StandardUnit::Count)));
    assert_eq!((alarm.evaluation_periods(), alarm.datapoints_to_alarm()), (Some(3), Some(2)));
    assert_eq!(alarm.threshold(), Some(0.125));
    assert_eq!(alarm.comparison_operator(), Some(&ComparisonOperator::GreaterThanThreshold));
    assert_eq!(alarm.treat_missing_data(), Some("notBreaching"));
    assert_eq!(alarm.evaluate_low_sample_count_percentile(), Some("ignore"));
    let window = alarm.evaluation_window().unwrap().as_wall_clock_window().unwrap();
    assert_eq!(window.timezone(), Some("Europe/Berlin"));
    assert_eq!(alarm.warm_up_configuration(), Some(&warm_up()));
    assert_eq!(alarm.action_configuration(), Some(&propagation()));
    assert_eq!(alarm.state_value(), Some(&StateValue::InsufficientData));
    assert_eq!(alarm.state_reason(), Some("Unchecked: Initial alarm creation"));
    assert!(alarm.state_updated_timestamp().is_some() && alarm.alarm_configuration_updated_timestamp().is_some());
}

#[tokio::test(start_paused = true)]
async fn defaults_are_left_out_of_the_answer() {
    let client = client();
    put(&client, "plain").await;
    let alarm = live(&client, "plain").await.unwrap();
    assert_eq!(alarm.actions_enabled(), Some(true));
    assert_eq!(alarm.ok_actions.as_deref(), Some(&[][..]), "lists of actions are there, empty");
    assert_eq!(alarm.dimensions.as_deref(), Some(&[][..]));
    assert_eq!(alarm.datapoints_to_alarm(), None);
    assert_eq!(alarm.treat_missing_data(), None);
    assert_eq!(alarm.evaluate_low_sample_count_percentile(), None);
    assert_eq!((alarm.alarm_description(), alarm.unit(), alarm.extended_statistic()), (None, None, None));
    assert!(alarm.evaluation_window().is_none() && alarm.warm_up_configuration().is_none() && alarm.metrics.is_none());
}

fn metric_query(id: &str, name: &str) -> MetricDataQuery {
    let metric = Metric::builder().namespace("AWS/Lambda").metric_name(name).dimensions(dimension("FunctionName", "f"));
    let stat = MetricStat::builder().metric(metric.build()).period(300).stat("Sum").build();
    MetricDataQuery::builder().id(id).metric_stat(stat).return_data(false).account_id("210987654321").build()
}

#[tokio::test(start_paused = true)]
async fn metric_math_and_anomaly_bands() {
    let client = client();
    let rate =
        MetricDataQuery::builder().id("rate").label("Error rate").expression("IF(n > 0, 100 * e / n, 0)").build();
    let alarm =
        client.put_metric_alarm().alarm_name("math").evaluation_periods(3).datapoints_to_alarm(2).threshold(5.0);
    let alarm = alarm.comparison_operator(ComparisonOperator::GreaterThanThreshold);
    let alarm = alarm.metrics(metric_query("e", "Errors")).metrics(metric_query("n", "Invocations")).metrics(rate);
    alarm.send().await.unwrap();
    let math = live(&client, "math").await.unwrap();
    let by_id = |id: &str| math.metrics().iter().find(|query| query.id() == Some(id)).unwrap();
    assert_eq!(math.metrics().len(), 3);
    assert_eq!((by_id("rate").return_data(), by_id("rate").label()), (Some(true), Some("Error rate")));
    assert_eq!(by_id("rate").expression(), Some("IF(n > 0, 100 * e / n, 0)"));
    assert_eq!((by_id("e").return_data(), by_id("e").account_id()), (Some(false), Some("210987654321")));
    assert_eq!(by_id("e"), &metric_query("e", "Errors"));
    assert_eq!((math.metric_name(), math.period(), math.statistic()), (None, None, None));

    let band = MetricDataQuery::builder().id("band").expression("ANOMALY_DETECTION_BAND(e, 3)").build();
    let mut watched = metric_query("e", "Errors");
    watched.return_data = Some(true);
    let alarm = client.put_metric_alarm().alarm_name("band").evaluation_periods(2).threshold_metric_id("band");
    let alarm = alarm.comparison_operator(ComparisonOperator::GreaterThanUpperThreshold).metrics(watched).metrics(band);
    alarm.send().await.unwrap();
    let band = live(&client, "band").await.unwrap();
    assert_eq!((band.threshold_metric_id(), band.threshold()), (Some("band"), None));

    let insights =
        MetricDataQuery::builder().id("q").expression("SELECT SUM(Errors) FROM \"AWS/Lambda\"").period(300).build();
    let alarm = client.put_metric_alarm().alarm_name("insights").evaluation_periods(1).threshold(5.0).metrics(insights);
    alarm.comparison_operator(ComparisonOperator::GreaterThanThreshold).send().await.unwrap();
    assert_eq!(live(&client, "insights").await.unwrap().metrics()[0].period(), Some(300));

    let grouped = "SELECT MAX(Errors) FROM SCHEMA(\"AWS/Lambda\", FunctionName) GROUP BY FunctionName";
    let grouped = MetricDataQuery::builder().id("q").expression(grouped).period(300).return_data(false).build();
    let math = MetricDataQuery::builder().id("e").expression("MAX(q)").period(300).return_data(true).build();
    let alarm = client.put_metric_alarm().alarm_name("over-insights").evaluation_periods(1).threshold(5.0);
    let alarm = alarm.comparison_operator(ComparisonOperator::GreaterThanThreshold).metrics(grouped).metrics(math);
    alarm.send().await.unwrap();
    assert_eq!(live(&client, "over-insights").await.unwrap().metrics()[1].expression(), Some("MAX(q)"));
}

#[tokio::test(start_paused = true)]
async fn prom_ql_begins_in_ok() {
    let client = client();
    let criteria = AlarmPromQlCriteria::builder().query("up == 0").pending_period(300).recovery_period(600).build();
    let alarm = client.put_metric_alarm().alarm_name("promql").evaluation_interval(60);
    alarm.evaluation_criteria(EvaluationCriteria::PromQlCriteria(criteria.clone())).send().await.unwrap();
    let alarm = live(&client, "promql").await.unwrap();
    assert_eq!(alarm.evaluation_criteria().unwrap().as_prom_ql_criteria(), Ok(&criteria));
    assert_eq!(alarm.evaluation_interval(), Some(60));
    assert_eq!(alarm.state_value(), Some(&StateValue::Ok));
    assert_eq!((alarm.dimensions.as_ref(), alarm.evaluation_periods()), (None, None));
}

#[tokio::test(start_paused = true)]
async fn all_members_of_composite_and_log_alarms() {
    let client = client();
    put(&client, "child").await;
    put(&client, "suppressor").await;
    let composite =
        client.put_composite_alarm().alarm_name("composite").alarm_rule("ALARM(\"child\")").alarm_description("d");
    let composite =
        composite.actions_enabled(false).ok_actions(TOPIC).alarm_actions(TOPIC).insufficient_data_actions(TOPIC);
    let composite = composite.actions_suppressor("suppressor").actions_suppressor_wait_period(60);
    let composite = composite.actions_suppressor_extension_period(120).action_configuration(propagation());
    composite.tags(tag("team", "x")).send().await.unwrap();

    let query =
        ScheduledQueryConfiguration::builder().query_string("fields @message").log_group_identifiers("/aws/lambda/f");
    let schedule = ScheduleConfiguration::builder().schedule_expression("rate(5 minutes)").start_time_offset(300);
    let schedule = schedule.end_time_offset(60).build();
    let query = query.schedule_configuration(schedule.clone());
    let query =
        query.aggregation_expression("count(*)").scheduled_query_role_arn("arn:aws:iam::123456789012:role/q").build();
    let log =
        client.put_log_alarm().alarm_name("log").scheduled_query_configuration(query).query_results_to_evaluate(3);
    let log =
        log.query_results_to_alarm(2).threshold(1.0).comparison_operator(ComparisonOperator::GreaterThanThreshold);
    let log =
        log.treat_missing_data("ignore").action_log_line_count(5).action_log_line_role_arn("arn:aws:iam::1:role/l");
    log.warm_up_configuration(warm_up()).alarm_actions(TOPIC).send().await.unwrap();

    let all = client.describe_alarms().alarm_types(AlarmType::CompositeAlarm).alarm_types(AlarmType::LogAlarm);
    let all = all.alarm_types(AlarmType::MetricAlarm).send().await.unwrap();
    assert_eq!((all.metric_alarms().len(), all.composite_alarms().len(), all.log_alarms().len()), (2, 1, 1));
    let composite = &all.composite_alarms()[0];
    assert_eq!((composite.alarm_rule(), composite.alarm_description()), (Some("ALARM(\"child\")"), Some("d")));
    assert_eq!((composite.actions_enabled(), composite.alarm_actions()), (Some(false), &[TOPIC.to_owned()][..]));
    assert_eq!(composite.actions_suppressor(), Some("suppressor"));
    assert_eq!(
        (composite.actions_suppressor_wait_period(), composite.actions_suppressor_extension_period()),
        (Some(60), Some(120))
    );
    assert_eq!(composite.action_configuration(), Some(&propagation()));
    let log = &all.log_alarms()[0];
    let query = log.scheduled_query_configuration().unwrap();
    assert_eq!((query.query_string(), query.aggregation_expression()), (Some("fields @message"), Some("count(*)")));
    assert_eq!(query.schedule_configuration(), Some(&schedule));
    assert!(query.query_arn().unwrap().contains(":scheduled-query:"));
    assert_eq!((log.query_results_to_evaluate(), log.query_results_to_alarm()), (Some(3), Some(2)));
    assert_eq!(
        (log.threshold(), log.treat_missing_data(), log.action_log_line_count()),
        (Some(1.0), Some("ignore"), Some(5))
    );
    assert_eq!(log.warm_up_configuration(), Some(&warm_up()));
}
