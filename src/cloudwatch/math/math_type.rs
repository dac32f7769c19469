//! What an expression or a part of it is: a number, a time series, an array of them.

/// What a part of an expression is, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MathType {
    /// In quotes, or a word for how FILL fills and SORT sorts.
    Text,
    Scalar,
    Series,
    SeriesArray,
}

impl MathType {
    /// In words, with an article.
    pub fn word(self) -> &'static str {
        match self {
            MathType::Text => "a text",
            MathType::Scalar => "a number",
            MathType::Series => "a time series",
            MathType::SeriesArray => "an array of time series",
        }
    }
}
