//! Lists with columns. The only place that knows the table library.

use super::Look;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

/// Rows under a header, no lines drawn, fitted to the width except for the first column, which is what people look for; empty
/// without rows.
pub fn table(header: &[&str], rows: Vec<Vec<String>>, look: &Look) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(look.width).unwrap_or(u16::MAX));
    table.set_header(header.to_vec());
    table.add_rows(rows);
    if let Some(first) = table.column_mut(0) {
        first.set_constraint(ColumnConstraint::ContentWidth);
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}
