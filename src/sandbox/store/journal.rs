//! The file behind a store: a header, then one JSON line for each changed entity, only ever appended or replaced as a whole.
//! Killing a process at any moment, or running two at once, loses nothing that was answered. Only its owner can read it; what is
//! no such file is refused and left alone.

use super::entities::{Entities, EntityChange};
use anyhow::{Context, Result, bail, ensure};
use mlops_model::file::{self, Readers};
use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const HEADER_LEN: usize = 56;
const NOT_OURS: &str = "it does not begin as a state file does";

/// Below this many lines compaction is not worth its rename.
const COMPACT_FROM: u64 = 500;

/// The first line. `version` is the number of changes that came before this file; it tells a compacted file from the one before it.
fn header(version: u64) -> String {
    format!("{{\"mlopsctl_sandbox\":1,\"version\":\"{version:020}\"}}\n")
}

/// How far one process has read the file.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    /// The `version` of the header read last; none where there was no file.
    base: Option<u64>,
    /// Up to here the file is read.
    offset: u64,
    lines: u64,
}

impl Journal {
    pub fn new(path: &Path) -> Self {
        Journal { path: path.to_owned(), base: None, offset: 0, lines: 0 }
    }

    /// Waits until no other process writes; released when dropped. A file of its own, because the journal itself is replaced.
    pub fn lock(&self) -> Result<File> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot create the folder {}", folder.display()))?;
        }
        let path = self.beside(".lock");
        let file = file::write_own(&path);
        let file = file.with_context(|| format!("cannot open {}", path.display()))?;
        file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
        Ok(file)
    }

    /// Reads what was written since the last time; true where there was something.
    pub fn refresh(&mut self, entities: &mut Entities) -> Result<bool> {
        let found = match file::open_own(&self.path) {
            Ok(file) => self.read(file, entities),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let had = self.base.take().is_some();
                if had {
                    (self.offset, self.lines) = (0, 0);
                    entities.clear(0);
                }
                Ok(had)
            }
            Err(error) => Err(error.into()),
        };
        let way_out = "remove the file to start anew, or name another: --sandbox=FILE";
        found.with_context(|| format!("cannot read the sandbox's state in {}: {way_out}", self.path.display()))
    }

    fn read(&mut self, mut file: File, entities: &mut Entities) -> Result<bool> {
        let length = file.metadata()?.len();
        if length < HEADER_LEN as u64 {
            let mut begun = Vec::new();
            file.read_to_end(&mut begun)?;
            ensure!(header(0).as_bytes().starts_with(&begun), NOT_OURS);
            // A process died while it created the file: the next writer starts it anew.
            let had = self.base.take().is_some();
            if had {
                (self.offset, self.lines) = (0, 0);
                entities.clear(0);
            }
            return Ok(had);
        }
        let mut first = [0; HEADER_LEN];
        file.read_exact(&mut first)?;
        let base = parse_header(&first).context(NOT_OURS)?;
        let anew = self.base != Some(base) || length < self.offset;
        if anew {
            entities.clear(base);
            (self.base, self.offset, self.lines) = (Some(base), HEADER_LEN as u64, 0);
        }
        if length == self.offset {
            return Ok(anew);
        }
        file.seek(SeekFrom::Start(self.offset))?;
        let (mut tail, mut line, from) = (BufReader::new(file.take(length - self.offset)), Vec::new(), self.offset);
        loop {
            line.clear();
            tail.read_until(b'\n', &mut line)?;
            // What follows the last newline was torn by a kill, or is being written.
            let Some(whole) = line.strip_suffix(b"\n") else { break };
            let text = std::str::from_utf8(whole).context("it is not UTF-8")?;
            let read = parse_line(text).with_context(|| format!("change {} is broken", self.lines + 1))?;
            let (account, region, change) = read;
            entities.apply(&account, &region, [change]);
            self.lines += 1;
            self.offset += line.len() as u64;
        }
        Ok(anew || self.offset > from)
    }

    /// Appends changes in one write. The lock must be held and the file read to its end.
    pub fn append(&mut self, account: &str, region: &str, changes: &[EntityChange]) -> Result<()> {
        let mut text = String::new();
        if self.base.is_none() {
            text.push_str(&header(0));
            (self.base, self.offset) = (Some(0), 0);
        }
        for change in changes {
            push_line(&mut text, account, region, change)?;
        }
        let mut file = file::write_own(&self.path)?;
        if file.metadata()?.len() > self.offset {
            file.set_len(self.offset)?;
        }
        file.seek(SeekFrom::Start(self.offset))?;
        let written = file.write_all(text.as_bytes());
        written.with_context(|| format!("cannot write the sandbox's state to {}", self.path.display()))?;
        self.offset += text.len() as u64;
        self.lines += changes.len() as u64;
        Ok(())
    }

    /// Rewrites the file where more than half of it is garbage. The lock must be held.
    pub fn compact_if_worth_it(&mut self, entities: &Entities) -> Result<()> {
        if self.lines < COMPACT_FROM || self.lines / 2 <= entities.len() as u64 {
            return Ok(());
        }
        // Windows refuses while another process reads the file: the next write tries again.
        let _ = self.rewrite(entities);
        Ok(())
    }

    /// Replaces the file by what stands. The lock must be held.
    pub fn rewrite(&mut self, entities: &Entities) -> Result<()> {
        let mut text = header(entities.version());
        let snapshot = entities.snapshot();
        for (account, region, change) in &snapshot {
            push_line(&mut text, account, region, change)?;
        }
        let written = file::replace(&self.path, text.as_bytes(), Readers::Owner);
        written.with_context(|| format!("cannot write the sandbox's state to {}", self.path.display()))?;
        // A rebuilt state counts its lines from the header's version, as another process that reads it will.
        (self.base, self.offset, self.lines) = (None, text.len() as u64, snapshot.len() as u64);
        Ok(())
    }

    /// Removes the file; whoever shares it sees that nothing stands any more. The lock must be held.
    pub fn remove(&mut self) -> Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", self.path.display()));
            }
            _ => {}
        }
        (self.base, self.offset, self.lines) = (None, 0, 0);
        Ok(())
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(ending);
        name.into()
    }
}

