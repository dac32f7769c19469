//! Mistakes of a spec as a person reads them: file, line, column, the line itself with a caret, what to do.

use super::source::SourceFile;
use crate::model::node::Span;
use crate::model::problem::SpecProblem;
use crate::model::secret;
use std::fmt;

/// A file with more mistakes is not meant to be a spec.
const MAX_SHOWN: usize = 200;

/// Every mistake of one source, in the order of the source.
#[derive(Debug, Clone, thiserror::Error)]
pub struct SpecError {
    name: String,
    /// `None` where the mistake is about the file as a whole.
    text: Option<String>,
    problems: Vec<SpecProblem>,
    /// How many more there are than are kept.
    more: usize,
    /// Whether the lines themselves are shown; their places always are.
    lines: bool,
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
    pub fn new(name: &str, text: &str, mut problems: Vec<SpecProblem>) -> Self {
        problems.sort_by(|a, b| (a.span.start, &a.message).cmp(&(b.span.start, &b.message)));
        problems.dedup();
        let more = problems.len().saturating_sub(MAX_SHOWN);
        problems.truncate(MAX_SHOWN);
        Self { name: name.to_owned(), text: Some(text.to_owned()), problems, more, lines: true }
    }

    pub fn without_place(name: &str, problem: SpecProblem) -> Self {
        Self { name: name.to_owned(), text: None, problems: vec![problem], more: 0, lines: true }
    }

    /// The same mistakes, but no line of the file is shown: it may hold a secret.
    pub fn without_lines(self) -> Self {
        Self { lines: false, ..self }
    }

    /// The mistakes with their places as bytes of the text.
    pub(super) fn raw(&self) -> &[SpecProblem] {
        &self.problems
    }

    pub fn problems(&self) -> Vec<Located> {
        let source = self.source();
        let located = |problem: &SpecProblem| {
            let place = source.as_ref().map(|source| source.position(problem.span)).unwrap_or_default();
            Located {
                file: self.name.clone(),
                line: place.line,
                column: place.column,
                message: secret::hide(&problem.message),
                help: problem.help.iter().map(|help| secret::hide(help)).collect(),
            }
        };
        self.problems.iter().map(located).collect()
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "error: {}", secret::hide(&problem.message))?;
            self.show(f, problem.span, "-->", "^", "")?;
            if let Some((span, words)) = &problem.also {
                self.show(f, *span, ":::", "-", &format!(" {words}"))?;
            }
            for help in &problem.help {
                writeln!(f, "  = help: {}", secret::hide(help))?;
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
        match self.source() {
            Some(source) if self.lines => source.show(f, span, arrow, caret, words),
            Some(source) => {
                let place = source.position(span);
                writeln!(
                    f,
                    " {arrow} {}:{}:{} (the line is not shown: it may hold a secret)",
                    self.name, place.line, place.column
                )
            }
            None => Ok(()),
        }
    }

    fn source(&self) -> Option<SourceFile<'_>> {
        self.text.as_deref().map(|text| SourceFile::new(&self.name, text, &[]))
    }
}
