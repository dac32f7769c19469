//! `report merge` and `report show` of grade books, which `check --report FILE.json` wrote.

use super::check;
use super::exit::Exit;
use super::failure::CliFailure;
use super::output::{Output, write_file};
use super::report::ReportFormat;
use crate::grade::GradeBook;
use crate::model::file;
use crate::report::RenderOptions;
use anyhow::Context;
use std::path::{Path, PathBuf};

/// Bytes of a report that is read.
const MOST: u64 = 1 << 30;

/// Reads a grade book.
pub fn load(path: &Path) -> Result<GradeBook, CliFailure> {
    let text = file::read_text(path, MOST);
    let text = text.with_context(|| format!("could not read the report {}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| {
        let what = format!("{} is no report of check: {error}", path.display());
        CliFailure::say(Exit::Usage, what, "name a file that `mlopsctl check --report FILE.json` wrote")
    })
}

/// The grade books of these files as one; `None` where the first file holds none, so that they are something else.
pub fn merged(files: &[PathBuf]) -> Result<Option<GradeBook>, CliFailure> {
    let mut books = Vec::new();
    for path in files {
        let book = match load(path) {
            Err(_) if books.is_empty() => return Ok(None),
            book => book?,
        };
        books.push((path.display().to_string(), book));
    }
    GradeBook::merge(books).map_err(|error| {
        let remedy =
            "name the grade books of one class: the same rubric and roster, a file a shard, each account graded once";
        CliFailure::say(Exit::Usage, error.to_string(), remedy)
    })
}

/// Writes a book; how it ends where it is the whole class.
pub fn write(
    book: &GradeBook,
    format: Option<ReportFormat>,
    out: Option<&Path>,
    output: &mut Output,
) -> Result<Exit, CliFailure> {
    let look = output.look;
    match out {
        None => output.result(&check::render(format.unwrap_or_default(), book, look.verbose, &look))?,
        Some(path) => {
            let format = format.map_or_else(|| ReportFormat::of(path), Ok)?;
            write_file(path, &check::render(format, book, true, &RenderOptions::PLAIN))?;
            output.say(&format!("written: {}", path.display()));
        }
    }
    if book.missing() > 0 {
        let (missing, all) = (book.missing(), book.targets.unwrap_or_default());
        output.complain(&format!(
            "error: {missing} of {all} accounts of the roster are in none of the files\n  fix: run check again for the parts that are missing"
        ));
    }
    let is_whole = book.missing() == 0 && book.students.iter().all(|student| student.is_known());
    Ok(if is_whole { Exit::Success } else { Exit::Partial })
}
