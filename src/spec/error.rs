//! Mistakes of a spec as a person reads them: file, line, column, the line itself with a caret, what to do.

use crate::model::node::Span;
use crate::model::problem::Problem;
use crate::model::secret;
use std::fmt;
use unicode_width::UnicodeWidthChar;

/// Columns of a source line that are shown; a longer one is cut around the caret.
const WIDTH: usize = 110;

/// A file with more mistakes is not meant to be a spec.
const MAX_SHOWN: usize = 200;
/// Bytes of a line on each side of the caret that are looked at: enough to see that a text is part of a secret.
const NEIGHBOURHOOD: usize = 4_000;

/// Every mistake of one source, in the order of the source.
#[derive(Debug, Clone)]
pub struct SpecError {
    name: String,
    /// `None` where the mistake is about the file as a whole.
    text: Option<String>,
    problems: Vec<Problem>,
    /// How many more there are than are kept.
    more: usize,
}

/// A mistake with its place, for machines. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Located {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub message: String,
    pub help: Vec<String>,
}

impl SpecError {
    pub fn new(name: &str, text: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|a, b| (a.span.start, &a.message).cmp(&(b.span.start, &b.message)));
        problems.dedup();
        let more = problems.len().saturating_sub(MAX_SHOWN);
        problems.truncate(MAX_SHOWN);
        Self { name: name.to_owned(), text: Some(text.to_owned()), problems, more }
    }

    pub fn without_place(name: &str, problem: Problem) -> Self {
        Self { name: name.to_owned(), text: None, problems: vec![problem], more: 0 }
    }

    pub fn problems(&self) -> Vec<Located> {
        let located = |problem: &Problem| {
            let place = Place::of(self.text.as_deref().unwrap_or_default(), problem.span);
            Located {
                file: self.name.clone(),
                line: place.number,
                column: place.column,
                message: secret::mask(&problem.message),
                help: problem.help.iter().map(|help| secret::mask(help)).collect(),
            }
        };
        self.problems.iter().map(located).collect()
    }
}

impl std::error::Error for SpecError {}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "error: {}", secret::mask(&problem.message))?;
            self.show(f, problem.span, "-->", "^", "")?;
            if let Some((span, words)) = &problem.also {
                self.show(f, *span, ":::", "-", &format!(" {words}"))?;
            }
            for help in &problem.help {
                writeln!(f, "  = help: {}", secret::mask(help))?;
            }
            writeln!(f)?;
        }
        let count = self.problems.len() + self.more;
        write!(f, "{count} {} in {}", if count == 1 { "mistake" } else { "mistakes" }, self.name)?;
        if self.more > 0 {
            write!(f, ", of which the first {MAX_SHOWN} are shown")?;
        }
        Ok(())
    }
}

impl SpecError {
    fn show(&self, f: &mut fmt::Formatter<'_>, span: Span, arrow: &str, caret: &str, words: &str) -> fmt::Result {
        let Some(text) = &self.text else { return Ok(()) };
        let place = Place::of(text, span);
        let margin = " ".repeat(place.number.to_string().len());
        writeln!(f, "{margin}{arrow} {}:{}:{}", self.name, place.number, place.column)?;
        let (line, at, width) = place.drawn();
        writeln!(f, "{margin} |")?;
        writeln!(f, "{} | {}", place.number, line.trim_end())?;
        writeln!(f, "{margin} | {}{}{words}", " ".repeat(at), caret.repeat(width))
    }
}

/// A span as a line of the source and columns in it.
struct Place {
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

impl Place {
    fn of(text: &str, span: Span) -> Self {
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
            number: text[..start].bytes().filter(|b| *b == b'\n').count() + 1,
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
                c if c.is_control() => ("\u{fffd}".to_owned(), 1),
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
