//! Many things to say in so many lines: at length as long as there is room, then in short, then counted.

use super::{RenderOptions, layout};

/// Something to say of several accounts, at length, in lines, and in short, without a line feed.
pub struct BudgetedEntry {
    pub long: String,
    pub short: String,
}

/// Returns the entries in at most so many lines (a first entry that is longer is there nonetheless). What is counted at the end is
/// in what `all` names.
pub fn within(entries: Vec<BudgetedEntry>, lines: usize, between: &str, all: &str, look: &RenderOptions) -> String {
    let length = |text: &str| text.lines().count();
    let whole: usize = entries.iter().map(|entry| length(&entry.long)).sum();
    let reserved = if whole <= lines { 0 } else { (lines / 3).max(1) };
    let (mut text, mut shorts) = (String::new(), Vec::new());
    for entry in entries {
        let fits = length(&text) + length(&entry.long) <= lines - reserved;
        if shorts.is_empty() && (fits || text.is_empty()) {
            text += &entry.long;
        } else {
            shorts.push(entry.short);
        }
    }
    if shorts.is_empty() {
        return text;
    }
    let also = |most: usize| {
        let more = match shorts.len() - most {
            0 => String::new(),
            more => format!("{between}and {more} more ({all})"),
        };
        layout::hang("  also: ", &format!("{}{more}", shorts[..most].join(between)), look.width)
    };
    let room = lines.saturating_sub(length(&text)).max(1);
    let most = (1..=shorts.len()).rev().find(|most| length(&also(*most)) <= room).unwrap_or(1);
    text + &also(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(many: usize) -> Vec<BudgetedEntry> {
        let entry = |n| BudgetedEntry { long: format!("reason {n}\n  fix {n}\n"), short: format!("short reason {n}") };
        (0..many).map(entry).collect()
    }

    fn said(many: usize, lines: usize) -> String {
        let text = within(some(many), lines, "; ", "-v has all", &RenderOptions { width: 60, ..RenderOptions::PLAIN });
        assert!(text.lines().count() <= lines, "{text}");
        text
    }

    #[test]
    fn what_fits_is_said_at_length() {
        assert_eq!(said(4, 8).matches("fix").count(), 4);
        assert!(!said(4, 8).contains("also"));
    }

    #[test]
    fn what_does_not_fit_is_said_in_short_then_counted() {
        let text = said(5, 9);
        assert!(text.ends_with("fix 2\n  also: short reason 3; short reason 4\n"), "{text}");
        let text = said(40, 9);
        assert_eq!(text.matches("fix").count(), 3, "{text}");
        assert!(text.contains("short reason 8") && text.ends_with(" more (-v has all)\n"), "{text}");
    }
}
