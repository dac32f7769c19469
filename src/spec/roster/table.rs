//! CSV -> the tree that YAML would give: a list of maps in which every cell knows where it stands.

use crate::model::SpecProblem;
use crate::model::node::{Data, MapEntry, Node, Piece, Scalar, Span, SpannedName};

/// Cells that hold several values, apart by spaces, commas or semicolons.
const LISTS: &[&str] = &["regions"];

/// One cell, without the white space around it.
struct RosterCell {
    text: String,
    span: Span,
}

/// The names of the columns, and what stands between them.
pub struct TableHead {
    names: Vec<RosterCell>,
    delimiter: u8,
}

/// A part of a table that begins and ends between two lines, `at` bytes into the file. The first line of the first part names the
/// columns. An empty cell is a key that is not given; so is an empty line.
pub fn read(text: &str, at: usize, head: &mut Option<TableHead>) -> Result<(Node, Vec<SpecProblem>), SpecProblem> {
    let mut problems = Vec::new();
    let rows = match head {
        Some(head) => rows(text, at, head.delimiter, &mut problems)?,
        None => {
            let (skipped, delimiter) = preamble(text);
            let mut rows = rows(&text[skipped..], at + skipped, delimiter, &mut problems)?;
            if rows.is_empty() {
                return Err(SpecProblem::new(Span::default(), "the roster is empty")
                    .help("its first line names the columns: account, …"));
            }
            let names = named(rows.remove(0))?;
            *head = Some(TableHead { names, delimiter });
            rows
        }
    };
    let header = head.as_ref().map(|head| head.names.as_slice()).unwrap_or_default();
    let mut items = Vec::new();
    for row in rows {
        for (at, cell) in header.iter().enumerate().filter(|(_, cell)| cell.text.is_empty()) {
            if let Some(value) = row.get(at).filter(|value| !value.text.is_empty()) {
                let problem = SpecProblem::new(value.span, format!("column {} has a value and no name", at + 1));
                problems.push(problem.also(cell.span, "name it here"));
            }
        }
        if let Some(extra) = row.get(header.len()).filter(|cell| !cell.text.is_empty()) {
            let message = format!("this line has {} columns, the first line names {}", row.len(), header.len());
            problems.push(
                SpecProblem::new(extra.span, message)
                    .help("a value that holds the separator is written in double quotes"),
            );
        }
        let span = Span::new(row.first().map_or(0, |c| c.span.start), row.last().map_or(0, |c| c.span.end));
        let named = header.iter().zip(&row).filter(|(name, _)| !name.text.is_empty());
        // An empty id is a mistake of the line. Any other known key that is empty is left out; a further one keeps its name, in
        // which a slip of the pen may stand.
        let left_out = |name: &str| name != "account" && super::ACCOUNT.key(name).is_some();
        let given = named.filter(|(name, value)| !value.text.is_empty() || !left_out(&name.text));
        items.push(Node::new(span, Data::Map(given.map(|(name, value)| entry(name, value)).collect())));
    }
    if let Some((first, again)) = repeated(header) {
        problems.push(
            SpecProblem::new(again.span, format!("`{}` names two columns", again.text)).also(first.span, "first here"),
        );
        items.clear();
    }
    Ok((Node::new(Span::new(at, at + text.len()), Data::List(items)), problems))
}

/// The first line, with the column of ids by its name.
fn named(mut header: Vec<RosterCell>) -> Result<Vec<RosterCell>, SpecProblem> {
    if let Some(id) = header.iter().find(|cell| cell.text.len() == 12 && cell.text.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err(SpecProblem::new(id.span, "the first line has to name the columns, but this is an account")
            .help("put a line in front: account, then a name for each further column"));
    }
    let names: Vec<&str> = header.iter().map(|cell| cell.text.as_str()).collect();
    if let Some(at) = super::other_name(&names) {
        header[at].text = "account".to_owned();
    }
    Ok(header)
}

fn repeated(header: &[RosterCell]) -> Option<(&RosterCell, &RosterCell)> {
    let named = header.iter().enumerate().filter(|(_, cell)| !cell.text.is_empty());
    named.into_iter().find_map(|(at, cell)| Some((header[..at].iter().find(|c| c.text == cell.text)?, cell)))
}

