//! `check --retry-failed`: what is left of a roster after an earlier run, and the grades of the others.

use super::exit::Exit;
use super::failure::CliFailure;
use crate::fleet::FleetTargets;
use crate::grade::{GradeBook, Heading};
use crate::model::{Target, file};
use anyhow::Context;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Bytes of a report that is read.
const MOST: u64 = 1 << 30;

/// A grade book of an earlier run.
pub struct EarlierGrades {
    path: PathBuf,
    book: GradeBook,
}

impl EarlierGrades {
    pub fn load(path: &Path) -> Result<Self, CliFailure> {
        let text = file::read_text(path, MOST);
        let text = text.with_context(|| format!("could not read the report {}", path.display()))?;
        let book = serde_json::from_str(&text).map_err(|error| {
            let what = format!("{} is no report of check: {error}", path.display());
            CliFailure::say(Exit::Usage, what, "name a file that `mlopsctl check --report FILE.json` wrote")
        })?;
        Ok(Self { path: path.to_owned(), book })
    }

    /// Who was not known whole. Students that the earlier run did not have are left alone.
    pub fn left(&self, members: FleetTargets) -> FleetTargets {
        let again: BTreeSet<&Target> =
            self.book.students.iter().filter(|student| !student.is_known()).map(|student| &student.target).collect();
        let mut list = members.list;
        list.retain(|member| again.contains(&member.target));
        FleetTargets { list, ..members }
    }

    /// Puts the grades that stand into a new book, which has to be of the same rubric.
    pub fn keep(self, book: &mut GradeBook) -> Result<(), CliFailure> {
        // Points are written rounded.
        let alike = |(a, b): (&Heading, &Heading)| a.name == b.name && (a.points - b.points).abs() < 0.01;
        let is_same = self.book.format_version == book.format_version
            && self.book.title == book.title
            && self.book.items.len() == book.items.len()
            && self.book.items.iter().zip(&book.items).all(alike);
        if !is_same {
            let what = format!("{} was graded by another rubric", self.path.display());
            return Err(CliFailure::say(Exit::Usage, what, "grade everybody again: leave out --retry-failed"));
        }
        book.students.extend(self.book.students.into_iter().filter(|student| student.is_known()));
        Ok(())
    }
}
