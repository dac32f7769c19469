//! Makes visible what steers a terminal, hides in a text, or gives an order to a CI system that reads a log. Knows nothing of
//! secrets.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns the text with `\u{…}` for every character that hides or steers. Line feeds and tabs stay.
pub fn escape(text: &str) -> Cow<'_, str> {
    replace(
        text,
        |before, c| hides_behind(before, c) && !matches!(c, '\n' | '\t'),
        |out, c| out.extend(c.escape_unicode()),
    )
}

/// As [`escape`], for JSON that is written already: `\uXXXX`, so that a parser returns the text itself.
///
/// Such characters stand nowhere but in strings there. So does `##`, by which Azure Pipelines, TeamCity and older GitHub
/// runners know an order anywhere in a line.
pub fn escape_json(json: &str) -> Cow<'_, str> {
    let steers = |before: char, c: char| (hides_behind(before, c) && c != '\n') || (before == '#' && c == '#');
    replace(json, steers, |out, c| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            // A String takes everything.
            let _ = write!(out, "\\u{unit:04x}");
        }
    })
}

/// Returns the text as it may reach a terminal, a log or a file: [`escape`], but that the styles of `report::Tone` stay, and line
/// ends of CSV; and no line is an order to a CI system.
pub fn net(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| matches!(b, b'\n' | b' '..=b'~')) {
        return without_orders(text);
    }
    let mut out = String::with_capacity(text.len());
    let (mut before, mut rest) = ('\n', text);
    while let Some(c) = rest.chars().next() {
        let kept = match c {
            '\u{1b}' => style(rest),
            '\r' if rest.starts_with("\r\n") => 2,
            c if hides_behind(before, c) && !matches!(c, '\n' | '\t') => 0,
            c => c.len_utf8(),
        };
        match kept {
            0 => out.extend(c.escape_unicode()),
            kept => out.push_str(&rest[..kept]),
        }
        rest = &rest[kept.max(c.len_utf8())..];
        before = c;
    }
    Cow::Owned(without_orders(&out).into_owned())
}

/// Returns the text without orders to CI systems: `::error` where a line begins with it (GitHub, which skips white space before
/// it), `##[…`, `##vso[…` and `##teamcity[…` wherever they stand (Azure Pipelines, older runners of GitHub, TeamCity). The marks
/// of GitLab's sections need a carriage return, which [`escape`] takes.
pub fn without_orders(text: &str) -> Cow<'_, str> {
    if !text.contains("::") && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let (mut begins, mut rest) = (true, text);
    while let Some(c) = rest.chars().next() {
        let order = (begins && rest.starts_with("::")) || is_tagged(rest);
        let width = match c {
            '\u{1b}' if begins => style(rest).max(1),
            _ => {
                begins = c == '\n' || (begins && c.is_whitespace());
                c.len_utf8()
            }
        };
        if order {
            out.extend(c.escape_unicode())
        } else {
            out.push_str(&rest[..width])
        }
        rest = &rest[width..];
    }
    Cow::Owned(out)
}

/// `##`, letters or none, and a bracket.
fn is_tagged(text: &str) -> bool {
    text.strip_prefix("##")
        .is_some_and(|rest| rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).starts_with('['))
}

/// The length of the style that begins here (ECMA-48, SGR): weight, underline and the sixteen colours, nothing that conceals.
fn style(text: &str) -> usize {
    let Some(end) = text.find('m').filter(|end| *end < 16) else { return 0 };
    let harmless = |number: &str| match number.parse::<u8>() {
        Ok(n) => matches!(n, 0..=4 | 22..=24 | 30..=37 | 39 | 90..=97),
        Err(_) => number.is_empty(),
    };
    match text[..end].strip_prefix("\u{1b}[") {
        Some(numbers) if numbers.split(';').all(harmless) => end + 1,
        _ => 0,
    }
}

