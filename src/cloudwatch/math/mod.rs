//! Metric math as CloudWatch documents it (user guide, "Using math expressions with CloudWatch metrics"): one reader of expressions, one
//! list of functions, one evaluation. What is not known here is refused by name: never a wrong number.

mod bounds;
mod error;
mod evaluate;
mod functions;
#[cfg(test)]
mod guide_tests;
mod interval;
mod linear;
mod parse;
mod program;
mod signature;
#[cfg(test)]
mod tests;
mod words;

pub use bounds::{Bounds, bounds};
pub use error::MathError;
pub use evaluate::{Frame, NamedSeries};
pub use functions::mean_and_deviation;
pub use interval::Interval;
pub use linear::{KnownMetric, Quotient};
pub use parse::{Expr, Op, SyntaxFault, parse};
pub use program::{Band, MathQuery, Program};
pub use signature::{MathType, function_names, gives, is_function, miscounted, types};
pub use words::{calls, ids, is_band, is_grouped, is_insights};
