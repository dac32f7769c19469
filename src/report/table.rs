//! Lists with columns. The only place that knows the table library.

use super::{RenderOptions, layout};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use unicode_width::UnicodeWidthStr;

/// Columns beside a cell.
const PADDING: usize = 2;

/// Rows under a header, no lines drawn, fitted to the width except for the first column, which is what people look for; empty
/// without rows. Where words would have to be broken, each row is a paragraph instead.
pub fn table(header: &[&str], rows: Vec<Vec<String>>, look: &RenderOptions) -> String {
    if rows.is_empty() {
        return String::new();
    }
    if narrowest(header, &rows) > look.width {
        return rows.iter().map(|row| folded(header, row, look)).collect();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(look.width).unwrap_or(u16::MAX));
    let words = longest_words(header, &rows);
    table.set_header(header.to_vec());
    table.add_rows(rows);
    for (column, words) in table.column_iter_mut().zip(words) {
        let words = u16::try_from(words).unwrap_or(u16::MAX);
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(words)));
    }
    if let Some(first) = table.column_mut(0) {
        first.set_constraint(ColumnConstraint::ContentWidth);
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// A row as a paragraph: its first two cells, which name it, then the others behind their titles.
fn folded(header: &[&str], row: &[String], look: &RenderOptions) -> String {
    let named = |cell: &&String| !cell.is_empty();
    let head = row.iter().take(2).filter(named).cloned().collect::<Vec<_>>().join(" ");
    let others = header.iter().zip(row).skip(2).filter(|(_, cell)| !cell.is_empty());
    let others: Vec<String> =
        others.map(|(title, cell)| if title.is_empty() { cell.clone() } else { format!("{title}: {cell}") }).collect();
    let mut text = layout::hang(" ", &head, look.width);
    if !others.is_empty() {
        text += &layout::hang("   ", &others.join(", "), look.width);
    }
    text
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_broken_at_any_width() {
        let header = ["Verdict", "Alarm", "Time to notify", ""];
        let rows = vec![
            vec!["useful".into(), "alarm/mlops-lambda-high-errors".into(), "11m 40s".into(), "▁▂▃".into()],
            vec!["noisy".into(), "alarm/b".into(), String::new(), String::new()],
        ];
        for width in 40..140 {
            let text = table(&header, rows.clone(), &RenderOptions { width, ..RenderOptions::PLAIN });
            for word in ["useful", "alarm/mlops-lambda-high-errors", "11m", "40s", "▁▂▃", "noisy", "alarm/b"] {
                let found = text.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(found.contains(word), "{width}: {word}\n{text}");
            }
            assert!(text.lines().all(|line| line.width() <= width), "{width}\n{text}");
        }
        let narrow = table(&header, rows, &RenderOptions { width: 40, ..RenderOptions::PLAIN });
        assert_eq!(
            narrow,
            " useful alarm/mlops-lambda-high-errors\n   Time to notify: 11m 40s, ▁▂▃\n noisy alarm/b\n"
        );
    }
}
