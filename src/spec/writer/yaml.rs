//! The tree of a spec -> YAML, each text so that it reads back as the same: quoted only where YAML, or another reader of it, would take
//! it for something else.

use crate::model::visible;
use crate::model::writing::{SpecEntry, SpecMap, SpecValue};
use crate::resources::written::number;
use std::fmt::Write as _;

/// How much stands on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrintStyle {
    /// A key a line, but for what is short.
    Roomy,
    /// As many keys as fit: for a file that would be too long to be read otherwise.
    Dense,
    /// The same, on longer lines.
    Packed,
}

impl PrintStyle {
    fn width(self) -> usize {
        match self {
            PrintStyle::Roomy => 100,
            PrintStyle::Dense => 132,
            PrintStyle::Packed => 200,
        }
    }
}

/// YAML reads no key that is longer without `?`.
const LONGEST_KEY: usize = 1_000;

/// The whole file. Every section is a block, with a blank line before it.
pub fn print(head: &[String], root: &SpecMap, style: PrintStyle) -> String {
    let mut printer = YamlPrinter { out: String::new(), style };
    head.iter().for_each(|line| printer.comment(0, line));
    for (at, entry) in root.entries().iter().enumerate() {
        let is_short = !matches!(entry.value, SpecValue::Map(_) | SpecValue::List(_));
        if at > 0 && !is_short {
            printer.out.push('\n');
        }
        printer.entry(entry, 0, is_small(&entry.key));
    }
    printer.out
}

/// What stands on one line where it can.
fn is_small(section: &str) -> bool {
    matches!(section, "tags" | "defaults")
}

struct YamlPrinter {
    out: String,
    style: PrintStyle,
}

