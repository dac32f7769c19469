//! `check --retry-failed`: what is left of a roster after an earlier run, and the grades of the others.

use super::exit::Exit;
use super::failure::CliFailure;
use super::output::Output;
use super::report_grades;
use super::report_parts::{PartsLeft, files, is_folder, left};
use crate::fleet::{FleetTargets, Shard};
use crate::grade::GradeBook;
use crate::model::Target;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The grade book of an earlier run, and the parts of it that never reported.
pub struct EarlierGrades {
    path: PathBuf,
    book: Option<GradeBook>,
    missing: Vec<Shard>,
    /// The parts that this run's report is of.
    pub parts: Vec<Shard>,
}

impl EarlierGrades {
    /// Of a file, or of a folder that `--report DIR/` named.
    pub fn load(path: &Path, shard: Shard, output: &mut Output) -> Result<Self, CliFailure> {
        if !is_folder(path) {
            let book = Some(report_grades::load(path)?);
            return Ok(Self { path: path.to_owned(), book, missing: Vec::new(), parts: vec![shard] });
        }
        let PartsLeft { read, missing, written } = left(path, shard)?;
        for part in &missing {
            output.say(&format!("part {part} has no report in {}: all of it is read", path.display()));
        }
        let book = match read.is_empty() {
            true => None,
            false => Some(report_grades::books(&files(path, &read))?),
        };
        Ok(Self { path: path.to_owned(), book, missing, parts: written })
    }

    /// Who was not known whole. Students that the earlier run did not have are left alone, but for those of a part that never reported.
    pub fn left(&self, members: FleetTargets) -> FleetTargets {
        let students = self.book.iter().flat_map(|book| &book.students);
        let known: BTreeMap<&Target, bool> = students.map(|student| (&student.target, student.is_known())).collect();
        let never_read = |target: &Target| self.missing.iter().any(|part| part.contains(target));
        let mut list = members.list;
        list.retain(|member| match known.get(&member.target) {
            Some(is_known) => !is_known,
            None => never_read(&member.target),
        });
        FleetTargets { list, ..members }
    }

    /// Puts the grades that stand into a new book, which has to be of the same rubric.
    pub fn keep(self, book: &mut GradeBook) -> Result<(), CliFailure> {
        let Some(earlier) = self.book else { return Ok(()) };
        if !earlier.is_of_the_same_rubric(book) {
            let what = format!("{} was graded by another rubric", self.path.display());
            return Err(CliFailure::say(Exit::Usage, what, "grade everybody again: leave out --retry-failed"));
        }
        book.students.extend(earlier.students.into_iter().filter(|student| student.is_known()));
        Ok(())
    }
}
