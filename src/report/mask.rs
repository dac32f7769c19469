//! Makes text fit to be shown: secrets in URLs become `***`, control characters become visible. Every renderer and every
//! error goes through it. It guesses by shape, so it rather masks too much.

use serde_json::Value;
use std::borrow::Cow;

const MASK: &str = "***";

/// Parts of the name of a query parameter whose value is taken for a secret.
const SECRET_NAMES: &[&str] =
    &["token", "secret", "pass", "pwd", "sig", "key", "auth", "cred", "code", "session", "access", "jwt", "bearer"];

/// The text without secrets and without characters that steer a terminal or hide text. Line feeds and tabs stay.
pub fn text(text: &str) -> Cow<'_, str> {
    let masked = secrets(text);
    if masked.chars().any(steers) {
        let visible: String = masked.chars().map(|c| if steers(c) { escape(c) } else { c.to_string() }).collect();
        return Cow::Owned(visible);
    }
    masked
}

/// As `text`, on one line.
pub fn line(text_: &str) -> String {
    text(text_).replace('\n', "\\n").replace('\t', "\\t")
}

/// Every text in a JSON value without its secrets; keys stay as they are.
pub fn value(value_: &Value) -> Value {
    match value_ {
        Value::String(s) => Value::String(secrets(s).into_owned()),
        Value::Array(items) => items.iter().map(value).collect(),
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), value(v))).collect()),
        other => other.clone(),
    }
}

/// The text with the secrets of its URLs masked.
pub fn secrets(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        let end = after.find(|c: char| c.is_whitespace() || "\"'`<>|\\^{}".contains(c)).unwrap_or(after.len());
        out.push_str(before);
        url(&after[..end], &mut out);
        rest = &after[end..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Masks what follows `://`.
fn url(after_scheme: &str, out: &mut String) {
    let host_end = after_scheme.find(['/', '?', '#']).unwrap_or(after_scheme.len());
    let (authority, rest) = after_scheme.split_at(host_end);
    match authority.rsplit_once('@') {
        Some((_, host)) => {
            out.push_str(MASK);
            out.push('@');
            out.push_str(host);
        }
        None => out.push_str(authority),
    }
    let path_end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (path, query) = rest.split_at(path_end);
    for (n, segment) in path.split('/').enumerate() {
        if n > 0 {
            out.push('/');
        }
        out.push_str(if is_token(segment) { MASK } else { segment });
    }
    for part in query.split_inclusive(['?', '#', '&', ';']) {
        let (part, separator) = match part.char_indices().next_back() {
            Some((at, c)) if "?#&;".contains(c) => part.split_at(at),
            _ => (part, ""),
        };
        match part.split_once('=') {
            Some((name, value)) if !value.is_empty() && (is_secret_name(name) || is_token(value)) => {
                out.push_str(name);
                out.push('=');
                out.push_str(MASK);
            }
            None if is_token(part) => out.push_str(MASK),
            _ => out.push_str(part),
        }
        out.push_str(separator);
    }
}

fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|part| name.contains(part))
}

/// Long, letters and digits mixed, not made of words: the shape of keys, signatures and UUIDs.
fn is_token(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.~+%=:".contains(c);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(char::is_ascii_alphabetic).count();
    text.len() >= 20 && text.chars().all(allowed) && digits >= 3 && letters >= 3
}

/// Control characters, and the marks that turn the direction of text around.
fn steers(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn escape(c: char) -> String {
    c.escape_unicode().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_urls_are_masked() {
        for (plain, shown) in [
            ("https://user:hunter2@example.edu/hook", "https://***@example.edu/hook"),
            ("https://a@b@example.edu", "https://***@example.edu"),
            ("see https://h.io/x?Token=abc&n=5#top now", "see https://h.io/x?Token=***&n=5#top now"),
            ("https://h.io/?a=1&X-Amz-Signature=ff00", "https://h.io/?a=1&X-Amz-Signature=***"),
            ("https://h.io/?q=9f86d081884c7d659a2feaa0c55ad015", "https://h.io/?q=***"),
            (
                "https://events.pagerduty.com/integration/0123456789abcdef0123456789abcdef/enqueue",
                "https://events.pagerduty.com/integration/***/enqueue",
            ),
            ("postgres://u:p@db/x and http://u:p@h", "postgres://***@db/x and http://***@h"),
        ] {
            assert_eq!(secrets(plain), shown);
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "you@example.edu",
            "arn:aws:sns:us-east-1:123456789012:mlops-lambda-alerts",
            "https://example.edu/hooks/alarms?level=5&page=2",
            "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html",
            "://",
            "a?token=1",
        ] {
            assert_eq!(secrets(text), text);
        }
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        assert_eq!(text("a\u{1b}[2Jb\u{202e}c"), "a\\u{1b}[2Jb\\u{202e}c");
        assert_eq!(line("a\nb"), "a\\nb");
    }

    #[test]
    fn json_is_masked_all_the_way_down() {
        let json = serde_json::json!({ "a": ["https://u:p@h", 5] });
        assert_eq!(value(&json), serde_json::json!({ "a": ["https://***@h", 5] }));
    }
}
