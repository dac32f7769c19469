//! One line a target of a running fleet: what CI keeps.

use super::{Look, Tone};
use crate::fleet::{FleetReport, Row, State};

/// `[12/100] 111122223333 us-east-1  in sync`.
pub fn row(row: &Row, done: usize, of: usize, look: &Look) -> String {
    let width = of.to_string().len();
    let tone = match row.state {
        State::InSync | State::Applied => Tone::Good,
        State::Pending => Tone::Careful,
        State::NotStarted => Tone::Quiet,
        State::Blocked | State::Partial | State::Failed => Tone::Bad,
    };
    let why = row.failure.as_ref().map(|failure| failure.message.as_str()).unwrap_or_default();
    let why = if why.is_empty() { String::new() } else { format!(": {}", super::mask::text(why)) };
    format!("[{done:>width$}/{of}] {}  {}{why}", row.target, look.paint(tone, word(row.state)))
}

fn word(state: State) -> &'static str {
    match state {
        State::InSync => "in sync",
        State::Applied => "applied",
        State::Pending => "changes pending",
        State::NotStarted => "not begun",
        State::Blocked => "blocked",
        State::Partial => "partial",
        State::Failed => "failed",
    }
}

/// A row a target, and the counts of the ways in which they ended.
pub fn table(report: &FleetReport, look: &Look) -> String {
    let lines: String = report.rows.iter().map(|r| row(r, 1, 1, look) + "\n").collect();
    format!("{lines}{} targets\n", report.rows.len())
}
