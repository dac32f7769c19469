//! A shown session as commands with their exit codes and outputs, and when a shown output is the same as a real one.

use super::pages::Block;
use std::ops::Range;

/// A command of a page and what it says.
#[derive(Debug, Clone)]
pub struct Exchange {
    pub command: String,
    pub code: i32,
    pub output: String,
    /// Where exit code and output are in the page.
    pub range: Range<usize>,
    pub line: usize,
}

/// `$ ` begins a command, `> ` goes on with it; a line `? 3` behind it is the exit code. An empty line before the next command
/// belongs to the page.
pub fn exchanges(block: &Block) -> Vec<Exchange> {
    let mut found: Vec<Exchange> = Vec::new();
    let mut at = block.range.start;
    for (row, line) in block.code.split_inclusive('\n').enumerate() {
        let next = at + line.len();
        let bare = line.trim_end_matches('\n');
        match found.last_mut() {
            _ if bare.starts_with("$ ") => found.push(Exchange {
                command: bare[2..].to_owned(),
                code: 0,
                output: String::new(),
                range: next..next,
                line: block.line + 1 + row,
            }),
            Some(last) if last.range.is_empty() && bare.starts_with("> ") => {
                last.command.push('\n');
                last.command.push_str(&bare[2..]);
                last.range = next..next;
            }
            Some(last)
                if last.range.is_empty() && bare.strip_prefix("? ").is_some_and(|code| code.parse::<i32>().is_ok()) =>
            {
                last.code = bare[2..].parse().expect("a number");
                last.range.end = next;
            }
            Some(last) => {
                last.output.push_str(line);
                last.range.end = next;
            }
            None => {}
        }
        at = next;
    }
    found.iter_mut().for_each(|exchange| {
        let kept = exchange.output.trim_end().len();
        let cut = exchange.output.len() - kept;
        // The newline behind the last line stays with it.
        let back = if kept == 0 { cut } else { cut.saturating_sub(1) };
        exchange.range.end -= back;
        exchange.output.truncate(exchange.output.len() - back);
    });
    found
}

/// Exit code and output as a page shows them.
pub fn text(code: i32, output: &str) -> String {
    let code = if code == 0 { String::new() } else { format!("? {code}\n") };
    if output.trim().is_empty() { code } else { format!("{code}{}\n", output.trim_end()) }
}

pub fn matches(shown: &str, said: &str) -> bool {
    let (shown, said) = (lines(shown), lines(said));
    matches_from(&shown, &said)
}

fn lines(text: &str) -> Vec<&str> {
    text.trim_end().lines().map(str::trim_end).collect()
}

fn matches_from(shown: &[&str], said: &[&str]) -> bool {
    match (shown, said) {
        ([], said) => said.is_empty(),
        (["...", rest @ ..], said) => (0..=said.len()).any(|skipped| matches_from(rest, &said[skipped..])),
        ([first, rest @ ..], [line, more @ ..]) => same(first, line) && matches_from(rest, more),
        (_, []) => false,
    }
}

