//! The events of log streams as they are kept: in chunks whose keys say what times they hold, so that a read parses only what
//! it needs and a write touches one chunk. Knows no operation.

use crate::fault::Fault;
use crate::store::Tx;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Under stream id, number, and the [`StoredChunk`] itself; a list of [`StoredLogEvent`]s.
const TABLE: &str = "logs-events";
/// A chunk that began with a few events takes more of them up to here: what a write repeats in the state file is bounded.
const OPEN_EVENTS: usize = 64;
const OPEN_BYTES: u64 = 64 * 1024;
/// And only for an hour, so that it grows old as a whole.
const OPEN_MILLIS: i64 = 3_600_000;
/// Of one put with many events: a read of a few parses no more than this.
const CHUNK_EVENTS: usize = 1000;
/// Of one stream; its oldest events make room. Logs itself has no such bound, a state file has to.
const STREAM_BYTES: u64 = 128 * 1024 * 1024;
/// What Logs counts for an event besides its text.
pub const EVENT_OVERHEAD: usize = 26;

/// What a stream knows of its events.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Shelf {
    /// Distinguishes streams, also those with the same name one after the other; below 2^48.
    pub id: u64,
    /// The number of the next event.
    pub next: u64,
    chunks: u64,
    /// The last chunk's key, and how many events it holds.
    last: Option<(String, usize)>,
    bytes: u64,
}

/// One event. Times in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredLogEvent {
    #[serde(rename = "t")]
    pub time: i64,
    #[serde(rename = "i")]
    pub ingested: i64,
    #[serde(rename = "n")]
    pub number: u64,
    #[serde(rename = "m")]
    pub message: String,
}

/// Where an event stands among all: by time, then by stream, then in the order of arrival.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventPosition {
    pub time: i64,
    pub stream: u64,
    pub number: u64,
}

/// A key, read.
#[derive(Debug)]
struct StoredChunk {
    key: String,
    first: i64,
    last: i64,
    bytes: u64,
}

/// Which events are wanted: times from `start` up to, and without, `end`.
#[derive(Debug, Clone, Copy)]
pub struct EventWindow {
    pub start: i64,
    pub end: i64,
}

/// From where, and in which direction, a reader goes on.
#[derive(Debug, Clone, Copy)]
pub enum Edge {
    /// The oldest events behind this place.
    After(EventPosition),
    /// The newest events before this place.
    Before(EventPosition),
}

impl StoredLogEvent {
    fn place(&self, stream: u64) -> EventPosition {
        EventPosition { time: self.time, stream, number: self.number }
    }

    /// As Logs counts it.
    pub fn bytes(&self) -> usize {
        self.message.len() + EVENT_OVERHEAD
    }
}

impl EventPosition {
    pub const FIRST: EventPosition = EventPosition { time: i64::MIN, stream: 0, number: 0 };
    pub const LAST: EventPosition = EventPosition { time: i64::MAX, stream: u64::MAX, number: u64::MAX };
}

impl StoredChunk {
    /// Padded numbers: keys in order are chunks in the order of their making.
    fn key(stream: u64, number: u64, events: &[StoredLogEvent]) -> String {
        let times = || events.iter().map(|event| event.time);
        let (first, last) = (times().min().unwrap_or_default(), times().max().unwrap_or_default());
        let bytes: usize = events.iter().map(StoredLogEvent::bytes).sum();
        format!("{}{number:012}/{first:015}/{last:015}/{bytes}", prefix(stream))
    }

    fn of(key: String) -> Option<Self> {
        let mut parts = key.split('/').skip(2);
        let mut next = || parts.next();
        let (first, last) = (next()?.parse().ok()?, next()?.parse().ok()?);
        let bytes = next()?.parse().ok()?;
        Some(StoredChunk { first, last, bytes, key })
    }

    fn events(&self, tx: &Tx) -> Result<Vec<StoredLogEvent>, Fault> {
        Ok(tx.get(TABLE, &self.key)?.unwrap_or_default())
    }
}

fn prefix(stream: u64) -> String {
    format!("{stream:015}/")
}

/// All chunks of a stream, in the order of their making.
fn chunks(tx: &Tx, stream: u64) -> Vec<StoredChunk> {
    tx.keys(TABLE, &prefix(stream)).into_iter().filter_map(StoredChunk::of).collect()
}

impl Shelf {
    pub fn new(id: u64) -> Self {
        Shelf { id, ..Shelf::default() }
    }

