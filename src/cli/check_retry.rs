//! `check --retry-failed`: what is left of a roster after an earlier run, and the grades of the others.

use super::exit::Exit;
use super::failure::CliFailure;
use super::report_grades;
use crate::fleet::FleetTargets;
use crate::grade::GradeBook;
use crate::model::Target;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A grade book of an earlier run.
pub struct EarlierGrades {
    path: PathBuf,
    book: GradeBook,
}

impl EarlierGrades {
    pub fn load(path: &Path) -> Result<Self, CliFailure> {
        let book = report_grades::load(path)?;
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
        if !self.book.is_of_the_same_rubric(book) {
            let what = format!("{} was graded by another rubric", self.path.display());
            return Err(CliFailure::say(Exit::Usage, what, "grade everybody again: leave out --retry-failed"));
        }
        book.students.extend(self.book.students.into_iter().filter(|student| student.is_known()));
        Ok(())
    }
}
