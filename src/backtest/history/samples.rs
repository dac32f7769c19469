//! Statistics of raw measurements, one a span of time.

use mlops_cloudwatch::evaluation::series::{PeriodGrid, ValueSeries};
use mlops_cloudwatch::statistic::{Aggregate, Statistic};

/// The statistic over the periods of the grid; NaN where there is no measurement, or for a statistic that is not known.
pub fn statistic(samples: &ValueSeries, stat: &str, grid: &PeriodGrid) -> Vec<f64> {
    let width = grid.period / samples.step;
    let within = |index: usize| {
        let from = (grid.end(index) - grid.period - samples.start).div_euclid(samples.step);
        let bound = |at: i64| usize::try_from(at.max(0)).unwrap_or(0).min(samples.values.len());
        samples.values[bound(from)..bound(from + width)].iter().copied().filter(|value| !value.is_nan())
    };
    let Ok(statistic) = stat.parse::<Statistic>() else { return vec![f64::NAN; grid.len] };
    let of = |index: usize| Aggregate::of(within(index).map(|value| (value, 1.0)).collect()).statistic(statistic);
    (0..grid.len).map(|index| of(index).unwrap_or(f64::NAN)).collect()
}