    /// Keeps events, in order of time, and numbers them. Answers by how many bytes the stream grew, or shrank where old events
    /// made room: those before `kept_since` and, in a full stream, the oldest.
    pub fn append(
        &mut self,
        tx: &mut Tx,
        events: impl IntoIterator<Item = (i64, String)>,
        kept_since: i64,
    ) -> Result<i64, Fault> {
        let ingested = tx.now().millis();
        let events: Vec<StoredLogEvent> = events
            .into_iter()
            .zip(self.next..)
            .map(|((time, message), number)| StoredLogEvent { time, ingested, number, message })
            .collect();
        self.next += events.len() as u64;
        let before = self.bytes;
        self.bytes += events.iter().map(StoredLogEvent::bytes).sum::<usize>() as u64;
        let mut open = Vec::new();
        let fits = |count: &usize| count + events.len() <= OPEN_EVENTS;
        if let Some((key, _)) = self.last.take_if(|(_, count)| fits(count))
            && let Some(chunk) = StoredChunk::of(key)
        {
            let near = events.iter().all(|event| (event.time - chunk.first).abs() < OPEN_MILLIS);
            open = if near && chunk.bytes < OPEN_BYTES { chunk.events(tx)? } else { Vec::new() };
            if !open.is_empty() {
                tx.delete(TABLE, &chunk.key);
                self.chunks -= 1;
            }
        }
        let fresh = open.is_empty();
        open.extend(events);
        for events in open.chunks(CHUNK_EVENTS) {
            let key = StoredChunk::key(self.id, self.chunks, events);
            tx.put(TABLE, &key, &events)?;
            self.chunks += 1;
            self.last = Some((key, events.len()));
        }
        if fresh {
            self.make_room(tx, kept_since);
        }
        Ok(self.bytes as i64 - before as i64)
    }

    fn make_room(&mut self, tx: &mut Tx, kept_since: i64) {
        for chunk in chunks(tx, self.id) {
            if chunk.last < kept_since || self.bytes > STREAM_BYTES {
                tx.delete(TABLE, &chunk.key);
                self.bytes = self.bytes.saturating_sub(chunk.bytes);
            }
        }
    }

    /// Deletes every event; answers how many bytes they were.
    pub fn clear(&self, tx: &mut Tx) -> u64 {
        for key in tx.keys(TABLE, &prefix(self.id)) {
            tx.delete(TABLE, &key);
        }
        self.bytes
    }

    /// The events with numbers from `number` on, in the order of their arrival.
    pub fn since(&self, tx: &Tx, number: u64) -> Result<Vec<StoredLogEvent>, Fault> {
        let mut batches = Vec::new();
        if number >= self.next {
            return Ok(Vec::new());
        }
        for chunk in chunks(tx, self.id).iter().rev() {
            let mut events = chunk.events(tx)?;
            let reached = events.first().is_none_or(|event| event.number <= number);
            events.retain(|event| event.number >= number);
            batches.push(events);
            if reached {
                break;
            }
        }
        Ok(batches.into_iter().rev().flatten().collect())
    }
}

/// Up to `most` events of some streams, in the order of their places, beginning where `from` says.
pub fn read(
    tx: &Tx,
    streams: &[u64],
    window: EventWindow,
    from: Edge,
    most: usize,
) -> Result<BTreeMap<EventPosition, StoredLogEvent>, Fault> {
    let wanted = |place: EventPosition| {
        let beyond = match from {
            Edge::After(edge) => place > edge,
            Edge::Before(edge) => place < edge,
        };
        beyond && (window.start..window.end).contains(&place.time)
    };
    let mut found: Vec<(u64, StoredChunk)> = Vec::new();
    for stream in streams {
        let may_have = |chunk: &StoredChunk| {
            let beyond = match from {
                Edge::After(edge) => chunk.last >= edge.time,
                Edge::Before(edge) => chunk.first <= edge.time,
            };
            beyond && chunk.last >= window.start && chunk.first < window.end
        };
        found.extend(chunks(tx, *stream).into_iter().filter(may_have).map(|chunk| (*stream, chunk)));
    }
    let forward = matches!(from, Edge::After(_));
    found.sort_by_key(|(_, chunk)| if forward { chunk.first } else { -chunk.last });
    let mut page = BTreeMap::new();
    for (stream, chunk) in found {
        let complete = page.len() >= most
            && match forward {
                true => page.last_key_value().is_some_and(|(place, _): (&EventPosition, _)| place.time < chunk.first),
                false => page.first_key_value().is_some_and(|(place, _): (&EventPosition, _)| place.time > chunk.last),
            };
        if complete {
            break;
        }
        let events = chunk.events(tx)?.into_iter().map(|event| (event.place(stream), event));
        page.extend(events.filter(|(place, _)| wanted(*place)));
        while page.len() > most {
            let _ = if forward { page.pop_last() } else { page.pop_first() };
        }
    }
    Ok(page)
}
