//! `mlopsctl logs`: what functions wrote, or write; a line each, a request each, or summed up.

use super::CommandContext;
use super::args::OutputFormat;
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::Fleet;
use super::functions::{FunctionSelection, WatchedArgs, failure};
use super::logs_fleet::{self, LogSums};
use super::moment::{Moment, moment};
use super::plan::say_calls;
use super::report::ReportFormatArgs;
use super::subscriptions::duration;
use crate::aws::{Aws, AwsError, Class, Clock};
use crate::model::advice;
use crate::ops::logs::follow::FollowOptions;
use crate::ops::logs::source::LogQuery;
use crate::ops::logs::{
    Grouping, LineFilter, LogLevel, LogLocation, LogSummary, News, RequestJoiner, RequestLine, find, follow, read,
    sum_up,
};
use crate::report::watch::logs::{LineFormat, object, summaries, summaries_json, summaries_markdown};
use clap::Args;
use futures_util::future::try_join_all;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Shows what functions wrote to their log groups
///
/// Lines of text and of JSON, with their level and their request. A REPORT line becomes columns: duration, billed, memory,
/// cold start. What only says that a request begins or ends is shown with --verbose. Times are UTC.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("report", |arg| arg
    .num_args(0..=1)
    .require_equals(true)
    .default_missing_value(ALONE)
    .conflicts_with("follow")
    .help("Sum up instead: percentiles, cold starts, memory, slowest and failed requests. Over a roster, --report=FILE also saves it, \
           in the format that the ending says: .json, .csv, .html, .md, .xml (JUnit) or .txt; repeatable")))]
pub struct LogsArgs {
    #[command(flatten)]
    watched: WatchedArgs,
    /// Look at this log group instead of a function's; repeatable
    #[arg(long = "log-group", value_name = "NAME", conflicts_with = "functions")]
    groups: Vec<String>,
    /// Go on with what is being written, until Ctrl-C: by Live Tail where that is allowed, else by asking every few seconds
    #[arg(long, conflicts_with = "until")]
    follow: bool,
    /// How long ago, or when, it begins
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = moment)]
    since: Moment,
    /// How long ago, or when, it ends
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Moment>,
    /// CloudWatch's filter pattern, e.g. ERROR, "?ERROR ?WARN" or { $.level = "ERROR" }
    #[arg(long, value_name = "PATTERN")]
    filter: Option<String>,
    /// Only lines that are at least so bad: trace, debug, info, warning, error, critical. A line without a level is info
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    level: Option<LogLevel>,
    /// Only the lines of this request, also those that do not name it; the beginning of its id will do
    #[arg(long, value_name = "ID", conflicts_with = "filter")]
    request_id: Option<String>,
    /// Lines of one request together, when it has ended
    #[arg(long, conflicts_with = "report")]
    group: bool,
    /// With --follow: no Live Tail, which costs 0.01 USD a minute beyond 1,800 minutes a month
    #[arg(long, requires = "follow")]
    no_live_tail: bool,
    /// With --follow: end after this time, e.g. 30s or 5m
    #[arg(long = "for", value_name = "TIME", value_parser = duration, requires = "follow")]
    length: Option<Duration>,
    #[command(flatten)]
    format: ReportFormatArgs,
}

/// `--report` without a file.
const ALONE: &str = "-";

fn level(text: &str) -> Result<LogLevel, String> {
    text.parse().map_err(|()| format!("write one of {}", LogLevel::ALL.map(LogLevel::word).join(", ").to_lowercase()))
}

