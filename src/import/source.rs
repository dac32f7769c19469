//! A file of another engine as text and tree, and where in it something stands.

use crate::model::node::{Node, Span};
use crate::model::problem::SpecProblem;
use crate::spec::{self, SpecError};
use std::path::Path;

/// A file that was read.
#[derive(Debug)]
pub struct ImportSource {
    pub name: String,
    pub text: String,
    pub root: Node,
}

/// A line and a column, counted from 1, the column in characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FilePosition {
    pub line: usize,
    pub column: usize,
}

impl ImportSource {
    /// Reads a file; `-` is the standard input.
    ///
    /// # Errors
    /// What cannot be read, with its place.
    pub fn read(path: &Path) -> Result<Self, SpecError> {
        let (name, text) = spec::read_foreign_text(path)?;
        Self::of(&name, text)
    }

    /// The same of a text.
    ///
    /// # Errors
    /// As `read`.
    pub fn of(name: &str, text: String) -> Result<Self, SpecError> {
        match spec::parse_foreign(name, &text) {
            Ok(root) => Ok(Self { name: name.to_owned(), text, root }),
            Err(error) => {
                let text = one_list(&text).ok_or(error)?;
                let root = spec::parse_foreign(name, &text)?;
                Ok(Self { name: name.to_owned(), text, root })
            }
        }
    }

    /// A mistake of the file as a whole.
    pub fn mistake(&self, span: Span, message: impl Into<String>, help: impl Into<String>) -> SpecError {
        // It may hold values that are nobody's to see.
        SpecError::new(&self.name, &self.text, vec![SpecProblem::new(span, message).help(help)]).without_lines()
    }

    /// Where these stand, in one walk through the text.
    pub fn positions(&self, spans: &[Span]) -> Vec<FilePosition> {
        let mut order: Vec<usize> = (0..spans.len()).collect();
        order.sort_by_key(|at| spans[*at].start);
        let mut found = vec![FilePosition { line: 1, column: 1 }; spans.len()];
        let mut now = FilePosition { line: 1, column: 1 };
        let mut letters = self.text.char_indices().peekable();
        for at in order {
            while let Some((_, letter)) = letters.next_if(|(place, _)| *place < spans[at].start) {
                match letter {
                    '\n' => now = FilePosition { line: now.line + 1, column: 1 },
                    '\u{feff}' => {}
                    _ => now.column += 1,
                }
            }
            found[at] = now;
        }
        found
    }
}

/// Several JSON documents in a row, as the pages of an answer are kept, as one list; its lines are theirs. `None` of anything else.
fn one_list(text: &str) -> Option<String> {
    let body = text.trim_start_matches('\u{feff}');
    if !body.trim_start().starts_with('{') {
        return None;
    }
    let mut documents = serde_json::Deserializer::from_str(body).into_iter::<serde::de::IgnoredAny>();
    let (mut list, mut from, mut count) = (String::with_capacity(text.len() + 2), 0, 0);
    while let Some(document) = documents.next() {
        document.ok()?;
        let end = documents.byte_offset();
        list.push(if count == 0 { '[' } else { ',' });
        list.push_str(body.get(from..end)?);
        (from, count) = (end, count + 1);
    }
    list.push_str(body.get(from..)?);
    list.push(']');
    (count > 1).then_some(list)
}
