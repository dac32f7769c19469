//! What happened to alarms (DescribeAlarmHistory, kept 30 days): the last changes of state of a stack, and all of one alarm.

use super::reason::{self, Reason};
use crate::aws::{ApiOperation, Aws, AwsError, Repeat};
use crate::resources::any_alarm::aws::of_every_type;
use aws_sdk_cloudwatch::error::SdkError;
use aws_sdk_cloudwatch::operation::describe_alarm_history::{DescribeAlarmHistoryError, DescribeAlarmHistoryOutput};
use aws_sdk_cloudwatch::types::{AlarmHistoryItem, AlarmType, HistoryItemType, ScanBy};
use aws_smithy_types::DateTime;
use mlops_cloudwatch::state::AlarmState;
use serde_json::Value;
use std::collections::BTreeSet;

const HISTORY: ApiOperation = ApiOperation("cloudwatch", "DescribeAlarmHistory");
/// The history of all alarms of an account comes in pages of a hundred; of so many the stack's own are looked for.
const MOST_PAGES: usize = 3;

/// An alarm went from one state into another.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusStateChange {
    /// Seconds since 1970.
    pub at: i64,
    pub alarm: String,
    /// `None` where the history does not say.
    pub from: Option<AlarmState>,
    pub to: AlarmState,
    pub reason: Reason,
}

/// One line of an alarm's history.
#[derive(Debug, Clone, PartialEq)]
pub enum HistoryLine {
    State(StatusStateChange),
    /// An action, a change of the configuration: when, and CloudWatch's summary.
    Other(i64, String),
}

/// The last changes of state of these alarms, newest first, at most `most`; one call where the account is quiet.
pub async fn recent(aws: &Aws, names: &BTreeSet<String>, most: usize) -> Result<Vec<StatusStateChange>, AwsError> {
    of_every_type(async |types| {
        let (mut changes, mut pages) = (Vec::new(), 0);
        let take = |page: DescribeAlarmHistoryOutput| {
            let found = page.alarm_history_items().iter().filter_map(state_change);
            changes.extend(found.filter(|change| names.contains(&change.alarm)));
            pages += 1;
            page.next_token.filter(|_| pages < MOST_PAGES && changes.len() < most)
        };
        aws.pages(HISTORY, |token| page(aws, types, None, token), take).await?;
        changes.truncate(most);
        Ok(changes)
    })
    .await
}

/// The newest hundred entries of one alarm, newest first.
pub async fn of_alarm(aws: &Aws, name: &str) -> Result<Vec<HistoryLine>, AwsError> {
    let newest =
        of_every_type(async |types| aws.call(HISTORY, Repeat::Safe, || page(aws, types, Some(name), None)).await)
            .await?;
    let happened = newest.alarm_history_items().iter().filter_map(|item| match state_change(item) {
        Some(change) => Some(HistoryLine::State(change)),
        None => Some(HistoryLine::Other(item.timestamp()?.secs(), item.history_summary()?.to_owned())),
    });
    Ok(happened.collect())
}

async fn page(
    aws: &Aws,
    types: &[AlarmType],
    name: Option<&str>,
    token: Option<String>,
) -> Result<DescribeAlarmHistoryOutput, SdkError<DescribeAlarmHistoryError>> {
    aws.cloudwatch
        .describe_alarm_history()
        .set_alarm_name(name.map(str::to_owned))
        .set_alarm_types(Some(types.to_vec()))
        .set_history_item_type(name.is_none().then_some(HistoryItemType::StateUpdate))
        .scan_by(ScanBy::TimestampDescending)
        .max_records(100)
        .set_next_token(token)
        .send()
        .await
}

/// From the JSON of a `StateUpdate`; where there is none, from its summary (`Alarm updated from OK to ALARM`).
fn state_change(item: &AlarmHistoryItem) -> Option<StatusStateChange> {
    if item.history_item_type() != Some(&HistoryItemType::StateUpdate) {
        return None;
    }
    let data: Value = serde_json::from_str(item.history_data().unwrap_or_default()).unwrap_or_default();
    let told = |which: &str, what: &str| data.get(which)?.get(what)?.as_str();
    let summary = item.history_summary().unwrap_or_default();
    let (before, after) = summary.split_once(" to ").unwrap_or_default();
    let to = told("newState", "stateValue").and_then(reason::state).or_else(|| reason::state(after))?;
    let from = told("oldState", "stateValue").and_then(reason::state);
    Some(StatusStateChange {
        at: item.timestamp().map(DateTime::secs)?,
        alarm: item.alarm_name()?.to_owned(),
        from: from.or_else(|| reason::state(before.rsplit(' ').next()?)),
        to,
        reason: Reason::parse(told("newState", "stateReason").unwrap_or_default()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(kind: HistoryItemType, summary: &str, data: &str) -> AlarmHistoryItem {
        AlarmHistoryItem::builder()
            .alarm_name("errors")
            .timestamp(DateTime::from_secs(60))
            .history_item_type(kind)
            .history_summary(summary)
            .history_data(data)
            .build()
    }

    #[test]
    fn a_change_of_state_is_read_with_and_without_its_data() {
        let data = r#"{"oldState":{"stateValue":"OK"},"newState":{"stateValue":"ALARM","stateReason":"by hand"}}"#;
        let full = state_change(&item(HistoryItemType::StateUpdate, "Alarm updated from OK to ALARM", data)).unwrap();
        assert_eq!((full.from, full.to), (Some(AlarmState::Ok), AlarmState::Alarm));
        assert_eq!(full.reason, Reason::Said("by hand".into()));
        let bare = state_change(&item(HistoryItemType::StateUpdate, "Alarm updated from OK to ALARM", "")).unwrap();
        assert_eq!((bare.from, bare.to), (Some(AlarmState::Ok), AlarmState::Alarm));
        assert_eq!(state_change(&item(HistoryItemType::StateUpdate, "something new", "{}")), None);
        assert_eq!(state_change(&item(HistoryItemType::Action, "Alarm updated from OK to ALARM", data)), None);
    }
}
