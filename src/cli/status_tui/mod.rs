//! `mlopsctl status --watch`: the loop around the full-screen view. It waits for keys, reads and the clock, tells the model, and draws
//! only when something has changed.

mod app;
mod detail;
mod help;
mod paint;
mod terminal;
#[cfg(test)]
mod tests;
mod view;

use super::CommandContext;
use super::exit::Exit;
use super::failure::CliFailure;
use crate::aws::{Aws, AwsError};
use crate::ops::logs::{self, source::LogQuery};
use crate::ops::status::{HistoryLine, StackStatus, StatusOptions, history, read};
use crate::pipeline::Select;
use crate::report::status as report;
use crate::resources::function::default_log_group;
use crate::spec::BoundSpec;
use app::{TuiEvent, TuiState, Wish};
use futures_util::future::{Either, pending};
use paint::Paint;
use ratatui::crossterm::event::{Event as TerminalEvent, KeyCode, KeyModifiers};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::time::Duration;
use terminal::Terminal;
use tokio::time::{Instant, sleep_until};
use view::view;

/// How far back logs are shown, in seconds, how many lines of them, and how many events are read for that.
const LOGS_REACH: i64 = 600;
const MOST_LINES: usize = 500;
const MOST_EVENTS: usize = 20_000;
/// How many of the last changes of state are shown where there is room.
const CHANGES: usize = 30;

/// What is watched.
pub struct WatchedTarget<'a> {
    pub aws: &'a Aws,
    pub bound: &'a BoundSpec,
    pub select: Select,
    /// Seconds.
    pub interval: i64,
}

type PendingRead<'a> = Pin<Box<dyn Future<Output = TuiEvent> + 'a>>;

impl WatchedTarget<'_> {
    /// Until q, Ctrl-C or a signal.
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let paint = Paint { colour: run.output.look.colour };
        let interval = Duration::from_secs(self.interval.unsigned_abs());
        let mut terminal = Terminal::take()?;
        let mut keys = terminal::events();
        let mut app = TuiState::new(self.aws.clock.now(), self.interval);
        // One read of the stack at a time, and beside it one of what is looked at.
        let mut reading: Option<PendingRead<'_>> = Some(self.read(None));
        let mut asking: Option<PendingRead<'_>> = None;
        let mut next = Instant::now() + interval;
        terminal.draw(|frame| view(frame, &app, paint))?;
        loop {
            let event = tokio::select! {
                key = keys.recv() => match key {
                    Some(TerminalEvent::Key(key)) => {
                        if key.code == KeyCode::Char('l') && key.modifiers.contains(KeyModifiers::CONTROL) {
                            terminal.clear()?;
                        }
                        TuiEvent::Key(key)
                    }
                    Some(_) => TuiEvent::Resized,
                    None => return Err(CliFailure::say(Exit::Failure, "the terminal is gone", "run again in a terminal")),
                },
                event = or_never(&mut reading) => { reading = None; event }
                event = or_never(&mut asking) => { asking = None; event }
                () = sleep_until(next) => {
                    next = Instant::now() + interval;
                    if reading.is_none() {
                        reading = Some(self.read(app.status.clone()));
                    }
                    TuiEvent::Now(self.aws.clock.now())
                }
                () = run.signals.interrupt.wait() => return Ok(run.signals.received().unwrap_or(Exit::Interrupted)),
            };
            let effect = app.update(event);
            match effect.wish {
                None => {}
                Some(Wish::Quit) => return Ok(Exit::Success),
                Some(Wish::Interrupt) => return Ok(Exit::Interrupted),
                Some(Wish::Refresh) => {
                    next = Instant::now() + interval;
                    reading.get_or_insert_with(|| self.read(app.status.clone()));
                }
                Some(Wish::History(alarm)) => asking = Some(self.history(alarm)),
                Some(Wish::Logs(function)) => asking = Some(self.logs(group_of(&app, &function), function)),
            }
            if effect.redraw {
                terminal.draw(|frame| view(frame, &app, paint))?;
            }
        }
    }

    /// The same for a terminal that takes lines only: the whole status, again and again, until a signal.
    pub async fn run_plain(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let interval = Duration::from_secs(self.interval.unsigned_abs());
        let mut previous = None;
        loop {
            let TuiEvent::Read(read) = self.read(previous.take()).await else { return Ok(Exit::Success) };
            match read {
                Ok(status) => {
                    run.output.result(&format!("{}\n", report::text(&status, &run.output.look)))?;
                    previous = Some(*status);
                }
                Err(why) => run.output.complain(&why),
            }
            tokio::select! {
                () = tokio::time::sleep(interval) => {}
                () = run.signals.interrupt.wait() => return Ok(run.signals.received().unwrap_or(Exit::Interrupted)),
            }
        }
    }

    fn read(&self, previous: Option<StackStatus>) -> PendingRead<'_> {
        Box::pin(async move {
            let asking = StatusOptions {
                now: self.aws.clock.now(),
                curves: true,
                changes: CHANGES,
                previous: previous.as_ref(),
            };
            let status = read(self.aws, self.bound, &self.select, asking).await;
            TuiEvent::Read(status.map(Box::new).map_err(words))
        })
    }

    fn history(&self, alarm: String) -> PendingRead<'_> {
        Box::pin(async move {
            let found: Result<Vec<HistoryLine>, _> = history::of_alarm(self.aws, &alarm).await;
            TuiEvent::History(alarm, found.map_err(words))
        })
    }

    fn logs(&self, group: String, function: String) -> PendingRead<'_> {
        Box::pin(async move {
            let lines = self.last_lines(group).await;
            TuiEvent::Logs(function, lines.map_err(words))
        })
    }

    /// What was written to a log group lately, the newest last: time and message.
    async fn last_lines(&self, group: String) -> Result<Vec<String>, AwsError> {
        let ask = LogQuery { group, ..LogQuery::default() };
        let from = (self.aws.clock.now() - LOGS_REACH) * 1_000;
        let (mut lines, mut seen) = (VecDeque::new(), 0);
        let take = |_, event: logs::source::LogEvent| {
            let time = event.at.div_euclid(1_000).rem_euclid(86_400);
            let (hours, minutes, seconds) = (time / 3_600, time / 60 % 60, time % 60);
            lines.push_back(format!("{hours:02}:{minutes:02}:{seconds:02}  {}", event.message.trim_end()));
            if lines.len() > MOST_LINES {
                lines.pop_front();
            }
            seen += 1;
            if seen < MOST_EVENTS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        logs::read(self.aws, &[ask], from, None, take).await?;
        if seen == MOST_EVENTS {
            lines.push_back("... and more, too much for this view: mlopsctl logs shows it".to_owned());
        }
        Ok(lines.into())
    }
}

/// The log group that a function really writes to, as far as that is known.
fn group_of(app: &TuiState, function: &str) -> String {
    let functions = app.status.iter().flat_map(|status| &status.functions);
    let facts = functions.filter(|known| known.name == function).find_map(|known| known.facts.as_ref().ok());
    facts.map_or_else(|| default_log_group(function), |facts| facts.log_group.clone())
}

/// What failed and what to do about it.
fn words(error: impl Into<anyhow::Error>) -> String {
    CliFailure::from(error.into()).to_string()
}

/// What the future becomes; never where there is none.
fn or_never<'a, 'b>(
    future: &'a mut Option<PendingRead<'b>>,
) -> Either<&'a mut PendingRead<'b>, impl Future<Output = TuiEvent>> {
    match future {
        Some(future) => Either::Left(future),
        None => Either::Right(pending()),
    }
}
