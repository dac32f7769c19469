//! The moving bar of a run on a terminal, and lines that stay above it. Where nothing can move there is no bar.

use super::output::Output;
use crate::report::mask;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

#[derive(Debug, Default)]
pub struct Bar(Option<ProgressBar>);

impl Bar {
    /// A bar of so many steps, where one can be seen.
    pub fn of(steps: usize, output: &Output) -> Self {
        if !output.can_animate() {
            return Self::default();
        }
        let bar = ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:20} {pos}/{len}{wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        Self(Some(bar))
    }

    pub fn is_there(&self) -> bool {
        self.0.is_some()
    }

    pub fn position(&self, done: usize) {
        if let Some(bar) = &self.0 {
            bar.set_position(done as u64);
        }
    }

    pub fn message(&self, text: impl Into<String>) {
        if let Some(bar) = &self.0 {
            bar.set_message(mask::printed(&text.into()).into_owned());
        }
    }

    /// A line that stays.
    pub fn above(&self, output: &mut Output, line: &str) {
        match &self.0 {
            Some(bar) => bar.suspend(|| output.say(line)),
            None => output.say(line),
        }
    }

    /// Takes the bar away, so that what follows has its lines to itself.
    pub fn end(self) {
        if let Some(bar) = self.0 {
            bar.finish_and_clear();
        }
    }
}
