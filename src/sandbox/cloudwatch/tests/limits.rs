//! What AWS refuses, with its code, and that a refused Put changes nothing.

use super::*;
use aws_sdk_cloudwatch::types::{
    ActionConfiguration, AlarmPromQlCriteria, AlarmTagsPropagation, Dimension, EvaluationCriteria, EvaluationWindow,
    Metric, MetricDataQuery, MetricStat, SlidingWindow, WallClockWindow, WarmUpConfiguration,
};

type Put = PutMetricAlarmFluentBuilder;
type Case = (&'static str, fn(Put) -> Put, &'static str, &'static str);

async fn refused(base: fn(&Client) -> Put, cases: &[Case]) {
    let client = client();
    for (what, change, code, words) in cases {
        let (found, message) = failure(change(base(&client)).send().await);
        assert_eq!(found, *code, "{what}: {message}");
        assert!(message.contains(words), "{what}: {message}");
    }
    let all = client.describe_alarms().send().await.unwrap();
    assert!(all.metric_alarms().is_empty(), "a refused alarm is not there");
}

async fn accepted(base: fn(&Client) -> Put, cases: &[fn(Put) -> Put]) {
    let client = client();
    for (n, change) in cases.iter().enumerate() {
        let result = change(base(&client)).send().await;
        assert!(result.is_ok(), "case {n}: {:?}", result.unwrap_err().meta());
    }
}

fn plain(client: &Client) -> Put {
    errors_alarm(client, "a")
}

#[tokio::test(start_paused = true)]
async fn of_any_alarm() {
    const V: &str = "ValidationError";
    refused(
        plain,
        &[
            (
                "no name",
                |a| a.set_alarm_name(None),
                V,
                "'alarmName' failed to satisfy constraint: Member must not be null",
            ),
            ("empty name", |a| a.alarm_name(""), V, "length greater than or equal to 1"),
            ("long name", |a| a.alarm_name("x".repeat(256)), V, "length less than or equal to 255"),
            ("control character", |a| a.alarm_name("a\tb"), V, "control characters"),
            ("long description", |a| a.alarm_description("x".repeat(1025)), V, "'alarmDescription'"),
            (
                "six actions",
                |a| a.set_alarm_actions(Some(vec!["arn:aws:sns:us-east-1:1:t".into(); 6])),
                V,
                "'alarmActions'",
            ),
            ("no ARN", |a| a.ok_actions("alerts"), V, "Invalid arn syntax: alerts"),
            ("topic elsewhere", |a| a.alarm_actions("arn:aws:sns:eu-west-1:1:t"), V, "Only us-east-1 is supported"),
            ("missing data", |a| a.treat_missing_data("nothing"), V, "TreatMissingData"),
            ("low samples", |a| a.evaluate_low_sample_count_percentile("never"), V, "EvaluateLowSampleCountPercentile"),
            ("51 tags", |a| a.set_tags(Some((0..51).map(|n| tag(&n.to_string(), "")).collect())), V, "'tags'"),
            ("long key", |a| a.tags(tag(&"k".repeat(129), "")), V, "'tags.1.member.key'"),
            ("long value", |a| a.tags(tag("k", &"v".repeat(257))), V, "'tags.1.member.value'"),
            ("AWS's tag", |a| a.tags(tag("aws:x", "")), "InvalidParameterValue", "aws:"),
            (
                "no warm-up",
                |a| {
                    let warm_up = WarmUpConfiguration::builder().warm_up_period_duration_in_minutes(0);
                    a.warm_up_configuration(warm_up.build())
                },
                V,
                "greater than or equal to 1",
            ),
            (
                "long warm-up",
                |a| {
                    let warm_up = WarmUpConfiguration::builder().warm_up_period_duration_in_minutes(2881);
                    a.warm_up_configuration(warm_up.build())
                },
                V,
                "less than or equal to 2880",
            ),
            (
                "included and excluded",
                |a| {
                    let tags = AlarmTagsPropagation::builder().included_tag_keys("a").excluded_tag_keys("b").build();
                    a.action_configuration(ActionConfiguration::builder().alarm_tags_propagation(tags).build())
                },
                V,
                "cannot be specified together",
            ),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn of_one_metric() {
    const V: &str = "ValidationError";
    const C: &str = "InvalidParameterCombination";
    refused(
        plain,
        &[
            ("no form", |a| a.set_metric_name(None), V, "Exactly one of"),
            ("two forms", |a| a.metrics(stat("m1", "Sum", 300)), C, "mutually exclusive"),
            ("no namespace", |a| a.set_namespace(None), V, "'namespace'"),
            ("colon", |a| a.namespace(":x"), V, "[^:].*"),
            ("two statistics", |a| a.extended_statistic("p90"), C, "mutually exclusive"),
            ("no statistic", |a| a.set_statistic(None), V, "One of Statistic"),
            ("wrong statistic", |a| a.statistic("Median".into()), V, "enum value set"),
            ("wrong percentile", |a| a.set_statistic(None).extended_statistic("p101"), V, "p101"),
            ("unit", |a| a.unit("Furlongs".into()), V, "'unit'"),
            ("no period", |a| a.set_period(None), V, "Period must not be null"),
            ("odd period", |a| a.period(45), V, "multiple of 60"),
            ("no period at all", |a| a.period(0), V, "multiple of 60"),
            ("no evaluation periods", |a| a.set_evaluation_periods(None), V, "'evaluationPeriods'"),
            ("zero evaluation periods", |a| a.evaluation_periods(0), V, "greater than or equal to 1"),
            (
                "M above N",
                |a| a.evaluation_periods(2).datapoints_to_alarm(3),
                V,
                "less than or equal to EvaluationPeriods",
            ),
            ("zero M", |a| a.datapoints_to_alarm(0), V, "'datapointsToAlarm'"),
            ("more than a day", |a| a.evaluation_periods(289), V, "more than a day"),
            ("more than a week", |a| a.period(3600).evaluation_periods(169), V, "more than a week"),
            ("no threshold", |a| a.set_threshold(None), V, "'threshold'"),
            ("no number", |a| a.threshold(f64::NAN), V, "Threshold"),
            ("no operator", |a| a.set_comparison_operator(None), V, "'comparisonOperator'"),
            ("wrong operator", |a| a.comparison_operator("Above".into()), V, "enum value set"),
            ("band operator", |a| a.comparison_operator(ComparisonOperator::LessThanLowerThreshold), V, "anomaly"),
            ("band id", |a| a.threshold_metric_id("b"), C, "ThresholdMetricId"),
            ("interval", |a| a.evaluation_interval(60), C, "EvaluationInterval"),
            (
                "31 dimensions",
                |a| a.set_dimensions(Some((0..31).map(|n| dimension(&n.to_string(), "x")).collect())),
                V,
                "30",
            ),
            ("umlaut", |a| a.dimensions(dimension("Name", "Zürich")), V, "ASCII"),
            ("empty value", |a| a.dimensions(dimension("Name", "")), V, "value"),
            ("twice", |a| a.dimensions(dimension("N", "a")).dimensions(dimension("N", "b")), V, "duplicate"),
            ("wall clock period", |a| a.period(600).evaluation_window(wall_clock(None)), V, "wall clock"),
            ("high resolution", |a| a.period(10).evaluation_window(wall_clock(None)), V, "wall clock"),
            ("time zone", |a| a.evaluation_window(wall_clock(Some("+05:33"))), V, "time zone"),
        ],
    )
    .await;
    accepted(
        plain,
        &[
            |a| a.evaluation_periods(288),
            |a| a.period(3600).evaluation_periods(168),
            |a| a.period(604_800),
            |a| a.period(10).evaluation_periods(8640),
            |a| a.set_statistic(None).extended_statistic("TM(10%:90%)"),
            |a| a.alarm_name("x".repeat(255)).alarm_description("ü".repeat(1024)),
            |a| a.set_alarm_actions(Some((0..5).map(|n| format!("arn:aws:sns:us-east-1:1:t{n}")).collect())),
            |a| a.alarm_actions("arn:aws:automate:us-east-1:ec2:stop"),
            |a| a.evaluation_window(EvaluationWindow::SlidingWindow(SlidingWindow::builder().build())),
            |a| a.evaluation_window(wall_clock(Some("UTC+05:30"))).period(86_400),
        ],
    )
    .await;
}

fn math(client: &Client) -> Put {
    let alarm = client.put_metric_alarm().alarm_name("a").evaluation_periods(1).threshold(1.0);
    alarm.comparison_operator(ComparisonOperator::GreaterThanThreshold)
}

#[tokio::test(start_paused = true)]
async fn of_metric_math() {
    const V: &str = "ValidationError";
    const C: &str = "InvalidParameterCombination";
    refused(
        math,
        &[
            ("no metrics", |a| a.set_metrics(Some(vec![])), V, "must not be empty"),
            ("period outside", |a| a.metrics(stat("m", "Sum", 60)).period(60), C, "Period and Metrics list"),
            ("statistic outside", |a| a.metrics(stat("m", "Sum", 60)).statistic(Statistic::Sum), C, "Statistic"),
            ("capital id", |a| a.metrics(stat("M", "Sum", 60)), V, "^[a-z]"),
            ("id twice", |a| a.metrics(hidden("m", 60)).metrics(stat("m", "Sum", 60)), V, "unique"),
            ("nothing returned", |a| a.metrics(hidden("m", 60)), V, "Exactly one element"),
            (
                "two returned",
                |a| a.metrics(stat("m", "Sum", 60)).metrics(stat("n", "Sum", 60)),
                V,
                "Exactly one element",
            ),
            ("two periods", |a| a.metrics(stat("m", "Sum", 60)).metrics(hidden("n", 300)), V, "same period"),
            ("wrong period", |a| a.metrics(stat("m", "Sum", 45)), V, "multiple of 60"),
            ("wrong statistic", |a| a.metrics(stat("m", "Mean", 60)), V, "Stat"),
            ("account", |a| a.metrics(changed(|query| query.account_id = Some("12".into()))), V, "account"),
            ("search", |a| a.metrics(expression("e", "SEARCH('x', 'Sum')", Some(60))), V, "SEARCH"),
            ("unknown id", |a| a.metrics(expression("e", "m5 * 2", Some(60))), V, "Undefined variable m5"),
            ("no period", |a| a.metrics(expression("e", "TIME_SERIES(1)", None)), V, "Period must not be null"),
            ("long", |a| a.metrics(expression("e", &"1+".repeat(1025), Some(60))), V, "2048"),
            (
                "both",
                |a| a.metrics(changed(|query| query.expression = Some("1".into()))),
                V,
                "Exactly one of MetricStat and Expression",
            ),
            (
                "eleven metrics",
                |a| a.set_metrics(Some((0..11).map(|n| hidden(&format!("m{n}"), 60)).collect())),
                V,
                "at most 10 metrics",
            ),
            ("more than a day", |a| a.metrics(stat("m", "Sum", 60)).evaluation_periods(1441), V, "more than a day"),
            (
                "band of nothing",
                |a| a.metrics(stat("m", "Sum", 60)).set_threshold(None).threshold_metric_id("b"),
                V,
                "ANOMALY_DETECTION_BAND",
            ),
            (
                "band and threshold",
                |a| a.metrics(stat("m", "Sum", 60)).metrics(band()).threshold_metric_id("b"),
                C,
                "Threshold and ThresholdMetricId",
            ),
            (
                "band and plain operator",
                |a| a.metrics(stat("m", "Sum", 60)).metrics(band()).set_threshold(None).threshold_metric_id("b"),
                V,
                "not for alarms on an anomaly detection band",
            ),
        ],
    )
    .await;
    accepted(
        math,
        &[
            |a| a.metrics(stat("m", "p99", 60)),
            |a| a.metrics(hidden("m", 10)).metrics(expression("e", "FILL(m, 0) * 2 + METRICS('x1')", None)),
            |a| a.metrics(expression("e", "TIME_SERIES(1)", Some(60))),
        ],
    )
    .await;
}

fn prom_ql(client: &Client) -> Put {
    client.put_metric_alarm().alarm_name("a").evaluation_interval(60).evaluation_criteria(criteria("up == 0", 0))
}

#[tokio::test(start_paused = true)]
async fn of_prom_ql() {
    const V: &str = "ValidationError";
    const C: &str = "InvalidParameterCombination";
    refused(
        prom_ql,
        &[
            ("threshold", |a| a.threshold(1.0), C, "Threshold and EvaluationCriteria"),
            ("evaluation periods", |a| a.evaluation_periods(1), C, "EvaluationPeriods"),
            ("wall clock", |a| a.evaluation_window(wall_clock(None)), C, "EvaluationWindow"),
            ("no interval", |a| a.set_evaluation_interval(None), V, "'evaluationInterval'"),
            ("odd interval", |a| a.evaluation_interval(45), V, "multiple of 60"),
            ("long interval", |a| a.evaluation_interval(3660), V, "3600"),
            ("empty query", |a| a.evaluation_criteria(criteria("", 0)), V, "query"),
            ("long query", |a| a.evaluation_criteria(criteria(&"x".repeat(10_001), 0)), V, "10000"),
            ("long pending", |a| a.evaluation_criteria(criteria("up", 86_401)), V, "pendingPeriod"),
        ],
    )
    .await;
}

fn criteria(query: &str, pending: i32) -> EvaluationCriteria {
    EvaluationCriteria::PromQlCriteria(AlarmPromQlCriteria::builder().query(query).pending_period(pending).build())
}

fn dimension(name: &str, value: &str) -> Dimension {
    Dimension::builder().name(name).value(value).build()
}

fn wall_clock(zone: Option<&str>) -> EvaluationWindow {
    EvaluationWindow::WallClockWindow(WallClockWindow::builder().set_timezone(zone.map(str::to_owned)).build())
}

fn stat(id: &str, statistic: &str, period: i32) -> MetricDataQuery {
    let metric = Metric::builder().namespace("AWS/Lambda").metric_name("Errors").build();
    let stat = MetricStat::builder().metric(metric).period(period).stat(statistic).build();
    MetricDataQuery::builder().id(id).metric_stat(stat).build()
}

fn changed(change: fn(&mut MetricDataQuery)) -> MetricDataQuery {
    let mut query = stat("m", "Sum", 60);
    change(&mut query);
    query
}

fn hidden(id: &str, period: i32) -> MetricDataQuery {
    let mut query = stat(id, "Sum", period);
    query.return_data = Some(false);
    query
}

fn expression(id: &str, text: &str, period: Option<i32>) -> MetricDataQuery {
    MetricDataQuery::builder().id(id).expression(text).set_period(period).build()
}

fn band() -> MetricDataQuery {
    expression("b", "ANOMALY_DETECTION_BAND(m, 2)", None)
}
