//! Metric math as CloudWatch documents it (user guide, "Using math expressions with CloudWatch metrics"): one reader of expressions, one
//! list of functions, one evaluation. What is not known here is refused by name: never a wrong number.

mod bounds;
mod dependence;
mod error;
mod evaluate;
mod functions;
#[cfg(test)]
mod guide_tests;
mod interval;
mod linear;
mod math_type;
mod parse;
mod program;
mod query;
mod signature;
#[cfg(test)]
mod tests;
mod value;
mod words;

pub use bounds::{Bounds, bounds};
pub use dependence::Dependence;
pub use error::MathError;
pub use functions::mean_and_deviation;
pub use interval::Interval;
pub use linear::{KnownMetric, Quotient};
pub use math_type::MathType;
pub use parse::{Expr, MathOperator, SyntaxFault, parse};
pub use program::Program;
pub use query::MathQuery;
pub use signature::{function_names, gives, is_function, miscounted, types};
pub use value::{Band, Frame, NamedSeries, SteppedSeries, WindowBatch};
pub use words::{calls, ids, is_band, is_grouped, is_insights};
