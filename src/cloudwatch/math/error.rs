//! Why metric math has no value: each reason with what it is about, so that callers need not read texts.

use super::math_type::MathType;
use super::parse::SyntaxFault;
use std::fmt;

/// Why an expression has no value here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MathError {
    /// The expression of the query `id` does not follow the grammar.
    Syntax { id: String, fault: SyntaxFault },
    /// The query `id` is a Metrics Insights query, which only CloudWatch can answer.
    Insights { id: String },
    /// No query returns data.
    NothingWatched,
    /// An expression names an id that no query has.
    UnknownId(String),
    /// The expressions refer to each other in a circle, or too deep.
    Circle,
    /// A function that is not reckoned here.
    UnknownFunction(String),
    /// A function, operator or array was given what it does not take.
    Arguments { taker: String, given: Vec<MathType> },
    /// A function was given a number that it does not take.
    ArgumentValue(String),
    /// An operator has a text beside it.
    TextOperand(String),
    /// An operator stands between two arrays.
    TwoArrays,
    /// An array holds something else than time series.
    ArrayItem,
    /// `a^b^c`.
    PowerOfPower,
    /// What is watched is something else than one time series.
    NotOneSeries { id: String, given: MathType },
    /// A text stands where a value is needed.
    NoValue(String),
}

impl fmt::Display for MathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MathError::Syntax { fault, .. } => f.write_str(&fault.message),
            MathError::Insights { id } => {
                write!(f, "`{id}` is a Metrics Insights query, which only CloudWatch can answer")
            }
            MathError::NothingWatched => f.write_str("no series is watched"),
            MathError::UnknownId(id) => write!(f, "`{id}` is no id of the alarm"),
            MathError::Circle => f.write_str("the expressions refer to each other in a circle"),
            MathError::UnknownFunction(name) => {
                write!(f, "the function {name} is not known here, so its value is not made up")
            }
            MathError::Arguments { taker, given } => match given.as_slice() {
                [] => write!(f, "{taker} does not take nothing"),
                given => {
                    let given: Vec<&str> = given.iter().map(|kind| kind.word()).collect();
                    write!(f, "{taker} does not take {}", given.join(", "))
                }
            },
            MathError::ArgumentValue(name) => write!(f, "{name} does not take these arguments"),
            MathError::TextOperand(sign) => write!(f, "{sign} takes no text"),
            MathError::TwoArrays => f.write_str("an operator between two arrays of series is not allowed"),
            MathError::ArrayItem => f.write_str("an array holds time series only"),
            MathError::PowerOfPower => f.write_str("powers of powers need parentheses"),
            MathError::NotOneSeries { id, given } => write!(f, "`{id}` is {} and no single time series", given.word()),
            MathError::NoValue(text) => write!(f, "\"{text}\" is no value"),
        }
    }
}

impl std::error::Error for MathError {}
