//! Events that wait on disk for the database: a bounded file of one JSON line each, in order. A line is there once
//! `append` has returned; a torn last line (the process died while writing) is cut off on opening.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::files;
use crate::event::TrackEvent;

/// An event and its place: the `seq`-th of a writer, counted from 1. The pair names the event for good.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    #[serde(with = "writer")]
    pub writer: Arc<str>,
    pub seq: u64,
    pub event: TrackEvent,
}

/// `Arc<str>` without serde's feature for shared pointers.
mod writer {
    use super::{Arc, Deserialize};

    pub fn serialize<S: serde::Serializer>(writer: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(writer)
    }

    pub fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
        String::deserialize(deserializer).map(Arc::from)
    }
}

#[derive(Debug)]
pub struct Spool {
    file: File,
    /// Where the next line goes.
    end: u64,
    /// Where the first line stands that is not in the database.
    start: u64,
    /// Bytes the file may have.
    most: u64,
    waiting: u64,
}

/// Some of the oldest lines, and where the next one begins.
#[derive(Debug)]
pub struct SpoolChunk {
    pub records: Vec<Record>,
    /// Lines that could not be read: damage, not a torn end.
    pub damaged: u64,
    next: u64,
}

impl Spool {
    /// Opens or creates the file.
    ///
    /// # Errors
    /// When it cannot be opened, read or cut.
    pub fn open(path: &Path, most: u64) -> io::Result<Self> {
        let mut file = files::private(path)?;
        let (mut end, mut waiting) = (0, 0);
        let mut reader = BufReader::new(&mut file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line)?;
            if read == 0 || line.last() != Some(&b'\n') {
                break;
            }
            end += read as u64;
            waiting += 1;
        }
        file.set_len(end)?;
        Ok(Self { file, end, start: 0, most, waiting })
    }

    /// How many lines wait.
    pub fn waiting(&self) -> u64 {
        self.waiting
    }

    /// Adds the records that still fit, in order, and returns how many: they are on disk when this returns.
    ///
    /// # Errors
    /// When writing or syncing fails; then none of them counts.
    pub fn append(&mut self, records: &[Record]) -> io::Result<usize> {
        let mut bytes = Vec::new();
        let mut taken = 0;
        for record in records {
            let line = serde_json::to_vec(record)?;
            if self.end + (bytes.len() + line.len() + 1) as u64 > self.most {
                break;
            }
            bytes.extend_from_slice(&line);
            bytes.push(b'\n');
            taken += 1;
        }
        if taken > 0 {
            self.file.seek(SeekFrom::Start(self.end))?;
            if let Err(error) = self.file.write_all(&bytes).and_then(|()| self.file.sync_data()) {
                self.file.set_len(self.end)?;
                return Err(error);
            }
            self.end += bytes.len() as u64;
            self.waiting += taken as u64;
        }
        Ok(taken)
    }

    /// Up to `most` of the oldest lines.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn oldest(&mut self, most: usize) -> io::Result<SpoolChunk> {
        self.file.seek(SeekFrom::Start(self.start))?;
        let mut reader = BufReader::new(&mut self.file).take(self.end - self.start);
        let mut chunk = SpoolChunk { records: Vec::new(), damaged: 0, next: self.start };
        let mut line = Vec::new();
        while chunk.records.len() < most {
            line.clear();
            let read = reader.read_until(b'\n', &mut line)?;
            if read == 0 {
                break;
            }
            chunk.next += read as u64;
            match serde_json::from_slice(&line) {
                Ok(record) => chunk.records.push(record),
                Err(_) => chunk.damaged += 1,
            }
        }
        Ok(chunk)
    }

    /// Takes out what `keep` does not want, and returns how many lines that were. Lines that cannot be read stay.
    ///
    /// # Errors
    /// When the file cannot be read or written; then it is as it was.
    pub fn retain(&mut self, keep: impl Fn(&Record) -> bool) -> io::Result<u64> {
        self.file.seek(SeekFrom::Start(self.start))?;
        let mut kept = Vec::new();
        let mut removed = 0;
        for line in BufReader::new(&mut self.file).split(b'\n') {
            let line = line?;
            match serde_json::from_slice::<Record>(&line) {
                Ok(record) if !keep(&record) => removed += 1,
                _ => kept.extend(line.iter().chain(b"\n")),
            }
        }
        if removed > 0 {
            // Shorter than before, so it lies over what it was; a crash in between leaves lines twice, which have numbers.
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(&kept)?;
            self.file.set_len(kept.len() as u64)?;
            self.file.sync_data()?;
            self.end = kept.len() as u64;
            self.start = 0;
            self.waiting -= removed;
        }
        Ok(removed)
    }

    /// Forgets a chunk that is in the database now.
    ///
    /// # Errors
    /// When the file cannot be emptied; its lines then come again, and the database knows them.
    pub fn forget(&mut self, chunk: &SpoolChunk) -> io::Result<()> {
        self.start = chunk.next;
        self.waiting = self.waiting.saturating_sub(chunk.records.len() as u64 + chunk.damaged);
        if self.start == self.end {
            self.file.set_len(0)?;
            (self.start, self.end, self.waiting) = (0, 0, 0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;

    use super::*;

    fn record(seq: u64) -> Record {
        let body = br#"{"business_id":"b","response_time_ms":1,"tokens_used":1}"#;
        Record { writer: "w".into(), seq, event: TrackEvent::parse(body, seq as i64).unwrap() }
    }

    fn records(seqs: std::ops::Range<u64>) -> Vec<Record> {
        seqs.map(record).collect()
    }

    #[test]
    fn first_in_first_out_across_a_restart_and_a_torn_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("spool");
        let mut spool = Spool::open(&path, 1 << 20).unwrap();
        assert_eq!(spool.append(&records(1..6)).unwrap(), 5);
        drop(spool);
        OpenOptions::new().append(true).open(&path).unwrap().write_all(br#"{"writer":"w","seq":6,"ev"#).unwrap();

        let mut spool = Spool::open(&path, 1 << 20).unwrap();
        assert_eq!(spool.waiting(), 5);
        let chunk = spool.oldest(3).unwrap();
        assert_eq!(chunk.records, records(1..4));
        spool.forget(&chunk).unwrap();
        assert_eq!(spool.append(&records(6..8)).unwrap(), 2);
        let rest = spool.oldest(100).unwrap();
        assert_eq!(rest.records, records(4..8));
        spool.forget(&rest).unwrap();
        assert_eq!((spool.waiting(), std::fs::metadata(&path).unwrap().len()), (0, 0));
    }

    #[test]
    fn it_is_bounded_and_says_how_much_fitted() {
        let dir = tempfile::tempdir().unwrap();
        let one = serde_json::to_vec(&record(1)).unwrap().len() as u64 + 1;
        let mut spool = Spool::open(&dir.path().join("spool"), one * 3 + 1).unwrap();
        assert_eq!(spool.append(&records(1..3)).unwrap(), 2);
        assert_eq!(spool.append(&records(3..6)).unwrap(), 1);
        assert_eq!(spool.append(&records(4..6)).unwrap(), 0);
        assert_eq!(spool.oldest(10).unwrap().records, records(1..4));
    }

    #[test]
    fn what_is_not_wanted_is_taken_out() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(&dir.path().join("spool"), 1 << 20).unwrap();
        spool.append(&records(1..6)).unwrap();
        assert_eq!(spool.retain(|record| record.seq % 2 == 0).unwrap(), 3);
        assert_eq!((spool.waiting(), spool.append(&records(7..8)).unwrap()), (2, 1));
        let seqs: Vec<u64> = spool.oldest(10).unwrap().records.iter().map(|record| record.seq).collect();
        assert_eq!(seqs, [2, 4, 7]);
    }

    #[test]
    fn a_damaged_line_is_counted_and_passed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("spool");
        Spool::open(&path, 1 << 20).unwrap().append(&records(1..4)).unwrap();
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.replace_range(2..4, "\u{1}\u{1}");
        std::fs::write(&path, text).unwrap();
        let mut spool = Spool::open(&path, 1 << 20).unwrap();
        let chunk = spool.oldest(10).unwrap();
        assert_eq!((chunk.records.clone(), chunk.damaged), (records(2..4), 1));
        spool.forget(&chunk).unwrap();
        assert_eq!(spool.waiting(), 0);
    }
}
