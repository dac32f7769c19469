//! Draws a running fleet: on a terminal a bar with who is being worked on, who has just ended, how many failed and how long the
//! rest takes. Elsewhere lines: one a target of a few, of many the first failures and a count at intervals.

use crate::cli::bar::Bar;
use crate::cli::output::Output;
use crate::fleet::{FleetRow, FleetTarget, RunStep, RunStop, TargetRow};
use crate::model::Target;
use crate::report::fleet::text;
use crate::report::{RenderOptions, apply_text};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Which targets have a line of their own, where nothing moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressDetail {
    Each,
    /// Of a stage that others follow.
    Failures,
}

/// A row that has a line while a run goes on.
pub trait ProgressRow: TargetRow {
    fn line(&self, look: &RenderOptions) -> String;
    fn target(&self) -> &Target;
}

impl ProgressRow for FleetRow {
    fn line(&self, look: &RenderOptions) -> String {
        text::line(self, look)
    }

    fn target(&self) -> &Target {
        &self.target
    }
}

pub struct FleetProgress<'a> {
    output: &'a mut Output,
    bar: Bar,
    told: ProgressDetail,
    /// By which people know the targets.
    names: BTreeMap<Target, String>,
    done: usize,
    failed: usize,
    /// Who ended last.
    last: Option<Target>,
    began: Instant,
    /// When the last line was written, where nothing moves.
    said: Instant,
}

/// So many of the targets at work are named.
const NAMED: usize = 2;
/// Of so many targets each can have a line; of more the first failures have one, and the rest is counted.
const FEW: usize = 20;
const FAILURES: usize = 5;
/// Many targets are counted each tenth of them, and each so often.
const TENTHS: usize = 10;
const OFTEN: Duration = Duration::from_secs(15);

impl<'a> FleetProgress<'a> {
    pub fn new(output: &'a mut Output, members: &[FleetTarget], told: ProgressDetail) -> Self {
        let bar = Bar::of(members.len(), output);
        let name = |member: &FleetTarget| {
            let name = crate::grade::who(&member.columns);
            (member.target.clone(), name.map_or_else(|| member.target.to_string(), str::to_owned))
        };
        let (names, now) = (members.iter().map(name).collect(), Instant::now());
        Self { output, bar, told, names, done: 0, failed: 0, last: None, began: now, said: now }
    }

    pub fn step<R: ProgressRow>(&mut self, step: &RunStep<'_, R>) {
        match step {
            RunStep::Began { running, .. } => self.at_work(running),
            RunStep::Ended { row, done, of, running } => {
                self.done = *done;
                self.failed += usize::from(row.is_failure());
                self.last = Some(row.target().clone());
                self.bar.position(*done);
                if !self.bar.is_there() {
                    self.plain(*row, *of, running);
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

    /// A line, where the row is worth one or a count is due.
    fn plain<R: ProgressRow>(&mut self, row: &R, of: usize, running: &BTreeSet<Target>) {
        let width = of.to_string().len();
        let lead = format!("[{:>width$}/{of}]", self.done);
        let is_told = match (row.is_failure(), of <= FEW) {
            (true, is_few) => is_few || self.failed <= FAILURES,
            (false, is_few) => is_few && self.told == ProgressDetail::Each,
        };
        if is_told {
            let line = row.line(&self.output.side);
            self.output.say(&format!("{lead} {line}"));
        } else if of > FEW && (self.done.is_multiple_of(of.div_ceil(TENTHS)) || self.said.elapsed() >= OFTEN) {
            let (failed, left) = (self.failures(), self.left(of));
            let (failed, left) = (failed.trim_start_matches(", "), left.trim_start_matches(", "));
            let at_work = if running.is_empty() { String::new() } else { format!("at work: {}", self.named(running)) };
            let parts = [self.stage().trim_start().to_owned(), failed.to_owned(), left.to_owned(), at_work];
            let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            self.output.say(format!("{lead} {}", parts.join(", ")).trim_end());
        } else {
            return;
        }
        self.said = Instant::now();
    }

    fn at_work(&self, running: &BTreeSet<Target>) {
        let last = self.last.as_ref().filter(|last| !running.contains(last)).map(|last| self.name(last));
        let last = last.map(|last| format!("; done: {last}")).unwrap_or_default();
        let left = self.left(self.names.len());
        let (stage, failed) = (self.stage(), self.failures());
        self.bar.message(format!("{stage}{failed}{left}  {}{last}", self.named(running)));
    }

    /// What is done to the targets, where it is not the whole of it.
    fn stage(&self) -> &'static str {
        if self.told == ProgressDetail::Failures { " read" } else { "" }
    }

    fn failures(&self) -> String {
        if self.failed > 0 { format!(", {} failed", self.failed) } else { String::new() }
    }

    /// `, about 2m left`, as fast as it went so far.
    fn left(&self, of: usize) -> String {
        let Ok(done) = u32::try_from(self.done) else { return String::new() };
        let Some(each) = self.began.elapsed().checked_div(done) else { return String::new() };
        let left = u32::try_from(of - self.done.min(of)).unwrap_or(u32::MAX);
        match apply_text::about(each.saturating_mul(left)) {
            about if about.is_empty() => about,
            about => format!("{about} left"),
        }
    }

    /// `Ada, Bob and 30 more`.
    fn named(&self, running: &BTreeSet<Target>) -> String {
        let named: Vec<&str> = running.iter().take(NAMED).map(|target| self.name(target)).collect();
        let more = running.len().saturating_sub(named.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}", named.join(", "))
    }

    fn name<'b>(&'b self, target: &'b Target) -> &'b str {
        self.names.get(target).map_or(target.account.as_str(), String::as_str)
    }

    pub fn end(self) {
        self.bar.end();
    }

    fn above(&mut self, line: &str) {
        self.bar.above(self.output, line);
    }
}
