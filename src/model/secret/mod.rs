//! Hides secrets in texts that people see: of an address with a scheme all but scheme and host, and every value that was declared
//! secret. Never goes by the look of a token: what is not known to be harmless is hidden.

mod address;
mod declared;

#[cfg(test)]
pub use address::fingerprint;
pub use declared::{SHORTEST, declare};

use std::borrow::Cow;

/// What stands for a declared value, before its fingerprint.
const HIDDEN: &str = "***";

/// Returns the text with `scheme://host/#fingerprint` instead of each address that says more than its host, and
/// `***#fingerprint` instead of each declared value. What was hidden before stays as it is.
pub fn hide(text: &str) -> String {
    hidden(text).into_owned()
}

/// As [`hide`], without a copy of what hides nothing.
pub fn hidden(text: &str) -> Cow<'_, str> {
    named(address::replace(text, |address| address.named()))
}

/// Returns the text with declared values hidden and addresses as they are: for the sandbox's mailbox, whose links are to be used.
pub fn hide_declared(text: &str) -> Cow<'_, str> {
    named(Cow::Borrowed(text))
}

/// Returns the text with as many asterisks instead of what [`hide`] hides, so that a caret below it stays in its column.
pub fn mask(text: &str) -> String {
    declared::replace(address::replace(text, |address| address.starred()), |_, columns| "*".repeat(columns))
        .into_owned()
}

/// Returns a text with the declared values back that [`hide_declared`] took from it; the first fingerprint that is of no value
/// declared in this process otherwise.
pub fn reveal(text: &str) -> Result<Cow<'_, str>, String> {
    let mark = format!("{HIDDEN}#");
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(&mark) {
        let (before, after) = rest.split_at(at + mark.len());
        let Some(fingerprint) = after.get(..address::DIGITS).filter(|text| address::is_fingerprint(text)) else {
            out.push_str(before);
            rest = after;
            continue;
        };
        out.push_str(&before[..at]);
        out.push_str(&declared::value_of(fingerprint).ok_or_else(|| fingerprint.to_owned())?);
        rest = &after[address::DIGITS..];
    }
    if out.is_empty() {
        return Ok(Cow::Borrowed(rest));
    }
    out.push_str(rest);
    Ok(Cow::Owned(out))
}

fn named(text: Cow<'_, str>) -> Cow<'_, str> {
    declared::replace(text, |fingerprint, _| format!("{HIDDEN}#{fingerprint}"))
}

/// Whether `name` means this endpoint: as it is, as [`hide`] shows it, or by its fingerprint alone, with or without `#`.
pub fn names(name: &str, endpoint: &str) -> bool {
    let shown = hide(endpoint);
    let bare = |text: &str| text.rsplit_once('#').map(|(_, fingerprint)| fingerprint.to_owned());
    name == endpoint
        || name == shown
        || (shown != endpoint && bare(&shown).is_some_and(|own| name.trim_start_matches('#') == own))
}

#[cfg(test)]
mod tests;
