//! A folder of reports, a file a part of a run: where each part is written, and what the folder holds. A part that runs again writes its own
//! file anew; a retry of all of it, a further one.

use super::exit::Exit;
use super::failure::CliFailure;
use crate::fleet::Shard;
use anyhow::Context;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const PART: &str = "part-";
const RETRY: &str = "retry-";
const ENDING: &str = ".json";

/// The reports of one run, as far as they are there.
#[derive(Debug, Default)]
pub struct ReportFolder {
    folder: PathBuf,
    /// By the part's index; all are of as many parts.
    parts: BTreeMap<u32, PathBuf>,
    /// How many parts the run has; 0 where there is no file of any.
    of: u32,
    retries: BTreeMap<u32, PathBuf>,
}

/// What a file of the folder is.
enum FolderFile {
    Part(Shard),
    Retry(u32),
}

impl ReportFolder {
    /// Whether a path names a folder: it ends in a slash, or there is one.
    pub fn is_named(path: &Path) -> bool {
        path.as_os_str().to_string_lossy().ends_with(std::path::is_separator) || path.is_dir()
    }

    /// Looks into a folder; one that is not there is empty. Files that are no parts and no retries are passed over.
    ///
    /// # Errors
    /// It cannot be read; its parts are of runs with different numbers of parts.
    pub fn open(folder: &Path) -> Result<Self, CliFailure> {
        let mut found = Self { folder: folder.to_owned(), ..Self::default() };
        if !folder.exists() {
            return Ok(found);
        }
        let unreadable = || format!("could not read the folder {}", folder.display());
        for entry in std::fs::read_dir(folder).with_context(unreadable)? {
            let path = entry.with_context(unreadable)?.path();
            match path.file_name().and_then(|name| FolderFile::of(name.to_str()?)) {
                Some(FolderFile::Part(shard)) => found.add(shard, path)?,
                Some(FolderFile::Retry(number)) => drop(found.retries.insert(number, path)),
                None => {}
            }
        }
        Ok(found)
    }

    fn add(&mut self, shard: Shard, path: PathBuf) -> Result<(), CliFailure> {
        let of = shard.parts().get();
        if self.of != 0 && self.of != of {
            let (fewer, more) = (self.of.min(of), self.of.max(of));
            let what = format!("{} holds reports of runs of {fewer} parts and of {more} parts", self.folder.display());
            return Err(CliFailure::say(Exit::Usage, what, "keep the reports of each run in a folder of its own"));
        }
        self.of = of;
        self.parts.insert(shard.index(), path);
        Ok(())
    }

    /// The files in the order in which they are merged: a later one may repeat what failed in an earlier one.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.parts.values().chain(self.retries.values())
    }

    /// The parts of the run that no file is of.
    pub fn missing(&self) -> Vec<Shard> {
        let absent = (1..=self.of).filter(|index| !self.parts.contains_key(index));
        absent.filter_map(|index| Shard::new(index, self.of)).collect()
    }

    /// Where a run of this part writes its report; `is_retry` says that it runs again what failed in another one.
    ///
    /// # Errors
    /// The folder is of a run of another number of parts.
    pub fn path_of(&self, shard: Shard, is_retry: bool) -> Result<PathBuf, CliFailure> {
        if is_retry && shard == Shard::WHOLE && self.of > 1 {
            let number = self.retries.keys().last().map_or(1, |last| last + 1);
            return Ok(self.folder.join(format!("{RETRY}{number}{ENDING}")));
        }
        let of = shard.parts().get();
        if self.of != 0 && self.of != of {
            let what = format!(
                "{} holds reports of a run of {} parts, and this is part {shard}",
                self.folder.display(),
                self.of
            );
            return Err(CliFailure::say(Exit::Usage, what, "name another folder, or run as many parts"));
        }
        Ok(self.folder.join(format!("{PART}{}-of-{of}{ENDING}", shard.index())))
    }
}

impl FolderFile {
    fn of(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(ENDING)?;
        if let Some(number) = stem.strip_prefix(RETRY) {
            return number.parse().ok().map(FolderFile::Retry);
        }
        let (index, of) = stem.strip_prefix(PART)?.split_once("-of-")?;
        Shard::new(index.parse().ok()?, of.parse().ok()?).map(FolderFile::Part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn shard(text: &str) -> Shard {
        text.parse().unwrap()
    }

    #[test]
    fn a_part_has_a_file_of_its_own_and_a_retry_a_further_one() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("run");
        let name = |part: &str, is_retry| {
            let path = ReportFolder::open(&folder).unwrap().path_of(shard(part), is_retry).unwrap();
            path.file_name().unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(name("2/4", false), "part-2-of-4.json", "the folder is not there yet");
        fs::create_dir(&folder).unwrap();
        for file in ["part-2-of-4.json", "part-4-of-4.json", "part-10-of-4.json", "notes.txt", ".part-1-of-4.json.tmp"]
        {
            fs::write(folder.join(file), "").unwrap();
        }
        assert_eq!(name("2/4", false), "part-2-of-4.json", "sent again");
        assert_eq!(name("2/4", true), "part-2-of-4.json", "what failed of it alone");
        assert_eq!(name("1/1", true), "retry-1.json", "what failed of all parts");
        fs::write(folder.join("retry-9.json"), "").unwrap();
        fs::write(folder.join("retry-10.json"), "").unwrap();
        assert_eq!(name("1/1", true), "retry-11.json");
        let found = ReportFolder::open(&folder).unwrap();
        assert_eq!(found.missing(), [shard("1/4"), shard("3/4")]);
        let files: Vec<_> = found.files().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(files, ["part-2-of-4.json", "part-4-of-4.json", "retry-9.json", "retry-10.json"]);
        let other = found.path_of(shard("2/5"), false).unwrap_err();
        assert!(format!("{other:?}").contains("holds reports of a run of 4 parts, and this is part 2/5"), "{other:?}");
        fs::write(folder.join("part-1-of-5.json"), "").unwrap();
        let mixed = ReportFolder::open(&folder).unwrap_err();
        assert!(format!("{mixed:?}").contains("runs of 4 parts and of 5 parts"), "{mixed:?}");
    }
}
