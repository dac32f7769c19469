//! Lists with columns. The only place that knows the table library.

use super::Look;
use comfy_table::{ContentArrangement, Table, presets};

/// Rows under a header, no lines drawn, fitted to the width; empty without rows.
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
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}
