//! Tables for spreadsheets. The only place that knows the CSV library.

use super::mask;

/// Lines under a header, comma-separated with `\r\n` (RFC 4180), secrets masked.
///
/// A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return as a formula (OWASP, "CSV
/// Injection"); such a cell gets an apostrophe in front, which spreadsheets take as "this is text". Plain numbers stay as they
/// are. Whoever reads the file by a program takes one leading apostrophe off, or reads the JSON instead.
pub fn csv<'a>(header: impl IntoIterator<Item = &'a str>, rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer =
        ::csv::WriterBuilder::new().flexible(true).terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    let header = header.into_iter().map(str::to_owned).collect();
    for row in std::iter::once(header).chain(rows) {
        writer.write_record(row.iter().map(|cell| safe(cell))).expect("memory takes every record");
    }
    let bytes = writer.into_inner().expect("memory takes every record");
    String::from_utf8_lossy(&bytes).into_owned()
}

fn safe(cell: &str) -> String {
    // Line feeds stay within their quotes; a carriage return or an escape sequence does not.
    let cell = mask::text(cell);
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') if !is_number(&cell) => format!("'{cell}"),
        _ => cell,
    }
}

/// Digits with a sign and a point, nothing that could be calculated.
fn is_number(cell: &str) -> bool {
    let digits = cell.trim_start_matches(['-', '+']);
    cell.len() - digits.len() <= 1
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        && digits.matches('.').count() <= 1
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
        for formula in ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "-1.2.3", "--1", "-e5"] {
            let told = one(formula);
            assert!(told.starts_with('\'') || told.starts_with("\"'") || told.starts_with("\\u"), "{told}");
        }
        for number in ["-1", "+1.5", "0", "123456789012"] {
            assert_eq!(one(number), format!("{number}\r\n"));
        }
    }

    #[test]
    fn cells_are_quoted_and_secrets_are_not_told() {
        assert_eq!(one("a, \"b\"\nc"), "\"a, \"\"b\"\"\nc\"\r\n");
        assert_eq!(one("https://u:hunter2@example.edu"), "https://***@example.edu\r\n");
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
