//! Log streams: their record, and the operations on them. How their events are kept is `chunk`'s matter.

use super::chunk::Shelf;
use super::{EmptyLogsResponse, constraint, group, invalid};
use crate::fault::Fault;
use crate::paging::{Order, page};
use crate::store::Tx;
use crate::wire::Timestamp;
use serde::{Deserialize, Serialize};

/// Under group and stream name; neither has this between them in its name.
const TABLE: &str = "logs-stream";
const APART: char = '\u{1}';
const PAGE: usize = 50;

/// A log stream as it is kept. Times of events in milliseconds since 1970.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stream {
    pub created: Timestamp,
    pub first: Option<i64>,
    pub last: Option<i64>,
    pub ingested: Option<Timestamp>,
    pub shelf: Shelf,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamName {
    log_group_name: Option<String>,
    log_stream_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeLogStreams {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name_prefix: Option<String>,
    order_by: Option<String>,
    #[serde(default)]
    descending: bool,
    next_token: Option<String>,
    limit: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogStreams {
    log_streams: Vec<LogStream>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// A stream as it is answered. Times in milliseconds since 1970.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogStream {
    log_stream_name: String,
    creation_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_event_timestamp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_event_timestamp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_ingestion_time: Option<i64>,
    upload_sequence_token: String,
    arn: String,
    /// Always 0: since 2019 only groups are counted.
    stored_bytes: i64,
}

pub fn create(input: StreamName, tx: &mut Tx) -> Result<EmptyLogsResponse, Fault> {
    let (group, _) = group::find(tx, input.log_group_name)?;
    let name = checked_name(input.log_stream_name)?;
    if tx.get::<Stream>(TABLE, &key(&group, &name))?.is_some() {
        return Err(Fault::sender("ResourceAlreadyExistsException", "The specified log stream already exists"));
    }
    make(tx, &group, &name)?;
    Ok(EmptyLogsResponse {})
}

/// A stream without events.
pub fn make(tx: &mut Tx, group: &str, name: &str) -> Result<Stream, Fault> {
    let id = u64::from_str_radix(&tx.hex(12), 16).unwrap_or_default();
    let shelf = Shelf::new(id);
    let stream = Stream { created: tx.now(), first: None, last: None, ingested: None, shelf };
    keep(tx, group, name, &stream)?;
    Ok(stream)
}

pub fn delete(input: StreamName, tx: &mut Tx) -> Result<EmptyLogsResponse, Fault> {
    let (group, _) = group::find(tx, input.log_group_name)?;
    let name = checked_name(input.log_stream_name)?;
    let stream = find(tx, &group, &name)?;
    tx.delete(TABLE, &key(&group, &name));
    let bytes = stream.shelf.clear(tx);
    group::count_bytes(tx, &group, -i64::try_from(bytes).unwrap_or(i64::MAX))?;
    Ok(EmptyLogsResponse {})
}

/// What goes with its group.
pub fn forget_all(tx: &mut Tx, group: &str) -> Result<(), Fault> {
    for (name, stream) in all(tx, group, "")? {
        tx.delete(TABLE, &key(group, &name));
        stream.shelf.clear(tx);
    }
    Ok(())
}

pub fn describe(input: DescribeLogStreams, tx: &mut Tx) -> Result<LogStreams, Fault> {
    let (group, _) = group::found_by(tx, input.log_group_name, input.log_group_identifier)?;
    let limit = input.limit.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&limit) {
        let rule =
            if limit == 0 { "have value greater than or equal to 1" } else { "have value less than or equal to 50" };
        return Err(constraint(limit, "limit", rule));
    }
    let by_time = match input.order_by.as_deref() {
        None | Some("LogStreamName") => false,
        Some("LastEventTime") => true,
        Some(other) => {
            return Err(constraint(other, "orderBy", "satisfy enum value set: [LogStreamName, LastEventTime]"));
        }
    };
    if by_time && input.log_stream_name_prefix.is_some() {
        return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let prefix = input.log_stream_name_prefix.unwrap_or_default();
    let found = all(tx, &group, &prefix)?.into_iter().map(|(name, stream)| {
        let rank = match by_time {
            true => format!("{:020}{name}", stream.last.unwrap_or_default()),
            false => name.clone(),
        };
        (if input.descending { reversed(&rank) } else { rank }, (name, stream))
    });
    let wrong_token = || invalid("The specified nextToken is invalid.");
    let (streams, next_token) =
        page(tx, found.collect(), Order::ByKey, input.next_token.as_deref(), limit, wrong_token)?;
    let arn = group::arn_of(tx, &group);
    let shown = streams.into_iter().map(|(name, stream)| LogStream {
        arn: format!("{arn}:log-stream:{name}"),
        log_stream_name: name,
        creation_time: stream.created.millis(),
        first_event_timestamp: stream.first,
        last_event_timestamp: stream.last,
        last_ingestion_time: stream.ingested.map(Timestamp::millis),
        upload_sequence_token: sequence_token(&stream),
        stored_bytes: 0,
    });
    Ok(LogStreams { log_streams: shown.collect(), next_token })
}

/// A key that sorts the other way round; the last letter puts a name behind those that begin with it.
fn reversed(key: &str) -> String {
    key.bytes().map(|byte| format!("{:02x}", 255 - byte)).collect::<String>() + "g"
}

/// The streams of a group whose names begin with `prefix`, by name.
pub fn all(tx: &Tx, group: &str, prefix: &str) -> Result<Vec<(String, Stream)>, Fault> {
    let streams = tx.list_prefix::<Stream>(TABLE, &key(group, prefix))?.into_iter();
    Ok(streams.filter_map(|(key, stream)| Some((key.split_once(APART)?.1.to_owned(), stream))).collect())
}

pub fn find(tx: &Tx, group: &str, name: &str) -> Result<Stream, Fault> {
    let found = tx.get::<Stream>(TABLE, &key(group, name))?;
    found.ok_or_else(|| Fault::sender("ResourceNotFoundException", "The specified log stream does not exist."))
}

pub fn keep(tx: &mut Tx, group: &str, name: &str, stream: &Stream) -> Result<(), Fault> {
    tx.put(TABLE, &key(group, name), stream)
}

/// Sequence tokens are still answered and no longer asked for.
pub fn sequence_token(stream: &Stream) -> String {
    format!("{:056}", stream.shelf.next)
}

fn key(group: &str, name: &str) -> String {
    format!("{group}{APART}{name}")
}

pub fn checked_name(name: Option<String>) -> Result<String, Fault> {
    let name = name.ok_or_else(|| constraint("null", "logStreamName", "not be null"))?;
    if name.len() > 512 {
        return Err(invalid("Invalid LogGroup or LogStream, both must have length less than or equal to 512."));
    }
    match !name.is_empty() && !name.contains([':', '*', APART]) {
        true => Ok(name),
        false => Err(constraint(name, "logStreamName", "satisfy regular expression pattern: [^:*]*")),
    }
}