/// Whether two lines say the same: `[..]` is anything, and what differs at every run is not compared.
fn same(shown: &str, said: &str) -> bool {
    let (shown, said) = (steady(shown), steady(said));
    let mut rest = said.as_str();
    let parts: Vec<&str> = shown.split("[..]").collect();
    let (first, last) = (parts[0], parts[parts.len() - 1]);
    if parts.len() == 1 {
        return shown == said;
    }
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    for part in &parts[1..parts.len() - 1] {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// The line without what is another at every run: seconds of a time of day or of an age (and the spaces of their table), tokens, ids.
fn steady(line: &str) -> String {
    let is_age = |word: &str| {
        word.strip_suffix('s').is_some_and(|count| !count.is_empty() && count.chars().all(|c| c.is_ascii_digit()))
    };
    let line = without_seconds(line);
    let line = if line.split(' ').any(is_age) {
        let words = line.split_whitespace().map(|word| if is_age(word) { "(age)" } else { word });
        words.collect::<Vec<_>>().join(" ")
    } else {
        line
    };
    let mut out = String::new();
    let mut word = String::new();
    let flush = |word: &mut String, out: &mut String| {
        let hex = word.chars().filter(char::is_ascii_hexdigit).count();
        let is_id = hex >= 24 && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        out.push_str(if is_id { "(id)" } else { word });
        word.clear();
    };
    for letter in line.chars() {
        if letter.is_ascii_alphanumeric() || letter == '-' {
            word.push(letter);
        } else {
            flush(&mut word, &mut out);
            out.push(letter);
        }
    }
    flush(&mut word, &mut out);
    out
}

/// `10:05:07.123` becomes `10:05:..`.
fn without_seconds(line: &str) -> String {
    let letters: Vec<char> = line.chars().collect();
    let digits = |at: usize| (at..at + 2).all(|at| letters.get(at).is_some_and(char::is_ascii_digit));
    let colon = |at: usize| letters.get(at) == Some(&':');
    let mut out = String::new();
    let mut at = 0;
    while at < letters.len() {
        if digits(at) && colon(at + 2) && digits(at + 3) && colon(at + 5) && digits(at + 6) {
            out.extend(&letters[at..at + 6]);
            out.push_str("..");
            at += 8;
            if letters.get(at) == Some(&'.') && letters.get(at + 1).is_some_and(char::is_ascii_digit) {
                at += 1;
                while letters.get(at).is_some_and(char::is_ascii_digit) {
                    at += 1;
                }
            }
        } else {
            out.push(letters[at]);
            at += 1;
        }
    }
    out
}

/// What was said, with the `[..]` and `...` of what was shown where they still hold.
pub fn merged(shown: &str, said: &str) -> String {
    let (shown, said) = (lines(shown), lines(said));
    // The longest common run of lines, where `[..]` counts as what it stands for.
    let mut longest = vec![vec![0_usize; said.len() + 1]; shown.len() + 1];
    for i in (0..shown.len()).rev() {
        for j in (0..said.len()).rev() {
            longest[i][j] = if same(shown[i], said[j]) {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out: Vec<&str> = Vec::new();
    let mut pending: Vec<&str> = Vec::new();
    let mut elided = false;
    while i < shown.len() || j < said.len() {
        if i < shown.len() && shown[i] == "..." {
            elided = true;
            i += 1;
        } else if i < shown.len() && j < said.len() && same(shown[i], said[j]) {
            settle(&mut out, &mut pending, &mut elided);
            out.push(shown[i]);
            (i, j) = (i + 1, j + 1);
        } else if j >= said.len() || (i < shown.len() && longest[i + 1][j] >= longest[i][j + 1]) {
            i += 1;
        } else {
            pending.push(said[j]);
            j += 1;
        }
    }
    settle(&mut out, &mut pending, &mut elided);
    out.join("\n") + "\n"
}

fn settle<'a>(out: &mut Vec<&'a str>, pending: &mut Vec<&'a str>, elided: &mut bool) {
    if std::mem::take(elided) {
        out.push("...");
        pending.clear();
    }
    out.append(pending);
}

#[test]
fn outputs_are_the_same_but_for_what_every_run_has_anew() {
    assert!(matches("a\n...\nd\n", "a\nb\nc\nd\n"));
    assert!(matches("x [..] z", "x y y z"));
    assert!(matches("OK  a   9s  b", "OK  a  10s  b"));
    assert!(matches("at 10:05:07 id 0f3c62aeb25bf7806882adc3b3c2", "at 10:05:59.123 id 1f3c62aeb25bf7806882adc3b3c3"));
    for (shown, said) in [
        ("a", "b"),
        ("a\n...\nd", "a\nb"),
        ("x [..] z", "x y"),
        ("10:05:07", "10:06:07"),
        ("OK  a  9m", "OK  a  8m"),
        ("a  9", "a 9"),
        ("a", "a\nb"),
        ("a\nb", "a"),
    ] {
        assert!(!matches(shown, said), "{shown:?} {said:?}");
    }
}

#[test]
fn an_update_keeps_what_was_left_out() {
    assert_eq!(merged("a\n...\nd [..]\nold\n", "a\nb\nc\nd 1\nnew\n"), "a\n...\nd [..]\nnew\n");
    assert_eq!(merged("", "a\nb\n"), "a\nb\n");
    assert_eq!(merged("at 10:05:07\nx\n", "at 10:05:09\ny\n"), "at 10:05:07\ny\n");
}

#[test]
fn a_block_is_taken_apart() {
    let code = "$ a \\\n> b\n? 3\nout\n\nmore\n\n$ c\n\n$ d\n";
    let block = Block { info: "console".into(), code: code.into(), range: 100..100 + code.len(), line: 7 };
    let found = exchanges(&block);
    assert_eq!(found.len(), 3);
    assert_eq!((found[0].command.as_str(), found[0].code, found[0].line), ("a \\\nb", 3, 8));
    assert_eq!(found[0].output, "out\n\nmore\n");
    assert_eq!(&code[found[0].range.start - 100..found[0].range.end - 100], "? 3\nout\n\nmore\n");
    assert_eq!((found[1].output.as_str(), found[1].range.len(), found[2].range.len()), ("", 0, 0));
}
