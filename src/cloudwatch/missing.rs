//! What a period without data counts as: `TreatMissingData`.

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MissingData {
    /// AWS's default.
    #[default]
    Missing,
    Ignore,
    Breaching,
    NotBreaching,
}

impl MissingData {
    pub const ALL: [MissingData; 4] =
        [MissingData::Missing, MissingData::Ignore, MissingData::Breaching, MissingData::NotBreaching];
    /// The words of [`Self::ALL`] on the wire.
    pub const WORDS: &'static [&'static str] = &["missing", "ignore", "breaching", "notBreaching"];

    /// Returns the word on the wire.
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|treatment| treatment.word() == word)
    }

    /// Returns the word of a `StateReason` for a period that was filled.
    pub fn filled_as(self) -> Option<&'static str> {
        match self {
            MissingData::Breaching => Some("Breaching"),
            MissingData::NotBreaching => Some("NonBreaching"),
            MissingData::Missing | MissingData::Ignore => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        assert!(MissingData::ALL.iter().all(|one| MissingData::from_word(one.word()) == Some(*one)));
        assert_eq!(MissingData::NotBreaching.word(), "notBreaching");
        assert_eq!(MissingData::from_word("NotBreaching"), None);
    }
}
