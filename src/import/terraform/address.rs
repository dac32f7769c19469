//! How Terraform names what it has: `module.web["a"].aws_sns_topic.alerts[0]`.

use crate::model::node::Node;

/// The address of an instance in a module.
pub fn of(module: &str, type_name: &str, name: &str, index: Option<&Node>) -> String {
    let dot = if module.is_empty() { "" } else { "." };
    format!("{module}{dot}{type_name}.{name}{}", index.map(key).unwrap_or_default())
}

/// An index in brackets: a number, or a text as JSON has it.
fn key(index: &Node) -> String {
    match index.scalar() {
        Some(scalar) if scalar.quoted => format!("[{}]", serde_json::Value::from(scalar.text.as_str())),
        Some(scalar) => format!("[{}]", scalar.text),
        None => String::new(),
    }
}

/// The names of the modules that an address of a module leads through, without their indices.
pub fn modules(address: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = address;
    while let Some(after) = rest.strip_prefix("module.") {
        let end = after.find(['.', '[']).unwrap_or(after.len());
        names.push(&after[..end]);
        rest = behind_index(&after[end..]);
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    names
}

/// What is behind an index, which may hold any letter in a text.
fn behind_index(text: &str) -> &str {
    if !text.starts_with('[') {
        return text;
    }
    let (mut quoted, mut escaped) = (false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return &text[at + 1..],
            _ => {}
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::modules;

    #[test]
    fn indices_of_modules_hold_any_letter() {
        for (address, names) in [
            ("", &[][..]),
            ("module.a", &["a"]),
            ("module.a[0].module.b-c", &["a", "b-c"]),
            (r#"module.a["x.module.y]\""].module.b[1]"#, &["a", "b"]),
            ("module.a[\"broken", &["a"]),
            ("aws_sns_topic.a", &[]),
        ] {
            assert_eq!(modules(address), names, "{address}");
        }
    }
}
