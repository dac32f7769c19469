//! StartLiveTail: a session, and the stream of its events second by second. The stream is the body of an HTTP answer; it ends with
//! whoever reads it, or after three hours. Source: CloudWatch Logs API reference, "StartLiveTail".

use super::{constraint, group, invalid, stream};
use crate::Sandbox;
use crate::fault::Fault;
use crate::store::Tx;
use crate::wire::frame;
use aws_smithy_types::body::SdkBody;
use futures_util::stream as futures;
use http_body_util::StreamBody;
use hyper::body::Frame;
use mlops_model::log_pattern::LogPattern;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// The name that the answer of this operation is told apart by.
pub const OPERATION: &str = "StartLiveTail";
const MOST_GROUPS: usize = 10;
/// Events a second; of more, these are a sample.
const MOST_EVENTS: usize = 500;
/// Of text a second: a frame holds 16 MB, and JSON may take six bytes for one.
const MOST_BYTES: usize = 2 * 1024 * 1024;
const SECOND: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(3 * 3600);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartLiveTail {
    #[serde(default)]
    log_group_identifiers: Vec<String>,
    #[serde(default)]
    log_stream_names: Vec<String>,
    #[serde(default)]
    log_stream_name_prefixes: Vec<String>,
    log_event_filter_pattern: Option<String>,
}

/// A session, as `sessionStart` shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LiveTailSession {
    request_id: String,
    session_id: String,
    log_group_identifiers: Vec<String>,
    log_stream_names: Vec<String>,
    log_stream_name_prefixes: Vec<String>,
    log_event_filter_pattern: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionEvent {
    log_stream_name: String,
    /// Account and group: `123456789012:/aws/lambda/f`.
    log_group_identifier: String,
    message: String,
    timestamp: i64,
    ingestion_time: i64,
}

/// What a session has seen: by stream id, the number of its next event.
type TailPositions = BTreeMap<u64, u64>;

pub fn start(input: StartLiveTail, tx: &mut Tx) -> Result<LiveTailSession, Fault> {
    let groups = input.log_group_identifiers;
    if !(1..=MOST_GROUPS).contains(&groups.len()) {
        let rule = "have length between 1 and 10";
        return Err(constraint(format!("[{}]", groups.join(", ")), "logGroupIdentifiers", rule));
    }
    let narrowed = (!input.log_stream_names.is_empty(), !input.log_stream_name_prefixes.is_empty());
    if narrowed == (true, true) {
        return Err(invalid("logStreamNames and logStreamNamePrefixes cannot be given together."));
    }
    if narrowed != (false, false) && groups.len() > 1 {
        return Err(invalid("Log streams can be named for one log group only."));
    }
    for identifier in &groups {
        if !identifier.starts_with("arn:") {
            return Err(invalid("logGroupIdentifiers are ARNs of log groups."));
        }
        group::found_by(tx, None, Some(identifier.clone()))?;
    }
    let pattern = input.log_event_filter_pattern.unwrap_or_default();
    pattern.parse::<LogPattern>().map_err(invalid)?;
    Ok(LiveTailSession {
        request_id: tx.uuid(),
        session_id: tx.uuid(),
        log_group_identifiers: groups,
        log_stream_names: input.log_stream_names,
        log_stream_name_prefixes: input.log_stream_name_prefixes,
        log_event_filter_pattern: pattern,
    })
}

impl LiveTailSession {
    fn wants(&self, stream: &str) -> bool {
        let narrowed = !self.log_stream_names.is_empty() || !self.log_stream_name_prefixes.is_empty();
        !narrowed
            || self.log_stream_names.iter().any(|name| name == stream)
            || self.log_stream_name_prefixes.iter().any(|prefix| stream.starts_with(prefix.as_str()))
    }

