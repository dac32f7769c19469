//! Where events come from: pages of what is stored, and a tail of what is being written. A trait, so that reading and following
//! can be tried against a source that throttles and breaks off; and AWS's own.

use crate::aws::{ApiOperation, Aws, AwsError, Class, Repeat, WaitLimits};
use aws_sdk_cloudwatchlogs::operation::start_live_tail::StartLiveTailOutput;
use aws_sdk_cloudwatchlogs::types::StartLiveTailResponseStream;
use std::time::Duration;

pub const FILTER: ApiOperation = ApiOperation("logs", "FilterLogEvents");
const TAIL: ApiOperation = ApiOperation("logs", "StartLiveTail");

/// One event of a log stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogEvent {
    /// Of the store, unique; empty where it comes from a tail.
    pub id: String,
    pub stream: String,
    /// Milliseconds since 1970, as the writer said.
    pub at: i64,
    pub message: String,
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogQuery {
    pub group: String,
    /// CloudWatch's filter pattern (user guide, "Filter pattern syntax").
    pub pattern: Option<String>,
    /// Only these streams; all where there are none.
    pub streams: Vec<String>,
}

#[derive(Debug, Clone, Default)]
pub struct LogPage {
    pub events: Vec<LogEvent>,
    /// Where it goes on. A page can be empty and go on all the same.
    pub next: Option<String>,
}

/// What a tail brings at once.
#[derive(Debug, Clone, Default)]
pub struct TailBatch {
    pub events: Vec<LogEvent>,
    /// Too much was written: events were left out.
    pub sampled: bool,
}

pub trait LogSource {
    type Tail: LogTail;

    /// Events from `from` to `until`, both included, in milliseconds.
    async fn page(
        &self,
        ask: &LogQuery,
        from: i64,
        until: Option<i64>,
        token: Option<&str>,
    ) -> Result<LogPage, AwsError>;

    /// How long pages without any event are read.
    fn patience(&self) -> Duration {
        WaitLimits::default().search()
    }

    /// A tail that has begun: what is ingested from now on, it brings.
    async fn tail(&self, ask: &LogQuery) -> Result<Self::Tail, AwsError>;
}

pub trait LogTail {
    /// The next batch; `None` when the session is over. May be dropped and called again.
    async fn next(&mut self) -> Result<Option<TailBatch>, AwsError>;
}

impl LogSource for Aws {
    type Tail = LiveTail;

    async fn page(
        &self,
        ask: &LogQuery,
        from: i64,
        until: Option<i64>,
        token: Option<&str>,
    ) -> Result<LogPage, AwsError> {
        let streams = (!ask.streams.is_empty()).then(|| ask.streams.clone());
        let request = || {
            self.logs
                .filter_log_events()
                .log_group_name(&ask.group)
                .set_filter_pattern(ask.pattern.clone())
                .set_log_stream_names(streams.clone())
                .start_time(from)
                .set_end_time(until)
                .set_next_token(token.map(str::to_owned))
                .send()
        };
        let page = self.call(FILTER, Repeat::Safe, request).await?;
        let next = page.next_token.filter(|token| !token.is_empty());
        let events = page.events.unwrap_or_default().into_iter().map(|event| LogEvent {
            id: event.event_id.unwrap_or_default(),
            stream: event.log_stream_name.unwrap_or_default(),
            at: event.timestamp.unwrap_or_default(),
            message: event.message.unwrap_or_default(),
        });
        Ok(LogPage { events: events.collect(), next })
    }

    fn patience(&self) -> Duration {
        self.limits().search()
    }

    async fn tail(&self, ask: &LogQuery) -> Result<LiveTail, AwsError> {
        // Live Tail takes ARNs only (StartLiveTail reference, logGroupIdentifiers).
        let arn = self.target().await?.arn("logs", format!("log-group:{}", ask.group));
        let streams = (!ask.streams.is_empty()).then(|| ask.streams.clone());
        let request = || {
            self.logs
                .start_live_tail()
                .log_group_identifiers(&arn)
                .set_log_event_filter_pattern(ask.pattern.clone())
                .set_log_stream_names(streams.clone())
                .send()
        };
        let mut tail = LiveTail { output: self.call(TAIL, Repeat::Safe, request).await? };
        // The first message says that it has begun.
        match tail.receive().await? {
            Some(StartLiveTailResponseStream::SessionStart(_)) => Ok(tail),
            _ => Err(broken("no session was started")),
        }
    }
}

/// A Live Tail session of CloudWatch Logs. It ends by itself after three hours (user guide, "CloudWatch Logs Live Tail").
#[derive(Debug)]
pub struct LiveTail {
    output: StartLiveTailOutput,
}

impl LiveTail {
    async fn receive(&mut self) -> Result<Option<StartLiveTailResponseStream>, AwsError> {
        self.output.response_stream.recv().await.map_err(|error| AwsError::new(TAIL, error))
    }
}

impl LogTail for LiveTail {
    async fn next(&mut self) -> Result<Option<TailBatch>, AwsError> {
        loop {
            let update = match self.receive().await? {
                None => return Ok(None),
                Some(StartLiveTailResponseStream::SessionUpdate(update)) => update,
                Some(_) => continue,
            };
            let sampled = update.session_metadata.as_ref().is_some_and(|metadata| metadata.sampled);
            let events = update.session_results.unwrap_or_default().into_iter().map(|event| LogEvent {
                id: String::new(),
                stream: event.log_stream_name.unwrap_or_default(),
                at: event.timestamp.unwrap_or_default(),
                message: event.message.unwrap_or_default(),
            });
            return Ok(Some(TailBatch { events: events.collect(), sampled }));
        }
    }
}

fn broken(why: &str) -> AwsError {
    AwsError { op: TAIL, class: Class::Transient, code: "BrokenOff".into(), message: why.into() }
}
