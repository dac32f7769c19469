//! Draws a running apply: a bar with the time left on a terminal, one line an event elsewhere.

use super::bar::Bar;
use super::output::Output;
use crate::apply::{ApplyEvent, ApplyOutcome};
use crate::report::apply_text;

pub struct TargetProgress<'a> {
    output: &'a mut Output,
    bar: Bar,
}

impl<'a> TargetProgress<'a> {
    pub fn new(output: &'a mut Output) -> Self {
        Self { output, bar: Bar::default() }
    }

    pub fn event(&mut self, event: &ApplyEvent) {
        // What an interrupt leaves undone is no event to tell; the report counts it.
        if matches!(event, ApplyEvent::Finished { result, .. } if result.outcome == ApplyOutcome::NotStarted) {
            return;
        }
        let line = apply_text::event(event, &self.output.side);
        if !self.output.can_animate() {
            self.output.say(&line);
            return;
        }
        match event {
            ApplyEvent::Started { changes, remaining, .. } => {
                self.bar = Bar::of(*changes, self.output);
                self.bar.message(apply_text::about(*remaining));
            }
            ApplyEvent::Finished { result, done, remaining, .. } => {
                self.bar.position(*done);
                self.bar.message(apply_text::about(*remaining));
                if matches!(result.outcome, ApplyOutcome::Failed { .. }) {
                    self.above(&line);
                }
            }
            ApplyEvent::Muted { .. } | ApplyEvent::Interrupted => self.above(&line),
            ApplyEvent::Verifying { .. } => self.bar.message(", reading back"),
        }
    }

    pub fn end(self) {
        self.bar.end();
    }

    fn above(&mut self, line: &str) {
        self.bar.above(self.output, line);
    }
}
