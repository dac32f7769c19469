//! A series as a chart needs it: the lowest and highest value of each of a few hundred columns. Keeps no datapoints.

use super::verdict::Figures;
use mlops_cloudwatch::comparison::Comparison;
use mlops_cloudwatch::evaluation::condition::Condition;
use mlops_cloudwatch::evaluation::watched::EvaluatedSeries;
use serde::Serialize;

/// Columns of a sketch; charts take several of them together.
pub const COLUMNS: usize = 336;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sketch {
    /// Lowest and highest of each column; `None` without data. The first begins at the figures' `from`, the last ends at `until`.
    pub columns: Vec<Option<(f64, f64)>>,
    pub threshold: f64,
    #[serde(skip)]
    pub comparison: Comparison,
}

impl Sketch {
    /// One column for each value that the alarm compares after `from`.
    pub fn values(watched: &EvaluatedSeries, condition: &Condition, from: i64) -> Self {
        let grid = &watched.grid;
        let columns = (grid.index_from(from + 1)..grid.len).map(|index| value(watched, condition, index));
        Self {
            columns: columns.map(|value| (!value.is_nan()).then_some((value, value))).collect(),
            threshold: condition.threshold,
            comparison: condition.comparison,
        }
    }

    pub fn new(figures: &Figures, condition: &Condition, watched: &EvaluatedSeries) -> Self {
        let mut columns: Vec<Option<(f64, f64)>> = vec![None; COLUMNS];
        let length = (figures.until - figures.from).max(1);
        let grid = &watched.grid;
        for index in grid.index_from(figures.from + 1)..grid.len {
            let value = value(watched, condition, index);
            let at = (grid.end(index) - figures.from - 1) * COLUMNS as i64 / length;
            let Some(column) = usize::try_from(at).ok().and_then(|at| columns.get_mut(at)) else { continue };
            if !value.is_nan() {
                let (low, high) = column.unwrap_or((value, value));
                *column = Some((low.min(value), high.max(value)));
            }
        }
        Self { columns, threshold: condition.threshold, comparison: condition.comparison }
    }
}

/// What is compared at the end of this period; NaN where there is nothing.
fn value(watched: &EvaluatedSeries, condition: &Condition, index: usize) -> f64 {
    match watched.values() {
        Some(values) => values[index],
        None => watched.window(index, condition.range, |slots| slots.next().unwrap_or(f64::NAN)),
    }
}
