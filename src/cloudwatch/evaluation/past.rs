//! What is known of the past of metrics, as an evaluation asks for it. Whoever keeps metrics answers.

use super::need::{MetricStatistic, RemoteExpression};
use super::series::{PeriodGrid, ValueSeries};

/// What an evaluation asks of the past.
pub trait Past {
    /// The finest step at which the source's value over its period is known exactly; `None` where nothing at all is known of the
    /// metric. The error says why what is known is not enough.
    fn step(&self, source: &MetricStatistic) -> Result<Option<i64>, String>;

    /// The source's values over the periods of the grid, whose step is at least that of `step`; NaN where there is none.
    fn values(&self, source: &MetricStatistic, grid: &PeriodGrid) -> Vec<f64>;

    /// Before this moment nothing is known of the source: what is missing there may have been there.
    fn since(&self, _source: &MetricStatistic) -> Option<i64> {
        None
    }

    /// What only CloudWatch itself can compute: one series, or two of a band; none where it is not known.
    fn asked(&self, asked: &RemoteExpression) -> &[ValueSeries];

    /// Why CloudWatch refuses to compute it, where it was asked and does.
    fn refused(&self, _asked: &RemoteExpression) -> Option<&str> {
        None
    }

    /// The series of one query of the alarm that is evaluated, where somebody gives it instead of CloudWatch: one value a period.
    fn result(&self, _id: &str) -> Option<&ValueSeries> {
        None
    }
}
