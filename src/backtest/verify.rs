//! A simulation held against what happened: the state changes that CloudWatch's own history tells of the same configuration.

use crate::aws::{ApiOperation, Aws, AwsError};
use aws_sdk_cloudwatch::operation::describe_alarm_history::DescribeAlarmHistoryOutput;
use aws_sdk_cloudwatch::types::{AlarmType, HistoryItemType, ScanBy};
use aws_smithy_types::DateTime;
use mlops_cloudwatch::evaluation::timeline::{Timeline, TimelineChange};
use mlops_cloudwatch::state::AlarmState;
use serde::Serialize;

const HISTORY: ApiOperation = ApiOperation("cloudwatch", "DescribeAlarmHistory");
/// Evaluations run somewhen within their minute, and data arrives late.
const TOLERANCE: i64 = 180;

/// How far they agree.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// Of the time that the history covers under this configuration, 0 to 1.
    pub share_of_time: f64,
    pub from: i64,
    pub until: i64,
    /// Changes into or out of ALARM that both have, only the simulation, only the history.
    pub both: usize,
    pub only_simulated: Vec<i64>,
    pub only_real: Vec<i64>,
}

/// The states of an alarm as DescribeAlarmHistory tells them, from the last change of its configuration on; it is kept 30 days.
/// `None` where it tells nothing.
pub async fn real(aws: &Aws, name: &str, from: i64, until: i64) -> Result<Option<Timeline>, AwsError> {
    let mut changes: Vec<TimelineChange> = Vec::new();
    let mut configured = from;
    let mut first: Option<AlarmState> = None;
    let page = |token| {
        aws.cloudwatch
            .describe_alarm_history()
            .alarm_name(name)
            .alarm_types(AlarmType::MetricAlarm)
            .alarm_types(AlarmType::CompositeAlarm)
            .start_date(DateTime::from_secs(from))
            .end_date(DateTime::from_secs(until))
            .scan_by(ScanBy::TimestampAscending)
            .max_records(100)
            .set_next_token(token)
            .send()
    };
    let keep = |page: DescribeAlarmHistoryOutput| {
        for item in page.alarm_history_items() {
            let Some(at) = item.timestamp().map(DateTime::secs) else { continue };
            match item.history_item_type() {
                Some(HistoryItemType::ConfigurationUpdate) => {
                    configured = configured.max(at);
                    changes.clear();
                    first = None;
                }
                Some(HistoryItemType::StateUpdate) => {
                    let data = item.history_data().unwrap_or_default();
                    if let Some((before, to)) = states(data) {
                        first.get_or_insert(before);
                        changes.push(TimelineChange { at, to });
                    }
                }
                _ => {}
            }
        }
        page.next_token
    };
    aws.pages(HISTORY, page, keep).await?;
    Ok(first.map(|start| Timeline { from: configured, until, start, changes }))
}

/// The states before and after, from the JSON of a `StateUpdate`.
fn states(data: &str) -> Option<(AlarmState, AlarmState)> {
    let json: serde_json::Value = serde_json::from_str(data).ok()?;
    let of = |which: &str| match json.get(which)?.get("stateValue")?.as_str()? {
        "ALARM" => Some(AlarmState::Alarm),
        "OK" => Some(AlarmState::Ok),
        "INSUFFICIENT_DATA" => Some(AlarmState::InsufficientData),
        _ => None,
    };
    Some((of("oldState")?, of("newState")?))
}

/// Compares over the time that both know.
pub fn compare(simulated: &Timeline, real: &Timeline) -> Agreement {
    let (from, until) = (simulated.from.max(real.from), simulated.until.min(real.until));
    let mut moments: Vec<i64> = simulated.changes.iter().chain(&real.changes).map(|change| change.at).collect();
    moments.extend([from, until]);
    moments.retain(|at| (from..=until).contains(at));
    moments.sort_unstable();
    let same = |pair: &[i64]| if simulated.at(pair[0]) == real.at(pair[0]) { pair[1] - pair[0] } else { 0 };
    let agreeing: i64 = moments.windows(2).map(same).sum();
    // Only ALARM matters to people: OK and INSUFFICIENT_DATA count as one.
    let edges = |timeline: &Timeline| -> Vec<(i64, bool)> {
        let mut alarm = timeline.at(from) == AlarmState::Alarm;
        let inside = timeline.changes.iter().filter(|change| change.at > from && change.at <= until);
        let flips = inside.filter_map(|change| {
            let now = change.to == AlarmState::Alarm;
            let flips = now != alarm;
            alarm = now;
            flips.then_some((change.at, now))
        });
        flips.collect()
    };
    let (ours, mut theirs) = (edges(simulated), edges(real));
    let mut only_simulated = Vec::new();
    let mut both = 0;
    for (at, into) in ours {
        match theirs.iter().position(|(other, same)| *same == into && (other - at).abs() <= TOLERANCE) {
            Some(found) => {
                theirs.remove(found);
                both += 1;
            }
            None => only_simulated.push(at),
        }
    }
    Agreement {
        share_of_time: agreeing as f64 / (until - from).max(1) as f64,
        from,
        until,
        both,
        only_simulated,
        only_real: theirs.into_iter().map(|(at, _)| at).collect(),
    }
}
