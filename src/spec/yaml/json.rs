//! What JSON writes and YAML does not: a character beyond the first 65,536 as two escapes, `\\ud83d\\ude00`.

use crate::model::node::Span;
use std::borrow::Cow;

/// Two escapes of six letters each.
const PAIR: usize = 12;

/// Where a text got shorter: the place behind it in the new text, and how many bytes that is short of the old one from there on.
pub type TextMoves = Vec<(usize, usize)>;

/// Writes the pairs of a JSON text as the characters that they are. Any other text stays as it is.
pub fn join_surrogates(text: &str) -> (Cow<'_, str>, TextMoves) {
    let body = text.trim_start_matches('\u{feff}').trim_start();
    if !body.starts_with(['{', '[']) || !(text.contains("\\ud") || text.contains("\\uD")) {
        return (Cow::Borrowed(text), TextMoves::new());
    }
    let bytes = text.as_bytes();
    let (mut joined, mut moves) = (String::with_capacity(text.len()), TextMoves::new());
    let (mut at, mut copied, mut short) = (0, 0, 0);
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        match text.get(at..at + PAIR).and_then(pair) {
            Some(character) => {
                joined.push_str(&text[copied..at]);
                joined.push(character);
                at += PAIR;
                copied = at;
                short += PAIR - character.len_utf8();
                moves.push((joined.len(), short));
            }
            // Whatever is escaped begins no escape itself.
            None => at += 2,
        }
    }
    joined.push_str(&text[copied..]);
    (Cow::Owned(joined), moves)
}

/// The character of two escapes.
fn pair(text: &str) -> Option<char> {
    let unit = |from: usize| {
        let digits = text.get(from..from + 6)?.strip_prefix("\\u")?;
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
    };
    char::decode_utf16([unit(0)?, unit(6)?]).next()?.ok().filter(|c| c.len_utf16() == 2)
}

/// A span of the new text in the old one.
pub fn moved(span: Span, moves: &TextMoves) -> Span {
    let old = |at: usize| {
        let behind = moves.partition_point(|(from, _)| *from <= at);
        at + behind.checked_sub(1).and_then(|last| moves.get(last)).map_or(0, |(_, short)| *short)
    };
    Span::new(old(span.start), old(span.end))
}