impl YamlPrinter {
    fn indent(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn comment(&mut self, indent: usize, line: &str) {
        self.indent(indent);
        let shown = visible::net(line).replace(['\n', '\r'], " ");
        let _ = writeln!(self.out, "{}", format!("# {shown}").trim_end());
    }

    /// `may_fold`: whether a map or list may stand on the line of its key.
    fn entry(&mut self, entry: &SpecEntry, indent: usize, may_fold: bool) {
        entry.comments.iter().for_each(|line| self.comment(indent, line));
        self.indent(indent);
        let key = scalar(&entry.key, true);
        if key.len() > LONGEST_KEY {
            let _ = write!(self.out, "? {key}\n{}:", " ".repeat(indent));
        } else {
            let _ = write!(self.out, "{key}:");
        }
        self.value(&entry.value, indent, may_fold);
    }

    /// A value behind its key, with the line feed.
    fn value(&mut self, value: &SpecValue, indent: usize, may_fold: bool) {
        if let SpecValue::Text(text) = value
            && let Some(block) = block(text, indent + 2)
        {
            let _ = writeln!(self.out, " {block}");
            return;
        }
        let folded = is_scalar(value) || (may_fold && self.fits(value, 1));
        match value {
            value if folded => {
                let _ = writeln!(self.out, " {}", flow(value, is_scalar(value)));
            }
            value if may_fold && self.style != PrintStyle::Roomy => {
                self.out.push(' ');
                self.wrapped(value, indent + 4);
                self.out.push('\n');
            }
            SpecValue::Map(map) => {
                self.out.push('\n');
                map.entries().iter().for_each(|entry| self.entry(entry, indent + 2, true));
            }
            SpecValue::List(items) => {
                self.out.push('\n');
                items.iter().for_each(|item| self.item(item, indent + 2));
            }
            _ => self.out.push('\n'),
        }
    }

    fn item(&mut self, item: &SpecValue, indent: usize) {
        let start = self.out.len();
        self.indent(indent);
        match item {
            item if is_scalar(item) || self.fits(item, 2) => {
                let _ = writeln!(self.out, "- {}", flow(item, is_scalar(item)));
            }
            item if self.style != PrintStyle::Roomy => {
                self.out.push_str("- ");
                self.wrapped(item, indent + 4);
                self.out.push('\n');
            }
            SpecValue::Map(map) => {
                self.out.truncate(start);
                map.entries().iter().for_each(|entry| self.entry(entry, indent + 2, true));
                // The first key stands behind the dash.
                self.out.replace_range(start + indent..start + indent + 2, "- ");
            }
            SpecValue::List(items) => {
                self.out.push_str("-\n");
                items.iter().for_each(|item| self.item(item, indent + 2));
            }
            _ => self.out.push('\n'),
        }
    }

    /// Whether a list or map fits behind what stands on the line.
    fn fits(&self, value: &SpecValue, more: usize) -> bool {
        match value {
            SpecValue::Map(map) if map.is_empty() => true,
            SpecValue::List(items) if items.is_empty() => true,
            value if self.style == PrintStyle::Roomy && holds_block(value) => false,
            value => self.column() + more + flow(value, false).chars().count() <= self.style.width(),
        }
    }

    /// `{ a: b, c: d,` and on the next lines what did not fit.
    fn wrapped(&mut self, value: &SpecValue, indent: usize) {
        let (open, parts, close): (_, Vec<(Option<&str>, &SpecValue)>, _) = match value {
            SpecValue::Map(map) if !map.is_empty() => {
                let entries = map.entries().iter().map(|entry| (Some(entry.key.as_str()), &entry.value));
                ("{ ", entries.collect(), " }")
            }
            SpecValue::List(items) if !items.is_empty() => ("[", items.iter().map(|item| (None, item)).collect(), "]"),
            value => return self.out.push_str(&flow(value, false)),
        };
        self.out.push_str(open);
        for (at, (key, value)) in parts.into_iter().enumerate() {
            let key = key.map(|key| format!("{}: ", scalar(key, false))).unwrap_or_default();
            let text = flow(value, false);
            let length = key.chars().count() + text.chars().count() + 3;
            let new_line = at > 0 && self.column() + length > self.style.width();
            match (at, new_line) {
                (0, _) => {}
                (_, true) => {
                    self.out.push_str(",\n");
                    self.indent(indent);
                }
                (_, false) => self.out.push_str(", "),
            }
            self.out.push_str(&key);
            match self.column() + length > self.style.width() + key.len() {
                true => self.wrapped(value, indent + 2),
                false => self.out.push_str(&text),
            }
        }
        self.out.push_str(close);
    }

    /// How much stands on the line.
    fn column(&self) -> usize {
        self.out.rsplit('\n').next().map_or(0, |line| line.chars().count())
    }
}

fn is_scalar(value: &SpecValue) -> bool {
    !matches!(value, SpecValue::Map(_) | SpecValue::List(_))
}

/// Whether a text of several lines is in it, or a list of maps, which read best as a block.
fn holds_block(value: &SpecValue) -> bool {
    match value {
        SpecValue::Text(text) => text.contains('\n'),
        SpecValue::List(items) => items.iter().any(|item| holds_block(item) || matches!(item, SpecValue::Map(_))),
        SpecValue::Map(map) => map.entries().iter().any(|entry| holds_block(&entry.value)),
        _ => false,
    }
}

/// A value on one line. `alone`: it is not inside brackets.
fn flow(value: &SpecValue, alone: bool) -> String {
    match value {
        SpecValue::Null => "null".to_owned(),
        SpecValue::Bool(flag) => flag.to_string(),
        SpecValue::Integer(whole) => whole.to_string(),
        SpecValue::Number(value) => number(*value),
        SpecValue::Text(text) => scalar(text, alone),
        // It has become a variable's name before it is printed.
        SpecValue::Open(open) => format!("\"${{{}}}\"", open.name),
        SpecValue::Variable(name) => format!("\"${{{name}}}\""),
        SpecValue::Filled(text) => quoted(text),
        SpecValue::List(items) => {
            format!("[{}]", items.iter().map(|item| flow(item, false)).collect::<Vec<_>>().join(", "))
        }
        SpecValue::Map(map) if map.is_empty() => "{}".to_owned(),
        SpecValue::Map(map) => {
            format!("{{ {} }}", map.entries().iter().map(flow_entry).collect::<Vec<_>>().join(", "))
        }
    }
}

fn flow_entry(entry: &SpecEntry) -> String {
    format!("{}: {}", scalar(&entry.key, false), flow(&entry.value, false))
}

/// How long it is on a line.
pub fn length(key: &str, value: &SpecValue) -> usize {
    key.chars().count() + flow(value, false).chars().count() + 4
}

/// A text on one line: plain where that is the text again, in double quotes else.
fn scalar(text: &str, alone: bool) -> String {
    // `${` of a text is no variable.
    let text = text.replace("${", "$${");
    if is_plain(&text, alone) { text } else { quoted(&text) }
}

/// Whether a text is read as itself without quotes, by readers of YAML 1.1, too.
fn is_plain(text: &str, alone: bool) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let begins = first.is_alphanumeric() || matches!(first, '/' | '_' | '.' | '(');
    let ends = !text.ends_with([' ', ':']);
    let breaks = |c: char| is_hidden(c) || (!alone && matches!(c, ',' | '[' | ']' | '{' | '}'));
    let plain = !text.contains(": ") && !text.contains(" #") && !text.contains(breaks) && text != "<<" && text != "=";
    begins && ends && plain && !means_something(text)
}

/// Whether some reader takes it for a number, a date, a truth or nothing.
fn means_something(text: &str) -> bool {
    const WORDS: &[&str] = &["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf", "infinity"];
    let small = text.trim_start_matches('.').to_ascii_lowercase();
    let numeric = |c: char| c.is_ascii_digit() || "_.:+-exotz ".contains(c);
    let based = ["0x", "0o", "0b"].iter().any(|base| small.starts_with(base));
    let begins = text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    WORDS.contains(&small.as_str()) || based || text.parse::<f64>().is_ok() || (begins && small.chars().all(numeric))
}

/// In double quotes, with escapes for what could not be seen.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_hidden(c) => {
                // A String takes everything.
                let _ = match u32::from(c) {
                    code @ 0..=0xff => write!(out, "\\x{code:02x}"),
                    code @ 0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    code => write!(out, "\\U{code:08x}"),
                };
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// What steers, hides or is no character of YAML.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{10ffff}')
        || (c != ' ' && c.is_whitespace())
}

/// A text of several lines as a block, where that is the text again.
fn block(text: &str, indent: usize) -> Option<String> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let seen = |line: &str| !line.ends_with(' ') && !line.contains(is_hidden) && !line.starts_with(' ');
    let fits = body.contains('\n') && !body.ends_with('\n') && body.split('\n').all(seen) && !body.starts_with('\n');
    if !fits || visible::net(text) != text {
        return None;
    }
    let mut out = (if text.ends_with('\n') { "|" } else { "|-" }).to_owned();
    for line in body.replace("${", "$${").split('\n') {
        out.push('\n');
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent));
            out.push_str(line);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests;
