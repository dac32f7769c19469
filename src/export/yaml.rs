//! JSON as YAML of blocks. A text that could be anything else than a text is quoted as JSON quotes it, which YAML reads alike.

use serde_json::Value;

/// Writes a document, ending in a line feed.
pub fn write(document: &Value) -> String {
    let mut text = String::new();
    block(document, 0, &mut text);
    text
}

fn block(value: &Value, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                out.push_str(&format!("{indent}{}:", scalar(key)));
                below(value, depth + 1, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                // What is below a dash begins on its line.
                let mut inner = String::new();
                block(item, depth + 1, &mut inner);
                out.push_str(&format!("{indent}- {}", inner.trim_start_matches(' ')));
            }
        }
        other => out.push_str(&format!("{indent}{}\n", plain(other))),
    }
}

fn below(value: &Value, depth: usize, out: &mut String) {
    let is_block = match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if is_block {
        out.push('\n');
        block(value, depth, out);
    } else {
        out.push_str(&format!(" {}\n", plain(value)));
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// A text bare where it is a word that no reader of YAML 1.1 or 1.2 takes for something else.
fn scalar(text: &str) -> String {
    const OTHER: [&str; 12] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "none"];
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c))
        && !OTHER.contains(&text.to_ascii_lowercase().as_str());
    let is_type = text.strip_prefix("AWS::").is_some_and(|rest| {
        rest.split("::").all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric()))
    });
    let is_function = text.strip_prefix("Fn::").is_some_and(|name| name.chars().all(|c| c.is_ascii_alphabetic()));
    if is_word || is_type || is_function { text.to_owned() } else { Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// `tests/export` has another reader of YAML say the same of whole templates.
    #[test]
    fn a_document_is_the_same_in_blocks() {
        let document = json!({
            "Resources": { "A": { "Type": "AWS::SNS::Topic", "Properties": { "TopicName": "a.fifo", "Map": {} } } },
            "List": [[1, 2], { "a": null, "b": [{ "c": true }] }, "no", "1e3", "- x", "a: b", "äöü\n\"<&>\"", ""],
            "on": 5.5,
        });
        let text = "\
List:
  - - 1
    - 2
  - a: null
    b:
      - c: true
  - \"no\"
  - \"1e3\"
  - \"- x\"
  - \"a: b\"
  - \"äöü\\n\\\"<&>\\\"\"
  - \"\"
Resources:
  A:
    Properties:
      Map: {}
      TopicName: a.fifo
    Type: AWS::SNS::Topic
\"on\": 5.5
";
        assert_eq!(write(&document), text);
    }
}