impl LogsArgs {
    /// Whether it goes on until a signal ends it.
    pub fn is_following(&self) -> bool {
        self.follow
    }

    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let mut watched = self.watched.clone();
        let sums = watched.roster.fleet.take_report(ALONE);
        // Without a roster's name a look at lines is for the account of the credentials, as ever.
        if watched.roster.fleet.is_named() || sums && self.groups.is_empty() {
            if let Some(fleet) = watched.fleet("logs", run).await? {
                return self.over(&fleet, sums, run).await;
            }
        } else {
            watched.roster.fleet.nothing_alone()?;
        }
        let format = self.format.alone()?;
        if format == OutputFormat::Markdown && !sums {
            return Err(CliFailure::say(
                Exit::Usage,
                "lines are no Markdown",
                "use --format json, or --report with it",
            ));
        }
        let (aws, places) = self.places(run).await?;
        let names: Vec<String> = places.iter().map(|place| place.name().to_owned()).collect();
        let asks: Vec<LogQuery> = places.iter().map(|place| place.ask(self.filter.as_deref())).collect();
        if self.follow {
            return self.follow(&aws, &asks, names, format, run).await;
        }
        if sums {
            let window = self.time(&aws.clock);
            let summed = sum_up(&aws, &asks, window, &self.wanted()).await.map_err(|error| no_group(error, &asks))?;
            let found: Vec<(String, LogSummary)> = names.into_iter().zip(summed).collect();
            run.output.result(&match format {
                OutputFormat::Table => summaries(&found, &run.output.look),
                OutputFormat::Json => summaries_json(&found),
                OutputFormat::Markdown => summaries_markdown(&found),
            })?;
        } else {
            self.show(&aws, &asks, names, format, run).await?;
        }
        say_calls(&aws, run.output);
        Ok(Exit::Success)
    }

    async fn over(&self, fleet: &Fleet, sums: bool, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        if !sums {
            let what = if self.follow { "--follow" } else { "a look at lines" };
            return Err(fleet.is_too_many(what, "sum them up with --report"));
        }
        let sums = LogSums {
            named: &self.watched.functions,
            groups: &self.groups,
            since: self.since,
            until: self.until,
            filter: self.filter.as_deref(),
            wanted: self.wanted(),
        };
        run.signals.clone().or_interrupted(logs_fleet::report(fleet, self.format.format, sums, run)).await
    }

    async fn places(&self, run: &mut CommandContext<'_>) -> Result<(Aws, Vec<LogLocation>), CliFailure> {
        if !self.groups.is_empty() {
            let aws = self.watched.roster.connect.open(None, &run.signals, run.output).await?;
            return Ok((aws, self.groups.iter().map(|group| LogLocation::of_group(group)).collect()));
        }
        let FunctionSelection { functions, aws } = self.watched.open(run).await?;
        if functions.is_empty() {
            return Err(self.watched.nothing());
        }
        let (places, notes) = find(&aws, &functions).await.map_err(failure)?;
        notes.iter().for_each(|note| run.output.say(&format!("note: {note}")));
        Ok((aws, places))
    }

    fn wanted(&self) -> LineFilter {
        LineFilter { level: self.level, request_id: self.request_id.clone() }
    }

    /// Milliseconds.
    fn time(&self, clock: &Clock) -> (i64, Option<i64>) {
        let now = clock.now_ms();
        (self.since.resolve(now), self.until.map(|until| until.resolve(now)))
    }

    async fn show(
        &self,
        aws: &Aws,
        asks: &[LogQuery],
        names: Vec<String>,
        format: OutputFormat,
        run: &mut CommandContext<'_>,
    ) -> Result<(), CliFailure> {
        let (from, until) = self.time(&aws.clock);
        let everywhere = asks.iter().cloned().zip(names).collect();
        let (asked, from, until) = match &self.request_id {
            Some(id) => narrow(aws, everywhere, id, from, until).await.map_err(|error| no_group(error, asks))?,
            None => (everywhere, from, until),
        };
        let (asks, names): (Vec<LogQuery>, Vec<String>) = asked.into_iter().unzip();
        let mut printer = Printer::new(self, names, format);
        let mut failed = None;
        let ended = read(aws, &asks, from, until, |group, event| {
            let text = printer.take(group, event, run);
            match if text.is_empty() { Ok(()) } else { run.output.result(&text) } {
                Ok(()) => ControlFlow::Continue(()),
                Err(failure) => {
                    failed = Some(failure);
                    ControlFlow::Break(())
                }
            }
        })
        .await;
        let rest = printer.rest(run);
        run.output.result(&rest)?;
        failed.map_or(Ok(()), Err)?;
        ended.map_err(|error| no_group(error, &asks))?;
        if printer.shown == 0 {
            let wider = if self.since == Moment::Ago(600) { "; look further back with --since 3h" } else { "" };
            run.output.say(&format!("no line in this time{wider}"));
        }
        Ok(())
    }

    /// Ends with the time that was given, or with the code of the signal that ended it.
    async fn follow(
        &self,
        aws: &Aws,
        asks: &[LogQuery],
        names: Vec<String>,
        format: OutputFormat,
        run: &mut CommandContext<'_>,
    ) -> Result<Exit, CliFailure> {
        let until = self.length.map(|length| Instant::now() + length);
        let (news, mut heard) = mpsc::channel(16);
        let options = |number| FollowOptions {
            number,
            from: self.time(&aws.clock).0,
            tail: !self.no_live_tail,
            until,
            clock: &aws.clock,
        };
        let followers = asks.iter().enumerate().map(|(number, ask)| follow(aws, ask, options(number), &news));
        let mut followers = std::pin::pin!(try_join_all(followers));
        let interrupt = run.signals.interrupt.clone();
        let mut printer = Printer::new(self, names, format);
        let mut ended = None;
        loop {
            let next = tokio::select! {
                biased;
                () = interrupt.wait() => return Ok(run.signals.received().unwrap_or(Exit::Interrupted)),
                next = heard.recv() => next,
                result = &mut followers, if ended.is_none() => {
                    ended = Some(result);
                    heard.close();
                    continue;
                }
            };
            match next {
                Some((group, News::Events(events))) => {
                    let mut text = String::new();
                    events.into_iter().for_each(|event| text.push_str(&printer.take(group, event, run)));
                    run.output.result(&text)?;
                }
                Some((_, News::Note(note))) => run.output.say(&format!("note: {note}")),
                None => break,
            }
        }
        let rest = printer.rest(run);
        run.output.result(&rest)?;
        if let Some(result) = ended {
            result?;
        }
        say_calls(aws, run.output);
        Ok(Exit::Success)
    }
}

