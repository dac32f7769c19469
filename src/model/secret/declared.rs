//! The values that were declared secret in this process. One set for all, so that no way of making a text can forget them; they
//! are added as soon as they are known and never taken away.

use super::address::fingerprint;
use std::borrow::Cow;
use std::sync::{PoisonError, RwLock};

/// Characters that a secret has at least: a shorter one would be found everywhere.
pub const SHORTEST: usize = 6;

/// A way in which a value can stand in a text, and its fingerprint.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SecretForm {
    text: String,
    fingerprint: String,
    /// The value itself, not as something else writes it.
    plain: bool,
}

static DECLARED: RwLock<Vec<SecretForm>> = RwLock::new(Vec::new());

/// Hides a value from now on, wherever it would be shown: as it is, and as JSON, a URL or a page writes it. A value shorter than
/// [`SHORTEST`] is not taken: whoever declares it is to refuse it.
pub fn declare(value: &str) {
    if value.chars().count() < SHORTEST {
        return;
    }
    let fingerprint = fingerprint(value);
    let mut declared = DECLARED.write().unwrap_or_else(PoisonError::into_inner);
    for text in forms(value) {
        let form = SecretForm { plain: text == value, text, fingerprint: fingerprint.clone() };
        if !declared.contains(&form) {
            declared.push(form);
        }
    }
    // The longest first: one secret may be a part of another.
    declared.sort_by_key(|form| std::cmp::Reverse(form.text.len()));
}

fn forms(value: &str) -> Vec<String> {
    let json = serde_json::Value::from(value).to_string();
    let url: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let page = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut forms = vec![value.to_owned(), json.trim_matches('"').to_owned(), url.replace('+', "%20"), url, page];
    // What a terminal shows of it in one line.
    forms.push(value.escape_debug().to_string());
    forms.dedup();
    forms.retain(|form| form.chars().count() >= SHORTEST);
    forms
}

/// Returns the declared value of a fingerprint.
pub fn value_of(fingerprint: &str) -> Option<String> {
    let declared = DECLARED.read().unwrap_or_else(PoisonError::into_inner);
    let found = declared.iter().find(|form| form.plain && form.fingerprint == fingerprint);
    found.map(|form| form.text.clone())
}

/// Returns the text with each declared value replaced; `by` is given its fingerprint and its length in characters.
pub fn replace(text: Cow<'_, str>, by: impl Fn(&str, usize) -> String) -> Cow<'_, str> {
    let declared = DECLARED.read().unwrap_or_else(PoisonError::into_inner);
    declared.iter().fold(text, |text, form| match text.contains(&form.text) {
        true => Cow::Owned(text.replace(&form.text, &by(&form.fingerprint, form.text.chars().count()))),
        false => text,
    })
}
