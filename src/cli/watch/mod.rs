//! `mlopsctl status --watch`: the loop around the full-screen view. It waits for keys, reads and the clock, tells the model, and draws
//! only when something has changed.

mod app;
mod detail;
mod help;
mod terminal;
#[cfg(test)]
mod tests;
mod view;

use super::Run;
use super::exit::Exit;
use super::failure::Failure;
use crate::aws::Aws;
use crate::fleet::Select;
use crate::spec::Bound;
use crate::watch::status::{Asking, Happened, Status, history, read};
use app::{App, Event, Wish};
use futures_util::future::{Either, pending};
use ratatui::crossterm::event::{Event as TerminalEvent, KeyCode, KeyModifiers};
use std::pin::Pin;
use std::time::Duration;
use terminal::Terminal;
use tokio::time::{Instant, sleep_until};
use view::{Paint, view};

/// How many of the last changes of state are shown where there is room.
const CHANGES: usize = 30;

/// What is watched.
pub struct Watched<'a> {
    pub aws: &'a Aws,
    pub bound: &'a Bound,
    pub select: Select,
    /// Seconds.
    pub interval: i64,
}

type Asked<'a> = Pin<Box<dyn Future<Output = Event> + 'a>>;

impl Watched<'_> {
    /// Until q, Ctrl-C or a signal.
    pub async fn run(&self, run: &mut Run<'_>) -> Result<Exit, Failure> {
        let paint = Paint { colour: run.output.look.colour };
        let interval = Duration::from_secs(self.interval.unsigned_abs());
        let mut terminal = Terminal::take()?;
        let mut keys = terminal::events();
        let mut app = App::new(self.aws.now(), self.interval);
        // One read of the stack at a time, and beside it one of what is looked at.
        let mut reading: Option<Asked<'_>> = Some(self.read(None));
        let mut asking: Option<Asked<'_>> = None;
        let mut next = Instant::now() + interval;
        terminal.draw(|frame| view(frame, &app, paint))?;
        loop {
            let event = tokio::select! {
                key = keys.recv() => match key {
                    Some(TerminalEvent::Key(key)) => {
                        if key.code == KeyCode::Char('l') && key.modifiers.contains(KeyModifiers::CONTROL) {
                            terminal.clear()?;
                        }
                        Event::Key(key)
                    }
                    Some(_) => Event::Resized,
                    None => return Err(Failure::say(Exit::Failure, "the terminal is gone", "run again in a terminal")),
                },
                event = or_never(&mut reading) => { reading = None; event }
                event = or_never(&mut asking) => { asking = None; event }
                () = sleep_until(next) => {
                    next = Instant::now() + interval;
                    if reading.is_none() {
                        reading = Some(self.read(app.status.clone()));
                    }
                    Event::Now(self.aws.now())
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
                Some(Wish::Logs(function)) => asking = Some(self.logs(function)),
            }
            if effect.redraw {
                terminal.draw(|frame| view(frame, &app, paint))?;
            }
        }
    }

    fn read(&self, previous: Option<Status>) -> Asked<'_> {
        Box::pin(async move {
            let asking = Asking { now: self.aws.now(), curves: true, changes: CHANGES, previous: previous.as_ref() };
            let status = read(self.aws, self.bound, &self.select, asking).await;
            Event::Read(status.map(Box::new).map_err(words))
        })
    }

    fn history(&self, alarm: String) -> Asked<'_> {
        Box::pin(async move {
            let found: Result<Vec<Happened>, _> = history::of_alarm(self.aws, &alarm).await;
            Event::History(alarm, found.map_err(words))
        })
    }

    fn logs(&self, function: String) -> Asked<'_> {
        let how = format!("mlopsctl logs {function} --since 1h");
        Box::pin(async move { Event::Logs(function, Ok(vec![how])) })
    }
}

/// What failed and what to do about it.
fn words(error: impl Into<anyhow::Error>) -> String {
    Failure::from(error.into()).to_string()
}

/// What the future becomes; never where there is none.
fn or_never<'a, 'b>(future: &'a mut Option<Asked<'b>>) -> Either<&'a mut Asked<'b>, impl Future<Output = Event>> {
    match future {
        Some(future) => Either::Left(future),
        None => Either::Right(pending()),
    }
}
