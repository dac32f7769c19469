//! A file of whichever kind -> its name and its text, bounded in size. The only place of the spec that touches the disk.

use super::error::SpecError;
use crate::model::advice;
use crate::model::node::Span;
use crate::model::problem::SpecProblem;
use std::io::{self, Read};
use std::path::Path;

/// What a file holds decides how large it may be.
#[derive(Debug)]
pub struct FileKind {
    /// What names another one.
    flag: &'static str,
    /// Larger ones are refused before they are read.
    mebibytes: u64,
    /// How much such a file usually holds.
    usual: &'static str,
}

pub const SPEC: FileKind =
    FileKind { flag: "--file", mebibytes: 8, usual: "5,000 alarms, AWS's quota, are less than half of that" };
pub const DOCUMENT: FileKind = FileKind { flag: "--file", mebibytes: 1, usual: "a hundred items are a tenth of that" };
pub const VARIABLES: FileKind =
    FileKind { flag: "--var-file", mebibytes: 1, usual: "a thousand variables are a tenth of that" };
pub const ROSTER: FileKind =
    FileKind { flag: "--accounts", mebibytes: 1024, usual: "a million accounts are a tenth of that" };
pub const FOREIGN: FileKind = FileKind {
    flag: "FILE",
    mebibytes: 64,
    usual: "a template has at most 1 MB, and a state of 10,000 resources has 40",
};

impl FileKind {
    /// Larger ones are refused.
    pub fn bytes(&self) -> u64 {
        self.mebibytes << 20
    }
}

/// The file's name for messages and its text, refused where it is too large or not UTF-8.
pub fn read(path: &Path, kind: &FileKind) -> Result<(String, String), SpecError> {
    let (name, reader) = open(path, kind)?;
    text(&name, kind, reader)
}

/// The file's name for messages, and what it is read from; `-` is the standard input.
pub fn open(path: &Path, kind: &FileKind) -> Result<(String, Box<dyn Read>), SpecError> {
    if path.as_os_str() == "-" {
        return Ok(("stdin".to_owned(), Box::new(io::stdin().lock())));
    }
    let name = path.display().to_string();
    match std::fs::File::open(path) {
        Ok(file) => Ok((name, Box::new(file))),
        Err(error) => Err(unreadable(&name, kind, &error)),
    }
}

fn text(name: &str, kind: &FileKind, reader: impl Read) -> Result<(String, String), SpecError> {
    let mut bytes = Vec::new();
    reader.take(kind.bytes() + 1).read_to_end(&mut bytes).map_err(|error| unreadable(name, kind, &error))?;
    if bytes.len() as u64 > kind.bytes() {
        return Err(too_large(name, kind));
    }
    Ok((name.to_owned(), utf8(name, bytes)?))
}

/// The refusal of a file that holds more than one of its kind does.
pub fn too_large(name: &str, kind: &FileKind) -> SpecError {
    let problem = SpecProblem::new(Span::default(), format!("{name} is larger than {} MiB", kind.mebibytes));
    SpecError::without_place(name, problem.help(format!("{}: is this the right file?", kind.usual)))
}

/// The bytes as a text.
pub fn utf8(name: &str, bytes: Vec<u8>) -> Result<String, SpecError> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let byte = error.as_bytes()[at];
        let shown = String::from_utf8_lossy(error.as_bytes());
        let problem = SpecProblem::new(Span::new(at, at + 1), format!("byte {at} (0x{byte:02x}) is not UTF-8"));
        SpecError::new(name, &shown, vec![problem.help("save the file as UTF-8")])
    })
}

/// The refusal of a file that cannot be read.
pub fn unreadable(name: &str, kind: &FileKind, error: &io::Error) -> SpecError {
    let flag = kind.flag;
    let help = match error.kind() {
        io::ErrorKind::NotFound if flag == "--file" => {
            format!("name another file with --file, or write one with {}", advice::command("init"))
        }
        io::ErrorKind::NotFound => format!("name another file with {flag}"),
        io::ErrorKind::IsADirectory => format!("name a file in it with {flag}"),
        _ => "check that the file can be read".to_owned(),
    };
    SpecError::without_place(name, SpecProblem::new(Span::default(), format!("cannot read {name}: {error}")).help(help))
}