/// Turns events into text.
struct Printer {
    names: Vec<String>,
    requests: RequestJoiner,
    grouping: Option<Grouping>,
    wanted: LineFilter,
    format: OutputFormat,
    shown: usize,
}

impl Printer {
    fn new(args: &LogsArgs, names: Vec<String>, format: OutputFormat) -> Self {
        Self {
            names,
            requests: RequestJoiner::default(),
            grouping: args.group.then(Grouping::default),
            wanted: args.wanted(),
            format,
            shown: 0,
        }
    }

    fn take(&mut self, group: usize, event: crate::ops::logs::source::LogEvent, run: &CommandContext<'_>) -> String {
        let entry = self.requests.entry(group, event);
        if !self.wanted.wants(&entry) {
            return String::new();
        }
        let ready = match &mut self.grouping {
            Some(grouping) => grouping.add(entry),
            None => vec![entry],
        };
        self.text(&ready, run)
    }

    fn rest(&mut self, run: &CommandContext<'_>) -> String {
        let rest = self.grouping.as_mut().map(Grouping::rest).unwrap_or_default();
        rest.iter().map(|entries| self.text(entries, run)).collect()
    }

    fn text(&mut self, entries: &[RequestLine], run: &CommandContext<'_>) -> String {
        self.shown += entries.len();
        let lines = LineFormat { look: &run.output.look, names: &self.names };
        match (self.format, &self.grouping) {
            (OutputFormat::Json, _) => entries.iter().map(|entry| object(entry, &self.names)).collect(),
            (_, Some(_)) => lines.request(entries),
            (_, None) => entries.iter().map(|entry| lines.line(entry)).collect(),
        }
    }
}

type NamedQueries = Vec<(LogQuery, String)>;

/// Where and when a request ran. Its id is asked for where it is whole: then only its streams are read, and only while it ran.
async fn narrow(
    aws: &Aws,
    asked: NamedQueries,
    id: &str,
    from: i64,
    until: Option<i64>,
) -> Result<(NamedQueries, i64, Option<i64>), AwsError> {
    if id.len() < 36 || !id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
        return Ok((asked, from, until));
    }
    let pattern = Some(format!("\"{id}\""));
    let naming: Vec<LogQuery> =
        asked.iter().map(|(ask, _)| LogQuery { pattern: pattern.clone(), ..ask.clone() }).collect();
    let mut narrowed = asked;
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    read(aws, &naming, from, until, |group, event| {
        (first, last) = (first.min(event.at), last.max(event.at));
        let streams = &mut narrowed[group].0.streams;
        if !streams.contains(&event.stream) {
            streams.push(event.stream);
        }
        ControlFlow::Continue(())
    })
    .await?;
    narrowed.retain(|(ask, _)| !ask.streams.is_empty());
    Ok((narrowed, first, Some(last)))
}

/// A log group that is not there: Lambda makes it with the first invocation.
fn no_group(error: AwsError, asks: &[LogQuery]) -> CliFailure {
    if !error.is(Class::NotFound) {
        return error.into();
    }
    let groups: Vec<&str> = asks.iter().map(|ask| ask.group.as_str()).collect();
    let what = format!("there is no log group {}", groups.join(" or "));
    CliFailure::say(
        Exit::Failure,
        what,
        format!(
            "invoke the function once ({}), or name another --log-group or --region",
            advice::command("traffic --function NAME")
        ),
    )
}
