//! Values become text here: for people, for programs, for pull requests. Never prints, never reads, never asks AWS.

pub mod accounts;
pub mod apply_text;
pub mod backtest;
pub mod budget;
pub mod budgeted;
pub mod calls;
pub mod cost;
pub mod csv;
pub mod dashboard;
pub mod drift;
pub mod existing;
pub mod failure;
mod field_text;
mod figures;
mod finding_ids;
pub mod fleet;
pub mod grade;
pub mod html;
pub mod import;
pub mod json;
mod json_value;
pub mod junit;
pub mod layout;
pub mod lint;
pub mod markdown;
pub mod mask;
pub mod phrase;
pub mod plan_text;
pub mod sandbox;
pub mod schemas;
pub mod sparkline;
pub mod status;
mod table;
#[cfg(test)]
pub mod testing;
pub mod unit_test;
pub mod watch;

use anstyle::{AnsiColor, Style};

/// How text for people is to look.
#[derive(Debug, Clone, Copy)]
pub struct RenderOptions {
    pub colour: bool,
    /// Columns.
    pub width: usize,
    /// Also what did not change, and nothing folded.
    pub verbose: bool,
}

impl RenderOptions {
    /// Uncoloured, for what is no terminal.
    pub const PLAIN: RenderOptions = RenderOptions { colour: false, width: 120, verbose: false };

    fn paint(&self, tone: Tone, text: &str) -> String {
        if !self.colour || text.trim().is_empty() {
            return text.to_owned();
        }
        let style = tone.style();
        format!("{style}{text}{style:#}")
    }
}

/// What a colour means; it only repeats what a symbol or a word says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Strong,
    Good,
    Careful,
    Bad,
    Special,
    Quiet,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Tone::Strong => Style::new().bold(),
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Careful => AnsiColor::Yellow.on_default(),
            Tone::Bad => AnsiColor::Red.on_default(),
            Tone::Special => AnsiColor::Cyan.on_default(),
            Tone::Quiet => Style::new().dimmed(),
        }
    }
}

/// `1 change`, `7 changes`.
pub fn count(n: usize, singular: &str) -> String {
    if n == 1 { format!("1 {singular}") } else { format!("{n} {singular}s") }
}
