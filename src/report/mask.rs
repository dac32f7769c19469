//! Makes text fit to be shown: secrets become fingerprints, characters that hide or steer become visible. Every renderer goes
//! through it, and so does, once more, everything that is printed or written to a file (`printed`).

use crate::model::{secret, visible};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use std::borrow::Cow;
use std::io;

/// The text without secrets and without characters that steer a terminal or hide text. Line feeds and tabs stay.
pub fn text(text: &str) -> String {
    visible::escape(&secret::hidden(text)).into_owned()
}

/// As `text`, on one line.
pub fn line(line: &str) -> String {
    text(line).replace('\n', "\\n").replace('\t', "\\t")
}

/// The JSON value with the secrets of every text in it hidden, names of members included. What hides nothing is not copied.
pub fn json(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(hide(text)),
        Value::Array(mut items) => {
            items.iter_mut().for_each(|item| *item = json(item.take()));
            Value::Array(items)
        }
        Value::Object(mut map) => {
            if map.keys().any(|key| matches!(secret::hidden(key), Cow::Owned(_))) {
                return map.into_iter().map(|(key, value)| (hide(key), json(value))).collect();
            }
            map.values_mut().for_each(|value| *value = json(value.take()));
            Value::Object(map)
        }
        other => other,
    }
}

fn hide(text: String) -> String {
    match secret::hidden(&text) {
        Cow::Owned(hidden) => hidden,
        Cow::Borrowed(_) => text,
    }
}

/// A JSON document for programs, indented, ending in a line feed: a parser gets every text back but for its secrets.
pub fn document(value: Value) -> String {
    escaped(format!("{:#}\n", json(value)))
}

/// As [`document`] of an object with one more member, a text in which addresses stay: whoever saves it is to have what a file would hold.
/// For `Output::document`.
pub fn document_holding(members: Value, name: &str, text: Option<&str>) -> String {
    let mut members = json(members);
    members[name] = text.into();
    foreign_document(&format!("{members:#}\n"))
}

/// As [`document`] of an object with one more member, a list whose items are made and hidden one after the other: all together they would
/// take many times the room of their text.
pub fn document_with(members: Value, name: &str, items: impl Iterator<Item = Value> + Clone) -> String {
    let document = ListedDocument { members: json(members), name, items: HiddenItems(items) };
    // A String takes everything, and the names of members are texts.
    escaped(serde_json::to_string_pretty(&document).unwrap_or_default() + "\n")
}

/// The same document item by item, each piece of text handed on as it is made; a piece ends with a line, or with an item.
pub fn document_by(
    members: Value,
    name: &str,
    items: impl Iterator<Item = Value>,
    put: &mut dyn FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    let members = json(members);
    let members = members.as_object().into_iter().flatten();
    let (before, after): (Vec<_>, Vec<_>) = members.partition(|(other, _)| other.as_str() < name);
    let mut lead = "{\n";
    let mut member = |(name, value): (&String, &Value), put: &mut dyn FnMut(&str) -> io::Result<()>| {
        put(&escaped(format!("{lead}  {}: {}", Value::from(name.as_str()), indented(value, 2))))?;
        lead = ",\n";
        Ok::<(), io::Error>(())
    };
    before.into_iter().try_for_each(|one| member(one, put))?;
    put(&escaped(format!("{lead}  {}: [", Value::from(name))))?;
    let mut is_empty = true;
    for item in items {
        let comma = if is_empty { "" } else { "," };
        put(&escaped(format!("{comma}\n    {}", indented(&json(item), 4))))?;
        is_empty = false;
    }
    put(if is_empty { "]" } else { "\n  ]" })?;
    lead = ",\n";
    after.into_iter().try_for_each(|(name, value)| {
        put(&escaped(format!("{lead}  {}: {}", Value::from(name.as_str()), indented(value, 2))))
    })?;
    put("\n}\n")
}

/// Indented JSON whose further lines begin so many columns to the right. A line feed in it stands between values, never in a text.
fn indented(value: &Value, columns: usize) -> String {
    format!("{value:#}").replace('\n', &format!("\n{}", " ".repeat(columns)))
}

