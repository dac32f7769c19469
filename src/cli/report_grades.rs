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
