//! Makes text fit to be shown: secrets become `***`, characters that steer a terminal become visible. Every renderer and
//! every error goes through it.

use crate::model::secret;
use serde_json::Value;

/// The text without secrets and without characters that steer a terminal or hide text. Line feeds and tabs stay.
pub fn text(text: &str) -> String {
    let escape = |c: char| if steers(c) { c.escape_unicode().to_string() } else { c.to_string() };
    secret::hide(text).chars().map(escape).collect()
}

/// As `text`, on one line.
pub fn line(line: &str) -> String {
    text(line).replace('\n', "\\n").replace('\t', "\\t")
}

/// The JSON value with the secrets of every text in it masked; keys stay as they are.
pub fn json(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(secret::hide(text)),
        Value::Array(items) => items.iter().map(json).collect(),
        Value::Object(map) => Value::Object(map.iter().map(|(key, value)| (key.clone(), json(value))).collect()),
        other => other.clone(),
    }
}

/// Control characters, and those that are invisible or turn the direction of text around.
fn steers(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
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
        let value = serde_json::json!({ "a": ["https://u:p@h", 5] });
        assert_eq!(json(&value), serde_json::json!({ "a": ["https://***@h", 5] }));
    }
}
