//! The text of a spec as it is shown: a line with a caret under what is meant. Says nothing of what is wrong there.

use crate::model::node::Span;
use crate::model::{secret, visible};
use std::fmt;
use unicode_width::UnicodeWidthChar;

/// Columns of a source line that are shown; a longer one is cut around the caret.
const WIDTH: usize = 110;
/// Bytes of a line on each side of the caret that are looked at: enough to see that a text is part of a secret.
const NEIGHBOURHOOD: usize = 4_000;

/// A file by name, with its text.
#[derive(Debug, Clone)]
pub struct SourceFile<'a> {
    pub name: &'a str,
    pub text: &'a str,
    /// Where comments stand, in the order of the file.
    pub comments: &'a [Span],
    /// The byte at which each line begins.
    pub lines: Vec<usize>,
}

/// Where a span begins and ends on its first line, counted from 1 in characters; `end` is behind the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
    pub end: usize,
}

impl Default for Position {
    fn default() -> Self {
        Self { line: 1, column: 1, end: 1 }
    }
}

impl<'a> SourceFile<'a> {
    pub fn new(name: &'a str, text: &'a str, comments: &'a [Span]) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { name, text, comments, lines: std::iter::once(0).chain(breaks).collect() }
    }

    /// The line of a byte, counted from 0.
    pub fn line_of(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at).saturating_sub(1)
    }

    pub fn position(&self, span: Span) -> Position {
        let place = SourcePosition::of(self, span);
        Position { line: place.number, column: place.column, end: place.column + place.under }
    }

    /// The span's line with a caret, as in a mistake.
    pub fn excerpt(&self, span: Span) -> String {
        let mut text = String::new();
        // A String takes everything.
        let _ = self.show(&mut text, span, "-->", "^", "");
        text
    }

    pub fn show(&self, f: &mut impl fmt::Write, span: Span, arrow: &str, caret: &str, words: &str) -> fmt::Result {
        let place = SourcePosition::of(self, span);
        let margin = " ".repeat(place.number.to_string().len());
        writeln!(f, "{margin}{arrow} {}:{}:{}", self.name, place.number, place.column)?;
        let (line, at, width) = place.drawn();
        writeln!(f, "{margin} |")?;
        writeln!(f, "{} | {}", place.number, line.trim_end())?;
        writeln!(f, "{margin} | {}{}{words}", " ".repeat(at), caret.repeat(width))
    }
}

/// A span as a line of the source and columns in it.
struct SourcePosition {
    number: usize,
    column: usize,
    /// The source line, or the neighbourhood of the caret in a very long one; secrets are masked.
    line: String,
    /// Characters of `line` before the caret, and under it.
    before: usize,
    under: usize,
    /// Whether the source has more before and behind `line`.
    cut: (bool, bool),
}

impl SourcePosition {
    fn of(source: &SourceFile<'_>, span: Span) -> Self {
        let text = source.text;
        let mut start = span.start.min(text.len());
        // A mistake at the very end of a file that ends with a line break belongs to the last line.
        if start == text.len() && start > 0 && text.ends_with('\n') {
            start = text.trim_end().len();
        }
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let mut end = span.end.clamp(start, line_end);
        while !text.is_char_boundary(end) {
            end += 1;
        }
        let boundary = |mut at: usize| {
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let from = boundary(line_start.max(start.saturating_sub(NEIGHBOURHOOD)));
        let to = boundary(line_end.min(start + NEIGHBOURHOOD)).max(start);
        let line = text[from..to].trim_end_matches('\r').trim_start_matches('\u{feff}');
        let count = |part: &str| part.trim_start_matches('\u{feff}').chars().count();
        Self {
            number: source.line_of(start) + 1,
            column: count(&text[line_start..start]) + 1,
            before: count(&text[from..start]),
            under: text[start..end.clamp(start, to)].trim_end().chars().count(),
            line: secret::mask(line),
            cut: (from > line_start, to < line_end),
        }
    }

    /// The line as shown (tabs as spaces, cut where long), the columns before the caret and its width.
    fn drawn(&self) -> (String, usize, usize) {
        let shown: Vec<(String, usize)> = self
            .line
            .chars()
            .map(|c| match c {
                '\t' => ("    ".to_owned(), 4),
                c if visible::hides(c) => ("\u{fffd}".to_owned(), 1),
                c => (c.to_string(), c.width().unwrap_or(0)),
            })
            .collect();
        let widths: Vec<usize> = shown.iter().map(|(_, width)| *width).collect();
        let total: usize = widths.iter().sum();
        let before = self.before.min(shown.len());
        let under = self.under.min(shown.len() - before);
        let (mut from, mut left) = (0, widths[..before].iter().sum::<usize>());
        while left > WIDTH / 2 && total > WIDTH {
            left -= widths[from];
            from += 1;
        }
        let (mut to, mut used) = (from, 0);
        while to < shown.len() && (to <= before || used + widths[to] <= WIDTH) {
            used += widths[to];
            to += 1;
        }
        let head = if from > 0 || self.cut.0 { "…" } else { "" };
        let tail = if to < shown.len() || self.cut.1 { "…" } else { "" };
        let line: String = shown[from..to].iter().map(|(text, _)| text.as_str()).collect();
        let caret = widths[before..(before + under).min(to).max(before)].iter().sum::<usize>().max(1);
        (format!("{head}{line}{tail}"), left + head.chars().count(), caret)
    }
}
