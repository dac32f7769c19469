//! Draws a running apply: a bar with the time left on a terminal, one line an event elsewhere.

use super::output::Output;
use crate::apply::{Event, Outcome};
use crate::report::apply_text;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

pub struct Progress<'a> {
    output: &'a mut Output,
    bar: Option<ProgressBar>,
}

impl<'a> Progress<'a> {
    pub fn new(output: &'a mut Output) -> Self {
        Self { output, bar: None }
    }

    pub fn event(&mut self, event: &Event) {
        // What an interrupt leaves undone is no event to tell; the report counts it.
        if matches!(event, Event::Finished { result, .. } if result.outcome == Outcome::NotStarted) {
            return;
        }
        let line = apply_text::event(event, &self.output.side);
        if !self.output.can_animate() {
            self.output.say(&line);
            return;
        }
        match event {
            Event::Started { changes, remaining, .. } => {
                let bar = ProgressBar::with_draw_target(Some(*changes as u64), ProgressDrawTarget::stderr());
                if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len}{msg}") {
                    bar.set_style(style);
                }
                bar.set_message(apply_text::about(*remaining));
                bar.enable_steady_tick(Duration::from_millis(250));
                self.bar = Some(bar);
            }
            Event::Finished { result, done, remaining, .. } => {
                if let Some(bar) = &self.bar {
                    bar.set_position(*done as u64);
                    bar.set_message(apply_text::about(*remaining));
                }
                if matches!(result.outcome, Outcome::Failed { .. }) {
                    self.above(&line);
                }
            }
            Event::Interrupted { .. } => self.above(&line),
            Event::Throttled { .. } => {
                if let Some(bar) = &self.bar {
                    bar.set_message(", throttled by AWS");
                }
            }
            Event::Verifying { .. } => {
                if let Some(bar) = &self.bar {
                    bar.set_message(", reading back");
                }
            }
        }
    }

    /// Takes the bar away, so that what follows stands alone.
    pub fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }

    fn above(&mut self, line: &str) {
        let output = &mut self.output;
        match &self.bar {
            Some(bar) => bar.suspend(|| output.say(line)),
            None => output.say(line),
        }
    }
}
