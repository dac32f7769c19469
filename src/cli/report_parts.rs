//! Which files a folder of reports has: a file a part, by its name.

use super::exit::Exit;
use super::failure::CliFailure;
use crate::fleet::Shard;
use anyhow::Context;
use std::path::{Path, PathBuf};

/// Whether a path names a folder: by how it is written, or because there is one.
pub fn is_folder(path: &Path) -> bool {
    path.to_string_lossy().ends_with(std::path::is_separator) || path.is_dir()
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

/// The refusal of a folder that no run has written to.
pub fn is_empty(folder: &Path) -> CliFailure {
    let what = format!("{} holds no part of a report (part-I-of-N.json)", folder.display());
    CliFailure::say(Exit::Usage, what, "name the folder that --report DIR/ of the parts named")
}
