//! Level and change of a series as one number: how many times as far from the usual value, or in one step, as ordinary values go. What is
//! ordinary is measured on the past; the metric math that says so is what CloudWatch runs. Knows no alarms.

use super::excursion::{Ordinary, levels, reached};
use super::search::{CLEAR, SearchBounds};

/// Where ordinary values end is looked up in the worst of so many datapoints.
const WITHIN: usize = 24;
/// Scales that are smaller are not written.
const LEAST: f64 = 1e-9;

/// `MAX([(m1 - usual) / far, DIFF(m1) / step])`: above 1 is farther than anything ordinary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelAndChange {
    usual: f64,
    /// How far from the usual value ordinary values go.
    far: f64,
    /// How far they go from one period to the next.
    step: f64,
    upward: bool,
}

impl LevelAndChange {
    /// Returns what is ordinary in these two views of a series, in both of which larger is worse; `None` where one of them says nothing.
    pub fn of(level: &[f64], change: &[f64], bounds: SearchBounds, upward: bool) -> Option<Self> {
        let (usual, highest) = ordinary(level, bounds)?;
        let (_, step) = ordinary(change, bounds)?;
        let far = highest - usual;
        if ![far, step].iter().all(|scale| scale.is_finite() && *scale > LEAST) {
            return None;
        }
        let sign = if upward { 1.0 } else { -1.0 };
        let unit = unit(far);
        let written = |value: f64| rounded(value, unit);
        let usual = written(sign * usual) + 0.0;
        Some(Self { usual, far: written(far), step: rounded(step, self::unit(step)), upward })
    }

    /// Returns the number for each slot, larger being worse.
    pub fn values(&self, values: &[f64], stride: usize) -> Vec<f64> {
        let sign = if self.upward { 1.0 } else { -1.0 };
        let before = |slot: usize| slot.checked_sub(stride).map_or(f64::NAN, |before| values[before]);
        let at = |slot: usize| {
            let level = sign * (values[slot] - self.usual) / self.far;
            // A value that is missing is left out by both functions of CloudWatch.
            level.max(sign * (values[slot] - before(slot)) / self.step)
        };
        (0..values.len()).map(at).collect()
    }

    pub fn expression(&self, id: &str) -> String {
        let Self { usual, far, step, upward } = self;
        let farthest = if *upward { "MAX" } else { "MIN" };
        let sign = if *usual < 0.0 { '+' } else { '-' };
        format!("{farthest}([({id} {sign} {}) / {far}, DIFF({id}) / {step}])", usual.abs())
    }
}

/// The usual value, and the highest that belongs to nothing unusual.
fn ordinary(values: &[f64], bounds: SearchBounds) -> Option<(f64, f64)> {
    let ordinary = Ordinary::of(values);
    let reached = reached(values, bounds.stride, 1, WITHIN);
    let found = levels(&reached, ordinary, bounds.gap, bounds.most);
    let clearest =
        found.iter().filter(|level| level.separation >= CLEAR).max_by(|a, b| a.separation.total_cmp(&b.separation));
    let most = clearest.map_or_else(|| reached.iter().copied().fold(f64::NEG_INFINITY, f64::max), |level| level.below);
    (ordinary.usual.is_finite() && most.is_finite()).then_some((ordinary.usual, most))
}

/// A hundredth of the power of ten that the value has.
fn unit(value: f64) -> f64 {
    10f64.powi(value.abs().max(f64::MIN_POSITIVE).log10().floor() as i32 - 2)
}

/// Rounded as it is written, so that what is judged is what is proposed.
fn rounded(value: f64, unit: f64) -> f64 {
    let decimals = usize::try_from(-(unit.log10().round() as i64)).unwrap_or(0);
    let rounded = (value / unit).round() * unit;
    // 0.30000000000000004 is 0.3.
    format!("{rounded:.decimals$}").parse().unwrap_or(rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: SearchBounds = SearchBounds { stride: 1, gap: 12, most: 2 };

    fn of(values: &[f64], upward: bool) -> LevelAndChange {
        let sign = if upward { 1.0 } else { -1.0 };
        let level: Vec<f64> = values.iter().map(|value| sign * value).collect();
        let change: Vec<f64> =
            (0..values.len()).map(|slot| if slot == 0 { f64::NAN } else { level[slot] - level[slot - 1] }).collect();
        LevelAndChange::of(&level, &change, BOUNDS, upward).unwrap()
    }

    fn series() -> Vec<f64> {
        let mut values: Vec<f64> = (0..1_000).map(|n| 40.0 + f64::from(n % 5)).collect();
        values[500..520].fill(90.0);
        values
    }

    #[test]
    fn ordinary_values_stay_within_one_and_incidents_do_not() {
        let values = series();
        let both = of(&values, true);
        assert_eq!(both.expression("m1"), "MAX([(m1 - 42) / 5, DIFF(m1) / 1])");
        let seen = both.values(&values, 1);
        assert!(seen[505] > 9.0, "{}", seen[505]);
        assert!(seen[..499].iter().all(|value| *value <= 1.0));
    }

    #[test]
    fn drops_are_the_least_of_both() {
        let values: Vec<f64> = series().iter().map(|value| 100.0 - value).collect();
        let both = of(&values, false);
        assert!(both.expression("m1").starts_with("MIN([(m1 - 58) / "), "{}", both.expression("m1"));
        assert!(both.values(&values, 1)[505] > 9.0);
    }

    #[test]
    fn numbers_are_written_as_they_are_judged() {
        assert_eq!(rounded(0.012_345_6, unit(0.012_3)), 0.012_3);
        assert_eq!(rounded(1_234_567.0, unit(1_234_567.0)), 1_230_000.0);
        assert_eq!(rounded(3e-7, unit(3e-7)).to_string(), "0.0000003");
    }

    #[test]
    fn a_series_that_never_changes_has_none() {
        assert_eq!(LevelAndChange::of(&[3.0; 50], &[0.0; 50], BOUNDS, true), None);
    }
}
