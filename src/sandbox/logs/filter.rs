//! FilterLogEvents: many streams in one order of time. As with AWS a call looks through so much and no more: a page may be short or
//! empty and still not be the last; only the missing token ends a search.

use super::chunk::{Edge, EventPosition, EventWindow, StoredLogEvent, read};
use super::get::{MOST_BYTES, checked_limit};
use super::stream::{self, Stream};
use super::{account_policy, group, invalid};
use crate::fault::Fault;
use crate::store::Tx;
use mlops_model::log_pattern::LogPattern;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Events that one call with a pattern looks at. AWS gives no figure.
const LOOKED_AT: usize = 2_500;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FilterLogEvents {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_names: Option<Vec<String>>,
    log_stream_name_prefix: Option<String>,
    /// Milliseconds since 1970, both within.
    start_time: Option<i64>,
    end_time: Option<i64>,
    filter_pattern: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Filtered {
    events: Vec<FilteredEvent>,
    /// No longer filled by AWS.
    searched_log_streams: [(); 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FilteredEvent {
    log_stream_name: String,
    timestamp: i64,
    message: String,
    ingestion_time: i64,
    event_id: String,
}

pub fn filter(input: FilterLogEvents, tx: &mut Tx) -> Result<Filtered, Fault> {
    let (group_name, group) = group::found_by(tx, input.log_group_name, input.log_group_identifier)?;
    let limit = checked_limit(input.limit)?;
    let pattern = input.filter_pattern.as_deref().unwrap_or_default();
    let pattern: LogPattern = pattern.parse().map_err(invalid)?;
    let streams = wanted(tx, &group_name, input.log_stream_names, input.log_stream_name_prefix)?;
    let kept = account_policy::kept_since(tx, &group)?.map_or(i64::MIN, |since| since.millis());
    let window = EventWindow {
        start: input.start_time.unwrap_or(i64::MIN).max(kept),
        end: input.end_time.unwrap_or(i64::MAX).saturating_add(1),
    };
    let after = match input.next_token.as_deref().filter(|token| !token.is_empty()) {
        Some(token) => parse(token).ok_or_else(|| invalid("The specified nextToken is invalid."))?,
        None => EventPosition::FIRST,
    };
    let names: BTreeMap<u64, String> = streams.into_iter().map(|(name, stream)| (stream.shelf.id, name)).collect();
    let ids: Vec<u64> = names.keys().copied().collect();
    let look_at = if pattern.is_everything() { limit } else { LOOKED_AT };
    let seen = read(tx, &ids, window, Edge::After(after), look_at)?;
    let mut exhausted = seen.len() < look_at;
    let (mut events, mut last, mut bytes) = (Vec::new(), after, 0);
    for (place, event) in seen {
        if !pattern.matches(&event.message) {
            last = place;
            continue;
        }
        bytes += event.bytes();
        if events.len() == limit || (bytes > MOST_BYTES && !events.is_empty()) {
            exhausted = false;
            break;
        }
        last = place;
        events.push(shown(&names, place, event));
    }
    let next_token = (!exhausted).then(|| token(last));
    Ok(Filtered { events, searched_log_streams: [], next_token })
}

fn wanted(
    tx: &Tx,
    group: &str,
    names: Option<Vec<String>>,
    prefix: Option<String>,
) -> Result<Vec<(String, Stream)>, Fault> {
    match (names.filter(|names| !names.is_empty()), prefix) {
        (Some(_), Some(_)) => Err(invalid("logStreamNames and logStreamNamePrefix cannot be given together.")),
        (Some(names), None) if names.len() > 100 => Err(invalid("logStreamNames can have at most 100 names.")),
        (Some(names), None) => {
            names.into_iter().map(|name| stream::find(tx, group, &name).map(|stream| (name, stream))).collect()
        }
        (None, prefix) => stream::all(tx, group, prefix.as_deref().unwrap_or_default()),
    }
}

fn shown(names: &BTreeMap<u64, String>, place: EventPosition, event: StoredLogEvent) -> FilteredEvent {
    FilteredEvent {
        log_stream_name: names.get(&place.stream).cloned().unwrap_or_default(),
        timestamp: event.time,
        message: event.message,
        ingestion_time: event.ingested,
        event_id: token(place),
    }
}

/// A place as 56 digits, which sort as places do: the form of AWS's event ids.
fn token(place: EventPosition) -> String {
    format!("{:017}{:015}{:024}", place.time.max(0), place.stream, place.number)
}

fn parse(token: &str) -> Option<EventPosition> {
    let part = |range: std::ops::Range<usize>| token.get(range)?.parse().ok();
    let time = i64::try_from(part(0..17)?).ok()?;
    (token.len() == 56).then_some(EventPosition { time, stream: part(17..32)?, number: part(32..56)? })
}
