//! Draws a running fleet: a bar with what is being worked on, on a terminal; one line a target elsewhere.

use crate::cli::output::Output;
use crate::fleet::{State, Step, Stop};
use crate::model::Target;
use crate::report::fleet::text;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeSet;
use std::time::Duration;

/// Which targets have a line of their own, where nothing moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Each,
    /// Of a stage that others follow.
    Failures,
}

pub struct Progress<'a> {
    output: &'a mut Output,
    bar: Option<ProgressBar>,
    told: Told,
    failed: usize,
}

/// So many of the targets at work are named.
const NAMED: usize = 2;

impl<'a> Progress<'a> {
    pub fn new(output: &'a mut Output, targets: usize, told: Told) -> Self {
        let bar = output.can_animate().then(|| {
            let bar = ProgressBar::with_draw_target(Some(targets as u64), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len}{msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        Self { output, bar, told, failed: 0 }
    }

    pub fn step(&mut self, step: &Step<'_>) {
        match step {
            Step::Began { running, .. } => self.at_work(running),
            Step::Ended { row, done, of, running } => {
                let (line, width) = (text::line(row, &self.output.side), of.to_string().len());
                let failed = row.state >= State::Blocked;
                self.failed += usize::from(failed);
                match &self.bar {
                    Some(bar) => bar.set_position(*done as u64),
                    None if failed || self.told == Told::Each => {
                        self.output.say(&format!("[{done:>width$}/{of}] {line}"))
                    }
                    None => {}
                }
                self.at_work(running);
            }
            Step::Stopped { why, left } => {
                let why = match why {
                    Stop::Interrupted => "interrupted".to_owned(),
                    Stop::TooManyFailures(failures) => format!("{failures} failed, as many as --max-failures allows"),
                };
                self.above(&format!("{why}: what runs is finished, {left} not begun"));
            }
        }
    }

    fn at_work(&self, running: &BTreeSet<Target>) {
        let Some(bar) = &self.bar else { return };
        let named: Vec<String> = running.iter().take(NAMED).map(Target::to_string).collect();
        let more = running.len().saturating_sub(named.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let failed = if self.failed > 0 { format!(", {} failed", self.failed) } else { String::new() };
        bar.set_message(format!("{failed}  {}{more}", named.join(", ")));
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