    /// The events since the last look, and whether they are a sample; a first look only remembers what is there.
    fn look(&self, tx: &Tx, seen: &mut Option<TailPositions>) -> Result<(Vec<SessionEvent>, bool), Fault> {
        let pattern: LogPattern = self.log_event_filter_pattern.parse().map_err(invalid)?;
        let (mut now, mut events) = (TailPositions::new(), Vec::new());
        for identifier in &self.log_group_identifiers {
            let name = group::named_by(tx, identifier)?;
            for (stream_name, stream) in stream::all(tx, &name, "")? {
                now.insert(stream.shelf.id, stream.shelf.next);
                let Some(before) = seen.as_ref().filter(|_| self.wants(&stream_name)) else { continue };
                let from = before.get(&stream.shelf.id).copied().unwrap_or_default();
                let fresh = stream.shelf.since(tx, from)?.into_iter();
                events.extend(fresh.filter(|event| pattern.matches(&event.message)).map(|event| SessionEvent {
                    log_stream_name: stream_name.clone(),
                    log_group_identifier: format!("{}:{name}", tx.account()),
                    message: event.message,
                    timestamp: event.time,
                    ingestion_time: event.ingested,
                }));
            }
        }
        *seen = Some(now);
        events.sort_by_key(|event| event.timestamp);
        Ok(sample(events))
    }

    /// The answer's body: event-stream frames, each made when it is due.
    ///
    /// # Errors
    /// When the state file is out of reach.
    pub fn body(self, sandbox: Sandbox, account: &str, region: &str) -> anyhow::Result<SdkBody> {
        let mut seen = None;
        sandbox.visit(account, region, |tx| self.look(tx, &mut seen))?;
        let (account, region) = (account.to_owned(), region.to_owned());
        let tail = TailInProgress {
            session: self,
            sandbox,
            account,
            region,
            seen,
            began: Instant::now(),
            sent: 0,
            over: false,
        };
        let frames = futures::unfold(tail, |tail| async {
            let (bytes, tail) = tail.next().await?;
            Some((Ok::<_, std::io::Error>(Frame::data(bytes.into())), tail))
        });
        Ok(SdkBody::from_body_1_x(StreamBody::new(frames)))
    }
}

/// As many events, evenly spread, as one second may show; true where that is not all.
fn sample(mut events: Vec<SessionEvent>) -> (Vec<SessionEvent>, bool) {
    let all = events.len();
    if all > MOST_EVENTS {
        let mut index = 0;
        events.retain(|_| {
            index += 1;
            index * MOST_EVENTS / all > (index - 1) * MOST_EVENTS / all
        });
    }
    let mut bytes = 0;
    events.retain(|event| {
        bytes += event.message.len();
        bytes <= MOST_BYTES
    });
    let sampled = events.len() < all;
    (events, sampled)
}

/// A session under way.
struct TailInProgress {
    session: LiveTailSession,
    sandbox: Sandbox,
    account: String,
    region: String,
    seen: Option<TailPositions>,
    began: Instant,
    sent: u32,
    over: bool,
}

impl TailInProgress {
    async fn next(mut self) -> Option<(Vec<u8>, Self)> {
        if self.over {
            return None;
        }
        let sent = self.sent;
        self.sent += 1;
        let frame = match sent {
            0 => frame::event("initial-response", &json!({})),
            1 => frame::event("sessionStart", &json!(self.session)),
            _ => {
                tokio::time::sleep_until(self.began + SECOND * (sent - 1)).await;
                self.update()
            }
        };
        Some((frame, self))
    }

    fn update(&mut self) -> Vec<u8> {
        if self.began.elapsed() >= LONGEST {
            self.over = true;
            return frame::exception("SessionTimeoutException", "The session has timed out after three hours.");
        }
        let TailInProgress { session, sandbox, account, region, seen, .. } = self;
        match sandbox.visit(account, region, |tx| session.look(tx, seen)) {
            Ok((events, sampled)) => {
                let update = json!({ "sessionMetadata": { "sampled": sampled }, "sessionResults": events });
                frame::event("sessionUpdate", &update)
            }
            Err(error) => {
                self.over = true;
                frame::exception("SessionStreamingException", &error.to_string())
            }
        }
    }
}
