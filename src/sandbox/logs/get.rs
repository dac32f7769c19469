//! GetLogEvents: one stream, page by page in either direction. Its tokens never end; at an end the same one comes back.

use super::chunk::{Edge, EventPosition, EventWindow, read};
use super::{account_policy, constraint, group, invalid, stream};
use crate::fault::Fault;
use crate::store::Tx;
use serde::{Deserialize, Serialize};

const MOST_EVENTS: usize = 10_000;
/// A page's size as Logs counts it: each event's text and 26 bytes.
pub const MOST_BYTES: usize = 1_048_576;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetLogEvents {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name: Option<String>,
    /// Milliseconds since 1970; events at the end itself are left out.
    start_time: Option<i64>,
    end_time: Option<i64>,
    next_token: Option<String>,
    limit: Option<usize>,
    #[serde(default)]
    start_from_head: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Events {
    events: Vec<OutputEvent>,
    next_forward_token: String,
    next_backward_token: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OutputEvent {
    timestamp: i64,
    message: String,
    ingestion_time: i64,
}

pub fn get(input: GetLogEvents, tx: &mut Tx) -> Result<Events, Fault> {
    let (group_name, group) = group::found_by(tx, input.log_group_name, input.log_group_identifier)?;
    let stream = stream::find(tx, &group_name, &stream::checked_name(input.log_stream_name)?)?;
    let limit = checked_limit(input.limit)?;
    let kept = account_policy::kept_since(tx, &group)?.map_or(i64::MIN, |since| since.millis());
    let window =
        EventWindow { start: input.start_time.unwrap_or(i64::MIN).max(kept), end: input.end_time.unwrap_or(i64::MAX) };
    let from = match input.next_token.as_deref().filter(|token| !token.is_empty()) {
        Some(token) => parse(token, stream.shelf.id).ok_or_else(|| invalid("The specified nextToken is invalid."))?,
        None if input.start_from_head => Edge::After(EventPosition::FIRST),
        None => Edge::Before(EventPosition::LAST),
    };
    let mut page = read(tx, &[stream.shelf.id], window, from, limit)?;
    let mut bytes: usize = page.values().map(|event| event.bytes()).sum();
    while bytes > MOST_BYTES && page.len() > 1 {
        let dropped = if matches!(from, Edge::After(_)) { page.pop_last() } else { page.pop_first() };
        bytes -= dropped.map_or(0, |(_, event)| event.bytes());
    }
    // Without events both tokens stay around the place that was asked for, so that later ones are found.
    let (first, last) = match (page.first_key_value(), page.last_key_value()) {
        (Some((first, _)), Some((last, _))) => (*first, *last),
        _ => match from {
            Edge::After(edge) => (EventPosition { number: edge.number.saturating_add(1), ..edge }, edge),
            Edge::Before(edge) if edge == EventPosition::LAST => (edge, newest_possible(window)),
            Edge::Before(edge) => (edge, EventPosition { number: edge.number.saturating_sub(1), ..edge }),
        },
    };
    let events = page.into_values().map(|event| OutputEvent {
        timestamp: event.time,
        message: event.message,
        ingestion_time: event.ingested,
    });
    Ok(Events {
        events: events.collect(),
        next_forward_token: token('f', last),
        next_backward_token: token('b', first),
    })
}

/// Where a reader of an empty stream goes on: at the beginning of what it wants.
fn newest_possible(window: EventWindow) -> EventPosition {
    EventPosition { time: window.start.saturating_sub(1).max(0), ..EventPosition::default() }
}

pub fn checked_limit(limit: Option<usize>) -> Result<usize, Fault> {
    match limit.unwrap_or(MOST_EVENTS) {
        0 => Err(constraint(0, "limit", "have value greater than or equal to 1")),
        limit if limit > MOST_EVENTS => Err(constraint(limit, "limit", "have value less than or equal to 10000")),
        limit => Ok(limit),
    }
}

/// `f/PLACE/s` goes on behind a place, `b/PLACE/s` before it. As with AWS, the digits mean nothing to a client.
fn token(direction: char, place: EventPosition) -> String {
    format!("{direction}/{:020}{:036}/s", place.time.max(0), place.number)
}

fn parse(token: &str, stream: u64) -> Option<Edge> {
    let mut parts = token.split('/');
    let (direction, digits) = (parts.next()?, parts.next()?);
    let (time, number) = digits.split_at_checked(20)?;
    if parts.next() != Some("s") || parts.next().is_some() || number.len() != 36 {
        return None;
    }
    let place = EventPosition { time: time.parse().ok()?, stream, number: number.parse().ok()? };
    match direction {
        "f" => Some(Edge::After(place)),
        "b" => Some(Edge::Before(place)),
        _ => None,
    }
}
