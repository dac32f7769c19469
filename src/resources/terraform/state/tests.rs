//! Attributes as states have them.

use super::arguments;
use serde_json::json;

#[test]
fn what_is_not_set_is_gone() {
    let attributes = json!({
        "actions_enabled": true, "alarm_actions": ["arn:x"], "alarm_description": "", "alarm_name": "a",
        "arn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a", "comparison_operator": "LessThanOrEqualToThreshold",
        "datapoints_to_alarm": 0, "dimensions": { "A": "b" }, "evaluate_low_sample_count_percentiles": "",
        "evaluation_periods": 6, "extended_statistic": "", "id": "a", "insufficient_data_actions": null,
        "metric_name": "m", "metric_query": [], "namespace": "n", "ok_actions": null, "period": 120, "statistic": "Average",
        "tags": null, "tags_all": {}, "threshold": 10, "threshold_metric_id": "", "treat_missing_data": "missing", "unit": "",
        "evaluation_window": [{ "wall_clock_window": [{ "timezone": null }] }], "of_tomorrow": false, "more_of_it": 0,
    });
    assert_eq!(
        arguments("aws_cloudwatch_metric_alarm", &attributes),
        json!({
            "alarm_actions": ["arn:x"], "alarm_name": "a", "arn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a",
            "comparison_operator": "LessThanOrEqualToThreshold", "dimensions": { "A": "b" }, "evaluation_periods": 6,
            "evaluation_window": { "wall_clock_window": {} }, "id": "a", "metric_name": "m", "namespace": "n", "period": 120,
            "statistic": "Average", "threshold": 10, "treat_missing_data": "missing",
        })
    );
}

#[test]
fn a_block_that_there_is_one_of_is_no_list() {
    let attributes = json!({
        "metric_query": [
            { "id": "e", "expression": "m * 2", "return_data": true, "period": 0, "label": "", "metric": [], "account_id": "" },
            { "id": "m", "expression": "", "return_data": false, "period": 0, "metric": [
                { "metric_name": "m", "namespace": "n", "dimensions": {}, "stat": "Sum", "period": 60, "unit": "" }
            ] },
        ],
        "threshold": 0, "threshold_metric_id": "", "evaluation_periods": 1, "period": 0,
    });
    assert_eq!(
        arguments("aws_cloudwatch_metric_alarm", &attributes),
        json!({
            "metric_query": [
                { "id": "e", "expression": "m * 2", "return_data": true },
                { "id": "m", "metric": { "metric_name": "m", "namespace": "n", "stat": "Sum", "period": 60 } },
            ],
            "threshold": 0, "evaluation_periods": 1,
        })
    );
    let suppressor = json!({ "actions_suppressor": [{ "alarm": "a", "wait_period": 0, "extension_period": 0 }] });
    assert_eq!(
        arguments("aws_cloudwatch_composite_alarm", &suppressor),
        json!({ "actions_suppressor": { "alarm": "a", "wait_period": 0, "extension_period": 0 } })
    );
    let filter =
        json!({ "metric_transformation": [{ "name": "m", "default_value": "0", "dimensions": null, "unit": "None" }] });
    assert_eq!(
        arguments("aws_cloudwatch_log_metric_filter", &filter),
        json!({ "metric_transformation": { "name": "m", "default_value": "0", "unit": "None" } })
    );
    // Two of them are nothing that is known.
    let two = json!({ "actions_suppressor": [{ "alarm": "a" }, { "alarm": "b" }] });
    assert_eq!(arguments("aws_cloudwatch_composite_alarm", &two), two);
}

#[test]
fn a_band_has_no_threshold_and_a_default_policy_is_nobodys() {
    let band = json!({ "threshold": 0, "threshold_metric_id": "ad" });
    assert_eq!(arguments("aws_cloudwatch_metric_alarm", &band), json!({ "threshold_metric_id": "ad" }));
    let policy = r#"{"Id":"__default_policy_ID","Statement":[{}]}"#;
    let topic = json!({ "name": "t", "policy": policy, "content_based_deduplication": false, "fifo_topic": false });
    assert_eq!(arguments("aws_sns_topic", &topic), json!({ "name": "t" }));
    let own = json!({ "name": "t", "policy": "{\"Statement\":[]}", "lambda_success_feedback_sample_rate": 50 });
    assert_eq!(arguments("aws_sns_topic", &own), own);
    let scope = json!({ "protocol": "email", "filter_policy": "", "filter_policy_scope": "MessageAttributes" });
    assert_eq!(arguments("aws_sns_topic_subscription", &scope), json!({ "protocol": "email" }));
    let other = json!({ "a": [], "b": "" });
    assert_eq!(arguments("aws_sqs_queue", &other), other);
}