/// Hands the pieces of a text on to a writer, each as [`printed`] and many at a time: what is looked for stands within a piece.
pub fn through_writer(
    writer: &mut impl io::Write,
    make: impl FnOnce(&mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()>,
) -> io::Result<()> {
    let mut waiting = String::new();
    make(&mut |piece| {
        waiting.push_str(piece);
        if waiting.len() < GATHERED || !waiting.ends_with(['\n', '}']) {
            return Ok(());
        }
        writer.write_all(printed(&waiting).as_bytes())?;
        waiting.clear();
        Ok(())
    })?;
    writer.write_all(printed(&waiting).as_bytes())
}

/// Bytes of a text that are written at a time.
const GATHERED: usize = 1 << 16;

/// The members and a list among them, in the order of their names.
struct ListedDocument<'a, I> {
    members: Value,
    name: &'a str,
    items: HiddenItems<I>,
}

struct HiddenItems<I>(I);

impl<I: Iterator<Item = Value> + Clone> Serialize for ListedDocument<'_, I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = self.members.as_object().into_iter().flatten();
        let (before, after): (Vec<_>, Vec<_>) = members.partition(|(name, _)| name.as_str() < self.name);
        let mut map = serializer.serialize_map(None)?;
        before.into_iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.serialize_entry(self.name, &self.items)?;
        after.into_iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

impl<I: Iterator<Item = Value> + Clone> Serialize for HiddenItems<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone().map(json))
    }
}

/// As `document`, on one line.
pub fn json_line(value: Value) -> String {
    escaped(format!("{}\n", json(value)))
}

/// A text that is without secrets, as a string of JSON.
pub fn json_text(text: &str) -> String {
    escaped(Value::from(text).to_string())
}

fn escaped(json: String) -> String {
    match visible::escape_json(&json) {
        Cow::Owned(escaped) => escaped,
        Cow::Borrowed(_) => json,
    }
}

/// What is about to be printed or written, whatever it was made of: without secrets, without sequences but those of `Tone`,
/// and without orders to CI systems. What a renderer made fit stays as it is.
pub fn printed(text: &str) -> Cow<'_, str> {
    through(secret::hidden(text))
}

/// As `printed`, but that addresses stay: for the mailbox of the sandbox, whose links are there to be used.
pub fn mailbox(text: &str) -> Cow<'_, str> {
    through(secret::hide_declared(text))
}

/// A document of another engine, in JSON or in YAML whose texts are quoted as JSON quotes them: addresses stay, since an engine is to
/// use them.
pub fn foreign_document(text: &str) -> String {
    visible::escape_json(&secret::hide_declared(text)).into_owned()
}

fn through(hidden: Cow<'_, str>) -> Cow<'_, str> {
    match hidden {
        Cow::Borrowed(text) => visible::net(text),
        Cow::Owned(text) => Cow::Owned(visible::net(&text).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        assert_eq!(text("a\u{1b}[2Jb\u{202e}c"), "a\\u{1b}[2Jb\\u{202e}c");
        assert_eq!(line("a\nb"), "a\\nb");
    }

    #[test]
    fn json_is_masked_all_the_way_down() {
        let value = serde_json::json!({ "a": ["https://u:p@h", 5], "https://h/x": "\u{202e}" });
        let text = document(value);
        assert!(!text.contains("u:p") && !text.contains("h/x") && text.contains("\\u202e"), "{text}");
        assert_eq!(printed(&text), text, "the writer changes nothing that is fit");
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["a"][1], 5);
    }

    #[test]
    fn a_list_that_is_written_item_by_item_is_the_same_document() {
        let members = || serde_json::json!({ "b": [], "z": "https://u:p@h" });
        let items = || [serde_json::json!({ "url": "https://u:q@h" }), serde_json::json!("\u{202e}")].into_iter();
        for name in ["a", "c", "zz"] {
            for count in [0, 2] {
                let mut whole = members();
                whole[name] = items().take(count).collect();
                assert_eq!(document_with(members(), name, items().take(count)), document(whole.clone()));
                let mut pieces = Vec::new();
                let written = through_writer(&mut pieces, |put| document_by(members(), name, items().take(count), put));
                assert!(written.is_ok());
                assert_eq!(String::from_utf8(pieces).unwrap(), document(whole));
            }
        }
    }

    #[test]
    fn what_forgot_to_be_masked_is_caught_by_the_writer() {
        assert_eq!(printed("x\u{1b}[2J\n  ::error::y"), "x\\u{1b}[2J\n  \\u{3a}:error::y");
        assert!(!printed("https://h/secret").contains("secret"));
        assert_eq!(mailbox("https://h/link"), "https://h/link");
    }
}
