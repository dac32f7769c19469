//! Draws a running apply: a bar with the time left on a terminal, one line an event elsewhere.

use super::bar::Bar;
use super::output::Output;
use crate::apply::{Event, Outcome};
use crate::report::apply_text;

pub struct Progress<'a> {
    output: &'a mut Output,
    bar: Bar,
}

impl<'a> Progress<'a> {
    pub fn new(output: &'a mut Output) -> Self {
        Self { output, bar: Bar::default() }
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
                self.bar = Bar::of(*changes, self.output);
                self.bar.message(apply_text::about(*remaining));
            }
            Event::Finished { result, done, remaining, .. } => {
                self.bar.position(*done);
                self.bar.message(apply_text::about(*remaining));
                if matches!(result.outcome, Outcome::Failed { .. }) {
                    self.above(&line);
                }
            }
            Event::Interrupted => self.above(&line),
            Event::Verifying { .. } => self.bar.message(", reading back"),
        }
    }

    pub fn end(self) {
        self.bar.end();
    }

    fn above(&mut self, line: &str) {
        self.bar.above(self.output, line);
    }
}
