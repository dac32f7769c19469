//! Statistics of raw measurements, one a span of time. Percentiles as CloudWatch's closest rank: the smallest measurement that at
//! least so many percent do not exceed (how AWS interpolates is not published).

use super::super::series::{Grid, Series};

/// The statistic over the periods of the grid; NaN where there is no measurement, or for a statistic that is not known.
pub fn statistic(samples: &Series, stat: &str, grid: &Grid) -> Vec<f64> {
    let width = grid.period / samples.step;
    let within = |index: usize| {
        let from = (grid.end(index) - grid.period - samples.start).div_euclid(samples.step);
        let bound = |at: i64| usize::try_from(at.max(0)).unwrap_or(0).min(samples.values.len());
        samples.values[bound(from)..bound(from + width)].iter().copied().filter(|value| !value.is_nan())
    };
    (0..grid.len).map(|index| of(stat, within(index).collect())).collect()
}

fn of(stat: &str, mut values: Vec<f64>) -> f64 {
    let count = values.len();
    if count == 0 {
        return f64::NAN;
    }
    let sum = || values.iter().sum::<f64>();
    match stat {
        "Sum" => sum(),
        "SampleCount" => count as f64,
        "Average" => sum() / count as f64,
        "Minimum" => values.iter().copied().fold(f64::NAN, f64::min),
        "Maximum" => values.iter().copied().fold(f64::NAN, f64::max),
        percentile => {
            let share = percentile.strip_prefix('p').and_then(|share| share.parse::<f64>().ok());
            let Some(share) = share else { return f64::NAN };
            values.sort_by(f64::total_cmp);
            let rank = (share / 100.0 * count as f64).ceil().max(1.0) as usize;
            values[rank.min(count) - 1]
        }
    }
}
