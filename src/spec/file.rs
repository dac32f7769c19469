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
    FileKind { flag: "--accounts", mebibytes: 16, usual: "a hundred thousand accounts are less than half of that" };
pub const FOREIGN: FileKind = FileKind {
    flag: "FILE",
    mebibytes: 64,
    usual: "a template has at most 1 MB, and a state of 10,000 resources has 40",
};

/// The file's name for messages and its text, refused where it is too large or not UTF-8.
pub fn read(path: &Path, kind: &FileKind) -> Result<(String, String), SpecError> {
    if path.as_os_str() == "-" {
        return text("stdin", kind, io::stdin().lock());
    }
    let name = path.display().to_string();
    match std::fs::File::open(path) {
        Ok(file) => text(&name, kind, file),
        Err(error) => Err(unreadable(&name, kind.flag, &error)),
    }
}

fn text(name: &str, kind: &FileKind, reader: impl Read) -> Result<(String, String), SpecError> {
    let mut bytes = Vec::new();
    let most = kind.mebibytes << 20;
    reader.take(most + 1).read_to_end(&mut bytes).map_err(|error| unreadable(name, kind.flag, &error))?;
    if bytes.len() as u64 > most {
        let problem = SpecProblem::new(Span::default(), format!("{name} is larger than {} MiB", kind.mebibytes))
            .help(format!("{}: is this the right file?", kind.usual));
        return Err(SpecError::without_place(name, problem));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok((name.to_owned(), text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let byte = error.as_bytes()[at];
            let shown = String::from_utf8_lossy(error.as_bytes());
            let problem = SpecProblem::new(Span::new(at, at + 1), format!("byte {at} (0x{byte:02x}) is not UTF-8"));
            Err(SpecError::new(name, &shown, vec![problem.help("save the file as UTF-8")]))
        }
    }
}

fn unreadable(name: &str, flag: &str, error: &io::Error) -> SpecError {
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
