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

/// What of a folder a run goes on from.
pub struct PartsLeft {
    /// Those that are read, because they are there.
    pub read: Vec<Shard>,
    /// Those that are done from the beginning.
    pub missing: Vec<Shard>,
    /// Those that the run's report is of.
    pub written: Vec<Shard>,
}

/// A part reads its own file alone, and begins anew where there is none: so an engine can start the same command line again. The
/// whole roster takes up all parts, and writes all of them again.
pub fn left(folder: &Path, shard: Shard) -> Result<PartsLeft, CliFailure> {
    let there = parts(folder)?;
    let of = there.first().map_or(shard, |first| *first).of();
    if shard != Shard::WHOLE && shard.of() == of {
        let (read, missing) = if there.contains(&shard) { (vec![shard], vec![]) } else { (vec![], vec![shard]) };
        return Ok(PartsLeft { read, missing, written: vec![shard] });
    }
    if there.is_empty() {
        return Err(is_empty(folder));
    }
    let missing = Shard::all(of).filter(|part| !there.contains(part)).collect();
    let written = if shard == Shard::WHOLE { Shard::all(of).collect() } else { vec![shard] };
    Ok(PartsLeft { read: there, missing, written })
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
