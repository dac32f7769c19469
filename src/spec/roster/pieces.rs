//! A large roster in pieces that end between two accounts, so that none of its text has to be held behind the piece it is in.

use std::io::{self, Read};

/// How a roster is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RosterForm {
    Table,
    /// A list, an item a dash at the beginning of a line.
    Yaml,
    /// Objects, one behind the other or in a list.
    Json,
}

impl RosterForm {
    /// By the name of the file, else by how it begins: a table begins with a name.
    pub fn of(name: &str, text: &str) -> Self {
        let begins = |marks: &[char]| text.trim_start_matches('\u{feff}').trim_start().starts_with(marks);
        match name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).as_deref() {
            Some("csv" | "tsv") => Self::Table,
            Some("jsonl" | "ndjson") => Self::Json,
            Some("json") if begins(&['[', '{']) => Self::Json,
            Some("yaml" | "yml" | "json") => Self::Yaml,
            _ if begins(&['{']) => Self::Json,
            _ if begins(&['-', '[', '#']) => Self::Yaml,
            _ => Self::Table,
        }
    }

    /// Behind which byte the text may be cut: the last place between two accounts.
    fn cut(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Table => cut_table(bytes),
            // Whatever else begins a line there, it does not begin with a dash and a space.
            Self::Yaml => (1..bytes.len().saturating_sub(1)).rev().find(|at| {
                bytes[at - 1] == b'\n' && bytes[*at] == b'-' && matches!(bytes[at + 1], b' ' | b'\n' | b'\r')
            }),
            Self::Json => cut_json(bytes),
        }
    }
}

/// Behind a line feed that stands in no quotes.
fn cut_table(bytes: &[u8]) -> Option<usize> {
    let (mut quoted, mut cut) = (false, None);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => cut = Some(at + 1),
            _ => {}
        }
    }
    cut
}

/// Behind an object that stands in no other one.
fn cut_json(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut cut) = (0_usize, None);
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => {
                depth = depth.saturating_sub(1);
                cut = if depth == 0 { Some(at + 1) } else { cut };
            }
            _ => {}
        }
    }
    cut
}

/// The objects of a piece as one list of as many bytes and two more, one of them in front: what stands between them becomes commas.
pub fn listed(piece: &str) -> String {
    let (mut list, mut depth) = (String::with_capacity(piece.len() + 2), 0_usize);
    let (mut quoted, mut escaped, mut is_first) = (false, false, true);
    list.push('[');
    for c in piece.chars() {
        let outside = depth == 0 && !quoted;
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' if !quoted => {
                // The byte before an object is white space, a comma or the bracket of the list.
                if depth == 0 && !is_first {
                    if !list.ends_with('}') {
                        list.pop();
                    }
                    list.push(',');
                }
                (depth, is_first) = (depth + 1, false);
            }
            '}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        match c {
            ',' | '[' | ']' | '\u{feff}' if outside => (0..c.len_utf8()).for_each(|_| list.push(' ')),
            c => list.push(c),
        }
    }
    list.push(']');
    list
}

/// Bytes that are read at a time, and of one account at most.
const PIECE: usize = 1 << 18;
const LONGEST: usize = 4 << 20;

/// Hands on the pieces of what is read, each with its place; `begun` has been read already. The last piece is whatever is left.
pub fn each(
    form: RosterForm,
    begun: Vec<u8>,
    mut reader: impl Read,
    most: u64,
    mut piece: impl FnMut(usize, &[u8]) -> bool,
) -> io::Result<()> {
    let (mut waiting, mut at, mut is_over) = (begun, 0_usize, false);
    loop {
        if let Some(cut) = form.cut(&waiting).filter(|_| !is_over) {
            if !piece(at, &waiting[..cut]) {
                return Ok(());
            }
            waiting.drain(..cut);
            at += cut;
        }
        if is_over || waiting.len() > LONGEST {
            piece(at, &waiting);
            return if is_over { Ok(()) } else { Err(io::Error::other("an account of it is larger than 4 MiB")) };
        }
        let before = waiting.len();
        (&mut reader).take(PIECE as u64).read_to_end(&mut waiting)?;
        is_over = waiting.len() == before;
        if (at + waiting.len()) as u64 > most {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
    }
}
