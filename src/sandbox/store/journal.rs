//! The file behind a store: a header, then one JSON line for each changed entity, only ever appended or replaced as a whole.
//! Killing a process at any moment, or running two at once, loses nothing that was answered. Only its owner can read it; what is
//! no such file is refused and left alone.

use super::entities::Entities;
use super::own;
use super::scope::{EntityChange, Place, Scope};
use anyhow::{Context, Result, bail, ensure};
use mlops_model::file::{self, Readers};
use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
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

/// How far one process has read the file, and where in it an account and region are: they are read when they are asked for.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    /// The `version` of the header read last; none where there was no file.
    base: Option<u64>,
    /// Up to here the file is read.
    offset: u64,
    lines: u64,
    /// The bytes whose lines change an account and region, in order.
    spans: HashMap<Place, Vec<Range<u64>>>,
    /// Hashes of the entities that were set last: what is not garbage.
    set: HashSet<u64>,
}

impl Journal {
    pub fn new(path: &Path) -> Self {
        Journal { path: path.to_owned(), base: None, offset: 0, lines: 0, spans: HashMap::new(), set: HashSet::new() }
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

    /// Reads what was written since the last time, and has an account and region at hand; true where there was something new.
    pub fn refresh(&mut self, entities: &mut Entities, wanted: &Place) -> Result<bool> {
        let found = match file::open_own(&self.path) {
            Ok(mut file) => self.read(&mut file, entities).and_then(|read| {
                for place in [&own(), wanted] {
                    entities.hold(place, |scope| self.scope(&mut file, place, scope))?;
                }
                Ok(read)
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let had = self.forget(entities);
                for place in [&own(), wanted] {
                    entities.hold(place, anyhow::Ok)?;
                }
                Ok(had)
            }
            Err(error) => Err(error.into()),
        };
        entities.let_go();
        let way_out = "remove the file to start anew, or name another: --sandbox=FILE";
        found.with_context(|| format!("cannot read the sandbox's state in {}: {way_out}", self.path.display()))
    }

    /// There is no file, or one that nobody finished; true where there was one.
    fn forget(&mut self, entities: &mut Entities) -> bool {
        let had = self.base.is_some();
        if had {
            self.begin(None, 0);
            entities.clear(0);
        }
        had
    }

    fn begin(&mut self, base: Option<u64>, offset: u64) {
        (self.base, self.offset, self.lines) = (base, offset, 0);
        self.spans.clear();
        self.set.clear();
    }

    fn read(&mut self, file: &mut File, entities: &mut Entities) -> Result<bool> {
        let length = file.metadata()?.len();
        if length < HEADER_LEN as u64 {
            let mut begun = Vec::new();
            file.read_to_end(&mut begun)?;
            ensure!(header(0).as_bytes().starts_with(&begun), NOT_OURS);
            // A process died while it created the file: the next writer starts it anew.
            return Ok(self.forget(entities));
        }
        let mut first = [0; HEADER_LEN];
        file.read_exact(&mut first)?;
        let base = parse_header(&first).context(NOT_OURS)?;
        let anew = self.base != Some(base) || length < self.offset;
        if anew {
            entities.clear(base);
            self.begin(Some(base), HEADER_LEN as u64);
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
            let read = parse_line(whole).with_context(|| format!("change {} is broken", self.lines + 1))?;
            let (place, change) = read;
            self.note(&place, &change, line.len());
            entities.apply(&place, vec![change]);
        }
        Ok(anew || self.offset > from)
    }

    /// The line at the offset is this change of an account and region.
    fn note(&mut self, place: &Place, change: &EntityChange, length: usize) {
        let line = self.offset..self.offset + length as u64;
        (self.offset, self.lines) = (line.end, self.lines + 1);
        let mut hasher = DefaultHasher::new();
        (place, &change.table, &change.key).hash(&mut hasher);
        match change.value {
            Some(_) => self.set.insert(hasher.finish()),
            None => self.set.remove(&hasher.finish()),
        };
        match self.spans.get_mut(place) {
            Some(spans) => match spans.last_mut().filter(|last| last.end == line.start) {
                Some(last) => last.end = line.end,
                None => spans.push(line),
            },
            None => drop(self.spans.insert(place.clone(), vec![line])),
        }
    }

    /// What an account and region hold by the file, from what they held at the beginning.
    fn scope(&self, file: &mut File, place: &Place, mut scope: Scope) -> Result<Scope> {
        let mut lines = Vec::new();
        for span in self.spans.get(place).into_iter().flatten() {
            lines.resize(usize::try_from(span.end - span.start)?, 0);
            file.seek(SeekFrom::Start(span.start))?;
            file.read_exact(&mut lines)?;
            for line in lines.split_inclusive(|byte| *byte == b'\n') {
                let (_, change) = parse_line(line.trim_ascii_end())?;
                scope.apply(change);
            }
        }
        Ok(scope)
    }

    /// The accounts and regions that anything was written of.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.spans.keys()
    }

    /// Appends changes in one write. The lock must be held and the file read to its end.
    pub fn append(&mut self, place: &Place, changes: &[EntityChange]) -> Result<()> {
        let mut text = String::new();
        let begun = self.base.is_some();
        if !begun {
            text.push_str(&header(0));
        }
        let mut ends = Vec::with_capacity(changes.len());
        for change in changes {
            let from = text.len();
            push_line(&mut text, place, change)?;
            ends.push(text.len() - from);
        }
        let at = if begun { self.offset } else { 0 };
        let mut file = file::write_own(&self.path)?;
        if file.metadata()?.len() > at {
            file.set_len(at)?;
        }
        file.seek(SeekFrom::Start(at))?;
        let written = file.write_all(text.as_bytes());
        written.with_context(|| format!("cannot write the sandbox's state to {}", self.path.display()))?;
        if !begun {
            self.begin(Some(0), HEADER_LEN as u64);
        }
        changes.iter().zip(ends).for_each(|(change, length)| self.note(place, change, length));
        Ok(())
    }

    /// Rewrites the file where more than half of it is garbage. The lock must be held.
    pub fn compact_if_worth_it(&mut self, entities: &Entities) -> Result<()> {
        if self.lines < COMPACT_FROM || self.lines / 2 <= self.set.len() as u64 {
            return Ok(());
        }
        let mut file = file::open_own(&self.path)?;
        let mut places: Vec<&Place> = self.spans.keys().collect();
        places.sort_unstable();
        // Windows refuses while another process reads the file: the next write tries again.
        let written = self.replace(entities.version(), |whole| {
            for place in places {
                let beginning = entities.beginning(place);
                let scope = self.scope(&mut file, place, beginning.clone())?;
                write_lines(whole, place, &scope.changes_since(&beginning))?;
            }
            Ok(())
        });
        if written.is_ok() {
            self.forget_what_was_read();
        }
        Ok(())
    }

    /// Replaces the file by one that holds these changes and nothing else, as the version after all that was before. The lock must
    /// be held.
    pub fn start_anew(&mut self, version: u64, place: &Place, changes: &[EntityChange]) -> Result<()> {
        self.replace(version, |whole| write_lines(whole, place, changes))?;
        self.forget_what_was_read();
        Ok(())
    }

    /// The file is another now, which is read as any process reads it.
    fn forget_what_was_read(&mut self) {
        self.base = None;
    }

    fn replace(&self, version: u64, lines: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        let written: Result<()> = file::replace_by(&self.path, Readers::Owner, |file| {
            let mut whole = BufWriter::new(file);
            whole.write_all(header(version).as_bytes())?;
            lines(&mut whole)?;
            Ok(whole.flush()?)
        });
        written.with_context(|| format!("cannot write the sandbox's state to {}", self.path.display()))
    }

    /// Removes the file; whoever shares it sees that nothing stands any more. The lock must be held.
    pub fn remove(&mut self) -> Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", self.path.display()));
            }
            _ => {}
        }
        self.begin(None, 0);
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

