//! Draws a running fleet: a bar with what is being worked on, on a terminal; one line a target elsewhere.

use crate::cli::bar::Bar;
use crate::cli::output::Output;
use crate::fleet::{Row, Step, Stop, TargetRow};
use crate::model::Target;
use crate::report::fleet::text;
use std::collections::BTreeSet;

/// Which targets have a line of their own, where nothing moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Each,
    /// Of a stage that others follow.
    Failures,
}

pub struct Progress<'a> {
    output: &'a mut Output,
    bar: Bar,
    told: Told,
    failed: usize,
}

/// So many of the targets at work are named.
const NAMED: usize = 2;

impl<'a> Progress<'a> {
    pub fn new(output: &'a mut Output, targets: usize, told: Told) -> Self {
        let bar = Bar::of(targets, output);
        Self { output, bar, told, failed: 0 }
    }

    pub fn step(&mut self, step: &Step<'_, Row>) {
        match step {
            Step::Began { running, .. } => self.at_work(running),
            Step::Ended { row, done, of, running } => {
                let (line, width) = (text::line(row, &self.output.side), of.to_string().len());
                let failed = row.is_failure();
                self.failed += usize::from(failed);
                self.bar.position(*done);
                if !self.bar.is_there() && (failed || self.told == Told::Each) {
                    self.output.say(&format!("[{done:>width$}/{of}] {line}"));
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
