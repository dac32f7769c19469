//! Draws a running fleet: a bar with what is being worked on, on a terminal; one line a target elsewhere.

use crate::cli::bar::Bar;
use crate::cli::output::Output;
use crate::fleet::{FleetRow, RunStep, RunStop, TargetRow};
use crate::model::Target;
use crate::report::fleet::text;
use std::collections::BTreeSet;

/// Which targets have a line of their own, where nothing moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressDetail {
    Each,
    /// Of a stage that others follow.
    Failures,
}

pub struct FleetProgress<'a> {
    output: &'a mut Output,
    bar: Bar,
    told: ProgressDetail,
    failed: usize,
}

/// So many of the targets at work are named.
const NAMED: usize = 2;

impl<'a> FleetProgress<'a> {
    pub fn new(output: &'a mut Output, targets: usize, told: ProgressDetail) -> Self {
        let bar = Bar::of(targets, output);
        Self { output, bar, told, failed: 0 }
    }

    pub fn step(&mut self, step: &RunStep<'_, FleetRow>) {
        match step {
            RunStep::Began { running, .. } => self.at_work(running),
            RunStep::Ended { row, done, of, running } => {
                let (line, width) = (text::line(row, &self.output.side), of.to_string().len());
                let failed = row.is_failure();
                self.failed += usize::from(failed);
                self.bar.position(*done);
                if !self.bar.is_there() && (failed || self.told == ProgressDetail::Each) {
                    self.output.say(&format!("[{done:>width$}/{of}] {line}"));
                }
                self.at_work(running);
            }
            RunStep::Stopped { why, left } => {
                let why = match why {
                    RunStop::Interrupted => "interrupted".to_owned(),
                    RunStop::TooManyFailures(failures) => {
                        format!("{failures} failed, as many as --max-failures allows")
                    }
                };
                self.above(&format!("{why}: what runs is finished, {left} not begun"));
            }
        }
    }

    fn at_work(&self, running: &BTreeSet<Target>) {
        let named: Vec<String> = running.iter().take(NAMED).map(Target::to_string).collect();
        let more = running.len().saturating_sub(named.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let failed = if self.failed > 0 { format!(", {} failed", self.failed) } else { String::new() };
        self.bar.message(format!("{failed}  {}{more}", named.join(", ")));
    }

    pub fn end(self) {
        self.bar.end();
    }

    fn above(&mut self, line: &str) {
        self.bar.above(self.output, line);
    }
}
