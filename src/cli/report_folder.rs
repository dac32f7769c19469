//! A folder of reports, a file a part: written by `--report DIR/`, read by `report merge DIR/` and `--retry-failed DIR/`. Whoever
//! does a part again replaces its file, so that the folder always holds the last word on each.

use super::exit::Exit;
use super::failure::CliFailure;
use super::report::{self, ReportFormat};
use crate::fleet::{FleetReport, Merged, ReportPart, Shard};
use anyhow::Context;
use std::path::{Path, PathBuf};

/// Whether a path names a folder: by how it is written, or because there is one.
pub fn is_folder(path: &Path) -> bool {
    path.to_string_lossy().ends_with(std::path::is_separator) || path.is_dir()
}

/// Where `--report` saves.
pub enum ReportPlace {
    File(PathBuf, ReportFormat),
    Folder(PathBuf),
}

impl ReportPlace {
    /// A file by its ending, or a folder, which is made: what cannot be written is said before anything is done.
    pub fn of(path: &Path) -> Result<Self, CliFailure> {
        if !is_folder(path) {
            return Ok(Self::File(path.to_owned(), ReportFormat::of(path)?));
        }
        std::fs::create_dir_all(path).with_context(|| format!("could not make the folder {}", path.display()))?;
        Ok(Self::Folder(path.to_owned()))
    }

    /// Saves a report, in a folder as these parts.
    pub fn save(&self, found: &FleetReport, parts: &[ReportPart]) -> Result<(), CliFailure> {
        let folder = match self {
            Self::File(path, format) => return report::save(path, *format, found),
            Self::Folder(folder) => folder,
        };
        let rows = |shard: Shard| found.rows.iter().filter(move |row| shard.contains(&row.target)).cloned();
        parts.iter().try_for_each(|part| {
            let head = FleetReport { rows: rows(part.shard).collect(), part: Some(part.clone()), ..found.head() };
            report::save(&folder.join(part.shard.file_name()), ReportFormat::Json, &head)
        })
    }
}

/// The parts whose files are in the folder, in their order.
pub fn parts(folder: &Path) -> Result<Vec<Shard>, CliFailure> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("could not read the folder {}", folder.display()))?;
    let name = |entry: std::fs::DirEntry| Shard::of_file_name(&entry.file_name().to_string_lossy());
    let mut parts = Vec::new();
    for entry in entries {
        parts.extend(name(entry.with_context(|| format!("could not read the folder {}", folder.display()))?));
    }
    parts.sort_unstable();
    Ok(parts)
}

/// The files of these parts.
pub fn files(folder: &Path, parts: &[Shard]) -> Vec<PathBuf> {
    parts.iter().map(|part| folder.join(part.file_name())).collect()
}

/// The reports of these parts as one.
pub fn merged(folder: &Path, parts: &[Shard]) -> Result<Option<Merged>, CliFailure> {
    report::load_merged(&files(folder, parts))
}

/// The refusal of a folder that no run has written to.
pub fn is_empty(folder: &Path) -> CliFailure {
    let what = format!("{} holds no part of a report (part-I-of-N.json)", folder.display());
    CliFailure::say(Exit::Usage, what, "name the folder that --report DIR/ of the parts named")
}