fn entry(name: &RosterCell, value: &RosterCell) -> MapEntry {
    let node = match value.text.as_str() {
        "" => Node::new(value.span, Data::Null),
        text if LISTS.contains(&name.text.as_str()) => Node::new(value.span, Data::List(words(text, value.span))),
        _ => scalar(&value.text, value.span),
    };
    // What lacks a value lacks it in its line, not in the first one.
    let span = if value.text.is_empty() && name.text == "account" { value.span } else { name.span };
    MapEntry { name: SpannedName { text: name.text.clone(), span }, value: node }
}

fn scalar(text: &str, span: Span) -> Node {
    let pieces = vec![Piece { text: 0, source: span.start, length: text.len() }];
    Node::new(span, Data::Scalar(Scalar { text: text.to_owned(), quoted: true, pieces }))
}

fn words(text: &str, span: Span) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut at = 0;
    for word in text.split([' ', ',', ';']) {
        let start = span.start + at;
        at += word.len() + 1;
        if !word.is_empty() {
            nodes.push(scalar(word, Span::new(start, start + word.len())));
        }
    }
    nodes
}

/// Every line that holds something; the text stands `skipped` bytes into the file.
fn rows(
    body: &str,
    skipped: usize,
    delimiter: u8,
    problems: &mut Vec<SpecProblem>,
) -> Result<Vec<Vec<RosterCell>>, SpecProblem> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(body.as_bytes());
    let mut records: Vec<(usize, csv::StringRecord)> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| SpecProblem::new(Span::default(), format!("this is no CSV: {error}")))?;
        let start = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
        records.push((start, record));
    }
    let ends = records.iter().skip(1).map(|(start, _)| *start).chain([body.len()]).collect::<Vec<_>>();
    let mut rows = Vec::new();
    for ((start, record), end) in records.iter().zip(ends) {
        let raw = body.get(*start..end).unwrap_or_default();
        if let Some(at) = raw.find('"').filter(|_| raw.matches('"').count() % 2 == 1) {
            let at = skipped + start + at;
            return Err(SpecProblem::new(Span::new(at, at + 1), "this quote is never closed")
                .help("a quote inside a value is written twice"));
        }
        let cells = cells(record, raw, skipped + start);
        if cells.iter().any(|cell| !cell.text.is_empty()) {
            if let Some(cell) = cells.iter().find(|cell| cell.text.contains('\0')) {
                problems.push(SpecProblem::new(cell.span, "a NUL byte: this is not a text file"));
            }
            rows.push(cells);
        }
    }
    Ok(rows)
}

/// The cells of a line with their places: a cell's text is looked for behind the one before it.
fn cells(record: &csv::StringRecord, raw: &str, start: usize) -> Vec<RosterCell> {
    let mut at = raw.len() - raw.trim_start_matches(['\r', '\n']).len();
    let mut cells = Vec::new();
    for field in record {
        let text = field.trim();
        let found = raw.get(at..).and_then(|rest| rest.find(text)).map_or(at, |found| at + found);
        let end = (found + text.len()).min(raw.len());
        cells.push(RosterCell { text: text.to_owned(), span: Span::new(start + found, start + end) });
        // On to what stands behind the separator.
        let rest = raw.get(end..).unwrap_or_default();
        let rest_of_field = rest.find([',', ';', '\t', '|']).map_or(rest.len(), |separator| separator + 1);
        at = (end + rest_of_field).min(raw.len());
    }
    cells
}

/// The bytes in front of the names of the columns, and the separator. Spreadsheets write the separator of their country, and some say
/// which it is in a line of its own: `sep=;`.
fn preamble(text: &str) -> (usize, u8) {
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let body = &text[mark..];
    let line = body.split_inclusive('\n').next().unwrap_or_default();
    let said = line.trim_end_matches(['\r', '\n']).trim_matches('"').to_ascii_lowercase();
    match said.strip_prefix("sep=").map(str::as_bytes) {
        Some([separator]) if separator.is_ascii() => (mark + line.len(), *separator),
        _ => (mark, delimiter(body)),
    }
}

fn delimiter(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |separator: &u8| header.bytes().filter(|byte| byte == separator).count();
    // The last of equals wins, so the comma stands last.
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}
