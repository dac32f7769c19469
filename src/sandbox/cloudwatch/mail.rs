//! An alarm's notification as people get it by mail: the words CloudWatch sends to subscribers with the protocol email.

use super::alarm::{self, AlarmType, LISTS, StoredAlarm, StoredAlarmState};
use crate::store::Tx;
use mlops_cloudwatch::notification;
use serde_json::Value as Json;

/// The mail about the state that `alarm` has just gone into.
pub fn text(tx: &Tx, name: &str, alarm: &StoredAlarm, from: &StoredAlarmState) -> String {
    let (region, state, at) = (region_name(tx.region()), alarm.state.value.word(), alarm.state.updated.to_iso());
    let arn = alarm::arn(tx, name);
    let mut lines = vec![
        format!(
            "You are receiving this email because your Amazon CloudWatch Alarm \"{name}\" in the {region} region has entered the \
             {state} state, because \"{}\" at \"{at}\".",
            alarm.state.reason
        ),
        String::new(),
        "Alarm Details:".to_owned(),
        format!("- Name:                       {name}"),
        format!("- Description:                {}", alarm.text("AlarmDescription")),
        format!("- State Change:               {} -> {state}", from.value.word()),
        format!("- Reason for State Change:    {}", alarm.state.reason),
        format!("- Timestamp:                  {at}"),
        format!("- AWS Account:                {}", tx.account()),
        format!("- Alarm Arn:                  {arn}"),
    ];
    lines.extend(match alarm.kind {
        AlarmType::Composite => vec![format!("- Alarm Rule:                 {}", alarm.text("AlarmRule"))],
        AlarmType::Metric => threshold(alarm),
        AlarmType::Log => query(alarm),
    });
    if !alarm.text("MetricName").is_empty() {
        lines.extend([String::new(), "Monitored Metric:".to_owned()]);
        lines.extend(metric(alarm));
    }
    lines.extend([String::new(), "State Change Actions:".to_owned()]);
    for (state, list) in LISTS {
        let actions: Vec<String> = alarm.texts(list).map(|action| format!("[{action}]")).collect();
        lines.push(format!("- {}: {}", state.word(), actions.join(" ")));
    }
    lines.join("\n")
}

fn threshold(alarm: &StoredAlarm) -> Vec<String> {
    let number = |member: &str| alarm.configuration.get(member).and_then(Json::as_f64);
    let (Some(threshold), Some(n)) = (number("Threshold"), number("EvaluationPeriods")) else { return Vec::new() };
    let m = number("DatapointsToAlarm").unwrap_or(n);
    let period = number("Period").map(|period| format!(" of {period} seconds")).unwrap_or_default();
    vec![
        String::new(),
        "Threshold:".to_owned(),
        format!(
            "- The alarm is in the ALARM state when the metric is {} {threshold:?} for at least {m} of the last {n} period(s){period}.",
            alarm.text("ComparisonOperator")
        ),
    ]
}

fn query(alarm: &StoredAlarm) -> Vec<String> {
    let number = |member: &str| alarm.configuration.get(member).and_then(Json::as_f64).unwrap_or_default();
    let of_query = |member: &str| {
        let query = alarm.configuration.get("ScheduledQueryConfiguration");
        query.and_then(|query| query[member].as_str()).unwrap_or_default()
    };
    vec![
        String::new(),
        "Threshold:".to_owned(),
        format!(
            "- The alarm is in the ALARM state when {} of the query is {} {:?} for at least {} of the last {} result(s).",
            of_query("AggregationExpression"),
            alarm.text("ComparisonOperator"),
            number("Threshold"),
            number("QueryResultsToAlarm"),
            number("QueryResultsToEvaluate"),
        ),
        format!("- Query: {}", of_query("QueryString")),
    ]
}

fn metric(alarm: &StoredAlarm) -> Vec<String> {
    let dimensions = alarm.configuration.get("Dimensions").and_then(Json::as_array).into_iter().flatten();
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let dimensions: Vec<String> =
        dimensions.map(|dimension| format!("[{} = {}]", text(&dimension["Name"]), text(&dimension["Value"]))).collect();
    let statistic = Some(alarm.text("Statistic")).filter(|text| !text.is_empty());
    let missing = Some(alarm.text("TreatMissingData")).filter(|text| !text.is_empty());
    vec![
        format!("- MetricNamespace:                     {}", alarm.text("Namespace")),
        format!("- MetricName:                          {}", alarm.text("MetricName")),
        format!("- Dimensions:                          {}", dimensions.join(" ")),
        format!("- Statistic:                           {}", statistic.unwrap_or(alarm.text("ExtendedStatistic"))),
        format!("- TreatMissingData:                    {}", missing.unwrap_or("missing")),
    ]
}

/// A region as notifications spell it; by its code where that is not known.
pub fn region_name(region: &str) -> &str {
    notification::region_name(region).unwrap_or(region)
}
