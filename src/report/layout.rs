//! Text in columns: how wide it is, how it is cut and wrapped. Knows nothing of what the text means.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub fn width(text: &str) -> usize {
    text.width()
}

/// At most `max` columns, the rest replaced by `…`.
pub fn cut(text: &str, max: usize) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > max {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

/// Two texts of at most `max` columns each, cut so that the place where they begin to differ stays visible.
pub fn cut_both(from: &str, to: &str, max: usize) -> (String, String) {
    let same = from.chars().zip(to.chars()).take_while(|(a, b)| a == b).count();
    let context = max / 4;
    let longest = width(from).max(width(to));
    if longest <= max || same <= context {
        return (cut(from, max), cut(to, max));
    }
    let skip = same - context;
    let tail = |text: &str| cut(&format!("…{}", text.chars().skip(skip).collect::<String>()), max);
    (tail(from), tail(to))
}

/// The words of the text in lines of at most `max` columns; a word that is longer has a line of its own. Never empty.
pub fn wrap(text: &str, max: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for (n, paragraph) in text.split('\n').enumerate() {
        if n > 0 {
            lines.push(String::new());
        }
        for word in words(paragraph) {
            let at = lines.len() - 1;
            let line = &mut lines[at];
            if line.is_empty() {
                line.push_str(word);
            } else if width(line) + 1 + width(word) <= max {
                line.push(' ');
                line.push_str(word);
            } else {
                lines.push(word.to_owned());
            }
        }
    }
    lines
}

/// The words of a line. A command in back quotes is one word: pasted from two lines it would be two commands.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text.trim_start();
    std::iter::from_fn(move || {
        let command = rest.trim_start_matches('(').strip_prefix("`mlopsctl ");
        let closed = command.and_then(|inner| Some(rest.len() - inner.len() + inner.find('`')?));
        let from = closed.unwrap_or(0);
        let end = rest.get(from..)?.find(char::is_whitespace).map_or(rest.len(), |at| from + at);
        let (word, left) = rest.split_at(end);
        rest = left.trim_start();
        (!word.is_empty()).then_some(word)
    })
}

/// `text` wrapped, with `lead` before the first line and as much space before the others.
pub fn hang(lead: &str, text: &str, columns: usize) -> String {
    let indent = " ".repeat(width(lead));
    let lines = wrap(text, columns.saturating_sub(width(lead)).max(20));
    let lines: Vec<String> =
        lines.iter().enumerate().map(|(n, l)| format!("{}{l}\n", if n == 0 { lead } else { &indent })).collect();
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_by_columns_not_by_bytes() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("", 0), "");
    }

    #[test]
    fn the_difference_of_two_long_texts_stays_visible() {
        let (from, to) = (format!("{}X", "a".repeat(200)), format!("{}Y", "a".repeat(200)));
        let (from, to) = cut_both(&from, &to, 40);
        assert!(from.ends_with("aX") && to.ends_with("aY") && from.starts_with('…'), "{from} {to}");
        assert!(width(&from) <= 40);
    }

    #[test]
    fn wraps_words_and_hangs_them() {
        assert_eq!(hang("  ! ", "one two three four five six", 24), "  ! one two three four\n    five six\n");
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("abcdefghijklmnop q", 5), ["abcdefghijklmnop", "q"]);
    }
}
