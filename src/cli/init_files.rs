//! The files that `mlopsctl init` makes: a spec, and beside it the schema for editors. What is there already is left alone.

use super::CommandContext;
use super::exit::Exit;
use super::failure::CliFailure;
use crate::model::file::Readers;
use crate::model::{advice, file};
use crate::spec::WrittenSpec;
use anyhow::Context;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Beside the spec.
pub const SCHEMA_FILE: &str = "alarms.schema.json";

/// Writes a new file; one that is there is left alone.
pub fn make(path: &Path, text: &str) -> Result<(), CliFailure> {
    match file::make(path, text.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(exists(path)),
        made => made.with_context(|| format!("could not write {}", path.display()))?,
    }
    Ok(())
}

/// Writes the spec and, for its owner alone, the values of its variables; returns the file of these. What is there stays.
pub fn put(path: &Path, written: &WrittenSpec) -> Result<Option<PathBuf>, CliFailure> {
    let values = values_path(path);
    let has_values = !written.variables.is_empty();
    if has_values && values.exists() {
        return Err(exists(&values));
    }
    // A spec is read again: it is to say what exists, and no terminal shows it.
    make(path, &written.text)?;
    if !has_values {
        return Ok(None);
    }
    file::replace(&values, written.values_text().as_bytes(), Readers::Owner)
        .with_context(|| format!("could not write {}", values.display()))?;
    Ok(Some(values))
}

/// The file of the variables' values, beside the spec.
fn values_path(spec: &Path) -> PathBuf {
    let stem = spec.file_stem().unwrap_or_default().to_string_lossy();
    spec.with_file_name(format!("{stem}.vars.yaml"))
}

/// What the spec's first line names: an editor finds it offline, and it fits this version. One that is there stays.
pub fn write_schema(spec: &Path, run: &mut CommandContext<'_>) -> Result<(), CliFailure> {
    let path = spec.with_file_name(SCHEMA_FILE);
    match file::make(&path, format!("{:#}\n", crate::spec::schema()).as_bytes()) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        made => made.with_context(|| format!("could not write {}", path.display()))?,
    }
    let renew = advice::command(&format!("schema > {SCHEMA_FILE}"));
    run.output.say(&format!("{}: for editors; {renew} renews it after an update", path.display()));
    Ok(())
}

pub fn exists(path: &Path) -> CliFailure {
    let what = format!("{} exists and was left alone", path.display());
    CliFailure::say(Exit::Failure, what, "name another file with --file")
}
