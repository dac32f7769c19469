//! Lists with columns. The only place that knows the table library.

use super::RenderOptions;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use unicode_width::UnicodeWidthStr;

/// Columns beside a cell.
const PADDING: usize = 2;

/// Rows under a header, no lines drawn, fitted to the width except for the first column, which is what people look for; empty
/// without rows.
pub fn table(header: &[&str], rows: Vec<Vec<String>>, look: &RenderOptions) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(look.width).unwrap_or(u16::MAX));
    let words = longest_words(header, &rows);
    table.set_header(header.to_vec());
    table.add_rows(rows);
    // Where there is room for it, no word is broken.
    if words.iter().sum::<usize>() <= look.width {
        for (column, words) in table.column_iter_mut().zip(words) {
            let words = u16::try_from(words).unwrap_or(u16::MAX);
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(words)));
        }
    }
    if let Some(first) = table.column_mut(0) {
        first.set_constraint(ColumnConstraint::ContentWidth);
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Returns the width below which words are broken, in columns of a terminal.
pub fn narrowest(header: &[&str], rows: &[Vec<String>]) -> usize {
    longest_words(header, rows).iter().sum()
}

/// The width of each column's longest word, with its padding; of the first column's longest cell.
fn longest_words(header: &[&str], rows: &[Vec<String>]) -> Vec<usize> {
    let longest = |n: usize, cell: &str| match n {
        0 => cell.width(),
        _ => cell.split_whitespace().map(UnicodeWidthStr::width).max().unwrap_or(0),
    };
    let mut words: Vec<usize> = header.iter().enumerate().map(|(n, title)| longest(n, title)).collect();
    for (n, cell) in rows.iter().flat_map(|row| row.iter().enumerate()) {
        words[n] = words[n].max(longest(n, cell));
    }
    words.iter().map(|words| words + PADDING).collect()
}
