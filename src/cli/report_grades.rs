//! Saved grade books, which `check --report FILE.json` wrote: read again, and those of shards joined.

use super::exit::Exit;
use super::failure::CliFailure;
use crate::grade::GradeBook;
use crate::model::file;
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
    match files.first().is_some_and(|first| load(first).is_ok()) {
        true => books(files).map(Some),
        false => Ok(None),
    }
}

/// The grade books of these files as one; there is at least one.
pub fn books(files: &[PathBuf]) -> Result<GradeBook, CliFailure> {
    let named = |path: &PathBuf| Ok((path.display().to_string(), load(path)?));
    let books = files.iter().map(named).collect::<Result<Vec<_>, CliFailure>>()?;
    let remedy =
        "name the grade books of one class: the same rubric and roster, a file a shard, each account graded once";
    match GradeBook::merge(books) {
        Ok(Some(book)) => Ok(book),
        Ok(None) => Err(CliFailure::say(Exit::Usage, "there is no grade book", remedy)),
        Err(error) => Err(CliFailure::say(Exit::Usage, error.to_string(), remedy)),
    }
}
