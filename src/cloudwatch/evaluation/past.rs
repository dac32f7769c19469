//! What is known of the past of metrics, as an evaluation asks for it. Whoever keeps metrics answers.

use super::need::{Asked, Source};
use super::series::{Grid, Series};

/// What an evaluation asks of the past.
pub trait Past {
    /// The finest step at which the source's value over its period is known exactly; `None` where nothing at all is known of the
    /// metric. The error says why what is known is not enough.
    fn step(&self, source: &Source) -> Result<Option<i64>, String>;

    /// The source's values over the periods of the grid, whose step is at least that of `step`; NaN where there is none.
    fn values(&self, source: &Source, grid: &Grid) -> Vec<f64>;

    /// Before this moment nothing is known of the source: what is missing there may have been there.
    fn since(&self, _source: &Source) -> Option<i64> {
        None
    }

    /// What only CloudWatch itself can compute: one series, or two of a band; none where it is not known.
    fn asked(&self, asked: &Asked) -> &[Series];

    /// Why CloudWatch refuses to compute it, where it was asked and does.
    fn refused(&self, _asked: &Asked) -> Option<&str> {
        None
    }
}
