//! Tables for spreadsheets. The only place that knows the CSV library.

use super::mask;
use std::io;

/// Lines under a header, comma-separated with `\r\n` (RFC 4180), secrets masked.
///
/// A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` as a formula, also in full width and behind spaces (OWASP, "CSV
/// Injection"); such a cell gets an apostrophe in front, which spreadsheets take as "this is text". Plain numbers stay as they
/// are, and a tab becomes a space. Whoever reads the file by a program takes one leading apostrophe off, or reads the JSON.
pub fn csv<'a>(header: impl IntoIterator<Item = &'a str>, rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut text = String::new();
    // A String takes everything.
    let _ = write(header, rows, &mut |piece| {
        text.push_str(piece);
        Ok(())
    });
    text
}

/// The same, line by line.
pub fn write<'a>(
    header: impl IntoIterator<Item = &'a str>,
    rows: impl IntoIterator<Item = Vec<String>>,
    put: &mut dyn FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    let builder = || {
        let mut builder = ::csv::WriterBuilder::new();
        builder.flexible(true).terminator(::csv::Terminator::CRLF);
        builder
    };
    let header = header.into_iter().map(str::to_owned).collect();
    let mut line = Vec::new();
    for row in std::iter::once(header).chain(rows) {
        let mut writer = builder().buffer_capacity(LINE).from_writer(line);
        writer.write_record(row.iter().map(|cell| safe(cell))).map_err(io::Error::other)?;
        line = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
        put(&String::from_utf8_lossy(&line))?;
        line.clear();
    }
    Ok(())
}

/// Bytes of a usual line.
const LINE: usize = 512;

/// In front of a file that holds more than ASCII: without it Excel takes UTF-8 for the code page of its country.
pub const MARK: &str = "\u{feff}";

fn safe(cell: &str) -> String {
    // Line feeds stay within their quotes; a carriage return or an escape sequence does not.
    let cell = mask::text(cell).replace('\t', " ");
    if is_number(&cell) {
        return cell;
    }
    // Where a spreadsheet takes a semicolon for the separator, a cell begins behind it.
    let parts: Vec<String> = cell.split(';').map(disarmed).collect();
    parts.join(";")
}

/// With an apostrophe in front, where the first sign that counts begins a formula.
fn disarmed(part: &str) -> String {
    let first = part.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\'' | '"')).chars().next();
    // The same signs as East Asian keyboards type them: spreadsheets fold them.
    let formula = matches!(first, Some('=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}'));
    match formula && !is_number(part.trim()) {
        true => format!("'{part}"),
        false => part.to_owned(),
    }
}

/// Digits with a sign, a point and an exponent, nothing that could be calculated.
fn is_number(cell: &str) -> bool {
    let (mantissa, exponent) = cell.split_once(['e', 'E']).map_or((cell, None), |(m, e)| (m, Some(e)));
    let digits = mantissa.trim_start_matches(['-', '+']);
    let power = exponent.is_none_or(|power| {
        let digits = power.strip_prefix(['-', '+']).unwrap_or(power);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    });
    mantissa.len() - digits.len() <= 1
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        && digits.matches('.').count() <= 1
        && power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(cell: &str) -> String {
        let text = csv(["x"], [vec![cell.to_owned()]]);
        text.strip_prefix("x\r\n").unwrap().to_owned()
    }

    #[test]
    fn no_cell_is_a_formula() {
        let formulas =
            ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "-1.2.3", "--1", "-e5", "-1e"];
        let folded =
            ["\u{ff1d}1", "\u{ff0b}1", "\u{ff0d}x", "\u{ff20}x", "  =1", "\u{3000}=1", "'=1", "\"=1", "\u{200b}=1"];
        for formula in formulas.into_iter().chain(folded) {
            let told = one(formula);
            assert!(told.starts_with('\'') || told.starts_with("\"'") || told.starts_with("\\u"), "{told}");
        }
        assert_eq!(one("a; =1;-5;@x"), "a;' =1;-5;'@x\r\n");
        for number in ["-1", "+1.5", "0", "123456789012", "-1.5e-7"] {
            assert_eq!(one(number), format!("{number}\r\n"));
        }
    }

    #[test]
    fn cells_are_quoted_and_secrets_are_not_told() {
        assert_eq!(one("a, \"b\"\nc"), "\"a, \"\"b\"\"\nc\"\r\n");
        let name = crate::model::secret::hide("https://u:hunter2@example.edu");
        assert_eq!(one("https://u:hunter2@example.edu"), format!("{name}\r\n"));
        assert_eq!(one(""), "\"\"\r\n");
    }

    #[test]
    fn a_standard_reader_reads_it_back() {
        let rows = vec![vec!["1".to_owned(), "é, \"ü\"".to_owned()], vec!["=x".to_owned(), String::new()]];
        let text = csv(["a", "b"], rows);
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let read: Vec<Vec<String>> =
            reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
        assert_eq!(read, [["1", "é, \"ü\""], ["'=x", ""]]);
    }
}
