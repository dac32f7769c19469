//! Ids of findings, for programs that have to know one again: of what is found and what it is about, not of where it is written or
//! how it is said.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What is found (a rule, a cause) and what it is about.
type FindingKind<'a> = (&'a str, String);

/// The ids of all findings of one report: an id needs to know of the others that are of the same kind.
#[derive(Debug, Default)]
pub struct FindingIds<'a> {
    texts: BTreeMap<FindingKind<'a>, Vec<&'a str>>,
}

impl<'a> FindingIds<'a> {
    /// Of each finding its rule or cause, what it is about, and its text.
    pub fn of(findings: impl Iterator<Item = (&'a str, String, &'a str)>) -> Self {
        let mut texts: BTreeMap<FindingKind<'a>, Vec<&'a str>> = BTreeMap::new();
        for (what, about, text) in findings {
            texts.entry((what, about)).or_default().push(text);
        }
        for alike in texts.values_mut() {
            alike.sort_unstable();
            alike.dedup();
        }
        Self { texts }
    }

    /// Thirty-two hexadecimal digits. The text counts only among several findings of a kind about the same thing.
    pub fn id(&self, what: &'a str, about: String, text: &str) -> String {
        let kind = (what, about);
        let number = self.texts.get(&kind).and_then(|alike| alike.binary_search(&text).ok()).unwrap_or(0);
        let digest = Sha256::digest(format!("{}\n{}\n{number}", kind.0, kind.1));
        digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(findings: &[(&'static str, &'static str, &'static str)]) -> Vec<String> {
        let each = || findings.iter().map(|(what, about, text)| (*what, (*about).to_owned(), *text));
        let ids = FindingIds::of(each());
        each().map(|(what, about, text)| ids.id(what, about, text)).collect()
    }

    #[test]
    fn an_id_outlives_another_order_and_other_words() {
        let [a, b, c] = [("r", "alarm/a", "5 of it"), ("r", "alarm/b", "x"), ("s", "alarm/a", "x")];
        let first = ids(&[a, b, c]);
        let again = ids(&[c, ("r", "alarm/a", "6 of it"), b]);
        assert_eq!([&first[0], &first[1], &first[2]], [&again[1], &again[2], &again[0]]);
        assert!(first[0] != first[1] && first[0] != first[2] && first[1] != first[2], "{first:?}");
    }

    #[test]
    fn several_of_a_kind_about_one_thing_are_told_apart() {
        let (one, two) = (("r", "alarm/a", "dimension X"), ("r", "alarm/a", "dimension Y"));
        let (here, there) = (ids(&[one, two]), ids(&[two, one]));
        assert_ne!(here[0], here[1]);
        assert_eq!([&here[0], &here[1]], [&there[1], &there[0]]);
    }
}