fn write_lines(whole: &mut dyn Write, place: &Place, changes: &[EntityChange]) -> Result<()> {
    let mut text = String::new();
    changes.iter().try_for_each(|change| push_line(&mut text, place, change))?;
    Ok(whole.write_all(text.as_bytes())?)
}

fn push_line(text: &mut String, (account, region): &Place, change: &EntityChange) -> Result<()> {
    let key = serde_json::to_string(&[account, region, &change.table, &change.key])?;
    let value = change.value.as_deref().unwrap_or("null");
    text.push_str("{\"key\":");
    text.push_str(&key);
    text.push_str(",\"value\":");
    text.push_str(value);
    text.push_str("}\n");
    Ok(())
}

/// The value is left as text: only its key is parsed.
fn parse_line(line: &[u8]) -> Result<(Place, EntityChange)> {
    let line = std::str::from_utf8(line).context("it is not UTF-8")?;
    let rest = line.strip_prefix("{\"key\":").context("no key")?;
    let mut keys = serde_json::Deserializer::from_str(rest).into_iter::<(String, String, String, String)>();
    let Some(key) = keys.next() else { bail!("no key") };
    let (account, region, table, key) = key?;
    let value = rest[keys.byte_offset()..].strip_prefix(",\"value\":").and_then(|rest| rest.strip_suffix('}'));
    let value = value.context("no value")?;
    let value = (value != "null").then(|| Arc::from(value));
    Ok(((account, region), EntityChange { table, key, value }))
}

#[cfg(test)]
pub fn header_length() -> usize {
    assert_eq!(header(0).len(), HEADER_LEN);
    HEADER_LEN
}
