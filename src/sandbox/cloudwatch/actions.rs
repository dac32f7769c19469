//! What an alarm does on a change of state: it publishes to its topics. Whether something holds that back is not asked here.

use super::alarm::{self, AlarmType, LISTS, StoredAlarm, StoredAlarmState};
use super::{history, log_query, mail};
use crate::fault::Fault;
use crate::sns::{self, Notice, Notified};
use crate::store::Tx;
use serde_json::{Value as Json, json};

/// The actions for the state that the alarm is in.
pub fn of(alarm: &StoredAlarm) -> Vec<String> {
    let list = LISTS.iter().find(|(state, _)| *state == alarm.state.value).map_or("", |(_, list)| *list);
    alarm.texts(list).map(str::to_owned).collect()
}

/// Tells of the state that `alarm` is in; `from` is what was told before.
pub fn execute(tx: &mut Tx, name: &str, alarm: &StoredAlarm, from: &StoredAlarmState) -> Result<(), Fault> {
    let actions = of(alarm);
    if actions.is_empty() || !alarm.actions_enabled() {
        return Ok(());
    }
    let arn = alarm::arn(tx, name);
    let subject: String = format!("{}: \"{name}\" in {}", alarm.state.value.word(), mail::region_name(tx.region()))
        .chars()
        .take(100)
        .collect();
    let lines = if alarm.kind == AlarmType::Log { log_query::shown_lines(tx, alarm)? } else { Vec::new() };
    let mut message = message(tx, name, alarm, from);
    let mut mail = mail::text(tx, name, alarm, from);
    if !lines.is_empty() {
        // Under which name AWS sends them is not documented.
        message["LogLines"] = lines.clone().into();
        mail.push_str("\n\nLog Lines:\n");
        mail.push_str(&lines.join("\n"));
    }
    let message = message.to_string();
    let notice = Notice { alarm_arn: &arn, subject: &subject, message: &message, mail: &mail };
    for action in actions {
        let mut data = json!({ "actionState": "Succeeded", "notificationResource": action });
        let summary = if action.contains(":sns:") {
            match sns::notify(tx, &action, &notice)? {
                Notified::Sent => {
                    data["publishedMessage"] = message.as_str().into();
                    format!("Successfully executed action {action}")
                }
                Notified::Refused(why) => {
                    data["actionState"] = "Failed".into();
                    data["error"] = why.as_str().into();
                    format!("Failed to execute action {action}. Received error: \"{why}\"")
                }
            }
        } else {
            format!("Successfully executed action {action}")
        };
        history::acted(tx, name, alarm.kind, summary, data)?;
    }
    Ok(())
}

/// The notification, as CloudWatch publishes it to a topic.
fn message(tx: &Tx, name: &str, alarm: &StoredAlarm, from: &StoredAlarmState) -> Json {
    let time = |text: String| text.replace('Z', "+0000");
    let list = |member: &str| Json::from(alarm.texts(member).collect::<Vec<_>>());
    let mut message = json!({
        "AlarmName": name,
        "AlarmDescription": alarm.configuration.get("AlarmDescription"),
        "AWSAccountId": tx.account(),
        "AlarmConfigurationUpdatedTimestamp": time(alarm.configuration_updated.to_iso()),
        "NewStateValue": alarm.state.value.word(),
        "NewStateReason": alarm.state.reason,
        "StateChangeTime": time(alarm.state.updated.to_iso()),
        "Region": mail::region_name(tx.region()),
        "AlarmArn": alarm::arn(tx, name),
        "OldStateValue": from.value.word(),
        "OKActions": list("OKActions"),
        "AlarmActions": list("AlarmActions"),
        "InsufficientDataActions": list("InsufficientDataActions"),
    });
    match alarm.kind {
        AlarmType::Composite => message["AlarmRule"] = alarm.text("AlarmRule").into(),
        AlarmType::Metric | AlarmType::Log => message["Trigger"] = trigger(alarm),
    }
    message
}

fn trigger(alarm: &StoredAlarm) -> Json {
    let mut trigger = serde_json::Map::new();
    let copied = [
        "MetricName",
        "Namespace",
        "Unit",
        "Period",
        "EvaluationPeriods",
        "DatapointsToAlarm",
        "ComparisonOperator",
        "Threshold",
        "ThresholdMetricId",
        "TreatMissingData",
        "EvaluateLowSampleCountPercentile",
        "Metrics",
        "ScheduledQueryConfiguration",
        "QueryResultsToEvaluate",
        "QueryResultsToAlarm",
    ];
    for member in copied {
        if let Some(value) = alarm.configuration.get(member) {
            trigger.insert(member.to_owned(), value.clone());
        }
    }
    if let Some(statistic) = alarm.configuration.get("Statistic").and_then(Json::as_str) {
        trigger.insert("StatisticType".to_owned(), "Statistic".into());
        trigger.insert("Statistic".to_owned(), statistic.to_uppercase().into());
    } else if let Some(statistic) = alarm.configuration.get("ExtendedStatistic") {
        trigger.insert("StatisticType".to_owned(), "ExtendedStatistic".into());
        trigger.insert("ExtendedStatistic".to_owned(), statistic.clone());
    }
    let dimensions = alarm.configuration.get("Dimensions").and_then(Json::as_array).into_iter().flatten();
    let dimensions: Vec<Json> =
        dimensions.map(|dimension| json!({ "value": dimension["Value"], "name": dimension["Name"] })).collect();
    trigger.insert("Dimensions".to_owned(), dimensions.into());
    Json::Object(trigger)
}
