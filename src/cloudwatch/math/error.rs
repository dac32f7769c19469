//! Why metric math has no value: each reason with what it is about, so that callers need not read texts.

use super::math_type::MathType;
use super::parse::SyntaxFault;

/// Why an expression has no value here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MathError {
    /// The expression of the query `id` does not follow the grammar.
    #[error("{}", fault.message)]
    Syntax { id: String, fault: SyntaxFault },
    /// The query `id` is a Metrics Insights query, which only CloudWatch can answer.
    #[error("`{id}` is a Metrics Insights query, which only CloudWatch can answer")]
    Insights { id: String },
    /// No query returns data.
    #[error("no series is watched")]
    NothingWatched,
    /// An expression names an id that no query has.
    #[error("`{0}` is no id of the alarm")]
    UnknownId(String),
    /// The expressions refer to each other in a circle, or too deep.
    #[error("the expressions refer to each other in a circle")]
    Circle,
    /// A function that is not reckoned here.
    #[error("the function {0} is not known here, so its value is not made up")]
    UnknownFunction(String),
    /// A function, operator or array was given what it does not take.
    #[error("{taker} does not take {}", words(given))]
    Arguments { taker: String, given: Vec<MathType> },
    /// A function was given a number that it does not take.
    #[error("{0} does not take these arguments")]
    ArgumentValue(String),
    /// An operator has a text beside it.
    #[error("{0} takes no text")]
    TextOperand(String),
    /// An operator stands between two arrays.
    #[error("an operator between two arrays of series is not allowed")]
    TwoArrays,
    /// An array holds something else than time series.
    #[error("an array holds time series only")]
    ArrayItem,
    /// `a^b^c`.
    #[error("powers of powers need parentheses")]
    PowerOfPower,
    /// What is watched is something else than one time series.
    #[error("`{id}` is {} and no single time series", given.word())]
    NotOneSeries { id: String, given: MathType },
    /// A text stands where a value is needed.
    #[error("\"{0}\" is no value")]
    NoValue(String),
}

/// Arguments in words.
fn words(given: &[MathType]) -> String {
    match given {
        [] => "nothing".to_owned(),
        given => given.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_function_does_not_take_is_said_in_words() {
        let of = |given: &[MathType]| MathError::Arguments { taker: "SUM".into(), given: given.into() }.to_string();
        assert_eq!(of(&[]), "SUM does not take nothing");
        assert_eq!(of(&[MathType::Series, MathType::Scalar]), "SUM does not take a time series, a number");
        assert_eq!(MathError::NoValue("DESC".into()).to_string(), "\"DESC\" is no value");
    }
}