fn replace(text: &str, steers: impl Fn(char, char) -> bool, by: impl Fn(&mut String, char)) -> Cow<'_, str> {
    let (mut out, mut done, mut before) = (String::new(), 0, '\n');
    for (at, c) in text.char_indices() {
        if steers(before, c) {
            out.push_str(&text[done..at]);
            by(&mut out, c);
            done = at + c.len_utf8();
        }
        before = c;
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// Whether a character steers or hides, whatever is before it.
pub fn hides(c: char) -> bool {
    hides_behind('\n', c)
}

/// Control characters; what turns the direction of text; what has no width or no meaning of its own (Unicode Standard Annex 9
/// and 31, Default_Ignorable_Code_Point); separators of lines that are no line feed; tags and private characters.
fn hides_behind(before: char, c: char) -> bool {
    match c {
        ' '..='~' => false,
        // The look of the emoji before it: the only selector that people type.
        '\u{fe0e}' | '\u{fe0f}' => !matches!(before, '\u{203c}'..='\u{3299}' | '\u{1f000}'..='\u{1faff}'),
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{e000}'..='\u{f8ff}'
        | '\u{fe00}'..='\u{fe0d}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{fffe}'
        | '\u{ffff}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{10ffff}' => true,
        c => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DANGEROUS: &str = "\u{0}\u{1}\u{7}\u{8}\u{b}\u{c}\r\u{1b}\u{7f}\u{85}\u{9b}\u{ad}\u{61c}\u{180e}\u{200b}\u{200d}\u{200e}\u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{fe0f}\u{feff}\u{fffe}\u{e000}\u{e0001}\u{e007f}\u{e0100}\u{f0000}\u{10ffff}";

    #[test]
    fn what_hides_or_steers_is_made_visible() {
        for c in DANGEROUS.chars() {
            let text = format!("a{c}b");
            assert_eq!(escape(&text), format!("a{}b", c.escape_unicode()));
            assert_eq!(net(&text), escape(&text));
            let json = escape_json(&serde_json::Value::from(text.as_str()).to_string()).into_owned();
            assert!(json.is_ascii() && !json.bytes().any(|b| b.is_ascii_control()), "{json}");
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
        for plain in ["a\n\tb", "é ü 日本語 \u{26a0}\u{fe0f} 🚨", "«x»"] {
            assert_eq!(escape(plain), plain);
            assert_eq!(net(plain), plain);
        }
    }

    #[test]
    fn styles_stay_and_other_sequences_do_not() {
        for kept in ["\u{1b}[1mx\u{1b}[0m", "\u{1b}[31;1mx", "a,b\r\nc\r\n"] {
            assert_eq!(net(kept), kept);
        }
        for sent in ["\u{1b}[2J", "\u{1b}[8mx", "\u{1b}]0;t\u{7}", "\u{1b}[38;5;1m", "\u{1b}[m;\u{1b}c", "\u{1b}"] {
            assert!(net(&format!("é{sent}")).contains("\\u{1b}"), "{sent:?}");
        }
    }

    #[test]
    fn no_line_is_an_order_to_a_ci_system() {
        for (text, shown) in [
            ("::error::x", "\\u{3a}:error::x"),
            ("a\n  \u{3000}::add-mask::x", "a\n  \u{3000}\\u{3a}:add-mask::x"),
            ("\u{1b}[1m::stop-commands::x", "\u{1b}[1m\\u{3a}:stop-commands::x"),
            ("a ##[error]x", "a \\u{23}#[error]x"),
            ("##vso[task.x]1 ##teamcity[y]", "\\u{23}#vso[task.x]1 \\u{23}#teamcity[y]"),
            ("arn:aws:cloudwatch::1:x ## a", "arn:aws:cloudwatch::1:x ## a"),
        ] {
            assert_eq!(net(text), shown);
            assert_eq!(net(shown), shown);
        }
        let json = escape_json("{\n  \"a\": \"##vso[x]\"\n}").into_owned();
        assert_eq!(net(&json), json);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["a"], "##vso[x]");
    }
}
