//! PutLogEvents, with the limits and refusals of the API reference, and the same door for services that log by themselves.

use super::chunk::EVENT_OVERHEAD;
use super::group::{self, StoredLogGroup};
use super::{account_policy, constraint, group_operation, invalid, metric_filter, stream};
use crate::cloudwatch;
use crate::fault::Fault;
use crate::store::Tx;
use serde::{Deserialize, Serialize};

const MOST_EVENTS: usize = 10_000;
const MOST_BYTES: usize = 1_048_576;
const HOUR: i64 = 3_600_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PutLogEvents {
    log_group_name: Option<String>,
    log_stream_name: Option<String>,
    #[serde(default)]
    log_events: Vec<InputEvent>,
}

#[derive(Deserialize)]
struct InputEvent {
    /// Milliseconds since 1970.
    timestamp: Option<i64>,
    message: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PutLogEventsResponse {
    next_sequence_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected_log_events_info: Option<Rejected>,
}

/// Positions in the request; the first bound is the first event refused, the others the first event taken after those refused.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rejected {
    #[serde(skip_serializing_if = "Option::is_none")]
    too_new_log_event_start_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    too_old_log_event_end_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expired_log_event_end_index: Option<usize>,
}

pub fn put(input: PutLogEvents, tx: &mut Tx) -> Result<PutLogEventsResponse, Fault> {
    let (group_name, group) = group::find(tx, input.log_group_name)?;
    let name = stream::checked_name(input.log_stream_name)?;
    stream::find(tx, &group_name, &name)?;
    let events = checked(input.log_events)?;
    let now = tx.now().millis();
    let expired = account_policy::kept_since(tx, &group)?.map_or(i64::MIN, |since| since.millis());
    let before = |bound: i64| Some(events.partition_point(|(time, _)| *time < bound)).filter(|end| *end > 0);
    let too_old = before(now - 14 * 24 * HOUR);
    let expired_end = before(expired);
    let too_new = Some(events.partition_point(|(time, _)| *time <= now + 2 * HOUR)).filter(|end| *end < events.len());
    let taken = too_old.max(expired_end).unwrap_or(0)..too_new.unwrap_or(events.len());
    let rejected = (taken.len() < events.len()).then_some(Rejected {
        too_new_log_event_start_index: too_new,
        too_old_log_event_end_index: too_old,
        expired_log_event_end_index: expired_end,
    });
    let taken: Vec<(i64, String)> = events.into_iter().skip(taken.start).take(taken.len()).collect();
    for (_, message) in &taken {
        cloudwatch::embedded(tx, message, None)?;
    }
    metric_filter::observe(tx, &group_name, &taken)?;
    let next_sequence_token = append(tx, (&group_name, &group), &name, taken)?;
    Ok(PutLogEventsResponse { next_sequence_token, rejected_log_events_info: rejected })
}

/// Keeps lines that a service of AWS writes, into a group and a stream that it makes where they are not. The metrics embedded in
/// them count at the lines' own times, which are the sandbox's.
pub fn write(tx: &mut Tx, group_name: &str, name: &str, events: Vec<(i64, String)>) -> Result<(), Fault> {
    group_operation::find_or_create(tx, group_name)?;
    let (_, group) = group::find(tx, Some(group_name.to_owned()))?;
    if stream::find(tx, group_name, name).is_err() {
        stream::make(tx, group_name, name)?;
    }
    for (time, message) in &events {
        cloudwatch::embedded(tx, message, Some(*time))?;
    }
    metric_filter::observe(tx, group_name, &events)?;
    append(tx, (group_name, &group), name, events).map(drop)
}

/// Keeps events, in order of time; answers the next sequence token.
fn append(
    tx: &mut Tx,
    (group_name, group): (&str, &StoredLogGroup),
    name: &str,
    events: Vec<(i64, String)>,
) -> Result<String, Fault> {
    let mut stream = stream::find(tx, group_name, name)?;
    if let (Some((first, _)), Some((last, _))) = (events.first(), events.last()) {
        stream.first = Some(stream.first.map_or(*first, |known| known.min(*first)));
        stream.last = Some(stream.last.map_or(*last, |known| known.max(*last)));
        stream.ingested = Some(tx.now());
        let kept_since = account_policy::kept_since(tx, group)?.map_or(i64::MIN, |since| since.millis());
        let grown = stream.shelf.append(tx, events, kept_since)?;
        stream::keep(tx, group_name, name, &stream)?;
        group::count_bytes(tx, group_name, grown)?;
    }
    Ok(stream::sequence_token(&stream))
}

/// What refuses a whole request.
fn checked(events: Vec<InputEvent>) -> Result<Vec<(i64, String)>, Fault> {
    if !(1..=MOST_EVENTS).contains(&events.len()) {
        let bound = if events.is_empty() { "greater than or equal to 1" } else { "less than or equal to 10000" };
        return Err(constraint("[]", "logEvents", &format!("have length {bound}")));
    }
    let mut taken = Vec::with_capacity(events.len());
    for (index, event) in events.into_iter().enumerate() {
        let field = |name: &str| format!("logEvents.{}.member.{name}", index + 1);
        let time = event.timestamp.ok_or_else(|| constraint("null", &field("timestamp"), "not be null"))?;
        if time < 0 {
            return Err(constraint(time, &field("timestamp"), "have value greater than or equal to 0"));
        }
        let message = event.message.ok_or_else(|| constraint("null", &field("message"), "not be null"))?;
        if message.is_empty() {
            return Err(constraint("", &field("message"), "have length greater than or equal to 1"));
        }
        taken.push((time, message));
    }
    let bytes: usize = taken.iter().map(|(_, message)| message.len() + EVENT_OVERHEAD).sum();
    if bytes > MOST_BYTES {
        return Err(invalid(format!("Upload too large: {bytes} bytes exceeds limit of {MOST_BYTES}")));
    }
    if !taken.is_sorted_by_key(|(time, _)| *time) {
        return Err(invalid("Log events in a single PutLogEvents request must be in chronological order."));
    }
    if let (Some((first, _)), Some((last, _))) = (taken.first(), taken.last())
        && last - first > 24 * HOUR
    {
        return Err(invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ));
    }
    Ok(taken)
}
