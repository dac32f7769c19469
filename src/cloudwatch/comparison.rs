//! How a value is held against a threshold or a band: the seven operators of `ComparisonOperator`.

/// Every operator on the wire: those of [`Comparison::ALL`], then those of [`BandSide::ALL`].
pub const OPERATORS: &[&str] = &[
    "GreaterThanThreshold",
    "GreaterThanOrEqualToThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
];

/// A comparison with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// Which side of an anomaly detection band is breaching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BandSide {
    Outside,
    Below,
    Above,
}

impl Comparison {
    pub const ALL: [Comparison; 4] =
        [Comparison::Greater, Comparison::GreaterOrEqual, Comparison::Less, Comparison::LessOrEqual];
    /// The operators of [`Self::ALL`] on the wire.
    pub const WORDS: &'static [&'static str] = OPERATORS.split_at(Self::ALL.len()).0;

    /// Returns the operator on the wire.
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|comparison| comparison.word() == word)
    }

    /// Whether a value breaches; a missing one (NaN) never does.
    pub fn breaches(self, value: f64, threshold: f64) -> bool {
        match self {
            Comparison::Greater => value > threshold,
            Comparison::GreaterOrEqual => value >= threshold,
            Comparison::Less => value < threshold,
            Comparison::LessOrEqual => value <= threshold,
        }
    }

    /// Whether larger values are the bad ones.
    pub fn is_upward(self) -> bool {
        matches!(self, Comparison::Greater | Comparison::GreaterOrEqual)
    }

    /// Whether the threshold itself breaches.
    pub fn takes_equal(self) -> bool {
        matches!(self, Comparison::GreaterOrEqual | Comparison::LessOrEqual)
    }

    pub fn symbol(self) -> &'static str {
        match self {
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
        }
    }

    /// Returns the words of a `StateReason`.
    pub fn relation(self) -> &'static str {
        match self {
            Comparison::Greater => "greater than",
            Comparison::GreaterOrEqual => "greater than or equal to",
            Comparison::Less => "less than",
            Comparison::LessOrEqual => "less than or equal to",
        }
    }
}

impl BandSide {
    pub const ALL: [BandSide; 3] = [BandSide::Outside, BandSide::Below, BandSide::Above];
    /// The operators of [`Self::ALL`] on the wire.
    pub const WORDS: &'static [&'static str] = OPERATORS.split_at(Comparison::ALL.len()).1;

    /// Returns the operator on the wire.
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.word() == word)
    }

    /// Returns how far a value is beyond the band: above 0 is a breach; NaN where one of the three is missing.
    pub fn beyond(self, value: f64, low: f64, high: f64) -> f64 {
        if value.is_nan() || low.is_nan() || high.is_nan() {
            return f64::NAN;
        }
        match self {
            BandSide::Above => value - high,
            BandSide::Below => low - value,
            BandSide::Outside => (value - high).max(low - value),
        }
    }

    pub fn phrase(self) -> &'static str {
        match self {
            BandSide::Outside => "outside its band",
            BandSide::Below => "below its band",
            BandSide::Above => "above its band",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        assert!(Comparison::ALL.iter().all(|one| Comparison::from_word(one.word()) == Some(*one)));
        assert!(BandSide::ALL.iter().all(|one| BandSide::from_word(one.word()) == Some(*one)));
        assert_eq!(Comparison::GreaterOrEqual.word(), "GreaterThanOrEqualToThreshold");
        assert_eq!(Comparison::LessOrEqual.word(), "LessThanOrEqualToThreshold");
        assert_eq!(BandSide::Above.word(), "GreaterThanUpperThreshold");
        assert_eq!(Comparison::from_word("GreaterThanUpperThreshold"), None);
        assert_eq!(BandSide::from_word("GreaterThanThreshold"), None);
    }

    #[test]
    fn a_missing_value_never_breaches() {
        assert!(Comparison::ALL.iter().all(|one| !one.breaches(f64::NAN, 0.0)));
        let at: Vec<bool> = Comparison::ALL.iter().map(|one| one.breaches(5.0, 5.0)).collect();
        assert_eq!(at, [false, true, false, true]);
        assert_eq!(Comparison::ALL.map(Comparison::takes_equal).to_vec(), at);
    }

    #[test]
    fn a_band_has_two_sides() {
        for (side, below, within, above) in [
            (BandSide::Outside, 2.0, -1.0, 3.0),
            (BandSide::Below, 2.0, -1.0, -7.0),
            (BandSide::Above, -6.0, -3.0, 3.0),
        ] {
            let found = [-1.0, 2.0, 8.0].map(|value| side.beyond(value, 1.0, 5.0));
            assert_eq!(found, [below, within, above], "{side:?}");
            assert!(side.beyond(f64::NAN, 1.0, 5.0).is_nan() && side.beyond(1.0, f64::NAN, 5.0).is_nan());
        }
    }
}