fn parse_header(line: &[u8]) -> Result<u64> {
    let text = std::str::from_utf8(line)?;
    let digits = text.split('"').nth(5).unwrap_or_default();
    let version = digits.parse()?;
    ensure!(text == header(version), "unknown header");
    Ok(version)
}

fn push_line(text: &mut String, account: &str, region: &str, change: &EntityChange) -> Result<()> {
    let key = serde_json::to_string(&[account, region, &change.table, &change.key])?;
    let value = change.value.as_deref().unwrap_or("null");
    text.push_str("{\"key\":");
    text.push_str(&key);
    text.push_str(",\"value\":");
    text.push_str(value);
    text.push_str("}\n");
    Ok(())
}

type JournalKey<'a> = (Cow<'a, str>, Cow<'a, str>, String, String);

/// The value is left as text: only its key is parsed.
fn parse_line(line: &str) -> Result<(Cow<'_, str>, Cow<'_, str>, EntityChange)> {
    let rest = line.strip_prefix("{\"key\":").context("no key")?;
    let mut keys = serde_json::Deserializer::from_str(rest).into_iter::<JournalKey>();
    let Some(key) = keys.next() else { bail!("no key") };
    let (account, region, table, key) = key?;
    let value = rest[keys.byte_offset()..].strip_prefix(",\"value\":").and_then(|rest| rest.strip_suffix('}'));
    let value = value.context("no value")?;
    let value = (value != "null").then(|| Arc::from(value));
    Ok((account, region, EntityChange { table, key, value }))
}

#[cfg(test)]
pub fn header_length() -> usize {
    assert_eq!(header(0).len(), HEADER_LEN);
    HEADER_LEN
}
