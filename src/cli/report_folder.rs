//! A folder of reports, a file a part: written by `--report DIR/`, read by `report merge DIR/` and `--retry-failed DIR/`. Whoever
//! does a part again replaces its file, so that the folder always holds the last word on each.

use super::failure::CliFailure;
use super::report::{self, ReportFormat};
use super::report_parts::{files, is_folder};
use crate::fleet::{FleetReport, Merged, ReportPart, Shard};
use anyhow::Context;
use std::path::{Path, PathBuf};

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

/// The reports of these parts as one.
pub fn merged(folder: &Path, parts: &[Shard]) -> Result<Option<Merged>, CliFailure> {
    report::load_merged(&files(folder, parts))
}
